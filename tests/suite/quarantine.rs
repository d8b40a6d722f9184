//! Is a file moved aside without anybody losing it? Links, mounts, races, full disks, and a death at each system call.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::acting::shell;
use super::faults_data::private;
use super::killpoints::{CHANGING, Fault, Point, sweep_over};
use super::support::{Project, Ran};
use super::trial::{self, aside, kept, project, quarantine};

const BYTES: &str = "4194000\n";

/// A project with a stale pid file, of a mode of its own.
fn stale() -> Project {
    let project = project();
    project.write("run/app.pid", BYTES);
    fs::set_permissions(project.path("run/app.pid"), fs::Permissions::from_mode(0o640)).expect("set");
    project
}

#[test]
fn a_file_is_kept_in_private_and_the_journal_says_what_it_was() {
    let project = stale();
    let before = fs::metadata(project.path("run/app.pid")).expect("there");
    let ran = trial::run(&project, &[aside(&project, "run/app.pid")]).exits(0);
    assert!(ran.stdout.starts_with("made moved; kept as "), "{ran:?}");
    assert!(!project.path("run/app.pid").exists());
    let kept = kept(&project, "run/app.pid").expect("kept");
    assert_eq!(fs::read_to_string(&kept).expect("read"), BYTES);
    assert_eq!(quarantine(&project), std::slice::from_ref(&kept));
    let now = fs::metadata(&kept).expect("there");
    assert_eq!((now.ino(), now.permissions().mode() & 0o7777), (before.ino(), 0o600));
    for folder in kept.ancestors().skip(1).take(3) {
        assert_eq!(fs::metadata(folder).expect("there").permissions().mode() & 0o7777, 0o700, "{}", folder.display());
    }
    let event = &project.events("moved-aside")[0];
    assert_eq!(event["file"]["mode"], 0o640);
    assert_eq!(event["file"]["size"], BYTES.len());
    assert_eq!(event["file"]["inode"], before.ino());
    let sha256 = shell(&project, &format!("sha256sum <'{}'", kept.display())).stdout;
    assert!(sha256.starts_with(event["file"]["sha256"].as_str().expect("a digest")), "{sha256}");
    assert_eq!(super::acting::kinds(&project), "repairing, moved-aside, repaired");
}

#[test]
fn whatever_is_no_plain_file_of_one_name_inside_the_project_is_left_alone() {
    let other = tempfile::tempdir().expect("a directory");
    fs::write(other.path().join("victim"), "kept").expect("written");
    let table = [
        ("ln run/app.pid run/twin", "it has more names than this one"),
        ("rm run/app.pid; ln -s OTHER/victim run/app.pid", "it is a link, which heal does not follow"),
        ("rm run/app.pid; mkfifo run/app.pid", "it is a FIFO"),
        ("rm run/app.pid; mkdir run/app.pid", "it is a directory"),
        ("mv run real; ln -s real run", "`run` is a link, which heal does not follow"),
        ("rm -r run; ln -s OTHER run; cp OTHER/victim OTHER/app.pid", "`run` is a link, which heal does not follow"),
        ("mv run/app.pid run/app.db-wal; : >run/app.db; ln -s app.db-wal run/app.pid", "it is a link"),
    ];
    for (script, why) in table {
        let project = stale();
        shell(&project, &script.replace("OTHER", &other.path().display().to_string())).exits(0);
        let ran = trial::run(&project, &[aside(&project, "run/app.pid")]).exits(0);
        assert!(ran.stdout.starts_with("refused ") && ran.stdout.contains(why), "{script}: {ran:?}");
        assert_eq!(quarantine(&project), [] as [&std::path::Path; 0], "{script}");
        assert!(fs::symlink_metadata(project.path("run/app.pid")).is_ok(), "{script}");
    }
    assert_eq!(fs::read_to_string(other.path().join("victim")).expect("read"), "kept");
    let project = stale();
    project.write("run/app.db", "here");
    project.write("run/app.db-wal", "its data");
    project.write("data/repair.lock", "heal's");
    for (path, why) in
        [("run/app.db-wal", "it belongs to a database that is there"), ("data/repair.lock", "it is heal's own")]
    {
        let ran = trial::run(&project, &[aside(&project, path)]);
        assert!(ran.stdout.contains(why), "{path}: {ran:?}");
    }
    // The file that was judged is the one that is moved, not another one of its name.
    let judged = aside(&project, "run/app.pid");
    shell(&project, "cp run/app.pid run/new && mv run/new run/app.pid").exits(0);
    let ran = trial::run(&project, &[judged]);
    assert!(ran.stdout.contains("another file stands there by now"), "{ran:?}");
    assert_eq!(project.read("run/app.pid"), BYTES);
}

