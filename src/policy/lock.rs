//! May this lock be cleared? A verdict and its reason, from what was seen alone. In doubt it stays: unknown is not stale.
//! Age never decides by itself; it can only keep a young lock where it is (DESIGN §7.1–7.2, FAULTS a and b).

use crate::model::lock::{Content, Holder, Holding, Judged, Life, Remains, Seen, Verdict};
use crate::model::{Identity, Span};

/// Judges one file. Younger than `min_age` it is never cleared.
#[must_use]
pub fn judge(seen: Seen, min_age: Span) -> Judged {
    let (verdict, why) = verdict(&seen, min_age);
    let Seen { lock, kind, path, file, with, mut holding, content, .. } = seen;
    // Who is named and lives holds it as well, for whoever is told, and for whoever stops them.
    if let Content::Pid(Life::Alive(named)) = content {
        holding = match holding {
            Holding::Held(mut holders) => {
                if !holders.iter().any(|holder| holder.identity == named.identity) {
                    holders.push(*named);
                }
                Holding::Held(holders)
            }
            Holding::Free | Holding::Unknown(_) => Holding::Held(vec![*named]),
        };
    }
    Judged { lock, kind, path, file, with, holding, verdict, why }
}

/// What would be seen were these processes gone already: what a rung that stops them first may plan.
#[must_use]
pub fn without(mut seen: Seen, gone: &[Identity]) -> Seen {
    if let Holding::Held(holders) = &mut seen.holding {
        holders.retain(|holder| !gone.contains(&holder.identity));
        if holders.is_empty() {
            seen.holding = Holding::Free;
        }
    }
    if let Content::Pid(Life::Alive(holder)) = &seen.content
        && gone.contains(&holder.identity)
    {
        seen.content = Content::Pid(Life::Dead(holder.identity.pid));
    }
    seen
}

fn verdict(seen: &Seen, min_age: Span) -> (Verdict, String) {
    match &seen.content {
        Content::Refused(what) => return doubtful(format!("{what}: heal touches nothing of that kind")),
        Content::Untold(why) | Content::Sqlite(Remains::NotOne(why)) => return doubtful(why.clone()),
        // Who lives and is named by it holds it, whether or not it has the file open.
        Content::Pid(Life::Alive(holder))
            if !matches!(&seen.holding, Holding::Held(all) if stoppable(all)) || !holder.stoppable =>
        {
            return named(holder);
        }
        _ => {}
    }
    match &seen.holding {
        Holding::Held(holders) => return held(holders),
        Holding::Unknown(why) => return doubtful(why.clone()),
        Holding::Free => {}
    }
    match &seen.content {
        Content::Flock => (Verdict::Free, "nobody holds it; an flock file without a holder hinders nobody".to_owned()),
        Content::Sqlite(Remains::Nothing) => {
            (Verdict::Free, "nobody has it open, and nothing is left beside it".to_owned())
        }
        Content::Sqlite(Remains::Sidecars(what)) => {
            (Verdict::Recoverable, format!("nobody has it open, and {what} is left: SQLite recovers it"))
        }
        Content::Sqlite(Remains::Orphaned(what)) => {
            (Verdict::Stale, format!("{what} is left of a database that is gone: SQLite would delete it"))
        }
        content => match (content, too_young(seen, min_age)) {
            (Content::Pid(Life::Unnamed(why) | Life::Doubtful(why)), _) => doubtful(why.clone()),
            (_, Some(young)) => doubtful(young),
            (Content::Pid(Life::Dead(pid)), None) => {
                (Verdict::Stale, format!("pid {pid} is dead, and nobody has the file open or locked"))
            }
            (Content::Pid(Life::Over(pid, why)), None) => (
                Verdict::Stale,
                format!("pid {pid} is not who wrote it ({why}), and nobody has the file open or locked"),
            ),
            (Content::Git, None) => {
                (Verdict::Stale, format!("no git works in its repository, and it is older than {min_age}"))
            }
            _ => doubtful("it does not say what it is".to_owned()),
        },
    }
}

fn doubtful(why: String) -> (Verdict, String) {
    (Verdict::Doubtful, why)
}

/// All of them have to fit: with one left, nothing can be cleared, and the others were stopped for nothing.
fn held(holders: &[Holder]) -> (Verdict, String) {
    let all = holders.iter().map(|holder| format!("pid {} {}", holder.identity.pid, holder.grip.text()));
    let all = all.collect::<Vec<_>>().join(", ");
    if stoppable(holders) {
        (Verdict::Stoppable, format!("{all}; `stop_holders` says to stop it"))
    } else {
        (Verdict::Held, all)
    }
}

fn stoppable(holders: &[Holder]) -> bool {
    holders.iter().all(|holder| holder.stoppable)
}

fn named(holder: &Holder) -> (Verdict, String) {
    let pid = holder.identity.pid;
    if holder.stoppable {
        (Verdict::Stoppable, format!("it names pid {pid}, which is alive; `stop_holders` says to stop it"))
    } else {
        (Verdict::Held, format!("it names pid {pid}, which is alive"))
    }
}

fn too_young(seen: &Seen, min_age: Span) -> Option<String> {
    match seen.age_ms {
        _ if min_age.millis() == 0 => None,
        None => Some("it was written in the future: by which clock is its age to be told?".to_owned()),
        Some(age) if age < min_age.millis() => Some(format!("it is younger than {min_age}")),
        Some(_) => None,
    }
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
