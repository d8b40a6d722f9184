//! Where are the locks of a git repository, and does any git work there? A process is git's by its program's name; it works there
//! by its directory, its arguments, or what it has open.

use std::path::{Path, PathBuf};

use crate::host::files;
use crate::host::process::{Detail, Open, Processes};
use crate::model::lock::{Grip, Holder, Holding};

/// The locks that git takes for a moment and leaves behind when it is killed, below the directory of the repository.
const LOCKS: [&str; 6] =
    ["index.lock", "HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock", "refs/**/*.lock"];

/// Locks in one repository at most.
const MOST: usize = 1_000;

/// The directory of the repository that this path is, or is in.
pub(super) fn directory(path: &Path) -> Option<&Path> {
    path.ancestors().find(|dir| dir.join("HEAD").is_file() && dir.join("objects").is_dir())
}

/// Every lock of the repository with this directory.
///
/// # Errors
/// Says why they cannot be searched for.
pub(super) fn locks(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for name in LOCKS {
        let searched = files::search(&directory.join(name), MOST)?;
        if let Some((path, why)) = searched.hidden.first() {
            return Err(format!("{} cannot be looked into: {why}", path.display()));
        }
        found.extend(searched.found.into_iter().filter(|path| path.symlink_metadata().is_ok()));
    }
    Ok(found)
}

/// Who works in this repository, or in a worktree of it.
pub(super) fn workers(directory: &Path, processes: &dyn Processes) -> Holding {
    let places = places(directory);
    let rows = match processes.all_rows() {
        Ok(rows) => rows,
        Err(why) => return Holding::Unknown(why),
    };
    let mut holders = Vec::new();
    for row in rows.iter().filter(|row| is_git(row.cmdline)) {
        let process = match processes.detail(row.pid) {
            Detail::Gone => continue,
            Detail::Seen(process) if process.is_zombie() => continue,
            Detail::Seen(process) => process,
            Detail::Hidden(why) => return Holding::Unknown(format!("pid {} is a git that is hidden: {why}", row.pid)),
        };
        let Some(cwd) = &process.cwd else {
            return Holding::Unknown(format!("pid {} is a git, and where it works may not be seen", row.pid));
        };
        let inside = |path: &Path| places.iter().any(|place| path.starts_with(place));
        let value = |arg: &str| cwd.join(arg.split_once('=').map_or(arg, |(_, value)| value));
        let named = process.args.iter().skip(1).any(|arg| inside(&value(arg)));
        let open = processes.open(row.pid).unwrap_or_default();
        let opened = open.iter().any(|one| matches!(one, Open::File { path, .. } if inside(path)));
        if inside(cwd) || named || opened {
            holders.push(Holder { grip: Grip::Inside, ..super::life::holder(&process) });
        }
    }
    if holders.is_empty() { Holding::Free } else { Holding::Held(holders) }
}

/// The repository itself, its worktree, and the worktrees that were added to it.
fn places(directory: &Path) -> Vec<PathBuf> {
    let mut places = vec![directory.to_owned()];
    if directory.file_name().is_some_and(|name| name == ".git") {
        places.extend(directory.parent().map(Path::to_owned));
    }
    let linked = files::glob(&directory.join("worktrees/*/gitdir"), MOST).unwrap_or_default();
    places.extend(linked.iter().filter_map(|file| {
        let text = files::read_text(file, 4096).ok()?;
        Path::new(text.trim()).parent().map(Path::to_owned)
    }));
    places
}

/// `git`, `/usr/bin/git`, `git-upload-pack`, `/usr/lib/git-core/git-remote-https`.
fn is_git(cmdline: &[u8]) -> bool {
    let first = cmdline.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    name == b"git" || name.starts_with(b"git-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_known_by_its_program() {
        for (line, expected) in [
            ("git\0commit\0", true),
            ("/usr/bin/git\0", true),
            ("/usr/lib/git-core/git-remote-https\0origin\0", true),
            ("gitk\0", false),
            ("vim\0git\0", false),
            ("", false),
        ] {
            assert_eq!(is_git(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_repository_is_known_by_what_is_in_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let git = dir.path().join(".git");
        std::fs::create_dir_all(git.join("objects")).expect("made");
        std::fs::create_dir_all(git.join("refs/heads/deep")).expect("made");
        assert_eq!(directory(&git.join("index.lock")), None);
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").expect("written");
        for lock in ["index.lock", "refs/heads/main.lock", "refs/heads/deep/x.lock", "other.lock"] {
            std::fs::write(git.join(lock), "").expect("written");
            assert_eq!(directory(&git.join(lock)), Some(git.as_path()));
        }
        let found = locks(&git).expect("searched");
        let expected = ["index.lock", "refs/heads/deep/x.lock", "refs/heads/main.lock"].map(|lock| git.join(lock));
        assert_eq!(found, expected);
    }
}
