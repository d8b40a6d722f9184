//! Whose word is this? What tells heal what to run, or what it ran, must belong to whoever runs it and be closed to everybody else.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use nix::unistd::{Gid, Group, Uid, User};

/// Could nobody but us have written this file or directory (DESIGN §4; monit asks the same)?
///
/// # Errors
/// Why somebody could, and the command that would change it, with `{}` for the path.
pub fn check(meta: &Metadata) -> Result<(), (String, String)> {
    let me = me();
    let refuse = |why: String, remedy: String| Err((why, remedy));
    let owner = Uid::from_raw(meta.uid());
    if !owner.is_root() && owner != me {
        let why = if me.is_root() {
            format!("root would trust what {} may write", name(owner))
        } else {
            format!("it belongs to {}, heal runs as {}", name(owner), name(me))
        };
        return refuse(why, format!("chown {} {{}}", name(me)));
    }
    if meta.mode() & 0o002 != 0 {
        return refuse("everybody may write it".to_owned(), "chmod o-w {}".to_owned());
    }
    if meta.mode() & 0o020 != 0
        && let Some(group) = shared_group(meta.gid(), owner)
    {
        return refuse(format!("the group {group} may write it"), "chmod g-w {}".to_owned());
    }
    Ok(())
}

/// Who we are. It does not change: heal never becomes anybody else.
#[must_use]
pub fn me() -> Uid {
    static ME: OnceLock<Uid> = OnceLock::new();
    *ME.get_or_init(Uid::effective)
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
