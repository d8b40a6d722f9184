//! `heal completions`: what does a shell need to complete our words? A script that asks heal at each TAB, so that the names
//! of heal.toml complete as well; or a static one with our own words alone. Completing reads heal.toml and changes nothing.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Command;
use clap::builder::ArgExt;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{EnvCompleter, Shells};
use clap_complete::{Shell, generate};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli;
use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::config::{Named, Origin};
use crate::error::{Error, Kind, Result};
use crate::host::env;
use crate::model::service;

/// The variable by which a shell asks, as with every program that completes by clap.
const ASKS: &str = "COMPLETE";

/// Print the completion script of a shell
///
/// Load it where the shell starts, for bash: `source <(heal completions bash)` in ~/.bashrc. zsh is the same in ~/.zshrc,
/// behind compinit; for fish, write `heal completions fish | source` to ~/.config/fish/completions/heal.fish. It asks heal
/// at each TAB, and so completes the names of services as well. Do not keep what it prints: another version of heal may
/// print another.
///
/// A script to install with a package: `heal completions --static bash > /usr/share/bash-completion/completions/heal`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    /// A script that never asks heal: it knows subcommands and flags, and no names
    #[arg(long = "static")]
    fixed: bool,
}

/// What a shell reads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Script {
    /// The shell.
    shell: String,
    /// The whole script.
    script: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The shell is not one that can ask.
    pub fn run(self, _: &Global) -> Result<Answer> {
        let shell = self.shell.to_string();
        let script = if self.fixed {
            let mut script = Vec::new();
            generate(self.shell, &mut cli::command(), "heal", &mut script);
            String::from_utf8_lossy(&script).into_owned()
        } else {
            registration(asking(&shell)?, std::env::args_os().next().as_deref())
        };
        Ok(Answer::fine(script.clone(), View::Completions(Script { shell, script })))
    }
}

/// Names of heal.toml that an argument takes. `#[arg(add = Names::Services)]` makes it complete them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Services.
    Services,
    /// Services, and `host` where it has probes.
    Subjects,
    /// Probes, of whichever service.
    Probes,
    /// Locks.
    Locks,
    /// State files.
    States,
    /// Checkpoints.
    Checkpoints,
    /// Settings, for `--set`.
    Keys,
}

impl ArgExt for Names {}

impl Names {
    fn of(self, named: &Named) -> Vec<String> {
        match self {
            Self::Services => named.services.clone(),
            Self::Subjects => {
                named.services.iter().cloned().chain(named.host.then(|| service::HOST.to_owned())).collect()
            }
            Self::Probes => named.probes.clone(),
            Self::Locks => named.locks.clone(),
            Self::States => named.states.clone(),
            Self::Checkpoints => named.checkpoints.clone(),
            Self::Keys => named.keys.iter().map(|key| format!("{key}=")).collect(),
        }
    }
}

/// What a shell is to be told that asks for completions by the environment; `None` in any other run.
///
/// It asks with `heal` alone (for its script) or `heal -- WORDS` (for candidates). Nothing else that can be typed looks like
/// that: a variable that is set by mistake must not turn the tick into a completion, which would do nothing and end with 0.
///
/// # Errors
/// There is no such shell.
pub fn asked(argv: &[OsString]) -> Option<Result<String>> {
    let (program, words) = argv.split_first()?;
    if words.first().is_some_and(|word| word != "--") {
        return None;
    }
    let shell = env::var(ASKS).filter(|shell| shell != "0")?;
    // As `$SHELL` says it.
    let shell = Path::new(&shell).file_stem().map_or_else(|| shell.clone(), |name| name.to_string_lossy().into_owned());
    Some(asking(&shell).map(|shell| match words.split_first() {
        None | Some((_, [])) => registration(shell, Some(program)),
        Some((_, words)) => candidates(shell, words.to_vec()),
    }))
}

