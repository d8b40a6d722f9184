//! What time is it, and on which boot? The only home of the clocks; everything else is given a `Moment`.

use std::sync::OnceLock;

use nix::time::{ClockId, clock_gettime};
#[cfg(target_os = "linux")]
use rustix::{
    fs::{Mode, OFlags},
    io::retry_on_intr,
};

use crate::model::Stamp;
use crate::model::disturbance::Reading;
use crate::model::event::Moment;

/// This moment, by the wall clock and by the clock of the boot.
#[must_use]
pub fn now() -> Moment {
    let shift = test_shift();
    Moment { at: wall() + shift, up: boottime_ms() + shift.num_milliseconds(), boot: boot_id().to_owned() }
}

#[expect(clippy::disallowed_methods, reason = "the one home of the wall clock")]
fn wall() -> Stamp {
    chrono::Utc::now()
}

/// Milliseconds since boot, time in suspend included.
#[must_use]
pub fn boottime_ms() -> i64 {
    #[cfg(target_os = "linux")]
    let clock = ClockId::CLOCK_BOOTTIME;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::CLOCK_MONOTONIC;
    millis(clock)
}

fn millis(clock: ClockId) -> i64 {
    clock_gettime(clock)
        .map_or(0, |time| time.tv_sec().saturating_mul(1_000).saturating_add(time.tv_nsec() / 1_000_000))
}

/// All clocks at once: for the question whether anybody set one, or the machine slept.
#[must_use]
pub fn reading() -> Reading {
    Reading { moment: now(), suspended_ms: Some(boottime_ms() - millis(ClockId::CLOCK_MONOTONIC)) }
}

/// The kernel's id of this boot.
#[must_use]
pub fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| read_boot_id().unwrap_or_else(|| "unknown-boot".to_owned()))
}

#[cfg(target_os = "linux")]
fn read_boot_id() -> Option<String> {
    // In one read: it is never longer.
    let mut bytes = [0; 64];
    let how = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open("/proc/sys/kernel/random/boot_id", how, Mode::empty()).ok()?;
    let length = retry_on_intr(|| rustix::io::read(&file, &mut bytes)).ok()?;
    std::str::from_utf8(&bytes[..length]).ok().map(|text| text.trim().to_owned()).filter(|id| !id.is_empty())
}

#[cfg(not(target_os = "linux"))]
fn read_boot_id() -> Option<String> {
    let argv = ["sysctl", "-n", "kern.bootsessionuuid"].map(str::to_owned);
    let (env, timeout) = (std::collections::BTreeMap::new(), std::time::Duration::from_secs(3));
    let job = super::exec::Job { argv: &argv, cwd: std::path::Path::new("/"), env: &env, stdin: b"", timeout };
    let ended = super::exec::run(&job).ok().filter(super::exec::Ended::ok)?;
    Some(ended.stdout.trim().to_owned()).filter(|id| !id.is_empty())
}

/// The name of this machine.
#[must_use]
pub fn hostname() -> String {
    nix::unistd::gethostname().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Tests of the real binary live through days by `HEAL_TEST_SHIFT=31m`; a release build does not read it.
fn test_shift() -> chrono::TimeDelta {
    if !cfg!(debug_assertions) {
        return chrono::TimeDelta::zero();
    }
    super::env::var("HEAL_TEST_SHIFT")
        .and_then(|text| text.parse::<crate::model::Span>().ok())
        .map_or(chrono::TimeDelta::zero(), |span| chrono::TimeDelta::milliseconds(span.millis()))
}
