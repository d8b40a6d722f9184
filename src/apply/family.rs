//! Who belongs to the processes that are to be stopped? Pure: a table of who begot whom, and the lives that we know.
//! A number alone proves nothing: it counts only with the start time that it had when we knew whose it was.

use crate::host::process::Kin;

/// A life that belongs to what is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// Its number.
    pub(super) pid: i32,
    /// When it started.
    pub(super) start: u64,
    /// Its whole session goes with it, also those whose parent is gone.
    pub(super) leads: bool,
}

/// Whom to leave alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Apart {
    /// heal and what leads to it.
    pub(super) lineage: Vec<i32>,
    /// heal's session: nobody is taken only because of it.
    pub(super) session: i32,
    /// Other services, living: neither they nor what they begot.
    pub(super) others: Vec<i32>,
}

/// A member of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Who.
    pub(super) kin: Kin,
    /// By descent, not only by the session.
    pub(super) descends: bool,
}

/// The members of the family that are not among the roots. Roots whose number is somebody else's by now are dropped for good.
pub(super) fn members(table: &[Kin], roots: &mut Vec<Root>, apart: &Apart) -> Vec<Member> {
    roots.retain(|root| !table.iter().any(|kin| kin.pid == root.pid && kin.start != root.start));
    let is_root = |pid: i32| roots.iter().any(|root| root.pid == pid);
    // What heal and other services begot is theirs, up to where one of our own begins.
    let heal = apart.lineage.first();
    let mut foreign: Vec<i32> = apart.others.iter().chain(heal).copied().collect();
    grow(table, &mut foreign, |kin, foreign| foreign.contains(&kin.parent) && !is_root(kin.pid));
    let mine = |kin: &Kin| !is_root(kin.pid) && !foreign.contains(&kin.pid) && !apart.lineage.contains(&kin.pid);
    // A root that is gone has no children: they were given to another parent. Whoever names it as parent is a stranger's.
    let mut ours: Vec<i32> =
        roots.iter().map(|root| root.pid).filter(|pid| table.iter().any(|kin| kin.pid == *pid)).collect();
    grow(table, &mut ours, |kin, ours| ours.contains(&kin.parent) && mine(kin) && !is_older(table, kin));
    let leads = |kin: &Kin| {
        kin.session != apart.session
            && roots.iter().any(|root| root.leads && root.pid == kin.session && kin.start >= root.start)
    };
    let mut all = ours.clone();
    all.extend(table.iter().filter(|kin| leads(kin) && mine(kin) && !ours.contains(&kin.pid)).map(|kin| kin.pid));
    grow(table, &mut all, |kin, all| all.contains(&kin.parent) && mine(kin) && !is_older(table, kin));
    let member = |kin: &Kin| Member { kin: *kin, descends: ours.contains(&kin.pid) };
    table.iter().filter(|kin| all.contains(&kin.pid) && !is_root(kin.pid)).map(member).collect()
}

/// A child is never older than its parent: then the parent's number belongs to a later life.
fn is_older(table: &[Kin], child: &Kin) -> bool {
    table.iter().any(|kin| kin.pid == child.parent && kin.start > child.start)
}

/// Adds whoever belongs to those that are in, until nobody is added any more.
fn grow(table: &[Kin], pids: &mut Vec<i32>, belongs: impl Fn(&Kin, &[i32]) -> bool) {
    loop {
        let before = pids.len();
        for kin in table {
            if !pids.contains(&kin.pid) && belongs(kin, pids) {
                pids.push(kin.pid);
            }
        }
        if pids.len() == before {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn kin(pid: i32, parent: i32, session: i32, start: u64) -> Kin {
        Kin { pid, parent, session, start }
    }

    const fn root(pid: i32, start: u64) -> Root {
        Root { pid, start, leads: true }
    }

    /// `pid` for a descendant, `pid*` for a mere member of the session.
    fn shown(table: &[Kin], mut roots: Vec<Root>, others: &[i32]) -> String {
        // heal is 900 in session 90, begun by 90.
        let apart = Apart { lineage: vec![900, 90, 1], session: 90, others: others.to_vec() };
        let shown = |member: Member| format!("{}{}", member.kin.pid, if member.descends { "" } else { "*" });
        members(table, &mut roots, &apart).into_iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// What, the table, the roots, the other services, and who is found.
    type Case<'a> = (&'a str, &'a [Kin], Vec<Root>, &'a [i32], &'a str);

    #[test]
    fn who_belongs_to_the_family() {
        let main = kin(100, 1, 100, 10);
        let table: &[Case<'_>] = &[
            (
                "children and theirs",
                &[main, kin(101, 100, 100, 11), kin(102, 101, 102, 12)],
                vec![root(100, 10)],
                &[],
                "101 102",
            ),
            (
                "orphans of its session",
                &[main, kin(103, 1, 100, 11), kin(104, 1, 7, 11)],
                vec![root(100, 10)],
                &[],
                "103*",
            ),
            ("the session of one who is gone", &[kin(103, 1, 100, 11)], vec![root(100, 10)], &[], "103*"),
            (
                "a number that was given away: nobody below it, nobody in its session",
                &[kin(100, 1, 100, 99), kin(105, 100, 100, 99), kin(106, 1, 100, 99)],
                vec![root(100, 10)],
                &[],
                "",
            ),
            (
                "a killed child whose number was given away: its children are a stranger's",
                &[main, kin(101, 50, 50, 99), kin(107, 101, 50, 99)],
                vec![root(100, 10), Root { pid: 101, start: 11, leads: false }],
                &[],
                "",
            ),
            (
                "a parent named that is gone",
                &[main, kin(107, 101, 50, 99)],
                vec![root(100, 10), root(101, 11)],
                &[],
                "",
            ),
            (
                "a child older than its parent",
                &[kin(100, 1, 100, 10), kin(108, 100, 50, 9)],
                vec![root(100, 10)],
                &[],
                "",
            ),
            (
                "another service and what it begot",
                &[main, kin(109, 100, 100, 11), kin(110, 109, 100, 12)],
                vec![root(100, 10)],
                &[109],
                "",
            ),
            (
                "begotten by another service",
                &[kin(50, 1, 50, 1), kin(100, 50, 50, 10), kin(101, 100, 50, 11)],
                vec![root(100, 10)],
                &[50],
                "101",
            ),
            (
                "heal, who leads to it, and its children",
                &[main, kin(90, 100, 90, 11), kin(900, 90, 100, 12), kin(901, 900, 100, 13)],
                vec![root(100, 10)],
                &[],
                "",
            ),
            (
                "heal's own session is no reason",
                &[kin(90, 1, 90, 5), kin(91, 1, 90, 11), kin(92, 90, 90, 12)],
                vec![root(90, 5)],
                &[],
                "92",
            ),
            (
                "two roots are one family",
                &[kin(201, 1, 100, 20), kin(202, 1, 100, 20), kin(203, 202, 100, 21)],
                vec![root(201, 20), root(202, 20)],
                &[],
                "203",
            ),
        ];
        for (what, table, roots, others, expected) in table {
            assert_eq!(shown(table, roots.clone(), others), *expected, "{what}");
        }
    }
}
