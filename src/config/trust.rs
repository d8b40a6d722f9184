//! Whose word is this? A file that tells heal what to run must belong to whoever runs it, and be closed to everybody else.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Group, Uid, User};

use crate::error::{Error, Kind, Result};

/// Refuses a file that somebody else could have written (DESIGN §4; monit refuses the same).
pub(super) fn check(path: &Path, meta: &Metadata) -> Result<()> {
    let me = Uid::effective();
    let refuse = |why: String, hint: String| {
        Err(Error::new(Kind::Config, format!("{} is refused: {why}", path.display())).hint(hint))
    };
    let owner = Uid::from_raw(meta.uid());
    if !owner.is_root() && owner != me {
        let why = if me.is_root() {
            format!("root would run what {} may write", name(owner))
        } else {
            format!("it belongs to {}, heal runs as {}", name(owner), name(me))
        };
        return refuse(why, format!("`chown {} {}`, if you trust it", name(me), path.display()));
    }
    if meta.mode() & 0o002 != 0 {
        return refuse("everybody may write it".to_owned(), format!("`chmod o-w {}`", path.display()));
    }
    if meta.mode() & 0o020 != 0
        && let Some(group) = shared_group(meta.gid(), owner)
    {
        return refuse(format!("the group {group} may write it"), format!("`chmod g-w {}`", path.display()));
    }
    Ok(())
}

/// The group's name, if anybody but the owner may be in it. A group that bears its owner's name and lists nobody else is
/// the owner's own; where groups cannot be looked up, it is shared.
fn shared_group(gid: u32, owner: Uid) -> Option<String> {
    let user = name(owner);
    match Group::from_gid(Gid::from_raw(gid)) {
        Ok(Some(group)) if group.name == user && group.mem.iter().all(|member| *member == user) => None,
        Ok(Some(group)) => Some(group.name),
        _ => Some(gid.to_string()),
    }
}

fn name(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}
