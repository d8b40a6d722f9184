//! Does the schema of heal.toml fit heal? What heal takes has to pass, and what is wrong in its shape has to be stopped.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use super::config_faults::project;
use super::support::Project;

fn published() -> Value {
    let ran = Project::new("").heal(&["config", "schema"]).exits(0);
    serde_json::from_str(&ran.stdout).expect("the schema is JSON")
}

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::validator_for(&published()).expect("the schema is one"))
}

/// What the schema says against it.
fn complaints(config: &str) -> Vec<String> {
    let document: Value = toml::from_str(config).unwrap_or_else(|error| panic!("{error}\n{config}"));
    validator().iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[track_caller]
fn passes(name: &str, config: &str) {
    let found = complaints(config);
    assert!(found.is_empty(), "{name}: {found:#?}\n{config}");
}

/// A service of this table, behind the line of its `match`.
fn service(rest: &str) -> String {
    project(&format!("[service.bot]\nmatch = {{ executable = \"bot\" }}\n{rest}\n"))
}

#[test]
fn it_is_a_schema_that_says_who_it_is() {
    let schema = published();
    jsonschema::meta::validate(&schema).expect("valid under 2020-12");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!((&schema["$id"], &schema["title"]), (&"urn:heal:schema:heal.toml:1".into(), &"heal.toml".into()));
    // The document of the command holds the same.
    let ran = Project::new("").heal(&["config", "schema", "--json"]).exits(0);
    assert_eq!(ran.json()["json_schema"], schema);
    // … and another one with --output.
    let ran = Project::new("").heal(&["config", "schema", "--output", "--json"]).exits(0);
    assert_eq!(ran.json()["json_schema"]["title"], "heal --json");
}

#[test]
fn every_key_is_explained() {
    fn look(place: &str, schema: &Value, unexplained: &mut Vec<String>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{key}");
            if !property["description"].is_string() && !property["$ref"].is_string() && property["const"].is_null() {
                unexplained.push(place.clone());
            }
            look(&place, property, unexplained);
        }
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            if choice["title"] != "chosen by a variable" {
                look(&format!("{place}.{}", choice["title"].as_str().unwrap_or_default()), choice, unexplained);
            }
        }
    }
    let schema = published();
    let mut unexplained = Vec::new();
    look("heal.toml", &schema, &mut unexplained);
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        look(name, definition, &mut unexplained);
    }
    assert_eq!(unexplained, Vec::<String>::new());
}

#[test]
fn the_five_examples_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("there").flatten() {
        passes(&entry.path().display().to_string(), &fs::read_to_string(entry.path()).expect("readable"));
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn the_template_and_what_the_readme_shows_pass() {
    let template = Project::new("").heal(&["init", "--print"]).exits(0).stdout;
    passes("the template", &template);
    // Every setting in its comments as well.
    let settings: String =
        template.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).fold(String::new(), |text, line| {
            let setting = line.starts_with('[') || line.split_once(" = ").is_some() || line.contains("  = ");
            text + if setting { line } else { "" } + "\n"
        });
    passes("the comments of the template", &settings);
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("there");
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 1);
    blocks.iter().for_each(|block| passes("the README", block));
}

#[test]
fn every_example_of_a_kind_and_every_word_that_is_planned_pass() {
    let kinds = Project::new("").heal(&["config", "kinds", "--json"]).exits(0).json();
    let of = |group: &str, what: &str| kinds[group][what].as_array().expect("a list").clone();
    let mut text = service("[service.bot.probes]");
    for kind in of("probes", "built") {
        text.push_str(&format!("{}\n", kind["example"].as_str().expect("text")));
    }
    for kind in of("probes", "planned") {
        text.push_str(&format!("planned-{} = {{ kind = {kind}, whatever = 1 }}\n", kind.as_str().expect("text")));
    }
    for kind in of("alerts", "built") {
        text.push_str(&format!("{}\n", kind["example"].as_str().expect("text")));
    }
    for kind in of("alerts", "planned") {
        text.push_str(&format!("[alert.{}]\nkind = {kind}\nwhatever = 1\n", kind.as_str().expect("text")));
    }
    passes("kinds", &text);
}

