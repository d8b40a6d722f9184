//! How do tests make one repair, or take one lock over and over, in a process of its own that they may end at any system call?
//! A debug build answers to one more word; a release build has nothing of this.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use serde::Deserialize;

use crate::apply::{self, Repair, Unheld};
use crate::error::Kind;
use crate::host::{files, processes};
use crate::journal::vault::Vault;
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::Change;

/// The word with which a test starts heal, followed by a file that says what to do.
pub const WORD: &str = "__trial";

/// What to do.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Trial {
    /// Make these changes as one repair.
    Repair {
        root: PathBuf,
        data: PathBuf,
        changes: Vec<Change>,
        /// Texts that the vault holds before.
        #[serde(default)]
        vault: Vec<String>,
    },
    /// Take the recovery lock for a moment, as often as it goes, and say where somebody else had it as well.
    Race { data: PathBuf, millis: u64, hold_micros: u64 },
}

/// The test has seen to it.
#[derive(Debug)]
struct Free;

impl Unheld for Free {
    fn unheld(&self, _path: &std::path::Path) -> Result<(), String> {
        Ok(())
    }
}

/// Does what the file says, and prints what came of it.
///
/// # Errors
/// The file cannot be read, or the locks not be taken, or the journal not be written.
pub fn trial() -> io::Result<()> {
    let path = std::env::args_os().nth(2).map(PathBuf::from).unwrap_or_default();
    let text = files::read_text(&path, 1024 * 1024).map_err(|why| io::Error::other(why.to_string()))?;
    let said = match serde_json::from_str(&text)? {
        Trial::Repair { root, data, changes, vault } => repair(&root, data, changes, &vault),
        Trial::Race { data, millis, hold_micros } => {
            race(data, Duration::from_millis(millis), Duration::from_micros(hold_micros))
        }
    };
    let said = said.map_err(|error| {
        let _ = io::stderr().lock().write_all(format!("{error}\n").as_bytes());
        io::Error::other(error.to_string())
    })?;
    io::stdout().lock().write_all(said.as_bytes())
}

fn repair(
    root: &std::path::Path,
    data: PathBuf,
    changes: Vec<Change>,
    vault: &[String],
) -> crate::error::Result<String> {
    let dir = DataDir::at(data);
    apply::refuse_links(root, dir.root())?;
    dir.create()?;
    let _recovery = RecoveryLock::take(&dir.lock(), "a trial")?;
    let _files = RecoveryLock::take_within(&dir.repair_lock(), "a trial", Duration::from_secs(5))?;
    for text in vault {
        let put = Vault::of(&dir).put(text.as_bytes());
        put.map_err(|error| crate::error::Error::io("the vault cannot be written", error))?;
    }
    let mut journal = Journal::open(dir)?;
    let mut said: String =
        apply::resume(&mut journal, Some(root), &|_| None)?.iter().map(|line| format!("resumed {line}\n")).collect();
    let why = "a trial".to_owned();
    let order = Repair { service: "app", root, rung: "trial", changes, why, unheld: &Free };
    let repaired = if order.changes.is_empty() {
        apply::Repaired::default()
    } else {
        apply::repair(&mut journal, processes().as_ref(), &order)?
    };
    journal.save();
    repaired.made.iter().for_each(|(_, seen)| said.push_str(&format!("made {seen}\n")));
    if let Some((_, trouble)) = repaired.failure {
        let kind = match trouble {
            apply::Trouble::Refused(_) => "refused",
            apply::Trouble::Broken(_) => "broken",
            apply::Trouble::Io(_) => "io",
            apply::Trouble::Stuck(_) => "stuck",
        };
        said.push_str(&format!("{kind} {trouble}\n"));
    }
    Ok(said)
}

/// Whoever has the recovery lock takes two more locks, of other kinds, on other files: who cannot have them is not alone.
fn race(data: PathBuf, limit: Duration, hold: Duration) -> crate::error::Result<String> {
    let dir = DataDir::at(data);
    let (mut taken, mut violations) = (0_u32, 0_u32);
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        let lock = match RecoveryLock::take(&dir.lock(), "a race") {
            Err(error) if error.kind == Kind::Busy => {
                std::thread::sleep(Duration::from_micros(200));
                continue;
            }
            taken => taken?,
        };
        taken += 1;
        let (posix, ofd) = (open(&dir, "oracle-posix"), open(&dir, "oracle-ofd"));
        let all = libc::flock {
            l_type: libc::c_short::try_from(libc::F_WRLCK).unwrap_or_default(),
            l_whence: libc::c_short::try_from(libc::SEEK_SET).unwrap_or_default(),
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        };
        for (kind, file, set) in [("posix", &posix, FcntlArg::F_SETLK(&all)), ("ofd", &ofd, ofd_lock(&all))] {
            let alone = file.as_ref().is_ok_and(|file| fcntl(file, set).is_ok());
            if !alone {
                violations += 1;
                let line = format!("{kind} {}\n", std::process::id());
                let _ = open(&dir, "violations").and_then(|mut file| file.write_all(line.as_bytes()));
            }
        }
        let _ = open(&dir, "taken").and_then(|mut file| file.write_all(b"."));
        std::thread::sleep(hold);
        drop((posix, ofd));
        drop(lock);
    }
    Ok(format!("{taken} {violations}\n"))
}

#[cfg(target_os = "linux")]
const fn ofd_lock(all: &libc::flock) -> FcntlArg<'_> {
    FcntlArg::F_OFD_SETLK(all)
}

#[cfg(not(target_os = "linux"))]
const fn ofd_lock(all: &libc::flock) -> FcntlArg<'_> {
    FcntlArg::F_SETLK(all)
}

#[expect(clippy::disallowed_methods, reason = "the files of a test, in a data directory of its own")]
fn open(dir: &DataDir, name: &str) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(dir.root().join(name))
}
