//! How is the layout put right? What is missing is made, modes and owners are set, each behind an intent of its own: what cannot
//! be done for one is no reason to leave another. What stands in the place of something else, a link that leads elsewhere, and
//! the content of a file that is missing are for a person.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::apply::{self, Repair, Unasked};
use crate::config::Config;
use crate::error::Result;
use crate::model::Change;
use crate::model::change::Access;
use crate::model::layout::{Link, Placed};
use crate::model::mended::{Mended, Outcome, Work};
use crate::probe::state;

use super::mend::{Hand, outcome};
use super::undo::{access, was_given_back};

/// What it is called in the journal, and in a report.
const RUNG: &str = "layout";

/// What is to be done with one part of it, and in words; or why nothing.
type Plan = std::result::Result<(Vec<Change>, String, Work), String>;

/// Everything that is not as declared, parents first.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn put_right(config: &Config, hand: &mut Hand<'_>) -> Result<Vec<Mended>> {
    let layout = &config.layout;
    let mut mended = Vec::new();
    let wrong = state::layout(layout);
    let is_wrong = |path: &Path| wrong.iter().any(|(one, _)| one == path);
    for one in layout.directories.iter().filter(|one| is_wrong(&one.path)) {
        mended.push(carry_out(config, hand, &one.path, &|hand| directory(config, hand, one))?);
    }
    for one in layout.links.iter().filter(|one| is_wrong(&one.path)) {
        mended.push(carry_out(config, hand, &one.path, &|hand| link(config, hand, one))?);
    }
    for one in layout.files.iter().filter(|one| is_wrong(&one.path)) {
        mended.push(carry_out(config, hand, &one.path, &|hand| file(config, hand, one))?);
    }
    Ok(mended)
}

fn carry_out(config: &Config, hand: &mut Hand<'_>, path: &Path, plan: &dyn Fn(&Hand<'_>) -> Plan) -> Result<Mended> {
    let (name, path) = (RUNG.to_owned(), path.to_owned());
    if let Some(why) = hand.leaves(None, &path) {
        return Ok(Mended::left(name, path, why, false));
    }
    let (changes, how, work) = match plan(hand) {
        Err(why) => return Ok(Mended::left(name, path, why, false)),
        Ok(plan) => plan,
    };
    let outcome = match hand.journal.as_deref_mut() {
        None => Outcome::Would,
        // An earlier one made it along with its own.
        Some(_) if changes.is_empty() => Outcome::Done,
        Some(journal) => {
            let table = crate::host::processes();
            let why = format!("{} is not as [layout] declares it", path.display());
            // Nobody is asked who has it open: a directory that somebody works in may have its mode set all the same.
            let order = Repair { service: "", root: &config.root, rung: RUNG, changes, why, unheld: &Unasked };
            let outcome = outcome(apply::repair(journal, table.as_ref(), &order)?.failure);
            hand.note(&path, &outcome);
            outcome
        }
    };
    Ok(Mended { name, path, work, how, loss: None, outcome, lasting: false })
}

fn directory(config: &Config, hand: &Hand<'_>, one: &Placed) -> Plan {
    may(config, hand, &one.path)?;
    match std::fs::symlink_metadata(&one.path) {
        Ok(meta) if meta.is_dir() => reaccess(hand, one, &meta),
        Ok(meta) => Err(in_the_way(&meta)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok((above(config, &one.path)?, "made".to_owned(), Work::Place))
        }
        Err(error) => Err(unseen(&error)),
    }
}

fn unseen(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotADirectory => {
            "what should be a directory above it is none: a person has to look".to_owned()
        }
        _ => error.to_string(),
    }
}

fn file(config: &Config, hand: &Hand<'_>, one: &Placed) -> Plan {
    may(config, hand, &one.path)?;
    match std::fs::symlink_metadata(&one.path) {
        Ok(meta) if meta.is_file() => reaccess(hand, one, &meta),
        Ok(meta) => Err(in_the_way(&meta)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err("what should stand in it is not known here; a [state.NAME] with `create` and a `template` says it"
                .to_owned())
        }
        Err(error) => Err(unseen(&error)),
    }
}

