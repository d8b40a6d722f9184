//! How could this process be named, and how was it started? Candidates from its command line alone, the shortest first; which
//! of them fits nobody else is found out by looking. A word that may be a secret is never among them.

use std::ops::Range;
use std::path::Path;

use crate::host::env;
use crate::host::process::Process;
use crate::model::redact;

/// Programs that run other programs: their own name says nothing.
const INTERPRETERS: [&str; 17] = [
    "python", "pypy", "node", "nodejs", "deno", "bun", "ruby", "perl", "php", "java", "lua", "sh", "bash", "dash",
    "zsh", "Rscript", "beam.smp",
];

/// Words in a row that are tried.
const MOST_WORDS: usize = 12;

/// How it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// By this.
    Argv(Vec<String>),
    /// A secret stands in it: the same, masked.
    Secret(Vec<String>),
    /// It gave itself another title.
    Title,
}

/// What started it, its program as a path wherever that can be told.
pub(super) fn start(process: &Process) -> Start {
    let Some((first, rest)) = process.args.split_first() else { return Start::Title };
    // `nginx: master process …`: what it does, not how it was called.
    if first.contains(": ") || rest.is_empty() && first.contains(' ') {
        return Start::Title;
    }
    let argv: Vec<String> = [program(process, first)].into_iter().chain(rest.iter().cloned()).collect();
    let shown = redact::args(&argv);
    if shown == argv { Start::Argv(argv) } else { Start::Secret(shown) }
}

fn program(process: &Process, first: &str) -> String {
    let exe = process.exe.as_deref();
    let here = process.cwd.as_deref().unwrap_or(Path::new("/"));
    let found = env::program(first, here, env::PATH).ok();
    let same = |path: &Path| std::fs::canonicalize(path).ok().as_deref() == exe;
    match (found, exe.and_then(Path::to_str)) {
        // A link such as /usr/bin/python3, or a virtual environment's, outlives an upgrade; what it leads to does not.
        (Some(found), _) if same(&found) => {
            if first.contains('/') {
                first.to_owned()
            } else {
                found.to_string_lossy().into_owned()
            }
        }
        (_, Some(exe)) => exe.to_owned(),
        _ => first.to_owned(),
    }
}

/// What `executable` could say: the name under which it is started.
pub(super) fn executable(process: &Process, start: &Start) -> Option<String> {
    let path = match start {
        Start::Argv(argv) | Start::Secret(argv) => argv.first().map(Path::new),
        Start::Title => process.exe.as_deref(),
    };
    Some(path?.file_name()?.to_str()?.to_owned())
}

/// What `args_contain` could say, the shortest first. `None`: the program's name alone.
pub(super) fn contained(process: &Process) -> Vec<Option<String>> {
    let args = process.args.get(1..).unwrap_or_default();
    let interpreted = is_interpreter(process);
    let mut found: Vec<Option<String>> = (!interpreted).then_some(None).into_iter().collect();
    let shown = redact::args(&process.args);
    let open = |at: usize| shown.get(at + 1) == args.get(at) && !args[at].trim().is_empty();
    let script = script(args).filter(|_| interpreted).unwrap_or(0..0);
    let first = if script.is_empty() { 0 } else { script.start };
    let least = script.len().max(1);
    for end in first + least..=args.len().min(first + MOST_WORDS) {
        if !(first..end).all(open) {
            break;
        }
        found.push(Some(args[first..end].join(" ")));
    }
    found
}

/// Where the words stand that say what an interpreter runs: `bot.py`, `-m package.module`, `-jar app.jar`.
fn script(args: &[String]) -> Option<Range<usize>> {
    let at = args.iter().position(|arg| !arg.starts_with('-') || matches!(arg.as_str(), "-m" | "-jar" | "-c"))?;
    let words = if args[at].starts_with('-') { 2 } else { 1 };
    (at + words <= args.len()).then_some(at..at + words)
}

fn is_interpreter(process: &Process) -> bool {
    let names = [process.exe.as_deref(), process.args.first().map(Path::new)];
    names.into_iter().flatten().filter_map(|path| path.file_name()?.to_str()).any(|name| {
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        INTERPRETERS.contains(&bare) || INTERPRETERS.contains(&name)
    })
}

