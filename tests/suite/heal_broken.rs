//! What if heal.toml is broken? Nothing is done, and those whom the last good one names are told: once a day.

use super::acting::{NAP, end, later, running, sleeper, the_one};
use super::alert_channels::titles;
use super::peer::{Answer, Peer};
use super::support::Project;

const CHANNEL: &str = "[alert.ops]\nkind = \"file\"\npath = \"alerts.jsonl\"\nmin_severity = \"critical\"\n";

fn project() -> Project {
    let project = sleeper(CHANNEL);
    project.heal(&["heal", "--quiet"]).exits(0);
    let _ = std::fs::remove_file(project.path("alerts.jsonl"));
    project
}

fn told(project: &Project) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(project.path("alerts.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("whole lines")).collect()
}

#[test]
fn nothing_is_done_and_the_channels_of_the_last_good_one_are_told_once_a_day() {
    let project = project();
    let good = project.read("heal.toml");
    end(the_one(&project, NAP));
    for broken in [good.replace("[service.app]", "[servce.app]"), "[project\n".to_owned(), String::new()] {
        project.write("heal.toml", &broken);
        project.heal(&["heal"]).exits(78);
        assert!(running(&project, NAP).is_empty(), "{broken}");
        assert_eq!(told(&project).len(), 1, "{broken}");
    }
    let alert = &told(&project)[0];
    assert_eq!(alert["message"], "heal.toml is broken: nothing is watched or healed");
    assert_eq!(alert["level"], "critical");
    assert!(alert["details"].to_string().contains("unknown section `servce`"), "{alert}");
    assert!(alert["action_required"].as_str().expect("one").ends_with("config check"), "{alert}");
    later(&project, "23h", &["heal"]).exits(78);
    assert_eq!(told(&project).len(), 1);
    later(&project, "25h", &["heal"]).exits(78);
    assert_eq!(told(&project).len(), 2, "a day later it is told again");
    // Right again: those who heard of it hear of that, and the service is started.
    project.write("heal.toml", &good);
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
    let all = told(&project);
    assert_eq!(all.iter().filter(|one| one["message"] == "heal.toml is right again").count(), 1, "{all:?}");
    project.heal(&["heal"]).exits(0);
    assert_eq!(told(&project).len(), all.len());
    let list = project.read("data/operator_alerts.jsonl");
    assert_eq!(list.matches("heal.toml is broken").count(), 2, "{list}");
}

#[test]
fn one_that_is_gone_is_told_of_as_well() {
    let project = project();
    let path = project.path("heal.toml").display().to_string();
    std::fs::remove_file(project.path("heal.toml")).expect("removed");
    // Searched for, it is nowhere; named, it is known whose it is.
    project.heal(&["heal"]).exits(78);
    assert!(told(&project).is_empty());
    project.heal(&["--config", &path, "heal"]).exits(78);
    assert_eq!(told(&project).len(), 1);
}

#[test]
fn a_look_a_plan_and_a_check_of_the_configuration_tell_nobody() {
    let project = project();
    project.write("heal.toml", "[project\n");
    for args in [&["check"][..], &["heal", "--dry-run"], &["config", "check"], &["status"]] {
        project.heal(args).exits(78);
    }
    assert!(told(&project).is_empty());
    // A value that was mistyped on the command line is nobody's business but the typist's; what is in the file still holds.
    project.write("heal.toml", &sleeper(CHANNEL).read("heal.toml"));
    project.heal(&["heal", "--set", "nonsense"]).exits(64);
    assert!(told(&project).is_empty());
}

#[test]
fn a_data_directory_of_another_name_is_found_again() {
    let project = project();
    let moved = project.read("heal.toml").replace("name = \"test\"", "name = \"test\"\ndata_dir = \"var/memory\"");
    project.write("heal.toml", &moved);
    project.heal(&["heal"]).exits(0);
    project.write("heal.toml", &moved.replace("start ", "strat "));
    project.heal(&["heal"]).exits(78);
    assert_eq!(told(&project).len(), 1);
}

#[test]
fn a_copy_that_somebody_else_could_have_written_is_not_believed() {
    let project = project();
    std::fs::set_permissions(
        project.path("data/state/last-good.json"),
        std::os::unix::fs::PermissionsExt::from_mode(0o666),
    )
    .expect("set");
    project.write("heal.toml", "[project\n");
    project.heal(&["heal"]).exits(78);
    assert!(told(&project).is_empty());
}

/// A number that no account has.
const NOBODY: u32 = 54_321;

/// A refused file must not lead root to what somebody else wrote: the copy names programs to run.
#[test]
fn what_somebody_else_wrote_leads_nowhere() {
    use std::os::unix::fs::{chown, symlink};
    if !nix::unistd::Uid::effective().is_root() {
        return; // only root can give a file away
    }
    let told_by = |project: &Project| {
        project.heal(&["heal"]).exits(78);
        told(project).len()
    };
    let give = |project: &Project, path: &str, to: u32| chown(project.path(path), Some(to), None).expect("given away");
    let (project, other) = (project(), project());
    give(&project, "heal.toml", NOBODY);
    give(&project, ".", NOBODY);
    assert_eq!(told_by(&project), 0, "folder and file are theirs: so may be all that lies there");
    give(&project, ".", 0);
    assert_eq!(told_by(&project), 1, "the folder is ours, and so is what was kept in it");

    // The data directory of another project, be it by its name or by a link, says nothing of this one.
    let broken = format!("[project]\nname = \"test\"\ndata_dir = \"{}\"\n[servce.app]\n", other.path("data").display());
    for (link, folder) in [(None, ""), (Some("data"), "data"), (Some("data/state"), "data/state")] {
        let thief = Project::new(&broken);
        if let Some(link) = link {
            std::fs::create_dir_all(thief.path(link).parent().expect("one")).expect("made");
            symlink(other.path(folder), thief.path(link)).expect("linked");
        }
        thief.heal(&["heal"]).exits(78);
        assert_eq!((told(&thief).len(), told(&other).len()), (0, 0), "{link:?}");
        assert!(!other.path("data/state/told-broken.json").exists(), "{link:?}");
    }
    // Whoever owns the state may write the copy.
    project.write("heal.toml", "[project\n");
    give(&project, "heal.toml", 0);
    give(&project, "data/state", NOBODY);
    std::fs::remove_file(project.path("data/state/told-broken.json")).expect("removed");
    assert_eq!(told_by(&project), 1, "no more than before");
}

#[test]
fn a_data_directory_that_is_refused_is_told_of_once_a_day_as_well() {
    let project = project();
    let mode =
        |mode| std::fs::set_permissions(project.path("data"), std::os::unix::fs::PermissionsExt::from_mode(mode));
    end(the_one(&project, NAP));
    mode(0o777).expect("opened");
    project.heal(&["heal", "--dry-run"]);
    assert!(told(&project).is_empty());
    for _ in 0..2 {
        let ran = project.heal(&["heal"]).exits(78);
        assert!(ran.stderr.contains("is refused: everybody may write it"), "{ran:?}");
    }
    assert!(running(&project, NAP).is_empty(), "what stands in it may be anybody's word");
    let alerts = told(&project);
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0]["message"], "the data directory is refused: nothing is watched or healed");
    assert!(alerts[0]["action_required"].as_str().is_some_and(|command| command.ends_with(" doctor")), "{alerts:?}");
    mode(0o700).expect("closed");
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
    let over = |alert: &serde_json::Value| alert["message"] == "the data directory is right again";
    assert_eq!(told(&project).iter().filter(|alert| over(alert)).count(), 1, "{:?}", told(&project));
}

