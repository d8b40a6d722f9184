//! Is this command line that program? Names, versions, paths, interpreters: the words of a `match`, held against one process.

use std::path::{Component, Path, PathBuf};

use crate::host::process::{PID_MAX, Process};

/// A pid as a pidfile may hold it: one positive decimal number, alone on its line.
pub(super) fn parse_pid(text: &str) -> Option<i32> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|pid| digits && *pid > 1 && *pid <= PID_MAX)
}

/// How a part of a command line stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention {
    /// As a word of its own, or words.
    Whole,
    /// Only inside longer words: `bot.py` in `robot.py`.
    Part,
    /// Not at all.
    No,
}

/// `args_contain` looks behind the program's name, across arguments.
pub(super) fn mentions(args: &[String], part: &str) -> Mention {
    let text = args.get(1..).unwrap_or_default().join(" ");
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    // Where the part itself ends in another sign, what stands beside it does not matter.
    let open = |edge: Option<char>, beside: Option<char>| !(edge.is_some_and(in_word) && beside.is_some_and(in_word));
    let whole = |(at, _): (usize, &str)| {
        open(part.chars().next(), text[..at].chars().next_back())
            && open(part.chars().next_back(), text[at + part.len()..].chars().next())
    };
    match text.match_indices(part).map(whole).reduce(|one, other| one || other) {
        Some(true) => Mention::Whole,
        Some(false) => Mention::Part,
        None => Mention::No,
    }
}

/// Is this its program? By path when the name is one; else by file name, where `python3` is also `python3.11`, and
/// `Python`, the name of a framework build on macOS (FAILURES F17). `None` when that may not be seen.
pub(super) fn is_program(process: &Process, name: &str) -> Option<bool> {
    let first = process.args.first().map(Path::new);
    if name.contains('/') {
        let wanted = std::fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
        return match &process.exe {
            Some(exe) => Some(*exe == wanted),
            // The name that it gives itself can be anything; but of most it says that they are something else.
            None if first.and_then(Path::file_name) == wanted.file_name() => None,
            None => Some(false),
        };
    }
    let file_name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let names = [process.exe.as_deref().and_then(file_name), first.and_then(file_name)];
    Some(names.into_iter().flatten().any(|actual| is_version_of(&actual, name)))
}

/// `python3.11` of `python3` and of `python`; but `bot2` beside `bot` is another program.
fn is_version_of(actual: &str, name: &str) -> bool {
    if actual == "Python" {
        return name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').eq_ignore_ascii_case(actual);
    }
    let Some(head) = actual.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name)) else { return false };
    let version = &actual[head.len()..];
    let dotted =
        if name.ends_with(|c: char| c.is_ascii_digit()) { version.starts_with('.') } else { version.contains('.') };
    version.is_empty() || dotted && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Is this the start command, perhaps behind the interpreter that its `#!` line names? Where arguments come from `ps`, which
/// knows no boundaries between them, an argument of several words is several: both sides are taken apart alike.
pub(super) fn is_start(args: &[String], argv: &[String]) -> bool {
    let words = |args: &[String]| -> Vec<String> {
        let parts = args.iter().flat_map(|arg| arg.split(|c: char| c.is_whitespace() || c.is_control()));
        parts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (args, argv) = (words(args), words(argv));
    let Some(program) = argv.first() else { return false };
    (0..=2).any(|skip| {
        args.len() == skip + argv.len() && args[skip + 1..] == argv[1..] && tail(&args[skip]) == tail(program)
    })
}

/// `./run.sh` and `/srv/bot/run.sh` are the same script; where it runs is checked beside this.
fn tail(path: &str) -> Option<Component<'_>> {
    Path::new(path).components().next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_command_is_known_by_its_words_also_where_nobody_quotes() {
        let is = |args: &[&str], argv: &[&str]| {
            let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            is_start(&owned(args), &owned(argv))
        };
        let start = ["./run.sh", "--name", "two words\nand lines", ""];
        assert!(is(&start, &start));
        assert!(is(&["/bin/sh", "./run.sh", "--name", "two", "words", "and", "lines"], &start), "as `ps` writes it");
        assert!(!is(&["./run.sh", "--name", "two", "words"], &start));
        assert!(!is(&["./walk.sh", "--name", "two", "words", "and", "lines"], &start));
        assert!(!is(&[], &start) && !is(&["./run.sh"], &[]));
    }

    #[test]
    fn a_part_has_to_stand_as_words_of_its_own() {
        let table = [
            ("python3 bot.py", "bot.py", Mention::Whole),
            ("python3 /srv/bot.py", "bot.py", Mention::Whole),
            ("python3 robot.py", "bot.py", Mention::Part),
            ("python3 my-bot.py", "bot.py", Mention::Part),
            ("python3 robot.py bot.py", "bot.py", Mention::Whole),
            ("python3 -m trading_bot.main", "trading_bot", Mention::Whole),
            ("sh run_telegram_bridge.py.sh", "telegram_bridge.py", Mention::Part),
            ("app --port 8931", "--port 8931", Mention::Whole),
            ("app --port 89310", "--port 8931", Mention::Part),
            ("bot.py", "bot.py", Mention::No), // the program's own name is not an argument
            ("app x", "y", Mention::No),
        ];
        for (line, part, expected) in table {
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(mentions(&args, part), expected, "{line} | {part}");
        }
    }

    #[test]
    fn pids_are_read_strictly() {
        for (text, pid) in [("500", Some(500)), (" 500\n", Some(500)), ("4194304", Some(PID_MAX)), ("00500", Some(500))]
        {
            assert_eq!(parse_pid(text), pid, "{text:?}");
        }
        for bad in [
            "",
            "\n",
            "0",
            "1",
            "-1",
            "-500",
            "+500",
            "12 34",
            "12\n34",
            "99999999999",
            "4194305",
            "0x10",
            "5e2",
            "pid",
        ] {
            assert_eq!(parse_pid(bad), None, "{bad:?}");
        }
    }
}
