//! What do the probes of disk and memory say of real file systems: full of files, read-only for everybody, read-only only here?

use expect_test::expect;

use crate::acting::shell;
use crate::check::{finding, host};
use crate::config_faults::{project, refused};
use crate::support::{Project, Ran};

/// Runs a script with mounts of its own; `None` where this machine does not allow it.
fn private(project: &Project, script: &str) -> Option<Ran> {
    let allowed = |how: &str| shell(project, &format!("unshare {how} true")).code == 0;
    let how = ["-m", "-rm"].into_iter().find(|how| allowed(how))?;
    project.write("script.sh", script);
    Some(shell(project, &format!("unshare {how} /bin/sh script.sh")))
}

/// What the probe `it` says after each step of a script; steps are parted by lines with `?`.
fn asked(probe: &str, steps: &[&str]) -> Option<String> {
    let project = host(&format!("it = {{ kind = \"disk\", path = \"fs\", {probe} }}"));
    std::fs::create_dir(project.path("fs")).expect("created");
    let ask = "\"$HEAL\" check >said; echo \"exit $?\"; sed -n 's/^ *//;/^[a-z]* *it /p' said\n";
    let script = steps.iter().map(|step| format!("{step} || exit 99\n{ask}")).collect::<String>();
    let ran = private(&project, &script)?;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    Some(ran.stdout)
}

#[test]
fn inodes_run_out_before_bytes_do() {
    let steps = [
        "mount -t tmpfs -o size=1m,nr_inodes=100 tmpfs fs",
        "for n in $(seq 1 85); do : >fs/$n; done",
        "for n in $(seq 86 98); do : >fs/$n; done",
    ];
    let Some(said) = asked("warn_inodes_below = \"20%\", critical_inodes_below = 5", &steps) else { return };
    expect![[r#"
        exit 0
        exit 1
        warn     it  1.0 MB free of 1.0 MB, 14 of 100 inodes free
        exit 2
        bad      it  1.0 MB free of 1.0 MB, 1 of 100 inodes free
    "#]]
    .assert_eq(&said);
}

#[test]
fn a_file_system_that_became_read_only_is_bad_and_a_read_only_view_of_it_is_not() {
    let steps = [
        "mount -t tmpfs -o size=1m tmpfs fs",
        "mount -o remount,bind,ro fs",
        "mount -o remount,bind,rw fs && mount -o remount,ro fs",
        "mount -o remount,rw fs",
    ];
    let mut all = String::new();
    for probe in ["warn_below = \"1KB\"", "writable = true", "writable = false"] {
        let Some(said) = asked(probe, &steps) else { return };
        all += &format!("{probe}\n{said}");
    }
    expect![[r#"
        warn_below = "1KB"
        exit 0
        exit 0
        exit 2
        bad      it  it is read-only, 1.0 MB free of 1.0 MB
        exit 0
        writable = true
        exit 0
        exit 2
        bad      it  it is read-only, 1.0 MB free of 1.0 MB
        exit 2
        bad      it  it is read-only, 1.0 MB free of 1.0 MB
        exit 0
        writable = false
        exit 0
        exit 0
        exit 0
        exit 0
    "#]]
    .assert_eq(&all);
}

/// Since Linux 6.15 neither `statvfs` nor the mount's own options show it.
#[test]
fn what_the_kernel_turned_read_only_after_an_error_is_seen() {
    let project = host("it = { kind = \"disk\", path = \"fs\", warn_below = \"1KB\" }");
    let script = "\
PATH=$PATH:/usr/sbin:/sbin
mkdir fs && truncate -s 8M image && mkfs.ext4 -q image && mount -o loop,errors=remount-ro image fs || exit 77
device=$(findmnt -no SOURCE fs)
trigger=/sys/fs/ext4/${device#/dev/}/trigger_fs_error
[ -w \"$trigger\" ] || exit 77
\"$HEAL\" check --quiet; echo \"exit $?\"
echo 1 >\"$trigger\"
\"$HEAL\" check >said; echo \"exit $?\"; sed -n 's/,.*//;s/^ *bad/bad/p' said
";
    // Without a loop device of one's own (a container), there is no such file system to be had.
    let Some(ran) = private(&project, script).filter(|ran| ran.code != 77) else { return };
    expect![[r#"
        exit 0
        exit 2
        bad      it  it is read-only
    "#]]
    .assert_eq(&ran.stdout);
}

#[test]
fn waiting_for_memory_is_read_from_the_kernel() {
    let project = host("it = { kind = \"memory\", critical_pressure_above = \"99%\", pressure = \"full\" }");
    let ran = project.heal(&["check", "--json"]);
    let answer = ran.json();
    let found = finding(&answer, "host", "it");
    let summary = found["summary"].as_str().expect("text");
    if std::fs::read_to_string("/proc/pressure/memory").is_ok() {
        assert_eq!(found["status"], "healthy");
        assert!(
            summary.contains("; everything waited for memory in ") && summary.ends_with("% of the last minute"),
            "{summary}"
        );
    } else {
        assert_eq!(found["status"], "unknown");
        assert!(summary.contains("boot with psi=1"), "{summary}");
    }
    // Without PSI, nothing of what was not asked is unknown.
    host("it = { kind = \"memory\", critical_above = \"100%\" }").heal(&["check"]).exits(0);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let text = r#"[host.probes]
a = { kind = "disk", path = ".", warn_inodes_below = "5%", critical_inodes_below = "10%" }
b = { kind = "disk", path = ".", warn_inodes_below = "many" }
c = { kind = "disk", path = ".", warn_inodes_below = -1 }
d = { kind = "memory", pressure = "full" }
e = { kind = "memory", warn_pressure_above = "20%", critical_pressure_above = "10%" }
f = { kind = "memory", warn_pressure_above = "10%", pressure = "all" }
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 6 faults

        error: `warn_inodes_below` is less than `critical_inodes_below`: it would never warn
         --> heal.toml:5:54
          |
        5 | a = { kind = "disk", path = ".", warn_inodes_below = "5%", critical_inodes_below = "10%" }
          |                                                      ^^^^

        error: `warn_inodes_below`: `many` is not a percentage from "0%" to "100%"
         --> heal.toml:6:54
          |
        6 | b = { kind = "disk", path = ".", warn_inodes_below = "many" }
          |                                                      ^^^^^^

        error: `warn_inodes_below`: -1 is less than nothing
         --> heal.toml:7:54
          |
        7 | c = { kind = "disk", path = ".", warn_inodes_below = -1 }
          |                                                      ^^

        error: `pressure` needs `warn_pressure_above` or `critical_pressure_above`
         --> heal.toml:8:35
          |
        8 | d = { kind = "memory", pressure = "full" }
          |                                   ^^^^^^

        error: `warn_pressure_above` is more than `critical_pressure_above`: it would never warn
         --> heal.toml:9:46
          |
        9 | e = { kind = "memory", warn_pressure_above = "20%", critical_pressure_above = "10%" }
          |                                              ^^^^^

        error: `pressure` cannot be `all`
          --> heal.toml:10:64
           |
        10 | f = { kind = "memory", warn_pressure_above = "10%", pressure = "all" }
           |                                                                ^^^^^
           |
           = help: known are `some`, `full`

          correct it and try again with `heal config check`
    "#]],
    );
}
