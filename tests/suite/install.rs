//! `heal install`: does it write what `[schedule]` says for each manager, once, and only what is different?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use super::machine::{LOOKS, SPOOL, STARTS, UNITS, names, on_a_machine, shown, texts, told};

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

/// With a `/proc` of its own the unit would be of another boot than whoever types `heal` (`scripts/test-systemd` runs one).
#[test]
fn in_a_container_the_unit_keeps_the_proc_that_all_others_have() {
    let project = on_a_machine(LOOKS);
    fs::write(project.path("machine/run/systemd/container"), "systemd-nspawn\n").expect("written");
    project.heal(&["install"]).exits(0);
    let unit = project.read(&format!("machine/{UNITS}/heal-bot.service"));
    assert!(!unit.contains("ProtectKernelTunables") && !unit.contains("ProtectControlGroups"), "{unit}");
    assert!(unit.contains("ProtectSystem=strict") && unit.contains("ProtectKernelModules=yes"), "{unit}");
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
    let project = on_a_machine(&format!("{STARTS}backup = [\"18:00\", \"06:30\"]\n"));
    let home = project.path(odd);
    fs::create_dir(&home).expect("created");
    fs::copy(project.path("heal.toml"), home.join("heal.toml")).expect("copied");
    let config = home.join("heal.toml").display().to_string();
    let ran = project.heal(&["--config", &config, "install", "--launchd", "--service", "app"]).exits(0);
    assert!(ran.stdout.contains("backup (at 06:30, 18:00) is not built yet"), "{ran:?}");
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
        format!("WorkingDirectory={}", project.path("").display()).trim_end_matches('/'),
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