fn asking(shell: &str) -> Result<&'static dyn EnvCompleter> {
    const SHELLS: Shells<'static> = Shells::builtins();
    SHELLS.0.iter().copied().find(|known| known.is(shell)).ok_or_else(|| {
        let known: Vec<&str> = SHELLS.names().collect();
        Error::new(Kind::Usage, format!("`{shell}` is no shell that heal completes for"))
            .hint(format!("it can be: {}", known.join(", ")))
    })
}

/// The script by which a shell asks the heal that printed it: by name when it was called by name.
fn registration(shell: &dyn EnvCompleter, program: Option<&OsStr>) -> String {
    let program = Path::new(program.unwrap_or(OsStr::new("heal")));
    let here = env::cwd().filter(|_| program.components().nth(1).is_some());
    let program = here.map_or_else(|| program.to_owned(), |here| here.join(program));
    let mut script = Vec::new();
    // Writing to memory does not fail.
    let _ = shell.write_registration(ASKS, "heal", "heal", &program.to_string_lossy(), &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// What could stand in the place of the word under the cursor. Whatever is wrong, a shell that asks is told nothing.
fn candidates(shell: &dyn EnvCompleter, words: Vec<OsString>) -> String {
    let mut command = with_names(cli::command(), &origin(&words));
    let mut said = Vec::new();
    let done = shell.write_complete(&mut command, words, env::cwd().as_deref(), &mut said);
    done.map(|()| String::from_utf8_lossy(&said).into_owned()).unwrap_or_default()
}

/// The heal.toml that the command line names so far. The shell hands its words over as they were typed, quotes and all, and
/// bash takes `--config=x` apart into three.
fn origin(words: &[OsString]) -> Origin {
    let mut file = None;
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--config") {
            Some("") => words.next().and_then(|word| if word == "=" { words.next() } else { Some(word) }),
            Some(rest) => rest.strip_prefix('=').map(|value| value.to_owned().into()),
            None => None,
        };
        file = value.map(|value| path(&value)).or(file);
    }
    Origin { file, set: Vec::new() }
}

fn path(typed: &str) -> PathBuf {
    let bare = typed.trim_matches(['"', '\'']);
    match (bare.strip_prefix("~/"), env::var("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(bare.replace("\\ ", " ")),
    }
}

/// Gives every argument that takes [`Names`] its candidates. The file is read when one of them is asked for, and once.
fn with_names(command: Command, origin: &Origin) -> Command {
    let here = origin.clone();
    command
        .mut_args(|arg| match arg.get::<Names>().copied() {
            Some(names) => {
                let (origin, read) = (here.clone(), OnceLock::new());
                let found = move || {
                    let named = read.get_or_init(|| origin.names());
                    names.of(named).into_iter().map(CompletionCandidate::new).collect()
                };
                arg.add(ArgValueCandidates::new(found))
            }
            None => arg,
        })
        .mut_subcommands(|sub| with_names(sub, origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_one_that_the_words_name() {
        let table = [
            (&["heal", "check"][..], None),
            (&["heal", "--config", "a.toml", "check"], Some("a.toml")),
            (&["heal", "check", "--config=/x/b.toml"], Some("/x/b.toml")),
            (&["heal", "--config", "=", "c.toml", "check"], Some("c.toml")),
            (&["heal", "--config", "'with space.toml'"], Some("with space.toml")),
            (&["heal", "--config", "with\\ space.toml"], Some("with space.toml")),
            (&["heal", "config", "show"], None),
            (&["heal", "--config"], None),
        ];
        for (words, file) in table {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(origin(&words).file.as_deref(), file.map(Path::new), "{words:?}");
        }
    }

    #[test]
    fn only_what_a_shell_asks_looks_like_asking() {
        for words in [&["heal", "heal"][..], &["heal", "check", "--"], &["heal", "--quiet", "heal"], &[]] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert!(asked(&words).is_none(), "{words:?}");
        }
    }
}