#[test]
fn a_sidecar_whose_database_is_gone_is_kept() {
    let project = project();
    project.write("app.db-wal", "the only copy of 300 rows");
    trial::run(&project, &[aside(&project, "app.db-wal")]).exits(0);
    let kept = kept(&project, "app.db-wal").expect("kept");
    assert_eq!(fs::read_to_string(kept).expect("read"), "the only copy of 300 rows");
}

/// After a fault the file is whole, at its old place or at its new one; the next run knows which, and brings it there.
fn converges(project: &Project, point: &Point, ran: &Ran) {
    let at = |place: &std::path::Path| fs::read_to_string(place).ok();
    let old = project.path("run/app.pid");
    let said = || format!("{point:?}: {ran:?}\n{:?}\n{:#?}", quarantine(project), project.journal());
    let everywhere = quarantine(project).into_iter().chain([old.clone()]);
    assert!(everywhere.filter_map(|place| at(&place)).any(|text| text == BYTES), "{}", said());
    // The next run finishes what was begun, and then does what is left to do.
    trial::run(project, &[]).exits(0);
    let event = kept(project, "run/app.pid");
    assert_eq!(old.exists(), event.is_none(), "{}", said());
    match &event {
        Some(kept) => assert_eq!(at(kept).as_deref(), Some(BYTES), "{}", said()),
        None => {
            assert_eq!(at(&old).as_deref(), Some(BYTES), "{}", said());
            assert_eq!(fs::metadata(&old).expect("there").permissions().mode() & 0o7777, 0o640, "{}", said());
            assert_eq!(quarantine(project), [] as [&std::path::Path; 0], "{}", said());
        }
    }
    let litter = fs::read_dir(project.path("run")).expect("there").flatten().filter(|one| one.path() != old);
    assert_eq!(litter.count(), 0, "{}", said());
    let open = project.events("repairing").len() - project.events("repaired").len();
    assert_eq!(open, 0, "{}", said());
    if event.is_none() {
        trial::run(project, &[aside(project, "run/app.pid")]).exits(0);
    }
    let kept = kept(project, "run/app.pid").unwrap_or_else(|| panic!("{}", said()));
    assert_eq!(at(&kept).as_deref(), Some(BYTES), "{}", said());
    assert!(!old.exists(), "{}", said());
}

fn world() -> (Project, Vec<String>) {
    let project = stale();
    let args = trial::order(&project, &[aside(&project, "run/app.pid")]);
    (project, args)
}

#[test]
fn a_death_at_any_system_call_loses_nothing() {
    sweep_over(world, CHANGING, Fault::Kill, 42, converges);
}

#[test]
fn a_full_disk_at_any_system_call_loses_nothing() {
    sweep_over(world, CHANGING, Fault::Error("ENOSPC"), 15, converges);
    sweep_over(world, CHANGING, Fault::Error("EDQUOT"), 6, converges);
}

#[test]
fn a_disk_that_stays_broken_loses_nothing() {
    for error in ["ENOSPC", "EIO", "EROFS"] {
        sweep_over(world, CHANGING, Fault::Sticky(error), 1, converges);
    }
}

#[test]
fn two_deaths_at_any_two_system_calls_lose_nothing() {
    sweep_over(world, CHANGING, Fault::Again(&[]), 3, converges);
}

#[test]
fn an_input_output_error_at_any_system_call_loses_nothing() {
    sweep_over(world, CHANGING, Fault::Error("EIO"), 21, converges);
}

#[test]
fn a_death_while_a_death_is_made_good_loses_nothing_either() {
    let world = || {
        let project = stale();
        let args = trial::order(&project, &[aside(&project, "run/app.pid")]);
        let died = project.run(project.command(&args).env("HEAL_TEST_DIE", "after-move"));
        assert_eq!(died.code, 128 + 9, "moved, and not written down: {died:?}");
        assert!(!project.path("run/app.pid").exists());
        let args = trial::order(&project, &[]);
        (project, args)
    };
    let judge = |project: &Project, point: &Point, ran: &Ran| {
        converges(project, point, ran);
        assert_eq!(project.events("moved-aside").len(), 1, "{point:?}: {ran:?}");
    };
    sweep_over(world, CHANGING, Fault::Kill, 20, judge);
    sweep_over(world, CHANGING, Fault::Error("EIO"), 10, judge);
}

#[test]
fn on_its_way_to_another_file_system_nothing_is_lost_either() {
    let Some(_) = trial::elsewhere(&stale()) else { return };
    let others = std::cell::RefCell::new(Vec::new());
    let world = || {
        let project = stale();
        others.borrow_mut().extend(trial::elsewhere(&project));
        let args = trial::order(&project, &[aside(&project, "run/app.pid")]);
        (project, args)
    };
    sweep_over(world, CHANGING, Fault::Kill, 24, converges);
    for error in ["ENOSPC", "EIO"] {
        sweep_over(world, CHANGING, Fault::Error(error), 10, converges);
    }
}

