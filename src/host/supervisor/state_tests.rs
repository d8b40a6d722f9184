use super::*;

/// A unit that runs, as systemd 252 showed it, with other properties instead.
fn unit(differences: &str) -> Told {
    let running = "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nResult=success\n\
                   Restart=on-failure\nMainPID=4711\nInvocationID=b723b30d\nExecMainCode=0\nExecMainStatus=0\nNRestarts=0\n\
                   Job=\nConditionResult=yes\nStateChangeTimestampMonotonic=1000000\n\
                   ActiveEnterTimestampMonotonic=1000000\nInactiveExitTimestampMonotonic=900000";
    let changed: Vec<&str> = differences.split_whitespace().collect();
    let replaced = |line: &&str| !changed.iter().any(|one| one.split('=').next() == line.split('=').next());
    let lines: Vec<&str> = running.lines().filter(replaced).chain(changed.iter().copied()).collect();
    let raw = Raw::all(&lines.join("\n")).pop().expect("understood");
    told(&raw, false, &[4711, 4712], 500, 2_000)
}

const DOWN: &str = "MainPID=0 ";
const FAILED: &str = "MainPID=0 ActiveState=failed SubState=failed ";
const STOPPED: &str = "MainPID=0 ActiveState=inactive SubState=dead ExecMainCode=2 ExecMainStatus=15 ";

/// What is made of it: runs, wish, doubt, moving, positively down.
fn word(told: &Told) -> &'static str {
    match told {
        Told { wish: Some(_), .. } => "left alone",
        Told { main: Some(_), moving: None, .. } => "runs",
        Told { moving: Some(_), .. } => "moving",
        Told { doubt: Some(_), .. } => "doubt",
        _ => "down",
    }
}

#[test]
fn what_the_states_of_a_unit_mean() {
    let table: [(&str, &str, &str); 27] = [
        ("", "", "runs"),
        ("", "UnitFileState=disabled", "runs"),
        ("", "ActiveState=deactivating SubState=stop-sigterm", "moving"),
        ("", "LoadState=masked UnitFileState=masked", "left alone"),
        (DOWN, "ActiveState=activating SubState=auto-restart Result=exit-code", "moving"),
        (DOWN, "ActiveState=activating SubState=auto-restart StateChangeTimestampMonotonic=1", "moving"),
        (DOWN, "ActiveState=activating SubState=start-pre", "moving"),
        (FAILED, "Result=signal ExecMainCode=2 ExecMainStatus=9", "down"),
        (FAILED, "Result=exit-code ExecMainCode=1 ExecMainStatus=1 NRestarts=5", "down"), // the start limit
        (FAILED, "Result=start-limit-hit", "down"),
        (FAILED, "Result=oom-kill ExecMainCode=2 ExecMainStatus=9", "down"),
        (FAILED, "Result=exit-code Job=17", "moving"),
        (FAILED, "Result=exit-code UnitFileState=disabled", "doubt"),
        // Stopped, and not gently: it would have been restarted otherwise.
        (FAILED, "Result=exit-code ExecMainCode=1 ExecMainStatus=143", "left alone"),
        (FAILED, "Result=timeout ExecMainCode=2 ExecMainStatus=9", "left alone"),
        // The same where systemd restarts nothing: a stray TERM looks alike.
        (FAILED, "Result=exit-code ExecMainCode=1 ExecMainStatus=143 Restart=no", "doubt"),
        (FAILED, "Result=timeout ExecMainCode=2 ExecMainStatus=9 Restart=no", "down"),
        // It never came up: a start that took too long was stopped by nobody.
        (FAILED, "Result=timeout ActiveEnterTimestampMonotonic=0", "down"),
        (STOPPED, "", "left alone"),
        (STOPPED, "Result=exit-code", "left alone"), // between two restarts
        (STOPPED, "UnitFileState=disabled", "left alone"),
        (STOPPED, "InactiveExitTimestampMonotonic=0 ExecMainCode=0", "doubt"),
        (STOPPED, "InactiveExitTimestampMonotonic=0 UnitFileState=static", "left alone"),
        (STOPPED, "Job=17", "moving"),
        (STOPPED, "LoadState=masked UnitFileState=masked Job=17", "left alone"),
        (STOPPED, "LoadState=not-found UnitFileState=", "doubt"),
        (STOPPED, "LoadState=bad-setting", "doubt"),
    ];
    for (state, more, expected) in table {
        // Of two that name the same property the later counts.
        let told = unit(&format!("{state} {more}"));
        assert_eq!(word(&told), expected, "{state} {more}: {told:?}");
    }
}

#[test]
fn a_job_that_never_ends_is_stuck_and_an_automatic_restart_is_not() {
    let late = |differences: &str| {
        let lines = format!("LoadState=loaded\nMainPID=0\nStateChangeTimestampMonotonic=1\n{differences}");
        told(&Raw::all(&lines)[0], false, &[], 0, STUCK_MS + 1_000).moving
    };
    assert_eq!(late("ActiveState=deactivating\nSubState=stop-post"), None);
    assert!(late("ActiveState=activating\nSubState=auto-restart").is_some());
}

#[test]
fn how_it_ended_is_said_and_an_exit_code_is_one_only_where_it_exited() {
    let failed = unit("MainPID=0 ActiveState=failed SubState=failed Result=exit-code ExecMainCode=1 ExecMainStatus=78");
    assert_eq!((failed.state.as_str(), failed.exit, failed.failed), ("failed (exit code 78)", Some(78), true));
    let killed = unit("MainPID=0 ActiveState=failed Result=signal ExecMainCode=2 ExecMainStatus=9");
    assert_eq!((killed.state.as_str(), killed.exit), ("failed (signal 9)", None));
    let running = unit("ExecMainCode=1 ExecMainStatus=78");
    assert_eq!((running.state.as_str(), running.exit), ("active (running)", None), "that was an earlier life");
    let limited = unit("MainPID=0 ActiveState=failed Result=start-limit-hit");
    assert_eq!(limited.state, "failed (start-limit-hit)");
}

#[test]
fn lives_members_and_clocks() {
    let running = unit("");
    assert_eq!((running.life.as_deref(), running.members.as_slice()), (Some("b723b30d"), &[4712][..]));
    assert_eq!(running.changed_ms, Some(1_500), "systemd counts without the time in suspend");
    assert_eq!(unit("InvocationID= StateChangeTimestampMonotonic=0").changed_ms, None);
}
