//! What do `ps` and `lsof` say about processes? For systems without `/proc`; on Linux it is run by the tests alone.
//!
//! A start time has one second here: (pid, second) is one life unless a number is given away twice in a second, which takes
//! a whole round through all numbers. What these programs do not show is unknown, never gone.

mod lsof;
mod ps;

#[cfg(any(test, fuzzing))]
#[path = "portable_fuzz.rs"]
pub(crate) mod fuzz;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use nix::unistd::{Pid, getsid};

use super::exec::{self, Job};
use super::process::{Detail, Grips, Kin, Listener, Open, Process, Processes, Row, hides_others, is_gone};
use super::{clock, env};
use crate::model::Identity;
use crate::model::evidence::{Descriptors, Vitals};
use crate::model::lock::FileId;

/// What one call may take. `lsof` asks about every file and may meet a network that does not answer.
const PS: Duration = Duration::from_secs(3);
const LSOF: Duration = Duration::from_secs(5);

/// More output than this is not read to its end, and is no answer: who was cut off is not gone.
const MOST: usize = 32 * 1024 * 1024;

/// The process table of this machine, by the programs that every Unix has.
#[derive(Debug)]
pub(super) struct Portable {
    /// Where `ps` and `lsof` are looked for.
    path: String,
    pass: OnceLock<Result<Pass, String>>,
    programs: OnceLock<Result<HashMap<i32, PathBuf>, String>>,
    lineage: OnceLock<Vec<i32>>,
}

#[derive(Debug, Default)]
struct Pass {
    bytes: Vec<u8>,
    rows: Vec<(i32, std::ops::Range<usize>)>,
}

impl Default for Portable {
    fn default() -> Self {
        Self::in_path(env::PATH)
    }
}

impl Portable {
    fn in_path(path: &str) -> Self {
        Self { path: path.to_owned(), pass: OnceLock::new(), programs: OnceLock::new(), lineage: OnceLock::new() }
    }