#[test]
fn to_another_file_system_it_is_copied_compared_and_then_taken_away() {
    let project = stale();
    fs::create_dir(project.path("data")).expect("made");
    let args = trial::order(&project, &[aside(&project, "run/app.pid")]).join(" ");
    let script = format!(
        "mount -t tmpfs -o mode=700 tmpfs data || exit 99\n\"$HEAL\" {args}; cat data/vault/quarantine/*/*; ls -A run; \
         stat -c %a data/vault/quarantine/*/*\ngrep -c '\"moved-aside\"' data/journal/*\n\"$HEAL\" undo >/dev/null; cat run/app.pid; stat -c %a run/app.pid"
    );
    let Some(ran) = private(&project, &script) else { return };
    let mut lines = ran.stdout.lines();
    assert!(lines.next().is_some_and(|line| line.contains("copied to another file system, compared and taken away")));
    assert_eq!(lines.collect::<Vec<_>>(), ["4194000", "600", "1", "4194000", "640"], "{ran:?}");
}

#[test]
fn a_full_file_system_a_read_only_folder_and_an_immutable_file_leave_it_where_it_is() {
    let cases = [
        ("full", "mount -t tmpfs -o size=16k,mode=700 tmpfs data && head -c 12000 /dev/zero >data/filler"),
        ("read-only", "mount --bind run run && mount -o remount,ro,bind run"),
        ("immutable", "chattr +i run/app.pid"),
    ];
    for (what, make) in cases {
        let project = stale();
        fs::create_dir(project.path("data")).expect("made");
        fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o700)).expect("set");
        let args = trial::order(&project, &[aside(&project, "run/app.pid")]).join(" ");
        let script = format!(
            "{make} || exit 99\n\"$HEAL\" {args}; echo \"code $?\"; cat run/app.pid; chattr -i run/app.pid 2>/dev/null; exit 0"
        );
        let Some(ran) = private(&project, &script) else { return };
        if ran.code == 99 {
            continue; // this machine does not allow it
        }
        assert!(ran.stdout.ends_with(BYTES), "{what}: {ran:?}");
        let refused =
            ["io ", "refused "].iter().any(|word| ran.stdout.starts_with(word)) || ran.stdout.contains("code 74");
        assert!(refused, "{what}: {ran:?}");
        assert_eq!(quarantine(&project), [] as [&std::path::Path; 0], "{what}");
    }
}

#[test]
fn a_racer_that_swaps_folders_and_files_never_has_anything_else_moved() {
    let (project, other) = (project(), tempfile::tempdir().expect("a directory"));
    let tries = if std::env::var_os("HEAL_LONG").is_some() { 5_000 } else { 150 };
    // What a file of somebody else's would be reached by: a link in the place of the folder, and one in that of the file.
    fs::create_dir_all(project.path("run")).expect("made");
    symlink(other.path(), project.path("swap")).expect("linked");
    fs::write(other.path().join("app.pid"), "victim").expect("written");
    fs::write(other.path().join("victim"), "victim").expect("written");
    symlink(other.path().join("victim"), project.path("link")).expect("linked");
    let (stop, moved) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (run, swap) = (project.path("run"), project.path("swap"));
            let (file, link) = (project.path("run/app.pid"), project.path("link"));
            while !stop.load(Ordering::Relaxed) {
                for (one, two) in [(&run, &swap), (&file, &link), (&file, &link), (&run, &swap)] {
                    let cwd = rustix::fs::CWD;
                    let _ = rustix::fs::renameat_with(cwd, one, cwd, two, rustix::fs::RenameFlags::EXCHANGE);
                }
            }
        });
        for number in 0..tries {
            let text = format!("{number}\n");
            let own = project.path("own");
            fs::write(&own, &text).expect("written");
            let order = {
                let meta = fs::metadata(&own).expect("there");
                serde_json::json!({"change": "move-aside", "path": project.path("run/app.pid"),
                    "device": meta.dev(), "inode": meta.ino(), "why": "a test"})
            };
            // Into the folder by whatever name it has at the moment.
            for name in ["run", "swap"] {
                let real = fs::symlink_metadata(project.path(name)).is_ok_and(|meta| meta.is_dir());
                if real && fs::rename(&own, project.path(name).join("app.pid")).is_ok() {
                    break;
                }
            }
            let ran = trial::run(&project, &[order]);
            assert!([0, 74].contains(&ran.code), "{ran:?}");
            moved.fetch_add(usize::from(ran.stdout.starts_with("made")), Ordering::Relaxed);
            assert_eq!(fs::read_to_string(other.path().join("victim")).expect("there"), "victim", "try {number}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read_to_string(other.path().join("victim")).expect("there"), "victim");
    for kept in quarantine(&project) {
        let meta = fs::symlink_metadata(&kept).expect("there");
        let own = meta.is_symlink() || fs::read_to_string(&kept).is_ok_and(|text| text.trim().parse::<u32>().is_ok());
        assert!(own, "{}", kept.display());
    }
    println!("{} of {tries} were moved", moved.into_inner());
}
