//! `heal install`: does it write what `[schedule]` says, whole or not at all, and nothing that is somebody else's?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use super::killpoints::{Fault, sweep};
use super::machine::{LOOKS, STARTS, UNITS, names, on_a_machine, shown, texts, told};
use super::support::{Project, Ran};

const SPOOL: &str = "machine/spool";

/// `expect_test` and a refused install: what is there stays byte for byte.
fn refused(project: &Project, args: &[&str], folder: &str) -> Ran {
    let before = texts(project, folder);
    let ran = project.heal(args).exits(69);
    assert_eq!(texts(project, folder), before, "{ran:?}");
    ran
}

#[test]
fn a_timer_is_written_enabled_and_written_down() {
    let project = on_a_machine(LOOKS);
    let ran = project.heal(&["install"]).exits(0);
    expect![[r#"
        systemd starts heal
        did   write [DIR]/machine/etc/systemd/system/heal-bot.service
        did   write [DIR]/machine/etc/systemd/system/heal-bot.timer
        did   run `systemctl daemon-reload`
        did   run `systemctl enable --now heal-bot.timer`
        next  heal doctor
    "#]]
    .assert_eq(&shown(&project, &ran.stdout));
    let all: String = texts(&project, UNITS).iter().map(|(_, text)| shown(&project, text) + "\n").collect();
    expect![[r#"
        # Written by `heal install`, removed by `heal uninstall`. What is edited by hand is left alone.
        # heal-for: schedule heal of [DIR]/heal.toml
        # heal-sum: [SUM]
        [Unit]
        Description=heal: tick of bot ([DIR]/heal.toml)
        # A timer whose unit was refused as "start request repeated too quickly" stands still; heal counts its acts itself.
        StartLimitIntervalSec=0

        [Service]
        Type=oneshot
        ExecStart=[HEAL] --config [DIR]/heal.toml heal --quiet
        # 1: degraded or on probation, 75: another run is at work. Both are no failure of this unit.
        SuccessExitStatus=1 75
        # heal ends its own runs after 300 s; this is for one that could not.
        TimeoutStartSec=330
        ProtectSystem=strict
        ReadWritePaths=[DIR]/data
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectKernelLogs=yes
        ProtectControlGroups=yes
        ProtectClock=yes
        ProtectHostname=yes
        RestrictRealtime=yes
        LockPersonality=yes
        SystemCallArchitectures=native
        ProtectHome=read-only
        RuntimeDirectory=heal
        RuntimeDirectoryMode=0700
        RuntimeDirectoryPreserve=yes
        NoNewPrivileges=yes
        PrivateDevices=yes
        RestrictSUIDSGID=yes
        RestrictNamespaces=yes
        MemoryDenyWriteExecute=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        SystemCallFilter=@system-service
        SystemCallErrorNumber=EPERM
        UMask=0077
        CapabilityBoundingSet=CAP_KILL CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE

        # Written by `heal install`, removed by `heal uninstall`. What is edited by hand is left alone.
        # heal-for: schedule heal of [DIR]/heal.toml
        # heal-sum: [SUM]
        [Unit]
        Description=heal: tick of bot ([DIR]/heal.toml)

        [Timer]
        OnBootSec=60s
        OnUnitActiveSec=60s
        # Without it systemd takes up to a minute more.
        AccuracySec=1s

        [Install]
        WantedBy=timers.target

    "#]]
    .assert_eq(&all);
    let mode = |name: &str| {
        fs::metadata(project.path("machine").join(UNITS).join(name)).expect("there").permissions().mode() & 0o777
    };
    assert_eq!((mode("heal-bot.service"), mode("heal-bot.timer")), (0o644, 0o644));
    assert_eq!(told(&project), ["systemctl daemon-reload", "systemctl enable --now heal-bot.timer"]);
    let (begun, ended) = (project.events("scheduling"), project.events("scheduled"));
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0]["effects"].as_array().map(Vec::len), Some(4));
    assert_eq!((&ended[0]["id"], ended[0].get("failure")), (&begun[0]["id"], None));
}

#[test]
fn the_second_time_changes_nothing_and_a_new_interval_only_what_it_is_about() {
    let project = on_a_machine(LOOKS);
    project.heal(&["install", "--systemd"]).exits(0);
    let (before, journal) = (texts(&project, UNITS), project.journal());
    for args in [&["install"][..], &["install", "--systemd", "--force"]] {
        let ran = project.heal(args).exits(0);
        assert_eq!(ran.stdout, "systemd starts heal already, as heal.toml says; nothing to do\nnext  heal doctor\n");
    }
    assert_eq!(project.heal(&["install", "--quiet"]).exits(0).stdout, "");
    assert_eq!((texts(&project, UNITS), project.journal()), (before, journal));
    project.write("heal.toml", &LOOKS.replace("60s", "30s"));
    let said = project.heal(&["install", "--json"]).exits(0).json();
    assert_eq!(said["done"].as_array().map(Vec::len), Some(3), "{said}");
    assert!(
        said["done"][0].as_str().is_some_and(|done| done.starts_with("update") && done.ends_with(".timer")),
        "{said}"
    );
    assert!(project.read("machine/etc/systemd/system/heal-bot.timer").contains("OnUnitActiveSec=30s\n"));
    // Somebody stopped the timer, or a run was killed before it could tell systemd.
    fs::remove_file(project.path("machine/enabled/heal-bot.timer")).expect("removed");
    project.write("machine/stale", "");
    let said = project.heal(&["install", "--json"]).exits(0).json();
    assert_eq!(
        said["done"],
        serde_json::json!(["run `systemctl daemon-reload`", "run `systemctl enable --now heal-bot.timer`"])
    );
}

#[test]
fn a_dry_run_and_a_print_change_nothing() {
    let project = on_a_machine(LOOKS);
    let plan = project.heal(&["install", "--dry-run", "--json"]).exits(0).json();
    let text = project.heal(&["install", "--systemd", "--print"]).exits(0).stdout;
    assert!(names(&project, UNITS).is_empty() && !project.path("data").exists());
    project.heal(&["install", "--dry-run", "--print"]).exits(64);
    let done = project.heal(&["install", "--json"]).exits(0).json();
    assert_eq!((&plan["done"], &plan["dry_run"], &done["dry_run"]), (&done["done"], &true.into(), &false.into()));
    for (path, written) in texts(&project, UNITS) {
        assert!(text.contains(&format!("# ==> {} <==\n{written}", path.display())), "{text}");
    }
    let files = project.heal(&["install", "--systemd", "--print", "--json"]).exits(0).json();
    assert_eq!(files["files"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_heal_starts_outlives_its_unit_and_is_not_confined() {
    let project = on_a_machine(STARTS);
    let text = project.heal(&["install", "--systemd", "--print"]).exits(0).stdout;
    assert!(text.contains("\nKillMode=process\n") && !text.contains("Protect"), "{text}");
    // Without a service of its own to start, it is confined; with commands that look or tell, as far as they cannot notice.
    let asks = format!("{LOOKS}[alert.me]\nkind = \"command\"\ncommand = [\"true\"]\n");
    project.write("heal.toml", &asks);
    let text = project.heal(&["install", "--systemd", "--print"]).exits(0).stdout;
    assert!(
        text.contains("ProtectSystem=full") && !text.contains("NoNewPrivileges") && !text.contains("KillMode"),
        "{text}"
    );
    let text = project.heal(&["install", "--systemd-user", "--print"]).exits(69);
    assert!(text.stderr.contains("HOME is not set"), "{text:?}");
}

#[test]
fn what_it_may_write_follows_from_the_configuration() {
    let project = on_a_machine(LOOKS);
    let here = project.path("").display().to_string();
    let here = here.trim_end_matches('/');
    for (more, expected) in [
        ("", format!("{here}/data")),
        ("[alert.f]\nkind = \"file\"\npath = \"data/alerts\"\n", format!("{here}/data")),
        ("[alert.f]\nkind = \"file\"\npath = \"logs/alerts\"\n", here.to_owned()),
        ("[alert.f]\nkind = \"file\"\npath = \"/var/log/a b/x\"\n", format!("{here}/data \"-/var/log/a b\"")),
        ("[lock.x]\nkind = \"auto\"\npaths = [\"x\"]\n", here.to_owned()),
        (
            "[service.app]\nunit = \"systemd:x.service\"\nprobes = { db = { kind = \"sqlite\", path = \"app.db\" } }\n",
            here.to_owned(),
        ),
    ] {
        project.write("heal.toml", &format!("{LOOKS}{more}"));
        let text = project.heal(&["install", "--systemd", "--print"]).exits(0).stdout;
        assert!(text.contains(&format!("\nReadWritePaths={expected}\n")), "{more}: {text}");
    }
}

#[test]
fn cron_gets_a_block_and_every_other_byte_stays() {
    let others = ["", "MAILTO=\"\"\n0 5 * * * /bin/true % x\n", "# ümläut\n\n\n@reboot x\n"];
    for other in others {
        let project = on_a_machine(LOOKS);
        if !other.is_empty() {
            project.write(SPOOL, other);
        }
        project.heal(&["install", "--cron"]).exits(0);
        let crontab = project.read(SPOOL);
        assert!(crontab.starts_with(other), "{crontab}");
        expect![[r#"
            # heal: begin bot ([DIR]/heal.toml)
            # heal-sum: [SUM]
            * * * * * [HEAL] --config [DIR]/heal.toml heal --quiet
            # heal: end
        "#]]
        .assert_eq(&shown(&project, &crontab[other.len()..]));
        assert_eq!(project.heal(&["install", "--print"]).exits(0).stdout, crontab[other.len()..]);
        // What comes behind it stays behind it, also when the block changes.
        project.write(SPOOL, &format!("{crontab}1 1 * * * y\n"));
        project.write("heal.toml", &LOOKS.replace("60s", "5m"));
        project.heal(&["install"]).exits(0);
        let changed = project.read(SPOOL);
        assert!(changed.contains("\n*/5 * * * * ") && changed.ends_with("# heal: end\n1 1 * * * y\n"), "{changed}");
        let journal = project.journal().len();
        project.heal(&["install"]).exits(0);
        assert_eq!((project.read(SPOOL), project.journal().len()), (changed, journal));
        project.heal(&["uninstall"]).exits(0);
        assert_eq!(project.read(SPOOL), format!("{other}1 1 * * * y\n"));
    }
}

#[test]
fn cron_cannot_do_everything_and_says_so() {
    let project = on_a_machine(&LOOKS.replace("60s", "30s"));
    let ran = project.heal(&["install", "--cron"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        --- stderr
        heal: cron starts nothing more often than every minute, and [schedule] heal is 30s
          set `[schedule] heal = "1m"`, or take a timer, which can: `heal install --systemd` (or --systemd-user, --launchd)
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(!project.path(SPOOL).exists() && !project.path("data").exists());
    assert_eq!(project.heal(&["install", "--cron", "--json"]).exits(69).json()["error"]["kind"], "refused");
    project.write("heal.toml", &LOOKS.replace("60s", "7m"));
    let ran = project.heal(&["install", "--cron"]).exits(69);
    assert!(ran.stderr.contains("cron cannot start something every 7m"), "{ran:?}");
    project.write("heal.toml", STARTS);
    project.heal(&["install", "--cron", "--service", "app"]).exits(64);
    for broken in ["# heal: begin x (/x)\n* * * * * y\n", "\u{fffd}\n"] {
        project.write(SPOOL, broken);
        project.heal(&["install", "--cron"]).exits(69);
        assert_eq!(project.read(SPOOL), broken);
    }
    fs::write(project.path(SPOOL), b"# \xff\n").expect("written");
    project.heal(&["install", "--cron"]).exits(69);
    assert_eq!(fs::read(project.path(SPOOL)).expect("read"), b"# \xff\n");
}

#[test]
fn a_property_list_has_no_keep_alive_and_is_read_by_a_reader_of_them() {
    let odd = "a <b> & \"c\" --d' e";
    let project = on_a_machine(&format!("{STARTS}update = [\"18:00\", \"06:30\"]\n"));
    let home = project.path(odd);
    fs::create_dir(&home).expect("created");
    fs::copy(project.path("heal.toml"), home.join("heal.toml")).expect("copied");
    let config = home.join("heal.toml").display().to_string();
    let ran = project.heal(&["--config", &config, "install", "--launchd", "--service", "app"]).exits(0);
    assert!(ran.stdout.contains("update (at 06:30, 18:00) is not built yet"), "{ran:?}");
    let script = "import json, plistlib, sys\nprint(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))\n";
    let read = |name: &str| -> serde_json::Value {
        let path = project.path("machine/Library/LaunchDaemons").join(name).display().to_string();
        let ran = project.run(&mut project.command_of("python3", &["-c", script, &path])).exits(0);
        serde_json::from_str(&ran.stdout).expect("JSON")
    };
    let tick = read("heal-bot.plist");
    let heal = fs::canonicalize(env!("CARGO_BIN_EXE_heal")).expect("built");
    assert_eq!(tick["ProgramArguments"], serde_json::json!([heal, "--config", config, "heal", "--quiet"]));
    assert_eq!(
        (&tick["StartInterval"], &tick["RunAtLoad"], &tick["AbandonProcessGroup"]),
        (&60.into(), &true.into(), &true.into())
    );
    assert_eq!((tick.get("KeepAlive"), &tick["Label"]), (None, &"heal-bot".into()));
    let service = read("heal-bot-service-app.plist");
    assert_eq!(service["ProgramArguments"], serde_json::json!(["/usr/bin/sleep", "86433"]));
    assert_eq!(service["KeepAlive"]["SuccessfulExit"], false);
    assert_eq!(service["WorkingDirectory"], home.display().to_string());
    // The service itself is not started: one may run already.
    let plist = project.path("machine/Library/LaunchDaemons/heal-bot.plist");
    let bootstrap = format!("launchctl bootstrap system {}", plist.display());
    assert_eq!(told(&project), [bootstrap.as_str()]);
    let again = project.heal(&["--config", &config, "install"]).exits(0);
    assert!(again.stdout.starts_with("launchd starts heal already"), "{again:?}");
    // A new interval: unloaded, replaced, loaded.
    fs::write(home.join("heal.toml"), STARTS.replace("60s", "90s")).expect("written");
    project.heal(&["--config", &config, "install"]).exits(0);
    assert_eq!(told(&project)[1..], ["launchctl bootout system/heal-bot", bootstrap.as_str()]);
    assert_eq!(read("heal-bot.plist")["StartInterval"], 90);
}

#[test]
fn what_is_somebody_elses_is_left_byte_for_byte() {
    let unit = "machine/etc/systemd/system/heal-bot.timer";
    let project = on_a_machine(LOOKS);
    project.write(unit, "[Timer]\nOnCalendar=daily\n");
    for args in [&["install"][..], &["install", "--force"]] {
        let ran = refused(&project, args, UNITS);
        expect![[r#"
            exit 69
            --- stdout
            --- stderr
            heal: [DIR]/machine/etc/systemd/system/heal-bot.timer was not written by heal, and is left as it is
              move it away if it is not needed, or give the project another name
        "#]]
        .assert_eq(&ran.snapshot(&project));
    }
    fs::remove_file(project.path(unit)).expect("removed");
    std::os::unix::fs::symlink("/dev/null", project.path(unit)).expect("linked");
    let ran = project.heal(&["install"]).exits(69);
    assert!(ran.stderr.contains("is a link that heal did not make"), "{ran:?}");
    assert_eq!(fs::read_link(project.path(unit)).expect("a link").to_str(), Some("/dev/null"));
    assert_eq!(told(&project), [""; 0]);
}

#[test]
fn what_was_edited_is_told_line_by_line_and_kept_when_it_is_replaced() {
    let unit = "machine/etc/systemd/system/heal-bot.timer";
    let project = on_a_machine(LOOKS);
    project.heal(&["install"]).exits(0);
    let edited = project.read(unit).replace("AccuracySec=1s", "AccuracySec=5s");
    project.write(unit, &edited);
    let ran = refused(&project, &["install"], UNITS);
    expect![[r#"
        exit 69
        --- stdout
        --- stderr
        heal: [DIR]/machine/etc/systemd/system/heal-bot.timer was edited by hand since heal wrote it, and is left as it is

        - AccuracySec=1s
        + AccuracySec=5s

          with --force, heal keeps a copy of it in its data directory and goes on
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["install", "--force"]).exits(0);
    assert!(project.read(unit).contains("AccuracySec=1s"));
    let kept: Vec<_> = fs::read_dir(project.path("data/edited")).expect("kept").flatten().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read_to_string(kept[0].path()).expect("text"), edited);
    assert_eq!(fs::metadata(kept[0].path()).expect("there").permissions().mode() & 0o777, 0o600);
    // The block of a crontab in the same way.
    project.heal(&["uninstall"]).exits(0);
    project.heal(&["install", "--cron"]).exits(0);
    let edited = project.read(SPOOL).replace("* * * * *", "*/2 * * * *");
    project.write(SPOOL, &edited);
    project.heal(&["install"]).exits(69);
    assert_eq!(project.read(SPOOL), edited);
    project.heal(&["install", "--force"]).exits(0);
    assert!(project.read(SPOOL).contains("\n* * * * * "));
}

#[test]
fn two_projects_of_one_name_get_along_and_a_new_name_is_no_second_timer() {
    let mut project = on_a_machine(LOOKS);
    project.write("other/heal.toml", LOOKS);
    let other = project.path("other/heal.toml").display().to_string();
    project.heal(&["install"]).exits(0);
    project.heal(&["--config", &other, "install"]).exits(0);
    let all = names(&project, UNITS);
    assert_eq!(all.len(), 4, "{all:?}");
    let digits = all[0].strip_prefix("heal-bot-").and_then(|rest| rest.strip_suffix(".service")).expect("digits");
    assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{all:?}");
    // The other one keeps its name when the first is gone, and this one when it is called something else.
    project.heal(&["uninstall"]).exits(0);
    let ran = project.heal(&["--config", &other, "install"]).exits(0);
    assert!(ran.stdout.contains("nothing to do"), "{ran:?}");
    project.write("other/heal.toml", &LOOKS.replace("bot", "robot"));
    project.heal(&["--config", &other, "install"]).exits(0);
    assert_eq!(names(&project, UNITS), [format!("heal-bot-{digits}.service"), format!("heal-bot-{digits}.timer")]);
    project.env("HEAL_CONFIG", &other).heal(&["uninstall"]).exits(0);
    assert!(names(&project, UNITS).is_empty());
}

#[test]
fn one_starts_heal_and_not_two() {
    let project = on_a_machine(LOOKS);
    project.heal(&["install", "--cron"]).exits(0);
    let ran = refused(&project, &["install", "--systemd"], UNITS);
    assert!(
        ran.stderr.contains("cron starts heal for this project already (crontab)\n  `heal uninstall --cron` first"),
        "{ran:?}"
    );
    project.heal(&["install", "--systemd", "--cron"]).exits(64);
}

#[test]
fn what_cannot_be_installed_says_why() {
    let project = on_a_machine("[project]\nname = \"bot\"\n");
    let ran = project.heal(&["install"]).exits(78);
    assert!(
        ran.stderr.contains("does not say how often heal is to be started\n  write `heal = \"60s\"` below [schedule]"),
        "{ran:?}"
    );
    project.write("heal.toml", &format!("{LOOKS}update = [\"25:00\"]\n"));
    let ran = project.heal(&["install"]).exits(78);
    assert!(ran.stderr.contains("`update`: `25:00` is not a time of day"), "{ran:?}");
    assert!(ran.stderr.contains("heal.toml:9:10"), "{ran:?}");
    project.write("heal.toml", LOOKS);
    project.heal(&["install", "--set", "schedule.heal=5m"]).exits(64);
    project.heal(&["install", "--service", "nobody"]).exits(64);
    fs::remove_dir(project.path("machine/run/systemd/system")).expect("removed");
    let ran = refused(&project, &["install", "--systemd"], UNITS);
    assert!(ran.stderr.contains("systemd does not run here"), "{ran:?}");
    project.heal(&["install", "--systemd", "--no-enable"]).exits(0);
    assert_eq!((names(&project, UNITS).len(), told(&project).len()), (2, 0));
    // A program that systemd cannot start.
    let quoted = project.path("it's");
    fs::create_dir(&quoted).expect("created");
    if fs::hard_link(env!("CARGO_BIN_EXE_heal"), quoted.join("heal")).is_err() {
        fs::copy(env!("CARGO_BIN_EXE_heal"), quoted.join("heal")).expect("copied");
    }
    let quoted = quoted.join("heal").display().to_string();
    let ran = project.run(&mut project.command_of(&quoted, &["install", "--systemd", "--print"])).exits(69);
    assert!(ran.stderr.contains("a program's path may hold no quotation mark"), "{ran:?}");
    project.run(&mut project.command_of(&quoted, &["install", "--cron", "--print"])).exits(0);
    // A directory whose name no line of text can hold.
    let odd = project.path("new\nline");
    fs::create_dir(&odd).expect("created");
    fs::write(odd.join("heal.toml"), LOOKS).expect("written");
    let ran = project.run(project.command(&["install", "--cron"]).current_dir(&odd)).exits(69);
    assert!(ran.stderr.contains("it is not plain text"), "{ran:?}");
}

#[test]
fn the_unit_of_a_service_knows_all_that_heal_would_have_told_it() {
    let service = "hold_on_exit = [2, 3]\nstop_grace = \"7s\"\nenv = { MODE = \"50% $x\" }\n";
    let project = on_a_machine(&STARTS.replace("\n[schedule]", &format!("{service}\n[schedule]")));
    let ran = project.heal(&["install", "--systemd", "--service", "app"]).exits(0);
    assert!(project.path("data/output").is_dir(), "systemd makes no folder for the output");
    assert!(
        ran.stdout.contains("next  in heal.toml, write unit = \"systemd:heal-bot-service-app.service\""),
        "{ran:?}"
    );
    let text = project.read("machine/etc/systemd/system/heal-bot-service-app.service");
    for line in [
        "ExecStart=/usr/bin/sleep 86433",
        "\"MODE=50%% $x\"",
        "RestartPreventExitStatus=2 3",
        "TimeoutStopSec=7s",
        &format!("WorkingDirectory={}", project.path("").display()).trim_end_matches('/'),
        "/data/output/app.log\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(told(&project)[2], "systemctl enable heal-bot-service-app.service", "enabled, and not started");
    let secret = STARTS.replace("\n[schedule]", "env = { API_TOKEN = \"abc\" }\n\n[schedule]");
    project.write("heal.toml", &secret);
    let ran = project.heal(&["install", "--service", "app"]).exits(69);
    assert!(ran.stderr.contains("`API_TOKEN` of app looks like a secret") && !ran.stderr.contains("abc"), "{ran:?}");
}

#[test]
fn a_command_that_fails_is_told_and_the_same_command_goes_on() {
    let project = on_a_machine(LOOKS);
    let systemctl = project.read("machine/bin/systemctl");
    project.script(
        "machine/bin/systemctl",
        "#!/bin/sh\n[ \"$1\" = daemon-reload ] || exit 0\necho Access denied >&2\nexit 4\n",
    );
    let ran = project.heal(&["install"]).exits(74);
    assert!(
        ran.stderr.contains("`systemctl daemon-reload` exit code 4: Access denied\n  nothing is half written"),
        "{ran:?}"
    );
    assert!(project.events("scheduled")[0]["failure"].as_str().is_some_and(|why| why.contains("Access denied")));
    project.script("machine/bin/systemctl", &systemctl);
    project.heal(&["install"]).exits(0);
    assert!(project.path("machine/enabled/heal-bot.timer").exists());
    assert!(project.heal(&["install"]).exits(0).stdout.contains("nothing to do"));
}

#[test]
fn killed_at_any_system_call_every_file_is_whole_or_absent_and_the_second_run_converges() {
    let stride = if std::env::var_os("HEAL_LONG").is_some() { 1 } else { 9 };
    for (flag, folder) in [("--systemd", UNITS), ("--cron", "bin")] {
        let world = || on_a_machine(LOOKS);
        let args = ["install", flag];
        let points = sweep(world, &args, Fault::Kill, stride, |project, point, ran| {
            let files = project.heal(&["install", flag, "--print", "--json"]).exits(0).json()["files"].clone();
            let expected = |path: &str| {
                let mut all = files.as_array().expect("files").iter();
                all.find(|file| file["path"] == path).map(|file| file["text"].as_str().expect("text").to_owned())
            };
            if flag == "--cron" {
                let crontab = fs::read_to_string(project.path(SPOOL)).unwrap_or_default();
                assert!(crontab.is_empty() || Some(crontab) == expected("crontab"), "{point:?}: {ran:?}");
            }
            for (path, text) in texts(project, folder).iter().filter(|_| flag == "--systemd") {
                let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                assert!(hidden || expected(&path.display().to_string()).as_ref() == Some(text), "{point:?}: {text}");
            }
            project.heal(&args).exits(0);
            assert!(project.heal(&args).exits(0).stdout.contains("nothing to do"), "{point:?}");
            project.heal(&["uninstall"]).exits(0);
            assert_eq!(names(project, UNITS), [""; 0], "{point:?}: nothing is left, hidden or not");
            assert_eq!(fs::read_to_string(project.path(SPOOL)).unwrap_or_default(), "", "{point:?}");
        });
        assert!(points >= 5, "{points}");
    }
}

#[test]
fn a_disk_that_takes_nothing_leaves_nothing_half() {
    let stride = if std::env::var_os("HEAL_LONG").is_some() { 1 } else { 13 };
    for error in ["ENOSPC", "EIO"] {
        sweep(
            || on_a_machine(LOOKS),
            &["install", "--systemd"],
            Fault::Error(error),
            stride,
            |project, point, ran| {
                assert!([0, 69, 70, 73, 74, 77, 78].contains(&ran.code) && ran.code != 70, "{point:?}: {ran:?}");
                for (path, text) in texts(project, UNITS) {
                    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                    assert!(
                        hidden || text.ends_with("timers.target\n") || text.ends_with("CAP_DAC_OVERRIDE\n"),
                        "{point:?}: {text}"
                    );
                }
                project.heal(&["install", "--systemd"]).exits(0);
                assert!(project.heal(&["install"]).exits(0).stdout.contains("nothing to do"), "{point:?}");
            },
        );
    }
}