    /// What `ps` or `lsof` writes. Both exit with 1 when they found nothing, or not everything.
    fn ask(&self, program: &str, args: &[&str], timeout: Duration) -> Result<String, String> {
        let argv: Vec<String> = [program].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
        // English months, UTC, and names as they are.
        let env = [("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("PATH", self.path.as_str())];
        let env: BTreeMap<String, String> = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let job = Job { argv: &argv, cwd: Path::new("/"), env: &env, stdin: b"", timeout };
        let ended = exec::run_up_to(&job, MOST)
            .map_err(|why| format!("{why}; without /proc, heal sees processes by `{program}`: install it"))?;
        match ended.status.and_then(|status| status.code()) {
            _ if ended.stdout.len() >= MOST => Err(format!("`{program}` writes more than can be read")),
            Some(0) => Ok(ended.stdout),
            Some(1) if ended.stderr.trim().is_empty() || !ended.stdout.is_empty() => Ok(ended.stdout),
            _ => Err(format!("`{program}` {}: {}", ended.how(), ended.last_line())),
        }
    }

    fn ps(&self, select: &[&str], columns: &[&str]) -> Result<String, String> {
        let columns = columns.iter().flat_map(|column| ["-o", column]);
        let args: Vec<&str> = ["-ww"].iter().chain(select).copied().chain(columns).collect();
        self.ask("ps", &args, PS)
    }

    fn lsof(&self, args: &[&str]) -> Result<Vec<lsof::Entry>, String> {
        // No warnings, no names of hosts or ports: these would be looked up.
        let args: Vec<&str> = ["-w", "-n", "-P", "-F0ftaDin"].iter().chain(args).copied().collect();
        Ok(lsof::entries(&self.ask("lsof", &args, LSOF)?))
    }

    fn look(&self, pid: i32) -> Result<Option<Process>, String> {
        let seen = self.look_once(pid)?;
        // It may have ended between the two programs, which take long: then it is a zombie or gone by now.
        if seen.as_ref().is_some_and(|seen| !matches!(seen.state, 'Z' | 'X') && seen.cwd.is_none()) {
            return self.look_once(pid);
        }
        Ok(seen)
    }

    fn look_once(&self, pid: i32) -> Result<Option<Process>, String> {
        let number = pid.to_string();
        let text = self.ps(&["-p", &number], &ps::COLUMNS)?;
        let Some(line) = ps::line(&text, pid) else {
            return if text.trim().is_empty() && is_gone(pid) {
                Ok(None)
            } else {
                Err(format!("`ps` does not say what pid {pid} is"))
            };
        };
        let zombie = matches!(line.state, 'Z' | 'X');
        let files = if zombie { Vec::new() } else { self.lsof(&["-a", "-p", &number, "-d", "cwd,txt"])? };
        let path = |fd: &str| files.iter().filter(|one| one.pid == pid && one.fd == fd).find_map(lsof::Entry::path);
        let exe = path("txt");
        // `[kworker/0:1]`, `(sh)`: a name in brackets stands where there is no command line.
        let bracketed = line.args.first().is_some_and(|first| first.starts_with(['[', '(']));
        let args = if zombie || (bracketed && exe.is_none()) { Vec::new() } else { line.args };
        Ok(Some(Process {
            identity: Identity { pid, start: line.start, boot: clock::boot_id().to_owned() },
            parent: line.parent,
            session: session(pid),
            state: line.state,
            age_ms: line.age_ms,
            exe,
            args,
            cwd: path("cwd"),
            uid: Some(line.uid),
        }))
    }

    /// The program of each process: where `ps` names it in full, as on macOS, by one call; else by `lsof` for all at once.
    fn programs(&self) -> Result<HashMap<i32, PathBuf>, String> {
        let text = self.ps(&["-A"], &["pid=", "comm="])?;
        let named = text.lines().filter_map(|line| {
            let mut words = ps::Words(line);
            Some((words.number::<i32>()?, PathBuf::from(words.0.trim())))
        });
        let named: Vec<(i32, PathBuf)> = named.collect();
        let mut programs: HashMap<i32, PathBuf> =
            named.iter().filter(|(_, path)| path.is_absolute()).cloned().collect();
        if programs.len() < named.len() {
            for entry in self.lsof(&["-d", "txt"])? {
                if let Some(path) = entry.path() {
                    // The first is the program, what follows are its libraries.
                    programs.entry(entry.pid).or_insert(path);
                }
            }
        }
        Ok(programs)
    }

    fn all_programs(&self) -> Result<&HashMap<i32, PathBuf>, String> {
        let asked = self.programs.get_or_init(|| self.programs().or_else(|_| self.programs()));
        asked.as_ref().map_err(Clone::clone)
    }

    fn table(&self) -> &Result<Pass, String> {
        self.pass.get_or_init(|| self.pass().or_else(|_| self.pass()))
    }

    fn pass(&self) -> Result<Pass, String> {
        let text = self.ps(&["-A"], &["pid=", "state=", "args="])?;
        let mut pass = Pass::default();
        pass.rows = ps::rows(&text, &mut pass.bytes);
        if pass.rows.iter().any(|(pid, _)| *pid == own_pid()) { Ok(pass) } else { Err(INCOMPLETE.to_owned()) }
    }
}

impl Processes for Portable {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        let pass = self.table().as_ref().map_err(Clone::clone)?;
        Ok(pass.rows.iter().map(|(pid, at)| Row { pid: *pid, cmdline: &pass.bytes[at.clone()] }).collect())
    }

    fn unseen(&self) -> Option<String> {
        let pass = self.table().as_ref().ok()?;
        hides_others(&pass.rows.iter().map(|(pid, _)| *pid).collect::<Vec<_>>())
    }

    fn detail(&self, pid: i32) -> Detail {
        // What could not be asked on a busy machine is asked once more: these programs are slow, and have a deadline.
        match self.look(pid).or_else(|_| self.look(pid)) {
            Ok(Some(process)) => Detail::Seen(Box::new(process)),
            Ok(None) => Detail::Gone,
            // It may have ended between two questions.
            Err(_) if is_gone(pid) => Detail::Gone,
            Err(why) => Detail::Hidden(why),
        }
    }

    fn exe(&self, pid: i32) -> Option<PathBuf> {
        self.all_programs().ok()?.get(&pid).cloned()
    }

    fn tells_programs(&self) -> Result<(), String> {
        self.all_programs().map(drop)
    }

    fn has_variable(&self, pid: i32, variable: &str) -> bool {
        let number = pid.to_string();
        let with: &[&str] = if cfg!(target_os = "linux") { &["eww", "-p"] } else { &["-E", "-ww", "-p"] };
        let select: Vec<&str> = with.iter().copied().chain([number.as_str(), "-o", "args="]).collect();
        let (Ok(plain), Ok(all)) = (self.ps(&["-p", &number], &["args="]), self.ask("ps", &select, PS)) else {
            return false;
        };
        // The environment stands behind the arguments: what a process says of itself there is not what it was given.
        let environment = all.trim_end().strip_prefix(plain.trim_end());
        environment.is_some_and(|text| text.split_ascii_whitespace().any(|word| word == variable))
    }

    fn family(&self) -> Result<Vec<Kin>, String> {
        let text = self.ps(&["-A"], &["pid=", "ppid=", "lstart="])?;
        let kin = |line: &str| {
            let (pid, parent, start) =
                ps::kin(line).ok_or_else(|| format!("`ps` writes a line that heal does not understand: {line}"))?;
            Ok(Kin { pid, parent, session: session(pid), start })
        };
        let family = text.lines().map(kin).collect::<Result<Vec<Kin>, String>>()?;
        if family.iter().any(|kin| kin.pid == own_pid()) { Ok(family) } else { Err(INCOMPLETE.to_owned()) }
    }

    fn open(&self, pid: i32) -> Result<Vec<Open>, String> {
        let open = |entry: lsof::Entry| {
            let writes = matches!(entry.access.as_str(), "w" | "u");
            Some(Open::File { path: entry.path()?, writes, fd: entry.fd.parse().unwrap_or(-1) })
        };
        Ok(self.descriptors_of(pid)?.into_iter().filter_map(open).collect())
    }

    fn grips(&self, files: &[FileId]) -> Result<Grips, String> {
        let entries = self.lsof(&[])?;
        let held = |entry: &lsof::Entry| {
            let (file, grip) = entry.grip()?;
            (entry.pid != own_pid() && files.contains(&file)).then_some((file, entry.pid, grip))
        };
        // To others than root, some of them show their own processes alone, and not a word about the rest.
        let all = nix::unistd::geteuid().is_root() && !entries.iter().any(lsof::Entry::is_hidden);
        let unseen = (!all).then(|| "what other users have open is hidden from this user; root sees it".to_owned());
        Ok(Grips { found: entries.iter().filter_map(held).collect(), unseen })
    }

    fn listeners(&self) -> Result<Vec<Listener>, String> {
        // To others than root, `lsof` shows their own processes alone.
        let entries = self.lsof(&["-iTCP", "-sTCP:LISTEN"])?;
        Ok(entries.iter().filter_map(lsof::Entry::listener).collect())
    }

    fn vitals(&self, pid: i32) -> Result<Vitals, String> {
        let columns = ["state=", "etime=", "time=", "rss=", "wchan="];
        let text = self.ps(&["-p", &pid.to_string()], &columns)?;
        let mut words = ps::Words(&text);
        let mut vitals = || {
            let (state, age_ms) = (words.next()?.chars().next()?, ps::elapsed(words.next()?)?);
            let (cpu_ms, rss) = (ps::elapsed(words.next()?), words.number::<u64>().map(|kib| kib.saturating_mul(1024)));
            let wchan = words.next().filter(|name| !matches!(*name, "-" | "0")).map(str::to_owned);
            Some(Vitals { state, wchan, age_ms, cpu_ms, threads: None, rss, swap: None })
        };
        vitals().ok_or_else(|| format!("`ps` does not say how pid {pid} is doing"))
    }

    fn descriptors(&self, pid: i32) -> Result<Descriptors, String> {
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let entries = self.descriptors_of(pid)?;
        for entry in &entries {
            let kind = match entry.kind.as_str() {
                "REG" | "DIR" | "VREG" | "VDIR" => "file",
                "CHR" | "BLK" => "device",
                "FIFO" | "PIPE" => "pipe",
                "IPv4" | "IPv6" | "unix" | "sock" => "socket",
                other => other,
            };
            *kinds.entry(kind.to_owned()).or_insert(0) += 1;
        }
        let mut kinds: Vec<(String, u64)> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(Descriptors { count: entries.len() as u64, kinds })
    }

    fn lineage(&self) -> &[i32] {
        self.lineage.get_or_init(|| {
            let parents: HashMap<i32, i32> =
                self.family().unwrap_or_default().into_iter().map(|kin| (kin.pid, kin.parent)).collect();
            let mut line = vec![own_pid()];
            line.extend(i32::try_from(std::os::unix::process::parent_id()).ok().filter(|pid| *pid > 0));
            // The chain of parents is finite, but it is read while it changes.
            for _ in 0..64 {
                match line.last().and_then(|last| parents.get(last)) {
                    Some(parent) if *parent > 0 && !line.contains(parent) => line.push(*parent),
                    _ => break,
                }
            }
            line
        })
    }
}

impl Portable {
    fn descriptors_of(&self, pid: i32) -> Result<Vec<lsof::Entry>, String> {
        let entries = self.lsof(&["-a", "-p", &pid.to_string()])?;
        let unread = entries.iter().any(lsof::Entry::is_hidden);
        if entries.is_empty() || unread {
            return Err(format!("`lsof` does not say what pid {pid} has open"));
        }
        Ok(entries.into_iter().filter(lsof::Entry::is_descriptor).collect())
    }
}

/// At least we ourselves have to be there.
const INCOMPLETE: &str = "`ps` does not show all processes";

fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}

/// The session of a process; 0 when the kernel does not say.
fn session(pid: i32) -> i32 {
    getsid(Some(Pid::from_raw(pid))).map_or(0, Pid::as_raw)
}

#[cfg(test)]
#[path = "portable_tests.rs"]
mod tests;
