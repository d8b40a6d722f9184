//! What if heal ends, or the disk refuses, at one of its system calls? Counts the calls of an undisturbed run under strace,
//! then repeats the run once for each of them with a fault in that place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use super::acting::{NAP, running};
use super::power;
use super::support::{Project, Ran, wait_for};

/// The calls by which a program changes files. Those of two architectures; strace passes over names with a `?` in front
/// that it does not know.
pub const CHANGING: &str = "?open,openat,openat2,?creat,write,pwrite64,writev,?pwritev,?rename,?renameat,renameat2,?unlink,\
unlinkat,?mkdir,mkdirat,?rmdir,ftruncate,?truncate,fsync,fdatasync,?sync_file_range,?chmod,fchmod,fchmodat,?chown,fchown,\
fchownat,?link,linkat,?symlink,symlinkat,flock,fallocate,utimensat,fsetxattr,syncfs,copy_file_range,sendfile";

/// Reads, looks, and everything else that SQLite does beside what changes files.
pub const ALL: &str = "all";

/// What needs room on a disk: a full one still lets names go and turns permissions.
const ROOM: &[&str] = &[
    "write",
    "pwrite64",
    "writev",
    "?pwritev",
    "?rename",
    "?renameat",
    "renameat2",
    "?mkdir",
    "mkdirat",
    "fsync",
    "fdatasync",
    "?link",
    "linkat",
    "?symlink",
    "symlinkat",
    "fallocate",
    "fsetxattr",
    "copy_file_range",
    "sendfile",
];

/// What a disk that is broken, or read-only, refuses beside that.
const MORE: &[&str] = &[
    "?unlink",
    "unlinkat",
    "?rmdir",
    "ftruncate",
    "?truncate",
    "?chmod",
    "fchmod",
    "fchmodat",
    "?chown",
    "fchown",
    "fchownat",
    "utimensat",
    "syncfs",
];

/// The exit codes that `heal --help` lists, but for 70, a bug, and 64, a wrong command line.
const DOCUMENTED: [i32; 12] = [0, 1, 2, 3, 65, 69, 73, 74, 75, 77, 78, 127];

/// What happens in the place of the k-th call.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The process is killed before the call is made.
    Kill,
    /// The same; and then the run that makes it good is killed as well, at a call of its own. Its words, or none when it is
    /// the same command once more.
    Again(&'static [&'static str]),
    /// The call fails, once.
    Error(&'static str),
    /// From that call on every one fails that changes a file. Those that open one fail only in that place, for strace does
    /// not tell a look from a change; a child has a count of its own, and fails as late as its parent.
    Sticky(&'static str),
}

impl Fault {
    /// May a name be left behind because the disk did not let go of it?
    pub fn sticks(self, point: &Point) -> bool {
        match self {
            Self::Error(_) => point.call == "unlinkat",
            Self::Sticky(_) => true,
            Self::Kill | Self::Again(_) => false,
        }
    }
}

/// A place: the k-th call of that name, counted per thread as strace does.
#[derive(Clone, Debug)]
pub struct Point {
    /// The system call.
    pub call: String,
    /// Which of them, from 1.
    pub k: u32,
    /// How many of every other call that thread had made before.
    before: BTreeMap<String, u32>,
    /// Where the run was killed that made it good.
    pub then: Option<Box<Point>>,
}

/// The places of an undisturbed run at which one of the calls changes something: those that only open a file to read it are
/// counted as strace counts them, and are no place of their own. How many of those there are depends on how many processes
/// the machine has; what heal changes does not.
pub fn points(project: &Project, args: &[&str], calls: &str) -> (Ran, Vec<Point>) {
    let log = beside(project, "strace");
    let trace = format!("trace={calls}");
    let (ran, heal) = traced(project, args, &["-o", &log, "-e", &trace, "-e", "signal=none"]);
    wait_for("the end of the trace", || {
        fs::read_to_string(&log).is_ok_and(|said| said.lines().any(|line| ended(line, heal)))
    });
    let said = fs::read_to_string(&log).expect("strace is installed");
    fs::remove_file(&log).expect("removed");
    let mut threads: BTreeMap<&str, BTreeMap<String, u32>> = BTreeMap::new();
    let mut points: BTreeMap<(String, u32), BTreeMap<String, u32>> = BTreeMap::new();
    for line in said.lines() {
        // `PID call(…`; the second half of an interrupted line is no call of its own.
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
        if !call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let counts = threads.entry(thread).or_default();
        let before = counts.clone();
        let k = counts.entry(call.to_owned()).or_insert(0);
        *k += 1;
        let changes = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| arguments.contains(flag));
        // Memory of one's own comes from no disk, and a program is mapped before it is heal.
        let elsewhere = call == "mmap" && calls != ALL && !arguments.contains("MAP_SHARED");
        // What ends a process is no fault, and before it is heal nothing is.
        if !call.starts_with("ex") && !elsewhere && (changes || !call.starts_with("open")) {
            points.entry((call.to_owned(), *k)).or_insert(before);
        }
    }
    (ran, points.into_iter().map(|((call, k), before)| Point { call, k, before, then: None }).collect())
}