/// What the service could be called; never a name that is taken.
pub(super) fn name(process: &Process, taken: &[String]) -> String {
    let args = process.args.get(1..).unwrap_or_default();
    let script = script(args).filter(|_| is_interpreter(process)).and_then(|at| args.get(at.end - 1));
    let script = script.filter(|text| !text.contains(char::is_whitespace) && redact::line(text) == **text);
    let stem = script.and_then(|script| Path::new(script).file_stem()?.to_str().map(str::to_owned));
    let stem = stem.or_else(|| executable(process, &start(process))).unwrap_or_default();
    unique(&stem, taken)
}

/// A text as a name that heal.toml takes.
pub(super) fn unique(text: &str, taken: &[String]) -> String {
    let name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let name: String = name.trim_matches(['-', '_']).chars().take(48).collect();
    let name = if name.is_empty() || name == "host" { "service".to_owned() } else { name };
    let free = |name: &String| !taken.contains(name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    [name.clone()].into_iter().chain(numbered).find(free).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Identity;

    fn process(exe: &str, args: &[&str]) -> Process {
        Process {
            identity: Identity { pid: 4711, start: 1, boot: String::new() },
            parent: 1,
            session: 1,
            state: 'S',
            age_ms: 0,
            exe: Some(exe.into()),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            cwd: Some("/".into()),
            uid: Some(0),
        }
    }

    #[test]
    fn the_shortest_words_come_first_and_secrets_never() {
        let table: [(&str, &[&str], &str, &[&str]); 9] = [
            (
                "/usr/bin/python3.11",
                &["python3", "bot.py", "--port", "80"],
                "bot",
                &["bot.py", "bot.py --port", "bot.py --port 80"],
            ),
            ("/usr/bin/python3.11", &["python3", "-u", "/srv/a/bot.py"], "bot", &["/srv/a/bot.py"]),
            (
                "/usr/bin/python3.11",
                &["python3", "-m", "http.server", "80"],
                "http",
                &["-m http.server", "-m http.server 80"],
            ),
            ("/usr/bin/java", &["java", "-Xmx1g", "-jar", "/srv/app.jar"], "app", &["-jar /srv/app.jar"]),
            ("/usr/bin/redis-server", &["redis-server", "*:6379"], "redis-server", &["", "*:6379"]),
            ("/usr/sbin/nginx", &["nginx: master process nginx"], "nginx", &[""]),
            ("/opt/app", &["./app", "--token=hunter2", "--port", "80"], "app", &[""]),
            ("/opt/app", &["./app", "serve", "--password", "hunter2"], "app", &["", "serve", "serve --password"]),
            ("/nowhere/python3.11", &["python3"], "python3-11", &[]),
        ];
        for (exe, args, called, words) in table {
            let process = process(exe, args);
            let found: Vec<String> = contained(&process).into_iter().map(Option::unwrap_or_default).collect();
            assert_eq!(found, words, "{args:?}");
            assert_eq!(name(&process, &[]), called, "{args:?}");
        }
    }

    #[test]
    fn a_secret_or_a_title_is_no_start_command() {
        let secret = process("/opt/app", &["/opt/app", "--token", "hunter2"]);
        assert_eq!(start(&secret), Start::Secret(["/opt/app", "--token", "***"].map(str::to_owned).to_vec()));
        for args in [&["nginx: master process nginx"][..], &["postgres: writer", ""], &[]] {
            assert_eq!(start(&process("/usr/sbin/x", args)), Start::Title, "{args:?}");
        }
        let Start::Argv(argv) = start(&process("/nowhere/app", &["app", "x"])) else { panic!("it has one") };
        assert_eq!(argv, ["/nowhere/app", "x"]);
    }

    #[test]
    fn names_are_free_and_right() {
        let taken = ["bot".to_owned(), "bot-2".to_owned()];
        for (text, name) in [("bot", "bot-3"), ("a b", "a-b"), ("", "service"), ("host", "service"), ("--", "service")]
        {
            assert_eq!(unique(text, &taken), name, "{text}");
        }
    }
}
