//! What does `enabled = false` do? On any table that is built: what it declares is not looked at, not run, not told, and said to be off.

use super::config_faults::project;
use super::support::Project;

/// A probe that would be critical, and one that would leave a trace.
const PROBES: &str = "bad = { kind = \"disk\", path = \".\", critical_below = \"8EB\" }\n\
    trace = { kind = \"command\", command = [\"touch\", \"trace\"] }\n";

#[test]
fn the_machine_is_not_looked_at() {
    let config = |enabled: bool| project(&format!("[host]\nenabled = {enabled}\n[host.probes]\n{PROBES}"));
    let on = Project::new(&config(true));
    on.heal(&["check"]).exits(2);
    assert!(on.path("trace").exists());
    let off = Project::new(&config(false));
    let document = off.heal(&["check", "--json"]).exits(0).json();
    let host = &document["services"][0];
    assert_eq!((&host["name"], &host["status"]), (&"host".into(), &"disabled".into()), "{document:#}");
    assert_eq!(host["findings"], serde_json::json!([]));
    off.heal(&["heal"]).exits(0);
    assert!(!off.path("trace").exists(), "a probe of a table that is off was run");
    assert_eq!(off.heal(&["config", "show", "--json"]).json()["config"]["host"]["enabled"], false);
    // For one run, without touching the file.
    off.heal(&["check", "--set", "host.enabled=true"]).exits(2);
}

#[test]
fn a_service_a_probe_and_a_channel() {
    let text = "[service.bot]\nmatch = { executable = \"no-such-bot\" }\nstart = [\"no-such-program\"]\n";
    let off = Project::new(&project(&format!("{text}enabled = false\n[service.bot.probes]\n{PROBES}")));
    off.heal(&["check"]).exits(0);
    off.heal(&["heal"]).exits(0);
    assert!(!off.path("trace").exists());

    let off = Project::new(&project(
        "[host.probes]\ngood = { kind = \"disk\", path = \".\", critical_below = \"1B\" }\n\
        trace = { kind = \"command\", command = [\"touch\", \"trace\"], enabled = false }\n",
    ));
    off.heal(&["check"]).exits(0);
    assert!(!off.path("trace").exists());

    let channel = |enabled: bool| {
        let alert = "[alert.me]\nkind = \"file\"\npath = \"told\"\n";
        let told = Project::new(&project(&format!("[host.probes]\n{PROBES}{alert}enabled = {enabled}\n")));
        told.heal(&["heal"]).exits(2);
        told.path("told").exists()
    };
    assert!(channel(true) && !channel(false));
}

#[test]
fn what_is_off_need_not_exist() {
    // A program that is not there is a fault only of what would run it.
    let off = project(
        "[host]\nenabled = { env = \"ON\", default = false }\n\
        [host.probes]\nhost = { kind = \"command\", command = [\"no-such-program\"] }\n\
        [service.bot]\nmatch = { executable = \"bot\" }\n\
        [service.bot.probes]\nmine = { kind = \"command\", command = [\"no-such-program\"], enabled = { env = \"ON\", default = false } }\n\
        [alert.me]\nkind = \"command\"\ncommand = [\"no-such-program\"]\nenabled = { env = \"ON\", default = false }\n",
    );
    let mut project = Project::new(&off);
    project.heal(&["config", "check"]).exits(0);
    project.env("ON", "1");
    let said = project.heal(&["config", "check"]).exits(78).stderr;
    assert_eq!(said.matches("no-such-program").count(), 3, "{said}");
}

#[test]
fn a_schedule_that_is_off_says_nothing() {
    let tick = |rest: &str| {
        let shown = Project::new(&project(&format!("[schedule]\nheal = \"1m\"\n{rest}")));
        shown.heal(&["config", "show", "--json"]).exits(0).json()["config"]["schedule"]["heal"].clone()
    };
    assert_eq!(tick(""), "1m");
    assert!(tick("enabled = false\n").is_null());
}
