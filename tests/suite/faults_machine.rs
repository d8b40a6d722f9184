//! What if the machine itself is at its end: no process can be started, no file made, a process cannot be killed? A documented
//! exit, a word to a person, and never a second service.

use std::time::Duration;

use nix::unistd::Uid;

use super::acting::{NAP, running, shell, sleeper, the_one};
use super::faults_data::private;
use super::peer::Peer;
use super::support::Project;

/// Nobody's processes are counted by themselves: a limit for them is none for the tests.
const NOBODY: u32 = 65_534;

fn nobodys(project: &Project) -> bool {
    shell(
        project,
        &format!("chown -R {NOBODY}:{NOBODY} . && setpriv --reuid {NOBODY} --clear-groups \"$HEAL\" --version"),
    )
    .code
        == 0
}

#[test]
fn where_nothing_can_be_started_a_person_is_told_and_no_act_is_left_open() {
    let peer = Peer::new([]);
    // A number of its own: of whoever runs under another user, nobody sees whether it is this service.
    const SLEEP: &str = "86397";
    let project = sleeper("[service.app.probes]\na = { kind = \"command\", command = [\"true\"] }\n");
    let url = peer.url();
    let named = url.replace("127.0.0.1", "localhost");
    let text = project.read("heal.toml").replace(NAP, SLEEP);
    let hook = |name: &str, url: &str| format!("[alert.{name}]\nkind = \"webhook\"\nurl = \"{url}\"\n");
    project.write("heal.toml", &format!("{text}{}{}", hook("address", &url), hook("name", &named)));
    if !nobodys(&project) {
        return;
    }
    let heal = |limit: u32, words: &str| {
        let limited = format!("prlimit --nproc={limit} \"$HEAL\" {words}");
        shell(&project, &format!("exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups {limited}"))
    };
    // One is heal itself: neither a process nor a thread can be had.
    let ran = heal(1, "heal").exits(2);
    assert!(ran.stdout.contains("failed    app (was dead)") && !ran.stderr.contains("bug"), "{ran:?}");
    assert!(ran.stdout.contains("Resource temporarily unavailable"), "{ran:?}");
    // By the built-in channels, which need nothing: also by a name that is looked up.
    assert_eq!(peer.asked().len(), 2, "{ran:?}");
    assert_eq!(project.events("intent").len(), project.events("done").len());
    assert!(running(&project, SLEEP).is_empty());
    assert!([2, 3].contains(&heal(1, "check").code));
    // With room for them it goes on where it was.
    shell(&project, &format!("exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \"$HEAL\" heal")).exits(0);
    the_one(&project, SLEEP);
}

#[test]
fn who_is_hidden_by_the_system_is_not_gone() {
    let project = sleeper("[lock.pid]\npaths = [\"app.pid\"]\nkind = \"pid\"\n");
    let who = format!("setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \"$HEAL\"");
    let script = format!(
        "mount -t proc -o hidepid=2 proc /proc || exit 77\n\
         sleep {NAP} & echo $! >app.pid; touch -d yesterday app.pid\n\
         \"$HEAL\" check >root; echo $? >>codes; chown -R {NOBODY} .\n\
         {who} heal >other; echo $? >>codes\n\
         {who} clean-locks >locks; echo $? >>codes\n\
         {who} heal --set service.app.match.user=nobody >own; echo $? >>codes\n\
         kill $(cat app.pid); {who} clean-locks >>locks; echo $? >>codes; exit 0"
    );
    project.write("script.sh", &script);
    let ran = shell(&project, "unshare -m -p -f --kill-child /bin/sh script.sh");
    if !Uid::effective().is_root() || ran.code == 77 {
        return; // where it may not be mounted
    }
    assert_eq!(project.read("codes"), "0\n3\n69\n0\n0\n", "{ran:?}");
    let said = |file: &str, part: &str| assert!(project.read(file).contains(part), "{part}: {}", project.read(file));
    said(
        "other",
        "unknown   app  processes of other users are hidden from this user (hidepid); with `user = \"nobody\"`",
    );
    said("own", "healed    app (was dead)");
    said("locks", "app.pid [pid, pid]  pid 3 cannot be looked at: it is not shown to this user\n");
    said("locks", "pid 3 is dead, and nobody has the file open or locked\n");
}

#[test]
fn without_inodes_it_is_as_on_a_full_disk() {
    for inodes in [1, 2, 3, 4, 5, 6, 7, 8, 10, 12] {
        let project = sleeper("");
        std::fs::create_dir(project.path("data")).expect("created");
        let script = format!(
            "mount -t tmpfs -o size=1m,nr_inodes={inodes},mode=700 tmpfs data || exit 99\n\
             \"$HEAL\" heal >out 2>err; echo $? >code; cat data/journal/* >journal.txt 2>/dev/null; exit 0"
        );
        let Some(ran) = private(&project, &script) else { return };
        assert_eq!(ran.code, 0, "{ran:?}");
        let code: i32 = project.read("code").trim().parse().expect("a code");
        let said = format!("{inodes}: exit {code}\n{}{}", project.read("out"), project.read("err"));
        let started = running(&project, NAP).len();
        assert!([0, 1, 74].contains(&code), "{said}");
        assert!(code != 0 || started == 1, "{said}");
        assert!(inodes > 1 || code == 74 && said.contains("No space left on device"), "{said}");
        let meanwhile: String = project.journal_meanwhile().iter().map(|event| format!("{event}\n")).collect();
        let text = project.read("journal.txt") + &meanwhile;
        assert_eq!(started == 1, text.contains("\"event\":\"started\""), "{said}{text}");
    }
}

