//! A project of its own for each test: a temporary directory, a heal.toml, the real binary, and processes that end with the test.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Chooses the process table that heal sees by; read by debug builds.
pub const BACKEND: &str = "HEAL_TEST_BACKEND";

/// A project in a temporary directory. Dropping it ends every process that carries its mark.
pub struct Project {
    dir: tempfile::TempDir,
    /// What `/run` is to a system: heal's memory when the data directory cannot be written.
    runtime: tempfile::TempDir,
    env: BTreeMap<String, String>,
    children: Vec<Child>,
}

/// What one run of heal answered.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ran {
    fn of(output: &Output, took: Duration) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // As a shell counts: 128 + the signal.
        let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr), took }
    }

    /// The answer as JSON; it has to be exactly one document, and one of those that the published schema describes.
    #[track_caller]
    pub fn json(&self) -> Value {
        let document = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self:?}"));
        let wrong = super::schema_output::faults(&document);
        assert!(wrong.is_empty(), "the published schema does not describe it: {wrong:#?}\n{document:#}");
        document
    }

    /// Asserts the exit code, with everything that was said.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Exit code, stdout and stderr as one text for a snapshot; what differs between runs is replaced.
    pub fn snapshot(&self, project: &Project) -> String {
        let text = format!("exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr);
        project.normalise(&text)
    }
}

impl Project {
    /// A project with this heal.toml.
    pub fn new(config: &str) -> Self {
        let [dir, runtime] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        let project = Self { dir, runtime, env: BTreeMap::new(), children: Vec::new() };
        project.write("heal.toml", config);
        project
    }

    /// A project around the little service of the demo, on a port of its own. `extra` is added to its table.
    pub fn with_service(extra: &str) -> (Self, u16) {
        let port = free_port();
        let project = Self::new(&format!(
            r#"[project]
name = "test"

[service.app]
match         = {{ executable = "python3", args_contain = "service.py", pidfile = "app.pid" }}
start         = ["/usr/bin/python3", "service.py", "--port", "{port}", "--interval", "0.1"]
startup_grace = "2s"
verify_within = "15s"
stop_grace    = "2s"
stable_for    = "1m"
{extra}

[service.app.probes]
log    = {{ kind = "fresh", path = "logs/service.log", within = "1500ms", heartbeat = true }}
health = {{ kind = "http", url = "http://127.0.0.1:{port}/health", timeout = "2s" }}
"#
        ));
        let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo.d/service.py");
        fs::copy(service, project.path("service.py")).expect("copied");
        (project, port)
    }

