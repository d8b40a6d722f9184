//! What does a person read who made a mistake in heal.toml? Every message word for word; here: what is not TOML.

use expect_test::{Expect, expect};

use super::support::Project;

/// `heal config check` refuses it with 78 and says exactly this; the other commands refuse it as well and touch nothing.
#[track_caller]
pub fn refused(config: &str, expected: &Expect) {
    refused_with(&Project::new(config), &["config", "check"], expected);
}

/// As [`refused`], for a project that was prepared and arguments of one's own.
#[track_caller]
pub fn refused_with(project: &Project, args: &[&str], expected: &Expect) {
    let ran = project.heal(args).exits(78);
    assert_eq!(ran.stdout, "", "the answer is on stdout, and there is none");
    expected.assert_eq(&project.normalise(&ran.stderr));
    let global = &args[if args.starts_with(&["config", "check"]) { 2 } else { 1 }..];
    for command in ["check", "heal"] {
        let ran = project.heal(&[&[command, "--json"], global].concat()).exits(78);
        assert_eq!(ran.json()["error"]["kind"], "config");
    }
    assert!(!project.path("data").exists(), "nothing is written for a configuration that is refused");
}

/// Refused: what is wrong and what would help, then where.
#[track_caller]
pub fn refused_in_short(project: &Project, expected: &Expect) {
    let ran = project.heal(&["config", "check"]).exits(78);
    let faults: Vec<&str> =
        ran.stderr.lines().filter(|line| line.starts_with("error:") || line.contains("help:")).collect();
    let places: Vec<&str> = ran.stderr.lines().filter_map(|line| line.trim().strip_prefix("--> ")).collect();
    expected.assert_eq(&project.normalise(&format!("{}\n{}\n", faults.join("\n"), places.join(" "))));
}

/// A `[project]` to begin with, so that only the fault under test is one.
pub fn project(rest: &str) -> String {
    format!("[project]\nname = \"x\"\n\n{rest}")
}

#[test]
fn nothing_at_all() {
    refused(
        "",
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: [project] is missing
         --> heal.toml:1:1
          |
        1 |
          | ^
          |
          = help: begin with:
                  [project]
                  name = "my-bot"

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_section_that_is_not_closed() {
    refused(
        "[project\nname = \"x\"\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: not TOML: the closing `]` of this section is missing
         --> heal.toml:1:9
          |
        1 | [project
          |         ^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn text_without_its_quotes() {
    refused(
        &project("[service.bot]\nstartup_grace = 5m\nlog = \"bot.log\nenabled =\nunit\n"),
        &expect![[r#"
        heal: [DIR]/heal.toml has 4 faults

        error: not TOML: text needs quotes
         --> heal.toml:5:17
          |
        5 | startup_grace = 5m
          |                 ^^
          |
          = help: durations, sizes and paths are text as well: "5m"

        error: not TOML: the closing `"` of this text is missing
         --> heal.toml:6:15
          |
        6 | log = "bot.log
          |               ^

        error: not TOML: there is no value
         --> heal.toml:7:10
          |
        7 | enabled =
          |          ^

        error: not TOML: a key without a value
         --> heal.toml:8:5
          |
        8 | unit
          |     ^
          |
          = help: settings are written as key = value

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn the_same_name_twice() {
    refused(
        "[project]\nname = \"x\"\nname = \"y\"\n\n[project]\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: not TOML: duplicate key
         --> heal.toml:3:1
          |
        3 | name = "y"
          | ^^^^

        error: not TOML: duplicate key
         --> heal.toml:5:2
          |
        5 | [project]
          |  ^^^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn another_language() {
    refused(
        "project:\n  name: x\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 3 faults

        error: not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
         --> heal.toml:1:8
          |
        1 | project:
          |        ^

        error: not TOML: a key without a value
         --> heal.toml:1:9
          |
        1 | project:
          |         ^
          |
          = help: settings are written as key = value

        error: not TOML: a key without a value
         --> heal.toml:2:9
          |
        2 |   name: x
          |         ^
          |
          = help: settings are written as key = value

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_backslash_and_a_control_character() {
    refused(
        "[project]\nname = \"C:\\q\"\ndata_dir = \"a\u{0}b\"\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: not TOML: `\` begins an escape, and this is none
         --> heal.toml:2:12
          |
        2 | name = "C:\q"
          |            ^
          |
          = help: write `\\` for a backslash, or use single quotes

        error: not TOML: a control character in a text
         --> heal.toml:3:14
          |
        3 | data_dir = "a␀b"
          |              ^
          |
          = help: write it as an escape, such as \t

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn carriage_returns_do_not_move_places() {
    refused(
        "[project]\r\nname = \"x\"\r\n[servce.bot]\r\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: unknown section `servce`
         --> heal.toml:3:2
          |
        3 | [servce.bot]
          |  ^^^^^^
          |
          = help: did you mean `service`?

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn brackets_without_end() {
    refused(
        &project(&format!("x = {}\n", "[".repeat(5_000))),
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: not TOML: cannot recurse further; max recursion depth met
         --> heal.toml:4:85
          |
        4 | x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
          |                                                                                     ^

        error: not TOML: unclosed array, expected `]`
         --> heal.toml:4:5005
          |
        4 | ...[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
          |                                                                    ^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_section_as_deep_as_a_well() {
    let ran = Project::new(&format!("[{}a]\n", "a.".repeat(100_000))).heal(&["config", "check"]).exits(78);
    assert!(ran.stderr.contains("recursion limit"), "{}", &ran.stderr[..1_000]);
}

#[test]
fn a_file_of_another_kind_is_not_answered_with_a_thousand_faults() {
    let keys: String = (0..2_000).map(|number| format!("key{number} = 1\n")).collect();
    let ran = Project::new(&keys).heal(&["config", "check"]).exits(78);
    assert!(ran.stderr.contains("has 2001 faults; these are the first 50"), "{}", &ran.stderr[..1_000]);
    assert_eq!(ran.stderr.matches("\nerror: ").count(), 50);
    let broken = "key value\n".repeat(2_000);
    let ran = Project::new(&broken).heal(&["config", "check"]).exits(78);
    assert_eq!(ran.stderr.matches("\nerror: ").count(), 20);
}
