//! How is a schedule installed or removed? Outside of the project, so with more care than anywhere: written down before and
//! after, each file whole or not at all, and only while it is still what was looked at.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

use crate::error::{Error, Kind, Result};
use crate::host::files::{self, Unread};
use crate::host::schedulers;
use crate::journal::{DataDir, Journal, keep_name};
use crate::model::Event;
use crate::model::schedule::Effect;

/// No unit is larger.
const LIMIT: u64 = 256 * 1024;

/// Does what was proposed, in order; the first that fails ends it, and the same command goes on from there.
///
/// # Errors
/// What could not be done. What was done before it stays.
pub fn reschedule(journal: &mut Journal, effects: &[Effect]) -> Result<()> {
    let id = journal.next_intent();
    journal.record(Event::Scheduling { id: id.clone(), effects: effects.to_vec() })?;
    super::failpoint("after-intent");
    for effect in effects {
        if let Err(error) = perform(effect, journal.dir()) {
            let failure = Some(error.to_string());
            // The failure itself is what is told; that it cannot be written down as well changes nothing about it.
            let _ = journal.record(Event::Scheduled { id, failure });
            journal.save();
            return Err(if error.hint.is_some() {
                error
            } else {
                error.hint("nothing is half written: put it right, then type the same command again")
            });
        }
        super::failpoint("after-change");
    }
    journal.record(Event::Scheduled { id, failure: None })?;
    journal.save();
    Ok(())
}

fn perform(effect: &Effect, dir: &DataDir) -> Result<()> {
    let cannot = |error: io::Error| Error::io(format!("cannot {effect}"), error);
    match effect {
        Effect::Keep { to, text } => {
            private_folder(to).map_err(cannot)?;
            place(to, text, 0o600, Old::None).map_err(cannot)
        }
        // As when heal itself starts the service.
        Effect::Folder { path } => private_folder(&path.join("-")).map_err(cannot),
        Effect::Write { path, text, before } => {
            unchanged(path, before.as_deref())?;
            folders(path).map_err(cannot)?;
            place(path, text, 0o644, if before.is_some() { Old::Replaced } else { Old::None }).map_err(cannot)
        }
        Effect::Remove { path, before } => {
            unchanged(path, Some(before))?;
            remove(path).map_err(cannot)
        }
        Effect::Crontab { text, before } => crontab(text, before, dir),
        Effect::Run { argv } => {
            let words: Vec<&str> = argv.iter().map(String::as_str).collect();
            let failed = |why: String| Error::new(Kind::Io, format!("`{}` {why}", argv.join(" ")));
            let ended = schedulers::tool(&words).map_err(failed)?;
            let said = || format!("{}: {}", ended.how(), ended.last_line());
            if ended.ok() { Ok(()) } else { Err(failed(said())) }
        }
    }
}

/// Is it still what was looked at? Somebody may have been faster.
fn unchanged(path: &Path, before: Option<&str>) -> Result<()> {
    let is = match files::read_text(path, LIMIT) {
        Ok(text) => Some(text),
        Err(Unread::Missing) => None,
        Err(Unread::Failed(why)) => return Err(Error::new(Kind::Io, format!("{}: {why}", path.display()))),
    };
    if is.as_deref() == before { Ok(()) } else { Err(changed(&path.display().to_string())) }
}

fn changed(what: &str) -> Error {
    Error::new(Kind::Busy, format!("{what} was changed by somebody else at this moment, and is left as it is"))
        .hint("type the same command again")
}

/// What may stand under the name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Old {
    None,
    Replaced,
}

/// Always the same name for the same file: what a crash leaves behind is used again, and does not pile up.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.heal-new"))
}

#[expect(clippy::disallowed_methods, reason = "apply is where files are made; this one under another name first")]
fn place(path: &Path, text: &str, mode: u32, old: Old) -> io::Result<()> {
    let aside = aside(path);
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).custom_flags(flags).open(&aside)?;
    let written = (|| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match old {
            Old::Replaced => std::fs::rename(&aside, path),
            Old::None => rename_new(&aside, path),
        }
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&aside);
        return written;
    }
    keep_name(path)
}

/// Renames without replacing: a file that appears just now is somebody's.
#[cfg(target_os = "linux")]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that knows no such thing.
        Err(Errno::INVAL | Errno::NOSYS) => link_new(from, to),
        done => Ok(done?),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    link_new(from, to)
}

#[expect(clippy::disallowed_methods, reason = "a second name, which the system refuses when there is one already")]
fn link_new(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

#[expect(clippy::disallowed_methods, reason = "only what carries heal's own lines, byte for byte as it was looked at")]
fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    // What a run that was killed has left.
    let _ = std::fs::remove_file(aside(path));
    keep_name(path)
}

#[expect(clippy::disallowed_methods, reason = "the folders of a user's units, where there were none yet")]
fn folders(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| DirBuilder::new().recursive(true).mode(0o755).create(folder))
}

#[expect(clippy::disallowed_methods, reason = "below the data directory")]
fn private_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| DirBuilder::new().recursive(true).mode(0o700).create(folder))
}

/// A file with this text that nobody finds, and that is gone when it is closed. It has that name for a moment.
#[expect(clippy::disallowed_methods, reason = "its own file, below the data directory")]
fn nameless(path: &Path, text: &str) -> io::Result<File> {
    // Whoever was killed in that moment left it.
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    std::fs::remove_file(path)?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// From a file that is whole before `crontab` begins: of a pipe it would take what it got for all there is when heal dies in the
/// middle, or cannot write, and a user's own lines would be gone.
fn crontab(text: &str, before: &str, dir: &DataDir) -> Result<()> {
    let failed = |why: String| Error::new(Kind::Io, format!("your crontab: {why}"));
    if schedulers::crontab().map_err(failed)? != before {
        return Err(changed("your crontab"));
    }
    let whole = nameless(&dir.snapshot().with_file_name("crontab"), text).map_err(|error| failed(error.to_string()))?;
    let ended = schedulers::replace_crontab(whole).map_err(failed)?;
    if !ended.ok() {
        return Err(failed(format!("`crontab -` {}: {}", ended.how(), ended.last_line())));
    }
    // crontab exits with 0 for more than it did.
    if schedulers::crontab().map_err(failed)? == text {
        return Ok(());
    }
    Err(failed("it does not hold what was just written; look at `crontab -l`".to_owned()))
}