fn ended(line: &str, pid: u32) -> bool {
    line.split_once(' ').is_some_and(|(thread, rest)| thread == pid.to_string() && rest.trim_start().starts_with("+++"))
}

/// Runs heal with a fault at one point. strace kills only the thread's process: what heal started lives on.
pub fn run_with(project: &Project, args: &[&str], point: &Point, fault: Fault) -> Ran {
    let here = &point.call;
    let inject = match fault {
        Fault::Kill | Fault::Again(_) => vec![format!("inject={here}:signal=SIGKILL:when={}", point.k)],
        Fault::Error(name) => vec![format!("inject={here}:error={name}:when={}", point.k)],
        Fault::Sticky(name) => {
            let more: &[&str] = if name == "ENOSPC" { &[] } else { MORE };
            let others: Vec<&&str> =
                ROOM.iter().chain(more).filter(|call| call.trim_start_matches('?') != here).collect();
            let sticks = others.len() < ROOM.len() + more.len();
            let after = if sticks { "+" } else { "" };
            let first = format!("inject={here}:error={name}:when={}{after}", point.k);
            // One expression for all that were made as often: so few that strace takes them.
            let mut since: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
            for call in others {
                let made = point.before.get(call.trim_start_matches('?')).copied().unwrap_or(0);
                since.entry(made + 1).or_default().push(call);
            }
            let rest =
                since.into_iter().map(|(from, calls)| format!("inject={}:error={name}:when={from}+", calls.join(",")));
            std::iter::once(first).chain(rest).collect()
        }
    };
    let mut options = vec!["-o", "/dev/null"];
    // What is injected is traced; what is not is not stopped at.
    let traced_calls: Vec<&str> =
        inject.iter().map(|one| one.trim_start_matches("inject=").split(':').next().expect("the calls")).collect();
    let trace = format!("trace={}", traced_calls.join(","));
    options.extend(["-e", &trace]);
    inject.iter().for_each(|one| options.extend(["-e", one.as_str()]));
    traced(project, args, &options).0
}

/// Runs heal under strace to heal's end, and to that of all that it started, but for a service that is meant to stay; strace
/// stays with that one. Answers heal's pid as well.
fn traced(project: &Project, args: &[&str], options: &[&str]) -> (Ran, u32) {
    let mut words = vec!["-D", "-f", "-q"];
    words.extend(options);
    words.push(env!("CARGO_BIN_EXE_heal"));
    words.extend(args);
    let before: BTreeSet<i32> = project.processes().into_iter().collect();
    // In files: who waits for the end of a pipe would wait for the service.
    let [out, err] = ["stdout", "stderr"].map(|name| beside(project, name));
    let start = Instant::now();
    let mut command = project.command_of("strace", &words);
    command.stdout(File::create(&out).expect("created")).stderr(File::create(&err).expect("created"));
    let mut heal = command.spawn().expect("strace is installed");
    let pid = heal.id();
    let status = heal.wait().expect("waited for");
    let took = start.elapsed();
    wait_for("the end of what heal started", || {
        let stays = running(project, NAP);
        let left = project.processes().into_iter().filter(|pid| !before.contains(pid) && !stays.contains(pid));
        let left: Vec<i32> = left.collect();
        left.is_empty() || !stays.is_empty() && left.iter().all(|pid| is_strace(*pid))
    });
    let [stdout, stderr] = [out, err].map(|name| {
        let text = String::from_utf8_lossy(&fs::read(&name).expect("readable")).into_owned();
        fs::remove_file(name).expect("removed");
        text
    });
    // As a shell counts: 128 + the signal.
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    (Ran { code, stdout, stderr, took }, pid)
}

fn is_strace(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "strace")
}