    /// A path inside the project. Canonical, as heal prints it.
    pub fn path(&self, relative: &str) -> PathBuf {
        fs::canonicalize(self.dir.path()).expect("there").join(relative)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, text).expect("written");
    }

    /// Writes a script that can be run.
    pub fn script(&self, relative: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(relative, text);
        fs::set_permissions(self.path(relative), fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// Reads a file.
    #[track_caller]
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// Sets a variable for every later run of heal.
    pub fn env(&mut self, name: &str, value: &str) -> &mut Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The command that would run heal here: clean environment, no input.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_heal"), args)
    }

    /// Any other program in the same surroundings.
    pub fn command_of<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.dir.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HEAL_TEST_RUNTIME", self.runtime.path());
        command.env("HEAL_TEST_MARK", self.mark()).envs(&self.env);
        // The whole test may be run once more over the other process table: see `portable`.
        command.envs(std::env::var_os(BACKEND).map(|name| (BACKEND, name)));
        command
    }

    /// Runs heal here.
    pub fn heal<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        self.run(&mut self.command(args))
    }

    /// Runs a command to its end.
    pub fn run(&self, command: &mut Command) -> Ran {
        let start = Instant::now();
        let output = command.output().expect("it runs");
        Ran::of(&output, start.elapsed())
    }

    /// Starts any program here, ended with the project.
    pub fn spawn(&mut self, argv: &[&str]) -> i32 {
        let mut command = Command::new(argv[0]);
        command
            .args(&argv[1..])
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", argv[0]));
        let pid = i32::try_from(child.id()).expect("a pid");
        self.children.push(child);
        pid
    }

    /// Where heal keeps its memory of this project while the data directory cannot be written.
    pub fn meanwhile(&self) -> PathBuf {
        let name = self.path("heal.toml").to_string_lossy().replace('/', "!");
        self.runtime.path().join("heal").join(name)
    }

    /// The journal, all days together, one event per line.
    pub fn journal(&self) -> Vec<Value> {
        journal(&self.path("data/journal"))
    }

    /// The journal that was written while the data directory could not be.
    pub fn journal_meanwhile(&self) -> Vec<Value> {
        journal(&self.meanwhile().join("journal"))
    }

    /// Events of one kind.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        self.journal().into_iter().filter(|event| event["event"] == kind).collect()
    }

    /// The pid in a pidfile, once there is one that lives.
    #[track_caller]
    pub fn pid(&self, pidfile: &str) -> i32 {
        let mut found = None;
        wait_for("a living pid in the pidfile", || {
            found = fs::read_to_string(self.path(pidfile))
                .ok()
                .and_then(|text| text.trim().parse().ok())
                .filter(|pid| alive(*pid));
            found.is_some()
        });
        found.expect("waited for")
    }

    /// Every process whose working directory is this project's, or that was started by one of its runs.
    pub fn processes(&self) -> Vec<i32> {
        let home = self.path("");
        let home = home.as_path();
        let mark = format!("HEAL_TEST_MARK={}", self.mark());
        let entries = fs::read_dir("/proc").expect("readable").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let mine = |pid: &i32| {
            let folder = format!("/proc/{pid}");
            let cwd = fs::read_link(format!("{folder}/cwd")).is_ok_and(|cwd| cwd.starts_with(home));
            let marked = fs::read(format!("{folder}/environ"))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()));
            (cwd || marked) && alive(*pid)
        };
        pids.filter(mine).collect()
    }

    fn mark(&self) -> String {
        self.dir.path().display().to_string()
    }

    /// Replaces what differs between runs: the directory, pids, times, durations, ports.
    pub fn normalise(&self, text: &str) -> String {
        let here = self.path("").display().to_string();
        let text = text.replace(&self.meanwhile().display().to_string(), "[MEANWHILE]");
        let text = text.replace(here.trim_end_matches('/'), "[DIR]");
        let mut shown = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find("20") {
            let (before, tail) = rest.split_at(at);
            shown.push_str(before);
            let stamp = tail.get(..24).is_some_and(|stamp| stamp.ends_with('Z') && stamp.as_bytes()[10] == b'T');
            let (replaced, length) = if stamp { ("[TIME]", 24) } else { ("20", 2) };
            shown.push_str(replaced);
            rest = &tail[length..];
        }
        shown.push_str(rest);
        after(&after(&shown, "pid ", "[PID]", |c| c.is_ascii_digit()), "127.0.0.1:", "[PORT]", |c| c.is_ascii_digit())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        for pid in self.processes() {
            if pid != i32::try_from(std::process::id()).expect("a pid") {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

/// Replaces the run of characters that follows each `prefix`.
fn after(text: &str, prefix: &str, with: &str, part: fn(char) -> bool) -> String {
    let mut parts = text.split(prefix);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part_text in parts {
        let rest = part_text.trim_start_matches(part);
        shown.push_str(prefix);
        shown.push_str(if rest.len() == part_text.len() { "" } else { with });
        shown.push_str(rest);
    }
    shown
}

/// Is there a process of that number which is not a zombie?
pub fn alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with(['Z', 'X'])))
}

/// Signals a process that the test started.
pub fn signal(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).expect("signalled");
}

/// Waits for something that the world does in its own time; at most ten seconds.
#[track_caller]
pub fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A port that nobody uses at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// All days of a journal together, one event per line.
fn journal(folder: &Path) -> Vec<Value> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let lines = paths.iter().flat_map(|path| {
        let text = fs::read_to_string(path).expect("readable");
        let whole = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {path:?}: {line:?}"));
        // Where the power fails a line that nobody waited for may be zeros.
        let zeros = |line: &&str| super::power::fails() && line.bytes().all(|byte| byte == 0);
        text.lines().filter(|line| !zeros(line)).map(whole).collect::<Vec<Value>>()
    });
    lines.collect()
}
