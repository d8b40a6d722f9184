//! What if heal ends, or the disk refuses, at one of its system calls? Counts the calls of an undisturbed run under strace,
//! then repeats the run once for each of them with a fault in that place.

use std::collections::{BTreeMap, BTreeSet};

use super::support::{Project, Ran};

/// The calls by which a program changes files. Those of two architectures; strace passes over names with a `?` in front
/// that it does not know.
pub const CHANGING: &str = "?open,openat,openat2,?creat,write,pwrite64,writev,?pwritev,?rename,?renameat,renameat2,?unlink,\
unlinkat,?mkdir,mkdirat,?rmdir,ftruncate,?truncate,fsync,fdatasync,?sync_file_range,?chmod,fchmod,fchmodat,?chown,fchown,\
fchownat,?link,linkat,?symlink,symlinkat,flock,fallocate,utimensat,fsetxattr,syncfs,copy_file_range,sendfile";

/// Reads, looks, and everything else that SQLite does beside what changes files.
pub const ALL: &str = "all";

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

/// The places of an undisturbed run at which one of the calls changes something: those that only open a file to read it are
/// counted as strace counts them, and are no place of their own. How many of those there are depends on how many processes
/// the machine has; what heal changes does not.
pub fn points(project: &Project, args: &[&str], calls: &str) -> (Ran, Vec<Point>) {
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
    let mut points = BTreeSet::new();
    for line in said.lines() {
        // `PID call(…`; the second half of an interrupted line is no call of its own.
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
        if !call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let k = threads.entry((thread, call)).or_insert(0);
        *k += 1;
        let changes = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| arguments.contains(flag));
        // What ends a process is no fault, and before it is heal nothing is.
        if !call.starts_with("ex") && (changes || !call.starts_with("open")) {
            points.insert((call.to_owned(), *k));
        }
    }
    (ran, points.into_iter().map(|(call, k)| Point { call, k }).collect())
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

/// One run of heal with a fault at each of the points at which it changes a file, in a world that is made for each anew;
/// `judge` looks at what was left. At most `most` of them, evenly spread, is the short form; `HEAL_LONG` takes all.
/// Answers how many were tried.
pub fn sweep(
    world: impl Fn() -> Project,
    args: &[&str],
    fault: Fault,
    most: usize,
    judge: impl FnMut(&Project, &Point, &Ran),
) -> usize {
    let args: Vec<String> = args.iter().map(|&word| word.to_owned()).collect();
    sweep_over(|| (world(), args.clone()), CHANGING, fault, most, judge)
}

/// The same over other calls, with arguments that name what the world made.
pub fn sweep_over(
    world: impl Fn() -> (Project, Vec<String>),
    calls: &str,
    fault: Fault,
    most: usize,
    mut judge: impl FnMut(&Project, &Point, &Ran),
) -> usize {
    let (project, args) = world();
    let (ran, points) = points(&project, &words(&args), calls);
    assert!(ran.code < 64, "undisturbed, it does its work: {ran:?}");
    assert!(!points.is_empty(), "the run changes something");
    let most = if std::env::var_os("HEAL_LONG").is_some() { points.len() } else { most };
    let mut tried = 0;
    for point in points.iter().step_by(points.len().div_ceil(most)) {
        let (project, args) = world();
        let ran = run_with(&project, &words(&args), point, fault);
        judge(&project, point, &ran);
        tried += 1;
    }
    println!("{fault:?}: {} points, {tried} tried", points.len());
    tried
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}
