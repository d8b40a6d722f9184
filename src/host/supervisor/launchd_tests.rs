use super::*;

/// After what `launchctl print` of macOS 13 to 15 was seen to print: tabs, nested tables that have keys of the same names.
const RUNNING: &str = "gui/501/com.example.bot = {
\tactive count = 1
\tpath = /Users/me/Library/LaunchAgents/com.example.bot.plist
\ttype = LaunchAgent
\tstate = running

\tprogram = /bin/bash
\targuments = {
\t\t/bin/bash
\t\trun.sh
\t}

\tenvironment = {
\t\tstate = hunter2
\t\tPATH => /usr/bin:/bin
\t}

\tdomain = gui/501 [100005]
\truns = 3
\tpid = 38837
\tlast exit code = 1
\tendpoints = {
\t\t\"com.example.bot.port\" = {
\t\t\tport = 0x1c803
\t\t\tpid = 99
\t\t}
\t}
\tjob state = running
}
";

fn of(changes: &[(&str, &str)]) -> Told {
    let text = changes.iter().fold(RUNNING.to_owned(), |text, (old, new)| text.replace(old, new));
    read(&text, None).expect("understood")
}

#[test]
fn what_is_printed_of_a_service_is_read_and_what_is_nested_in_it_is_not() {
    let running = of(&[]);
    assert_eq!((running.main, running.exit, running.state.as_str()), (Some(38837), None, "running"));
    assert_eq!((running.moving, running.doubt, running.restarts), (None, None, 2));
    let down = [("\tpid = 38837\n", ""), ("\tstate = running", "\tstate = not running")];
    let failed = of(&[down[0], down[1], ("code = 1\n", "code = 78: EX_CONFIG\n")]);
    assert_eq!((failed.main, failed.exit), (None, Some(78)));
    assert_eq!(failed.state, "not running, last exit code 78: EX_CONFIG");
    let never = of(&[down[0], down[1], ("code = 1\n", "code = (never exited)\n")]);
    assert_eq!(never.exit, None, "that is no number, and not 0");
    let killed = of(&[down[0], down[1], ("last exit code = 1\n", "last terminating signal = Killed: 9\n")]);
    assert_eq!((killed.exit, killed.state.as_str()), (None, "not running, last terminating signal Killed: 9"));
    let throttled = of(&[down[0], ("\tstate = running", "\tstate = spawn scheduled")]);
    assert!(throttled.moving.is_some() && throttled.main.is_none());
    assert!(of(&[down[0]]).doubt.is_some(), "running, and no number");
    assert_eq!(read("some future launchctl saying something else\n", None), None);
}

#[test]
fn who_disabled_it_is_read_in_both_tongues() {
    let new =
        "\tdisabled services = {\n\t\t\"com.example.bot2\" => disabled\n\t\t\"com.example.bot\" => enabled\n\t}\n";
    let old = "disabled services = {\n\t\"com.example.bot\" => true\n\t\"com.example.bot2\" => false\n}\n";
    assert_eq!([is_disabled(new, "com.example.bot"), is_disabled(new, "com.example.bot2")], [false, true]);
    assert_eq!([is_disabled(old, "com.example.bot"), is_disabled(old, "com.example.bot2")], [true, false]);
    assert!(!is_disabled("", "com.example.bot"));
    let stopped = [("\tpid = 38837\n", ""), ("\tstate = running", "\tstate = not running")];
    let text = stopped.iter().fold(RUNNING.to_owned(), |text, (old, new)| text.replace(old, new));
    assert_eq!(read(&text, Some("disabled".into())).expect("understood").wish.as_deref(), Some("disabled"));
    assert_eq!(read(RUNNING, Some("disabled".into())).expect("understood").wish, None, "it runs");
}

#[test]
fn who_is_not_loaded_is_bootstrapped_from_its_file_and_unknown_without_one() {
    let loadable = not_loaded("x", None, Some("/x.plist".into()));
    assert_eq!((loadable.doubt.is_none(), loadable.unloaded.is_some()), (true, true));
    assert!(not_loaded("x", None, None).doubt.is_some());
    assert!(not_loaded("x", Some("disabled".into()), None).doubt.is_none(), "what is disabled needs no file");
}
