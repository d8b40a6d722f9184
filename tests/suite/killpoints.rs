//! What if heal ends, or the disk refuses, at one of its system calls? Counts the calls of an undisturbed run under strace,
//! then repeats the run once for each of them with a fault in that place.

use std::collections::BTreeMap;

use super::support::{Project, Ran};

/// The calls by which a program changes files. Those of two architectures; strace passes over names with a `?` in front
/// that it does not know.
pub const CHANGING: &str = "?open,openat,openat2,?creat,write,pwrite64,writev,?pwritev,?rename,?renameat,renameat2,?unlink,\
unlinkat,?mkdir,mkdirat,?rmdir,ftruncate,?truncate,fsync,fdatasync,?sync_file_range,?chmod,fchmod,fchmodat,?chown,fchown,\
fchownat,?link,linkat,?symlink,symlinkat,flock,fallocate,utimensat,fsetxattr,syncfs,copy_file_range,sendfile";

/// What happens in the place of the k-th call.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The process is killed before the call is made.
    Kill,
    /// The call fails, once.
    Error(&'static str),
}

/// A place: the k-th call of that name, counted per thread as strace does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The system call.
    pub call: String,
    /// Which of them, from 1.
    pub k: u32,
}

/// How often each of the calls is made in an undisturbed run, in the thread that makes it most often.
pub fn count(project: &Project, args: &[&str], calls: &str) -> (Ran, BTreeMap<String, u32>) {
    let log =
        project.path("../").join(format!("{}.strace", project.path("").file_name().expect("a name").to_string_lossy()));
    let text = log.display().to_string();
    let trace = format!("trace={calls}");
    let mut words = vec!["-f", "-qq", "-o", &text, "-e", &trace, "-e", "signal=none", env!("CARGO_BIN_EXE_heal")];
    words.extend(args);
    let ran = project.run(&mut project.command_of("strace", &words));
    let said = std::fs::read_to_string(&log).expect("strace is installed");
    std::fs::remove_file(&log).expect("removed");
    let mut threads: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for line in said.lines() {
        // `PID call(…`; the second half of an interrupted line is no call of its own.
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some((call, _)) =
            rest.split_once('(').filter(|(call, _)| call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        {
            *threads.entry((thread, call)).or_insert(0) += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, call), number) in threads {
        let most = most.entry(call.to_owned()).or_insert(0);
        *most = number.max(*most);
    }
    (ran, most)
}

/// Runs heal with a fault at one point. strace kills only the thread's process: what heal started lives on.
pub fn run_with(project: &Project, args: &[&str], point: &Point, fault: Fault) -> Ran {
    let what = match fault {
        Fault::Kill => "signal=SIGKILL".to_owned(),
        Fault::Error(name) => format!("error={name}"),
    };
    let inject = format!("inject={}:{what}:when={}", point.call, point.k);
    let trace = format!("trace={}", point.call);
    let mut words = vec!["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject, env!("CARGO_BIN_EXE_heal")];
    words.extend(args);
    project.run(&mut project.command_of("strace", &words))
}

/// Every point of a run, made for each anew by `world`; `judge` looks at what was left. Answers how many there were.
///
/// `stride` takes only every n-th point, beginning with a different one for each call: the short form.
pub fn sweep(
    world: impl Fn() -> Project,
    args: &[&str],
    fault: Fault,
    stride: usize,
    mut judge: impl FnMut(&Project, &Point, &Ran),
) -> usize {
    let (_, calls) = count(&world(), args, CHANGING);
    assert!(!calls.is_empty(), "the run changes something");
    let points = calls.iter().flat_map(|(call, most)| (1..=*most).map(|k| Point { call: call.clone(), k }));
    let points: Vec<Point> = points.collect();
    let chosen: Vec<&Point> = points.iter().step_by(stride.max(1)).collect();
    for point in &chosen {
        let project = world();
        let ran = run_with(&project, args, point, fault);
        judge(&project, point, &ran);
    }
    chosen.len()
}