#[test]
fn what_cannot_be_killed_is_not_replaced() {
    let project = Project::new(
        r#"[project]
name = "test"

[service.app]
match         = { executable = "sh", args_contain = "writes.sh" }
start         = ["./writes.sh"]
startup_grace = "0s"
verify_within = "5s"
stop_grace    = "1s"

[service.app.probes]
work = { kind = "fresh", path = "fs/work", within = "1s" }
"#,
    );
    project.script("writes.sh", "#!/bin/sh\nwhile :; do echo x >>fs/work; sleep 0.1; done\n");
    // A file system that is frozen keeps whoever writes to it in the kernel: TERM and KILL wait until it thaws.
    let script = "mkdir fs && truncate -s 8M image && mkfs.ext4 -q image && mount -o loop image fs || exit 77\n\
         fsfreeze -f fs && fsfreeze -u fs || exit 77\n\
         \"$HEAL\" heal >first; echo \"first $?\"\n\
         trap 'fsfreeze -u fs' EXIT\n\
         fsfreeze -f fs; sleep 2.5\n\
         timeout 60 \"$HEAL\" heal >second; echo \"second $?\"; pgrep -c -f '^/bin/sh ./writes.sh'\n\
         timeout 60 \"$HEAL\" heal >third; echo \"third $?\"; pgrep -c -f '^/bin/sh ./writes.sh'\n\
         fsfreeze -u fs; trap - EXIT; sleep 0.5\n\
         \"$HEAL\" heal --set service.app.startup_grace=5s >fourth; echo \"fourth $?\"; pgrep -c -f '^/bin/sh ./writes.sh'; exit 0";
    let Some(ran) = private(&project, script) else { return };
    if ran.code == 77 {
        return;
    }
    let said = || ["first", "second", "third", "fourth"].map(|name| project.read(name)).join("---\n");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines.starts_with(&["first 0"]), "{ran:?}\n{}", said());
    let [_, second, one, third, still_one, ..] = lines[..] else { panic!("{ran:?}\n{}", said()) };
    assert_eq!((one, still_one), ("1", "1"), "{}", said());
    assert!(second == "second 2" && ["third 2", "third 69"].contains(&third), "{ran:?}\n{}", said());
    assert!(said().contains("cannot be stopped") || said().contains("still"), "{}", said());
    assert!(ran.took < Duration::from_secs(60), "{ran:?}");
}

#[test]
fn a_data_directory_that_does_not_answer_hangs_one_run_and_no_other() {
    let project = sleeper("");
    std::fs::create_dir(project.path("data")).expect("made");
    let script = "truncate -s 8M image && mkfs.ext4 -q image && mount -o loop image data && chmod 700 data || exit 77\n\
         fsfreeze -f data && fsfreeze -u data || exit 77\n\
         \"$HEAL\" heal >first; echo \"first $?\"\n\
         trap 'fsfreeze -u data' EXIT\n\
         fsfreeze -f data; { \"$HEAL\" heal; echo $? >hung.code; } >hung 2>&1 & sleep 1\n\
         timeout 10 \"$HEAL\" heal >second 2>&1; echo \"second $?\"\n\
         timeout 10 \"$HEAL\" heal >third 2>&1; echo \"third $?\"\n\
         timeout 10 \"$HEAL\" check >looks; echo \"check $?\"\n\
         [ -e hung.code ] && echo 'nobody hung'\n\
         fsfreeze -u data; trap - EXIT; wait; echo \"hung $(cat hung.code)\"\n\
         \"$HEAL\" heal >last; echo \"last $?\"";
    let Some(ran) = private(&project, script) else { return };
    if ran.code == 77 {
        return;
    }
    let said = ["hung", "second", "third"].map(|name| project.read(name)).join("---\n");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines, ["first 0", "second 75", "third 75", "check 0", "hung 0", "last 0"], "{ran:?}\n{said}");
    the_one(&project, NAP);
}

#[test]
fn without_memory_it_ends_and_the_next_run_goes_on() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let service = the_one(&project, NAP);
    let mut codes = std::collections::BTreeSet::new();
    for megabytes in (14..140).step_by(3) {
        let limited = shell(&project, &format!("ulimit -v {megabytes}000; exec \"$HEAL\" heal --all"));
        // As far as it comes, or as the loader, the kernel or the allocator ends it: never with a wrong word about the service.
        let known = [0, 3, 74, 126, 127, 134, 137, 139].contains(&limited.code);
        assert!(known && !limited.stdout.contains("unhealthy"), "{megabytes} MB: {limited:?}");
        codes.insert(limited.code);
        assert_eq!(the_one(&project, NAP), service, "{megabytes} MB");
        project.journal();
    }
    assert!(codes.len() > 1, "some of it was enough, and some was not: {codes:?}");
    project.heal(&["heal"]).exits(0);
    assert_eq!(project.events("started").len(), 1);
}