#[test]
fn what_holds_passes_again() {
    // Every default that heal names fits the schema that names it.
    let text = service(
        "start = [\"true\"]\n[service.bot.probes]\nhealth = { kind = \"http\", url = \"http://127.0.0.1:1/\" }\n\
        [alert.file]\nkind = \"file\"\npath = \"a\"\n[schedule]\nheal = \"1m\"\n\
        [host]\nenabled = false\nprobes.memory = { kind = \"memory\", warn_above = \"80%\" }",
    );
    passes("config show", &Project::new(&text).heal(&["config", "show"]).exits(0).stdout);
}

#[test]
fn any_value_may_come_from_the_environment() {
    let table = [
        "enabled = { env = \"X\", default = true }",
        "startup_grace = { env = \"X\", default = \"5s\" }",
        "start = [\"true\", { env = \"X\", default = \"a\" }]",
        "ladder = { env = \"X\", default = [\"restart\"] }",
        "hold_on_exit = { env = \"X\", default = [2] }",
        "env = { A = { env = \"X\", default = \"a\" } }",
        "probes.a = { kind = \"disk\", path = { env = \"X\", default = \".\" }, warn_below = { env = \"X\", default = \"1GB\" } }",
        "probes.a = { kind = { env = \"X\", default = \"disk\" }, path = \".\", warn_below = \"1GB\" }",
    ];
    for line in table {
        Project::new(&service(line)).heal(&["config", "check"]).exits(0);
        passes(line, &service(line));
    }
}

#[test]
fn what_is_wrong_in_its_shape_is_stopped_by_both() {
    let wrong = [
        String::new(),
        "[project]\nname = 5\n".to_owned(),
        "[project]\nname = \"x\"\nmode = \"liv\"\n".to_owned(),
        "[project]\nname = \"x\"\ndata_dirs = \"a\"\n".to_owned(),
        "project = 4\n".to_owned(),
        project("[servce.bot]\n"),
        project("[service]\nbot = 5\n"),
        project("[service.bot]\n"),
        project("[service.\"../x\"]\nunit = \"systemd:x\"\n"),
        project("[service.host]\nunit = \"systemd:x\"\n"),
        project("[service.x]\nunit = \"systemd:x\"\nstart = [\"a\"]\n"),
        project("[[alert]]\nkind = \"file\"\n"),
        project("[alert.me]\nkind = \"tellegram\"\n"),
        project("[alert.me]\nkind = \"file\"\n"),
        project("[alert.me]\nkind = \"file\"\npath = \"a\"\nmin_severity = \"bad\"\n"),
        project("[host]\nprobes = 5\n"),
        project("[host]\nenable = false\n"),
        project("[schedule]\nheal = 60\n"),
        service("startup_grac = \"5m\""),
        service("startup_grace = 5"),
        service("startup_grace = \"5 parsecs\""),
        service("restart_limit = \"3/1h\""),
        service("start = \"python3 bot.py\""),
        service("start = [\"a\", 5]"),
        service("recover_after = -1"),
        service("recover_after = 1.5"),
        service("hold_on_exit = [\"2\"]"),
        service("enabled = \"yes\""),
        service("startup_grace = { env = \"X\" }"),
        service("startup_grace = { env = \"X\", default = 5 }"),
        service("probes.a = { path = \"a\" }"),
        service("probes.a = { kind = \"fesh\", path = \"a\", within = \"5m\" }"),
        service("probes.a = { kind = \"fresh\", path = \"a\" }"),
        service("probes.a = { kind = \"fresh\", path = \"a\", within = \"5m\", witin = \"5m\" }"),
        service("probes.a = { kind = \"http\", url = \"http://h/\", status = 70000 }"),
        service("probes.a = { kind = \"disk\", path = \"/\", warn_below = \"much\" }"),
        service("probes.a = { kind = \"memory\", warn_above = 80 }"),
        service("probes.a = { kind = \"process\", fail_after = \"thrice\" }"),
        service("probes.a = { kind = \"process\", class = \"hang\" }"),
    ];
    for config in wrong {
        Project::new(&config).heal(&["config", "check"]).exits(78);
        assert!(!complaints(&config).is_empty(), "the schema lets this pass:\n{config}");
    }
}
