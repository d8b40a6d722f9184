//! Are the directories, links and files of the layout there, and as they should be? It looks only.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::host::files::Unread;
use crate::model::Layout;
use crate::model::layout::{Link, Placed};
use crate::model::state::{Problem, Trouble};

/// What of it is not as it should be, each with its path.
#[must_use]
pub fn look(layout: &Layout) -> Vec<(PathBuf, Trouble)> {
    let folder = |meta: &Metadata| meta.is_dir();
    let file = |meta: &Metadata| meta.is_file();
    let directories = layout.directories.iter().map(|one| (&one.path, placed(one, "a directory", folder)));
    let links = layout.links.iter().map(|one| (&one.path, link(one)));
    let files = layout.files.iter().map(|one| (&one.path, placed(one, "a file", file)));
    let found = directories.chain(links).chain(files);
    found.flat_map(|(path, troubles)| troubles.into_iter().map(|trouble| (path.clone(), trouble))).collect()
}

/// Who is called that; `None`: nobody.
///
/// # Errors
/// It cannot be said, and why.
pub fn uid_of(owner: &str) -> Result<Option<u32>, String> {
    match nix::unistd::User::from_name(owner) {
        Ok(user) => Ok(user.map(|user| user.uid.as_raw())),
        Err(error) => Err(format!("who {owner} is cannot be said: {error}")),
    }
}

fn wrong(message: String) -> Trouble {
    Trouble::new(Problem::Layout, message)
}

fn unread(error: std::io::Error, what: &str) -> Trouble {
    match Unread::from(error) {
        Unread::Missing => Trouble::new(Problem::Missing, format!("{what} should be there, and nothing is")),
        Unread::Failed(why) => Trouble::new(Problem::Unreadable, why),
    }
}

/// A link to a directory is one: whoever laid it wants it elsewhere.
fn placed(one: &Placed, what: &str, fits: impl Fn(&Metadata) -> bool) -> Vec<Trouble> {
    let meta = match std::fs::metadata(&one.path) {
        Ok(meta) => meta,
        // A link to nothing is something that stands there.
        Err(_) if std::fs::symlink_metadata(&one.path).is_ok_and(|meta| meta.is_symlink()) => {
            return vec![wrong(format!("{what} should be there, and a link to nowhere is"))];
        }
        Err(error) => return vec![unread(error, what)],
    };
    if !fits(&meta) {
        return vec![wrong(format!("{what} should be there, and something else is"))];
    }
    let mut troubles = Vec::new();
    let mode = meta.permissions().mode() & 0o7777;
    if let Some(wanted) = one.mode.filter(|wanted| *wanted != mode) {
        troubles.push(wrong(format!("its mode is {mode:04o}, not {wanted:04o}")));
    }
    if let Some(owner) = &one.owner {
        match uid_of(owner) {
            Ok(Some(uid)) if uid == meta.uid() => {}
            Ok(Some(_)) => {
                let is = nix::unistd::User::from_uid(meta.uid().into()).ok().flatten();
                let is = is.map_or_else(|| format!("uid {}", meta.uid()), |user| user.name);
                troubles.push(wrong(format!("it belongs to {is}, not to {owner}")));
            }
            Ok(None) => troubles.push(wrong(format!("it should belong to {owner}, and there is no such user"))),
            Err(why) => troubles.push(Trouble::new(Problem::Unreadable, why)),
        }
    }
    troubles
}

fn link(one: &Link) -> Vec<Trouble> {
    let points = match std::fs::symlink_metadata(&one.path) {
        Err(error) => return vec![unread(error, "a link")],
        Ok(meta) if !meta.is_symlink() => {
            return vec![wrong("a link should be there, and something else is".to_owned())];
        }
        Ok(_) => match std::fs::read_link(&one.path) {
            Ok(points) => points,
            Err(error) => return vec![unread(error, "a link")],
        },
    };
    let folder = one.path.parent().unwrap_or(Path::new("/"));
    let is = folder.join(&points);
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    let allowed =
        one.targets.iter().any(|target| *target == is || (whole(target).is_some() && whole(target) == whole(&is)));
    if !allowed {
        return vec![wrong(format!("it points to {}, which it may not", points.display()))];
    }
    if whole(&is).is_none() {
        return vec![wrong(format!("it points to {}, where nothing is", points.display()))];
    }
    Vec::new()
}