#[test]
fn a_server_is_told_too_with_its_secret_and_once_more_when_it_did_not_hear() {
    use std::os::unix::fs::PermissionsExt as _;
    let peer = Peer::new([]);
    let project = sleeper(&format!(
        "[alert.push]\nkind = \"ntfy\"\nurl = \"{}\"\ntopic = \"ops\"\ntoken = {{ file = \"token\" }}\n",
        peer.url()
    ));
    project.write("token", "HUNTER2hunter2");
    std::fs::set_permissions(project.path("token"), std::fs::Permissions::from_mode(0o600)).expect("set");
    project.heal(&["heal"]).exits(0);
    let (good, before) = (project.read("heal.toml"), peer.asked().len());
    project.write("heal.toml", "[project\n");
    peer.answer([Answer::status(502, "")]);
    project.heal(&["heal"]).exits(78);
    project.heal(&["heal"]).exits(78);
    project.heal(&["heal"]).exits(78);
    let told: Vec<String> = titles(&peer, "title").split_off(before);
    assert_eq!(told, ["CRITICAL heal.toml is broken: nothing is watched or healed"; 2], "once more after the failure");
    assert!(peer.asked().iter().all(|asked| asked.header("authorization") == Some("Bearer HUNTER2hunter2")));
    project.write("heal.toml", &good);
    project.heal(&["heal"]).exits(0);
    assert_eq!(titles(&peer, "title").last().map(String::as_str), Some("RECOVERED heal.toml is right again"));
}
