//! What code is checked out? A branch of commits, some of which crash; people deploy, and heal takes back.

use crate::model::revert::{Ground, Meets, Revert, Stat, Target};

/// One commit.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) id: String,
    /// How long a life of it lasts, where it crashes.
    pub(super) lasts: Option<i64>,
    /// What it takes back, if it is heal's.
    pub(super) takes_back: Option<String>,
}

#[derive(Debug)]
pub(super) struct Code {
    /// Oldest first; the last is checked out.
    pub(super) commits: Vec<Commit>,
    /// Somebody edits files.
    pub(super) dirty: bool,
}

impl Code {
    pub(super) fn new() -> Self {
        let mut code = Self { commits: Vec::new(), dirty: false };
        code.deploy(None);
        code
    }

    fn id(number: usize) -> String {
        format!("{:040x}", number + 0xabc_0000)
    }

    pub(super) fn head(&self) -> usize {
        self.commits.len() - 1
    }

    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.commits.iter().rposition(|commit| commit.id == id)
    }

    pub(super) fn deploy(&mut self, lasts: Option<i64>) {
        let id = Self::id(self.commits.len());
        self.commits.push(Commit { id, lasts, takes_back: None });
    }

    pub(super) fn ground(&self) -> Ground {
        let head = &self.commits[self.head()];
        Ground {
            repo: "/project".into(),
            reference: Some("refs/heads/main".to_owned()),
            head: Some(head.id.clone()),
            dirty: if self.dirty { vec!["main.py".to_owned()] } else { Vec::new() },
            head_reverts: head.takes_back.clone(),
            ..Ground::default()
        }
    }

    /// What a commit for this target would meet, and the commit.
    pub(super) fn draft(&self, target: &Target) -> (Meets, Revert) {
        let base = self.commits[self.head()].id.clone();
        let (takes_back, restores) = match target {
            Target::Restore { release, good } => (release.clone(), Some(good.clone())),
            Target::Commit { name, .. } => (name.clone(), None),
            Target::Undo { commit } => (commit.clone(), None),
        };
        let by = self.commits.iter().find(|one| one.takes_back.as_ref() == Some(&takes_back));
        let own = self.place(&takes_back).and_then(|place| self.commits[place].takes_back.clone());
        let stranger = [Some(&takes_back), restores.as_ref()].into_iter().flatten().find(|id| self.place(id).is_none());
        let meets =
            Meets { taken_back_by: by.map(|one| one.id.clone()), own, stranger: stranger.cloned(), ..Meets::default() };
        let revert = Revert {
            repo: "/project".into(),
            reference: "refs/heads/main".to_owned(),
            base,
            commit: Self::id(self.commits.len()),
            tree: String::new(),
            takes_back,
            restores,
            mainline: 0,
            message: String::new(),
            name: "heal".to_owned(),
            email: "heal@box".to_owned(),
            at: 0,
            stat: Stat::default(),
            paths: Vec::new(),
        };
        (meets, revert)
    }

    /// The branch moves.
    pub(super) fn take_back(&mut self, revert: &Revert) {
        // Without a release to restore it is what stood before what is taken back.
        let before = || self.place(&revert.takes_back).and_then(|place| place.checked_sub(1));
        let tree = revert.restores.as_ref().and_then(|id| self.place(id)).or_else(before);
        let lasts = tree.and_then(|place| self.commits[place].lasts);
        self.commits.push(Commit { id: revert.commit.clone(), lasts, takes_back: Some(revert.takes_back.clone()) });
    }
}
