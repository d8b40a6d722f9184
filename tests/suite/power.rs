//! What if the power fails? The sweeps of kills once more, on a file system of their own in a loop device: at each point the image is
//! copied as it is, without what was not on the disk by then, and what is judged is what a mount makes of the copy. And once
//! right after the end: what said 0 has to be there.
//!
//! The mount is harsh: no commit but for those that are asked for, and no help for those who rename what they did not sync.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::support::Project;

/// The image, in a run on such a file system; it is mounted where temporary files go.
const IMAGE: &str = "HEAL_POWER";

/// Names the one sweep to run, by `scripts/power-loss --long`.
const ONLY: &str = "HEAL_POWER_ONLY";

/// How it is mounted.
const HARSH: &str = "loop,noauto_da_alloc,commit=300";

/// The sweeps whose judges ask for files alone: who ran is not there any more. Left out: a beat, which is of its boot, and what is
/// written by others, such as the stand-in for `crontab`.
const SWEEPS: [&str; 18] = [
    "heal_killed::a_release_that_did_not_say_0_can_be_typed_again",
    "collect::killed_anywhere_nothing_is_gone_that_is_named",
    "clean_locks_killed::a_stale_pid_file_stands_or_is_kept_and_then_it_is_kept",
    "clean_locks_killed::of_a_database_no_row_is_lost_and_then_it_is_free",
    "quarantine::a_death_at_any_system_call_loses_nothing",
    "recover::a_death_at_any_system_call_of_a_wal_recovery_loses_no_row",
    "recover::a_death_at_any_system_call_of_a_rollback_loses_no_row",
    "state_repair::killed_anywhere_it_is_the_old_file_or_the_new_one",
    "state_tick_faults::killed_anywhere_the_next_tick_finishes_and_tells_once",
    "layout::killed_anywhere_the_next_run_makes_the_rest",
    "undo_code::killed_at_any_point_it_is_finished_or_never_began",
    "revert_killed::killed_at_any_point_it_is_finished_or_never_began",
    "checkpoint_faults::a_save_that_is_killed_is_whole_or_not_there",
    "checkpoint_faults::a_restore_that_is_killed_leaves_the_old_bytes_or_the_new_ones",
    "alert_delivery::wherever_a_delivery_ends_nothing_is_lost_and_nothing_is_told_thrice",
    "install_kept::killed_at_any_system_call_every_file_is_whole_or_absent_and_the_second_run_converges",
    "crash::a_line_is_whole_or_not_there_whenever_heal_ends",
    "pause_faults::a_pause_is_on_or_not_and_what_said_0_is",
];

/// Does the power fail in this run?
pub fn fails() -> bool {
    std::env::var_os(IMAGE).is_some()
}

/// What is there so far is on the disk: the world, before heal begins.
pub fn settle(project: &Project) {
    if fails() {
        run(project, "sync", &["-f", "."]);
    }
}

/// The power fails now, and is back.
pub fn cut(project: &Project) {
    let Some(image) = std::env::var_os(IMAGE).map(PathBuf::from) else { return };
    let (next, mount) = (image.with_extension("next"), std::env::temp_dir());
    let (of, to) = (image.display().to_string(), next.display().to_string());
    // First of all: nothing gets to the disk that was not there in time.
    run(project, "cp", &["--sparse=always", &of, &to]);
    for pid in project.processes() {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    std::fs::rename(&next, &image).expect("renamed");
    let mount = mount.display().to_string();
    run(project, "umount", &["-l", &mount]);
    run(project, "mount", &["-o", HARSH, &of, &mount]);
}

#[track_caller]
fn run(project: &Project, program: &str, args: &[&str]) {
    let mut command = Command::new(program);
    let output = command.args(args).current_dir(if program == "sync" { project.path("") } else { "/".into() }).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{program} {args:?}: {output:?}");
}

#[test]
fn what_said_0_is_there_and_all_else_is_old_or_new() {
    if std::env::var_os(IMAGE).is_some() {
        return;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let only = std::env::var(ONLY).ok();
    let sweeps: Vec<&str> =
        SWEEPS.into_iter().filter(|&name| only.as_deref().is_none_or(|only| only == name)).collect();
    assert!(!sweeps.is_empty(), "{ONLY} names no sweep: {only:?}");
    let ran = on_a_disk_of_its_own(folder.path(), &sweeps);
    let Some((code, said)) = ran else { return };
    assert_eq!(code, Some(0), "{said}");
    // One that was renamed would be left out in silence.
    assert!(said.contains(&format!("{} passed; 0 failed", sweeps.len())), "{said}");
}

/// Runs these tests there. `None` where no file system can be mounted: not as root, or in a container.
fn on_a_disk_of_its_own(folder: &Path, tests: &[&str]) -> Option<(Option<i32>, String)> {
    if std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() != 0) {
        return None;
    }
    let (image, mount) = (folder.join("image"), folder.join("mount"));
    std::fs::create_dir(&mount).expect("made");
    let script = format!(
        "truncate -s 96M \"$1\" && mkfs.ext4 -q -F -m 0 -E lazy_itable_init=0,lazy_journal_init=0 \"$1\" && mount -o {HARSH} \"$1\" \"$2\" || exit 99
        suite=$3; shift 3
        \"$suite\" --exact --nocapture --test-threads 1 \"$@\" 2>&1; code=$?
        umount -l \"$TMPDIR\"; exit $code"
    );
    let suite = std::env::current_exe().expect("a path");
    let mut child = Command::new("unshare")
        .args(["-m", "sh", "-c", &script, "sh"])
        .args([&image, &mount, &suite])
        .args(tests)
        .env("TMPDIR", &mount)
        .env(IMAGE, &image)
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    // As it goes: the long form takes long.
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take()?).lines().map_while(Result::ok) {
        if let Some(at) = line.find("sweep |") {
            println!("{}", &line[at..]);
        }
        said += &(line + "\n");
    }
    let code = child.wait().expect("waited for").code();
    (code != Some(99)).then_some((code, said))
}
