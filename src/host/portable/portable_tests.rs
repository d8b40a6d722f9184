use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::*;
use crate::host::proc::Proc;

/// A child that ends with the test, and whatever it began with it: what is left behind keeps the runner's pipe open.
struct Kid(Child);

impl Kid {
    #[expect(clippy::disallowed_methods, reason = "a test needs real processes")]
    fn new(program: &str, args: &[&str], name: Option<&str>) -> Self {
        let mut command = Command::new(program);
        if let Some(name) = name {
            command.arg0(name);
        }
        let command = command.args(args).current_dir("/tmp").env("MARK_OF_TEST", "yes").stdin(Stdio::null());
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().expect("started"))
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("a pid")
    }
}

impl Drop for Kid {
    fn drop(&mut self) {
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(self.pid()), nix::sys::signal::Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

/// Waits for what happens in its own time, at most ten seconds.
fn wait_for(mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(std::time::Instant::now() < deadline, "waited in vain");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn state(pid: i32) -> char {
    match Proc::default().detail(pid) {
        Detail::Seen(process) => process.state,
        other => panic!("{other:?}"),
    }
}

/// What both say about one process, in a form in which they must agree: `ps` knows no boundaries between words, and seconds
/// since 1970 where `/proc` counts ticks since boot.
fn plain(detail: Detail) -> Option<Process> {
    let Detail::Seen(process) = detail else { return None };
    let words = process.args.iter().flat_map(|arg| arg.split(|c: char| c.is_whitespace() || c.is_control()));
    let args = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let state = if process.state == 'R' { 'S' } else { process.state };
    Some(Process { identity: Identity { start: 0, ..process.identity }, age_ms: 0, args, state, ..*process })
}

#[test]
fn both_backends_agree_on_real_processes() {
    let python = ["-c", "import time\ntime.sleep(600)", "two words", "née", ""];
    let renamed = Kid::new("/bin/sleep", &["600"], Some("renamed: worker process"));
    let kids = [
        Kid::new("/bin/sleep", &["600"], None),
        Kid::new("/usr/bin/python3", &["-u", python[0], python[1], python[2], python[3], python[4]], None),
        Kid::new("/bin/sh", &["-c", "sleep 600; :"], None),
        renamed,
        Kid::new("/bin/sh", &["-c", "kill -STOP $$"], None),
        Kid::new("/bin/true", &[], None),
    ];
    wait_for(|| state(kids[4].pid()) == 'T' && state(kids[5].pid()) == 'Z');
    wait_for(|| kids[..4].iter().all(|kid| state(kid.pid()) == 'S'));
    let (proc, portable) = (Proc::default(), Portable::default());
    for kid in &kids {
        let (one, other) = (plain(proc.detail(kid.pid())), plain(portable.detail(kid.pid())));
        assert!(one.is_some() && one == other, "proc\n{one:?}\nportable\n{other:?}");
    }
    let pids = |table: &dyn Processes| -> Vec<i32> {
        let rows = table.rows().expect("readable");
        kids.iter().map(Kid::pid).filter(|pid| rows.iter().any(|row| row.pid == *pid)).collect()
    };
    assert_eq!(pids(&proc), pids(&portable));
    assert_eq!(pids(&portable).len(), 5, "a zombie has no command line");
    for kid in &kids[..4] {
        assert_eq!(portable.exe(kid.pid()), proc.exe(kid.pid()));
        assert!(
            portable.has_variable(kid.pid(), "MARK_OF_TEST=yes")
                && !portable.has_variable(kid.pid(), "MARK_OF_TEST=ye")
        );
    }
    let family = |table: &dyn Processes| -> Vec<(i32, i32, i32)> {
        let all = table.family().expect("readable").into_iter();
        let mut ours: Vec<_> = all
            .filter(|kin| kids.iter().any(|kid| kin.pid == kid.pid() || kin.parent == kid.pid()))
            .map(|kin| (kin.pid, kin.parent, kin.session))
            .collect();
        ours.sort_unstable();
        ours
    };
    assert_eq!(family(&proc), family(&portable));
    assert!(family(&portable).len() > kids.len(), "the shell has a child");
    assert_eq!(proc.lineage(), portable.lineage());
}

#[test]
fn one_life_has_one_identity_wherever_it_is_looked_at() {
    let kid = Kid::new("/bin/sleep", &["600"], None);
    let table = Portable::default();
    let Detail::Seen(first) = table.detail(kid.pid()) else { panic!("it runs") };
    std::thread::sleep(Duration::from_millis(1_200));
    let Detail::Seen(later) = table.detail(kid.pid()) else { panic!("it runs") };
    assert_eq!(first.identity, later.identity);
    assert!(later.age_ms >= 1_000, "{later:?}");
    assert!(table.family().expect("readable").contains(&first.kin()));
    let pid = kid.pid();
    drop(kid);
    assert_eq!(table.detail(pid), Detail::Gone);
    assert_eq!(table.detail(super::super::process::PID_MAX - 1), Detail::Gone);
}

#[test]
fn what_is_open_and_who_listens_is_the_same_for_both() {
    let me = i32::try_from(std::process::id()).expect("a pid");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().canonicalize().expect("there").join("née and spaces");
    let file = std::fs::File::options().append(true).create(true).open(&path).expect("created");
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = socket.local_addr().expect("bound");
    let table = Portable::default();
    for table in [&table as &dyn Processes, &Proc::default()] {
        assert!(table.open(me).expect("ours").contains(&Open::File { path: path.clone(), writes: true, fd }));
        let listeners = table.listeners().expect("readable");
        let found = listeners.iter().find(|one| one.address == address).expect("listed");
        assert_eq!(table.owner(found, &[]), Some(me));
        assert!(table.vitals(me).expect("ours").rss.is_some_and(|rss| rss > 1_000_000));
        assert!(table.descriptors(me).expect("ours").count > 4);
    }
}

#[test]
fn without_the_programs_everything_is_unknown_and_says_what_to_install() {
    let me = i32::try_from(std::process::id()).expect("a pid");
    let blind = Portable::in_path("/nowhere");
    let Detail::Hidden(why) = blind.detail(me) else { panic!("nobody could look") };
    assert_eq!(why, "`ps` is not in PATH (/nowhere); without /proc, heal sees processes by `ps`: install it");
    assert!(blind.rows().is_err() && blind.family().is_err() && blind.listeners().is_err() && blind.open(me).is_err());
    // With `ps` alone, who it is stays unknown: the same words may run in any directory.
    let dir = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink("/usr/bin/ps", dir.path().join("ps")).expect("linked");
    let half = Portable::in_path(&dir.path().display().to_string());
    let Detail::Hidden(why) = half.detail(me) else { panic!("nobody could look closely") };
    assert!(why.contains("heal sees processes by `lsof`: install it"), "{why}");
    assert_eq!(half.detail(super::super::process::PID_MAX - 1), Detail::Gone, "that much `ps` can say");
}

#[test]
fn a_ps_that_hangs_or_talks_nonsense_is_unknown() {
    use std::os::unix::fs::PermissionsExt as _;
    let me = i32::try_from(std::process::id()).expect("a pid");
    for script in ["echo what", "echo 1 1 1; exit 0", "echo broken >&2; exit 2", "exit 0", "sleep 60"] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut file = tempfile::NamedTempFile::new_in(dir.path()).expect("created");
        std::io::Write::write_all(&mut file, format!("#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n").as_bytes())
            .expect("written");
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o755)).expect("set");
        file.into_temp_path().persist(dir.path().join("ps")).expect("in its place");
        let table = Portable::in_path(&dir.path().display().to_string());
        assert!(matches!(table.detail(me), Detail::Hidden(_)), "{script}: {:?}", table.detail(me));
        assert!(table.rows().is_err(), "{script}");
    }
}
