//! What keeps heal from doing harm? Each rule of policy that only ever holds it back, or makes it speak, is named where it stands.
//! In a normal build a guard is its condition and nothing else; in a test build it can be taken away, and somebody has to notice.

/// `guard!("name", condition)` is the condition. In test builds the guard puts itself on the list the first time that it is
/// asked, and is `false` while `guard::without` has it switched off.
#[cfg(not(test))]
macro_rules! guard {
    ($name:literal, $holds:expr) => {
        $crate::guard::itself($holds)
    };
}

/// Keeps what is advised of conditions away from guards, which are more than that in a test build.
#[cfg(not(test))]
#[inline]
pub(crate) const fn itself(holds: bool) -> bool {
    holds
}

#[cfg(test)]
macro_rules! guard {
    ($name:literal, $holds:expr) => {{
        static GUARD: $crate::guard::Guard = $crate::guard::Guard::new($name, file!(), line!());
        GUARD.stands() && $holds
    }};
}

#[cfg(test)]
pub(crate) use list::{Guard, all, without};

#[cfg(test)]
mod list {
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Where each guard stands that was asked so far, by its name.
    static LIST: Mutex<BTreeMap<&'static str, (&'static str, u32)>> = Mutex::new(BTreeMap::new());

    thread_local! {
        /// The guard that this thread does without: other tests keep all of theirs.
        static OFF: Cell<&'static str> = const { Cell::new("") };
    }

    /// One guard.
    pub(crate) struct Guard {
        name: &'static str,
        file: &'static str,
        line: u32,
        listed: AtomicBool,
    }

    impl Guard {
        pub(crate) const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
            Self { name, file, line, listed: AtomicBool::new(false) }
        }

        /// Is it not switched off?
        pub(crate) fn stands(&self) -> bool {
            if !self.listed.load(Ordering::Relaxed) {
                self.listed.store(true, Ordering::Relaxed);
                LIST.lock().unwrap_or_else(|broken| broken.into_inner()).insert(self.name, (self.file, self.line));
            }
            OFF.get() != self.name
        }
    }

    /// All guards that were asked so far: name, file and line.
    pub(crate) fn all() -> Vec<(&'static str, &'static str, u32)> {
        let list = LIST.lock().unwrap_or_else(|broken| broken.into_inner());
        list.iter().map(|(name, (file, line))| (*name, *file, *line)).collect()
    }

    /// Does this with one guard taken away, in this thread alone.
    pub(crate) fn without<T>(name: &'static str, does: impl FnOnce() -> T) -> T {
        struct Back;
        impl Drop for Back {
            fn drop(&mut self) {
                OFF.set("");
            }
        }
        OFF.set(name);
        let _back = Back;
        does()
    }
}
