//! What keeps heal from doing harm? Each rule of policy that only ever holds it back, or makes it speak, is named where it stands.
//! In a normal build a guard is its condition and nothing else; in a test build it can be taken away, and somebody has to notice.

/// `guard!("name", condition)` is the condition. In test builds the guard puts itself on the list the first time that it is
/// asked, counts how often it held heal back, and is `false` while `guard::without` has it switched off.
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
        GUARD.asked($holds)
    }};
}

#[cfg(test)]
pub(crate) use list::{Guard, all, without};

#[cfg(test)]
mod list {
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Each guard that was asked so far, by its name.
    static LIST: Mutex<BTreeMap<&'static str, &'static Guard>> = Mutex::new(BTreeMap::new());

    thread_local! {
        /// The guard that this thread does without: other tests keep all of theirs.
        static OFF: Cell<&'static str> = const { Cell::new("") };
    }

    /// One guard.
    pub(crate) struct Guard {
        pub(crate) name: &'static str,
        pub(crate) file: &'static str,
        pub(crate) line: u32,
        /// 0: nobody asked; else one more than how often it held. Threads that count at once may lose some.
        count: AtomicU64,
    }

    impl Guard {
        pub(crate) const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
            Self { name, file, line, count: AtomicU64::new(0) }
        }

        /// Does it hold, and is it not switched off?
        pub(crate) fn asked(&'static self, holds: bool) -> bool {
            let count = self.count.load(Ordering::Relaxed);
            if count == 0 {
                LIST.lock().unwrap_or_else(|broken| broken.into_inner()).insert(self.name, self);
            }
            if holds || count == 0 {
                self.count.store(count.max(1) + u64::from(holds), Ordering::Relaxed);
            }
            holds && OFF.get() != self.name
        }

        /// How often it held so far: where it never does, nobody misses it.
        pub(crate) fn held(&self) -> u64 {
            self.count.load(Ordering::Relaxed).saturating_sub(1)
        }
    }

    /// All guards that were asked so far.
    pub(crate) fn all() -> Vec<&'static Guard> {
        LIST.lock().unwrap_or_else(|broken| broken.into_inner()).values().copied().collect()
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