fn link(config: &Config, hand: &Hand<'_>, one: &Link) -> Plan {
    may(config, hand, &one.path)?;
    if std::fs::symlink_metadata(&one.path).is_ok() {
        return Err("where it points to is for a person to say".to_owned());
    }
    let [target] = one.targets.as_slice() else {
        return Err("which of its targets it points to is for a person to say".to_owned());
    };
    if std::fs::metadata(target).is_err() {
        return Err(format!("nothing is at {} yet", target.display()));
    }
    let folder = one.path.parent().unwrap_or(&config.root);
    // A project that is moved as a whole takes along what is beside the link.
    let short = target.strip_prefix(folder).unwrap_or(target).to_owned();
    let mut changes = if folder.exists() { Vec::new() } else { above(config, folder)? };
    changes.push(Change::MakeLink { path: one.path.clone(), target: short });
    Ok((changes, format!("laid, to {}", target.display()), Work::Place))
}

/// May anything be done there at all? What a rule forbids is not begun: an intent a minute would come of it.
fn may(config: &Config, hand: &Hand<'_>, path: &Path) -> std::result::Result<(), String> {
    let Ok(below) = path.strip_prefix(&config.root) else {
        return Err("it is not inside of the project, and there heal changes nothing".to_owned());
    };
    if below.as_os_str().is_empty() {
        return Err("it is the project's directory".to_owned());
    }
    if hand.dir.owns(path) {
        return Err("it is heal's own".to_owned());
    }
    let above = path.ancestors().skip(1).take_while(|above| *above != config.root);
    match above.into_iter().find(|above| std::fs::symlink_metadata(above).is_ok_and(|meta| meta.is_symlink())) {
        Some(link) => Err(format!("{} is a link, which heal does not follow", link.display())),
        None => Ok(()),
    }
}

fn in_the_way(meta: &std::fs::Metadata) -> String {
    let what =
        if meta.is_symlink() { "it is a link, which heal does not follow" } else { "something else has its name" };
    format!("{what}: a person has to look")
}

/// This directory, and those above it that are missing; each as it is declared, if it is.
fn above(config: &Config, path: &Path) -> std::result::Result<Vec<Change>, String> {
    let missing = |path: &&Path| path.starts_with(&config.root) && std::fs::symlink_metadata(path).is_err();
    let missing: Vec<&Path> = path.ancestors().take_while(missing).collect();
    let made = missing.into_iter().rev().map(|path| {
        let declared = config.layout.directories.iter().find(|one| one.path == path);
        let uid = declared.map(owner).transpose()?.flatten();
        if let Some(uid) = uid.filter(|uid| !is_root() && *uid != rustix::process::geteuid().as_raw()) {
            return Err(format!("only root can make it for uid {uid}"));
        }
        Ok(Change::MakeDirectory { path: path.to_owned(), mode: declared.and_then(|one| one.mode), uid })
    });
    made.collect()
}

/// Its mode and its owner, where they are not as declared.
fn reaccess(hand: &Hand<'_>, one: &Placed, meta: &std::fs::Metadata) -> Plan {
    let before = access(meta);
    let uid = owner(one)?.unwrap_or(before.uid);
    let after = Access { mode: one.mode.unwrap_or(before.mode), uid };
    if before == after {
        return Ok((Vec::new(), "made along with what lies in it".to_owned(), Work::Place));
    }
    if !is_root() && uid != before.uid {
        return Err("only root can give it to somebody else".to_owned());
    }
    if !is_root() && before.uid != rustix::process::geteuid().as_raw() {
        return Err("only its owner, or root, can change its mode".to_owned());
    }
    if meta.is_file() && meta.nlink() != 1 {
        return Err("it has more names than this one".to_owned());
    }
    if !hand.asked && was_given_back(hand.dir, &one.path, before) {
        return Err("a person took this very change back".to_owned());
    }
    let (path, device, inode) = (one.path.clone(), meta.dev(), meta.ino());
    let how = format!("set to {after}, from {before}");
    Ok((vec![Change::SetAccess { path, device, inode, before, after }], how, Work::Change))
}

fn owner(one: &Placed) -> std::result::Result<Option<u32>, String> {
    let Some(name) = &one.owner else { return Ok(None) };
    state::uid_of(name)?.map(Some).ok_or_else(|| format!("there is no user {name}"))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
