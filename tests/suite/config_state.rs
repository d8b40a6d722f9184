//! What may `[state.NAME]` and `[layout]` say? What could never be repaired, evaluated or found is refused, with its place.

use expect_test::{Expect, expect};

use super::config_faults::refused_in_short;
use super::support::Project;

const HEAD: &str = "[project]\nname = \"test\"\n\n[service.bot]\nmatch = { executable = \"bot\" }\n\n";

#[track_caller]
fn refused(text: &str, expected: &Expect) {
    let project = Project::new(&format!("{HEAD}{text}\n"));
    refused_in_short(&project, expected);
}

#[test]
fn a_path_names_one_file_that_may_be_replaced() {
    for (path, why) in [
        ("", "names nothing"),
        (".", "is a directory"),
        ("state/", "is a directory"),
        ("state/*.json", "is a pattern"),
        ("../x.json", "leads out of the project"),
        ("~/x.json", "begins with `~`"),
        ("/dev/sda.json", "is no file that keeps what is written to it"),
        ("data/state/now.json", "is heal's own"),
        ("data/crash_history.jsonl", "is heal's own"),
        ("state/x.dat", "does not say what it is written in"),
    ] {
        let project = Project::new(&format!("{HEAD}[state.s]\npath = {path:?}\n"));
        let ran = project.heal(&["config", "check"]).exits(78);
        assert!(ran.stderr.contains(why), "{path}: {}", ran.stderr);
        assert!(ran.stderr.contains("heal.toml:8:8"), "{path}: {}", ran.stderr);
    }
}

#[test]
fn all_faults_of_a_state_are_said_at_once() {
    refused(
        r#"[state.s]
path = "s.jsonl"
pth = 1
repair = ["merge", "merge", "fix", "template", "guess"]
create = true
max_size = "0B"
notify = []
lock = "s.jsonl"
service = "bto"

[[state.s.invariants]]
id = "A"
jq = ".a <"
message = "m"

[[state.s.invariants]]
id = "A"
jq = "$nobody"
severity = "info"
message = "m"
fix = ".b | foo"

[[state.s.invariants]]
id = "B"
jq = "true"

[state.again]
path = "./s.jsonl"

[state.none]
kind = "json""#,
        &expect![[r#"
            error: unknown key `pth`
              = help: did you mean `path`?
            error: `repair` cannot be `guess`
               = help: known are `merge`, `backup`, `salvage`, `fix`, `template`
            error: nothing in `repair` could make it
               = help: add "template" or "backup" to `repair`
            error: `max_size` is 0: nothing could ever be read
               = help: 64MB holds unless you say more
            error: `notify` names no program
               = help: notify = ["systemctl", "reload", "bot"]
            error: `lock` is the file itself
               = help: a file that is replaced cannot be the lock for that: name the application's lock file
            error: there is no service `bto`
               = help: did you mean `bot`?
            error: `jq` is no filter of jq: expected term, found the end (character 5)
            error: there are two invariants `A`
            error: `jq` is no filter of jq: there is no variable `$nobody` (character 1)
            error: what has to hold is more than information
               = help: write "warning", or leave the invariant out
            error: `fix` is no filter of jq: there is no filter `foo` (character 6)
            error: `message` is missing
            error: `again` is the same file as `s`
            error: `path` is missing
               = help: write it as path = "state/x.json"
            heal.toml:9:1 heal.toml:10:48 heal.toml:11:10 heal.toml:12:12 heal.toml:13:10 heal.toml:14:8 heal.toml:15:11 heal.toml:19:6 heal.toml:23:6 heal.toml:24:6 heal.toml:25:12 heal.toml:27:7 heal.toml:29:1 heal.toml:33:8 heal.toml:36:1
        "#]],
    );
}

#[test]
fn a_template_is_what_json_can_say() {
    refused(
        "[state.s]\npath = \"s.toml\"\nrepair = [\"template\"]\ntemplate = [1]\n\n[state.t]\npath = \"t.json\"\ntemplate = { a = nan, b = 1979-05-27 }",
        &expect![[r#"
            error: such a file cannot begin as this
               = help: a table for json and toml, a list for json and jsonl
            error: `template` holds a number that is not finite, for which JSON has no word
            heal.toml:10:12 heal.toml:14:18
        "#]],
    );
}

#[test]
fn a_layout_is_refused_with_its_places() {
    refused(
        r#"[layout]
directories = ["logs", 3, "logs", { path = "x", mode = "07o0" }, { path = "y", mde = "0700" }, "../out"]
links = { "current" = [], "up" = ["../elsewhere"] }
files = "run.sh"
dirs = []"#,
        &expect![[r#"
            error: `directories` holds an integer where a path belongs
              = help: directories = ["logs", { path = "state", mode = "0700" }]
            error: `logs` stands in `directories` twice
            error: `07o0` is no mode
              = help: as chmod takes it: mode = "0700"
            error: unknown key `mde`
              = help: did you mean `mode`?
            error: `../out` leads out of the project
              = help: what lies elsewhere is named by its absolute path
            error: `current` may point to nothing
              = help: "current" = ["releases/a", "releases/b"]
            error: `../elsewhere` leads out of the project
              = help: what lies elsewhere is named by its absolute path
            error: `files` is a string, not a list
               = help: files = ["logs", { path = "state", mode = "0700" }]
            error: unknown key `dirs`
               = help: known are `enabled`, `directories`, `links`, `files`
            heal.toml:8:24 heal.toml:8:27 heal.toml:8:35 heal.toml:8:80 heal.toml:8:96 heal.toml:9:23 heal.toml:9:34 heal.toml:10:9 heal.toml:11:1
        "#]],
    );
}

#[test]
fn what_holds_is_shown_with_its_defaults() {
    let project = Project::new(&format!(
        "{HEAD}[layout]\ndirectories = [\"logs\", {{ path = \"state\", mode = \"700\", owner = \"root\" }}]\n\n\
         [state.s]\npath = \"./state/s.json\"\ntemplate = {{ a = [], n = 1.5 }}\nrepair = [\"template\"]\n\
         version = {{ key = \"v\", newest = 3 }}\n\n[[state.s.invariants]]\nid = \"A\"\njq = \".n > $other.m\"\nmessage = \"m\"\n\n\
         [state.other]\npath = \"other.ndjson\"\nenabled = false\n"
    ));
    let shown = project.heal(&["config", "show", "--json"]).exits(0).json();
    expect![[r#"
        {"enabled":true,"directories":["logs",{"path":"state","mode":"0700","owner":"root"}],"files":[]}
        {"enabled":true,"path":"state/s.json","kind":"json","repair":["template"],"create":true,"max_size":"64.0 MB","require":[],"template":{"a":[],"n":1.5},"version":{"key":"v","newest":3},"service":"bot","invariants":[{"id":"A","jq":".n > $other.m","severity":"critical","message":"m"}]}
        {"enabled":false,"path":"other.ndjson","kind":"jsonl","repair":[],"create":false,"max_size":"64.0 MB","require":[],"service":"bot"}
    "#]].assert_eq(&format!(
        "{}\n{}\n{}\n",
        shown["config"]["layout"], shown["config"]["state"]["s"], shown["config"]["state"]["other"]
    ));
    // What is shown is a heal.toml that says the same.
    let text = project.heal(&["config", "show"]).exits(0).stdout;
    let again = Project::new(&text);
    let again = again.heal(&["config", "show", "--json"]).exits(0).json();
    assert_eq!(again["config"]["state"], shown["config"]["state"]);
    assert_eq!(again["config"]["layout"], shown["config"]["layout"]);
}
