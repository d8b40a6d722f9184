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
    /// All that there ever were, oldest first.
    pub(super) commits: Vec<Commit>,
    /// Those on the branch, oldest first; the last is checked out.
    branch: Vec<usize>,
    /// Somebody edits files.
    pub(super) dirty: bool,
}

impl Code {
    pub(super) fn new() -> Self {
        let mut code = Self { commits: Vec::new(), branch: Vec::new(), dirty: false };
        code.deploy(None);
        code
    }

    fn id(number: usize) -> String {
        format!("{:040x}", number + 0xabc_0000)
    }

    pub(super) fn head(&self) -> usize {
        self.branch.last().copied().unwrap_or(0)
    }

    /// Where it stands among all that there ever were.
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.commits.iter().position(|commit| commit.id == id)
    }

    /// The same, if it is on the branch.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.branch.iter().copied().rfind(|place| self.commits[*place].id == id)
    }

    pub(super) fn deploy(&mut self, lasts: Option<i64>) {
        let id = Self::id(self.commits.len());
        self.push(Commit { id, lasts, takes_back: None });
    }

    fn push(&mut self, commit: Commit) {
        self.branch.push(self.commits.len());
        self.commits.push(commit);
    }

    /// What is taken back by what is checked out, or is what stood before it.
    pub(super) fn taken_back(&self) -> Option<usize> {
        self.place(self.commits[self.head()].takes_back.as_ref()?)
    }

    pub(super) fn before(&self) -> Option<usize> {
        self.branch.len().checked_sub(2).map(|at| self.branch[at])
    }

    /// `git reset --hard`: what came after it is on the branch no more.
    pub(super) fn reset(&mut self, place: usize) {
        self.branch.retain(|other| *other <= place);
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
        let mut branch = self.branch.iter().map(|place| &self.commits[*place]);
        let by = branch.find(|one| one.takes_back.as_ref() == Some(&takes_back));
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
        let before = || {
            let at = self.branch.iter().position(|place| self.commits[*place].id == revert.takes_back)?;
            at.checked_sub(1).map(|at| self.branch[at])
        };
        let tree = revert.restores.as_ref().and_then(|id| self.place(id)).or_else(before);
        let lasts = tree.and_then(|place| self.commits[place].lasts);
        self.push(Commit { id: revert.commit.clone(), lasts, takes_back: Some(revert.takes_back.clone()) });
    }
}