/// A file of the test's own, outside of the project.
fn beside(project: &Project, what: &str) -> String {
    let name = project.path("").file_name().expect("a name").to_string_lossy().into_owned();
    project.path("../").join(format!("{name}.{what}")).display().to_string()
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
    if power::fails() && !matches!(fault, Fault::Kill) {
        // Is no power cut, and was swept elsewhere.
        return usize::MAX;
    }
    let (project, args) = world();
    let (undisturbed, points) = points(&project, &words(&args), calls);
    assert!(undisturbed.code < 64, "undisturbed, it does its work: {undisturbed:?}");
    assert!(!points.is_empty(), "the run changes something");
    drop(project);
    let long = std::env::var_os("HEAL_LONG").is_some();
    // On a disk that goes away each takes longer, and the same sweep was made without.
    let most = if long {
        points.len()
    } else if power::fails() {
        most.min(4)
    } else {
        most
    };
    let (mut tried, mut met, mut failed) = (0, 0, Vec::new());
    let step = points.len().div_ceil(most);
    let end = Point { call: "the end".to_owned(), k: 0, before: BTreeMap::new(), then: None };
    let end = (power::fails() && matches!(fault, Fault::Kill)).then_some(&end);
    // From the middle of the first part, so that also one of them stands for all.
    for point in points.iter().skip(step / 2).step_by(step).chain(end) {
        let one = AssertUnwindSafe(|| {
            let (project, point, ran) = disturbed(&world, calls, point, fault, tried);
            met += usize::from(ran.code != undisturbed.code);
            stands(&project, &point, &ran);
            judge(&project, &point, &ran);
        });
        failed.extend(catch_unwind(one).err());
        tried += 1;
        // By hand all of what is wrong is wanted; else the first is enough.
        if !long && !failed.is_empty() {
            break;
        }
    }
    // One line of the table of `scripts/crash-matrix`. A fault that is met and does no harm ends like none; faults that nobody
    // met would say nothing.
    let shown = args.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).collect::<Vec<_>>().join(" ");
    println!("sweep | heal {shown} | {} | {} | {tried} | {met} | {}", named(fault), points.len(), failed.len());
    let once = matches!(fault, Fault::Error(_));
    assert!(met > 0 || once || tried < 8 || !failed.is_empty(), "no run ended otherwise than undisturbed");
    if let Some(first) = failed.into_iter().next() {
        resume_unwind(first);
    }
    // How many were enough elsewhere says nothing of fewer here.
    if power::fails() { usize::MAX } else { tried }
}

fn named(fault: Fault) -> String {
    match fault {
        Fault::Kill => "kill".to_owned(),
        Fault::Again([]) => "kill, and kill of the same again".to_owned(),
        Fault::Again(words) => format!("kill, and kill of heal {}", words.join(" ")),
        Fault::Error(name) => name.to_owned(),
        Fault::Sticky(name) => format!("{name} from there on"),
    }
}

/// A world with the fault in it. `number` counts the points that were tried: where the second kill falls goes by it.
fn disturbed(
    world: &impl Fn() -> (Project, Vec<String>),
    calls: &str,
    point: &Point,
    fault: Fault,
    number: usize,
) -> (Project, Point, Ran) {
    let mut point = point.clone();
    let (project, args) = world();
    if matches!(fault, Fault::Kill) {
        power::settle(&project);
    }
    let ran = if point.k == 0 { project.heal(&args) } else { run_with(&project, &words(&args), &point, fault) };
    if matches!(fault, Fault::Kill) {
        power::cut(&project);
    }
    let Fault::Again(again) = fault else { return (project, point, ran) };
    // Where the second run could be killed is seen in a world that was killed in the same place, and is used up by that.
    let (_, seconds) = points(&project, &if again.is_empty() { words(&args) } else { again.to_vec() }, calls);
    drop(project);
    let (project, args) = world();
    run_with(&project, &words(&args), &point, fault);
    stands(&project, &point, &ran);
    let again = if again.is_empty() { words(&args) } else { again.to_vec() };
    // Spread over all of them by the golden ratio, whatever the number of either.
    let place = (number + 1) * 618 % 1000 * seconds.len() / 1000;
    let Some(second) = seconds.get(place) else {
        let ran = project.heal(&again);
        return (project, point, ran);
    };
    let ran = run_with(&project, &again, second, Fault::Kill);
    point.then = Some(Box::new(second.clone()));
    (project, point, ran)
}

/// What holds after any fault, whatever the command: heal did not take itself for broken, no lock is held, and each line of
/// the journal is a whole one.
fn stands(project: &Project, point: &Point, ran: &Ran) {
    let killed = ran.code == 128 + 9;
    assert!(killed || DOCUMENTED.contains(&ran.code), "{point:?}: not one of the exit codes: {ran:?}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!said.contains("panicked") && !said.contains("a bug in heal"), "{point:?}: {ran:?}");
    for lock in ["recovery-in-progress", "repair.lock"] {
        let free = File::open(project.path("data").join(lock)).map_or(true, |file| file.try_lock().is_ok());
        assert!(free, "{point:?}: {lock} is held by nobody who lives: {ran:?}");
    }
    project.journal();
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}
