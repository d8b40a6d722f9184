//! Does heal ask launchd the right things? `launchctl` is a script here that plays what was recorded on Macs by others. This
//! proves what heal asks and how it reads the answers, and nothing about a real launchd: heal has never run on one.

use super::support::Project;

const LABEL: &str = "com.example.bot";

/// A project with a stand-in for launchctl: `loaded` says what `print` prints, its absence that nothing is loaded.
fn supervised() -> Project {
    let mut project = Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.bot]\nunit = \"launchd:{LABEL}\"\nverify_within = \"3s\"\nstop_grace = \"1s\"\n"
    ));
    let script = format!(
        r#"#!/bin/sh
cd '{}' || exit 1
printf '%s\n' "$*" >>asked
case "$1" in
    print-disabled) printf '\tdisabled services = {{\n%s\n\t}}\n' "$(cat disabled 2>/dev/null)" ;;
    print)
        [ -e loaded ] || {{ echo 'Could not find service "{LABEL}" in domain' >&2; exit 113; }}
        cat loaded ;;
    bootstrap)
        # Input/output error, as long as the end of the last life is not digested.
        [ ! -e busy ] || {{ rm busy; echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5; }}
        . ./bootstrapped ;;
    kickstart) . ./kickstarted ;;
    *) exit 64 ;;
esac
"#,
        project.path("").display()
    );
    project.script("launchctl", &script);
    project.write("bootstrapped", "printf 'x/y = {\\n\\tstate = not running\\n\\truns = 0\\n}\\n' >loaded\n");
    project.write(
        "kickstarted",
        "setsid sleep 86400 </dev/null >/dev/null 2>&1 &\nuntil grep -q sleep /proc/$!/comm; do :; done\n\
         printf 'x/y = {\\n\\tstate = running\\n\\truns = 9\\n\\tpid = %s\\n}\\n' $! >loaded\n",
    );
    let (program, home) = (project.path("launchctl").display().to_string(), project.path("").display().to_string());
    project.env("HEAL_TEST_LAUNCHCTL", &program).env("HOME", &home);
    project
}

fn printed(state: &str, pid: Option<i32>) -> String {
    let pid = pid.map_or_else(String::new, |pid| format!("\tpid = {pid}\n"));
    format!("gui/501/{LABEL} = {{\n\tstate = {state}\n\truns = 8\n{pid}\tlast exit code = 1\n}}\n")
}

/// The verbs that change something, in their order.
fn asked(project: &Project) -> Vec<String> {
    let lines = project.read("asked");
    let verbs = lines.lines().filter(|line| !line.starts_with("print"));
    // As root the domain is `system`, as a user it is that user's.
    let place = |line: &str| {
        let me = nix::unistd::geteuid();
        let domain = if me.is_root() { "system".to_owned() } else { format!("gui/{me}") };
        project.normalise(line).replace(&domain, "DOMAIN")
    };
    verbs.map(place).collect()
}

#[test]
fn what_is_down_is_kickstarted() {
    let project = supervised();
    project.write("loaded", &printed("not running", None));
    let document = project.heal(&["heal", "--json"]).exits(0).json();
    assert_eq!(document["services"][0]["act"]["outcome"], "healed", "{document:#}");
    assert_eq!(asked(&project), [format!("kickstart -k DOMAIN/{LABEL}")]);
    project.heal(&["check"]).exits(0);
}

#[test]
fn what_is_not_loaded_is_bootstrapped_again_and_again_and_never_unloaded() {
    let project = supervised();
    project.write("busy", "");
    let plist = format!("Library/LaunchAgents/{LABEL}.plist");
    project.write(&plist, "<plist/>");
    let document = project.heal(&["heal", "--json"]).exits(0).json();
    assert_eq!(document["services"][0]["act"]["outcome"], "healed", "{document:#}");
    let load = format!("bootstrap DOMAIN [DIR]/{plist}");
    assert_eq!(asked(&project), [load.clone(), load, format!("kickstart -k DOMAIN/{LABEL}")]);
}

#[test]
fn without_a_file_to_load_it_from_it_is_unknown() {
    let project = supervised();
    let document = project.heal(&["heal", "--json"]).exits(3).json();
    let summary = document["services"][0]["summary"].as_str().expect("a text");
    assert!(summary.contains(&format!("there is no {LABEL}.plist")), "{summary}");
    assert!(asked(&project).is_empty());
}

#[test]
fn what_its_operator_disabled_is_left_alone_and_what_launchd_starts_is_waited_for() {
    let project = supervised();
    project.write("loaded", &printed("not running", None));
    project.write("disabled", &format!("\t\t\"{LABEL}\" => disabled"));
    let document = project.heal(&["heal", "--json"]).exits(0).json();
    assert_eq!(document["services"][0]["status"], "left-alone", "{document:#}");
    project.write("disabled", &format!("\t\t\"{LABEL}\" => enabled"));
    project.write("loaded", &printed("spawn scheduled", None).replace("runs = 8", "runs = 2"));
    let document = project.heal(&["heal", "--json"]).exits(1).json();
    assert_eq!(document["services"][0]["status"], "starting", "{document:#}");
    // The seventh time in a row is worth an alarm, and still launchd's business.
    project.write("loaded", &printed("spawn scheduled", None));
    project.heal(&["heal"]).exits(2);
    assert!(asked(&project).is_empty(), "{:?}", asked(&project));
}

#[cfg(target_os = "linux")]
#[test]
fn on_another_system_it_is_unknown_why_is_said_and_the_rest_is_looked_at() {
    let config = format!("[project]\nname = \"test\"\n\n[service.bot]\nunit = \"launchd:{LABEL}\"\n");
    let project = Project::new(&config);
    let said = project.heal(&["check"]).exits(3);
    assert!(said.stdout.contains("launchd is not on this machine"), "{said:?}");
}
