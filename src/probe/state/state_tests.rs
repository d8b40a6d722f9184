use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::model::Bytes;
use crate::model::finding::Severity;
use crate::model::state::{MAX_SIZE, Version};

fn file(format: Format) -> StateFile {
    StateFile::plain("x", PathBuf::from("/nowhere/x"), format)
}

fn nobody(_: &str) -> Option<String> {
    None
}

/// `problem at`, one behind the other.
fn said(file: &StateFile, bytes: &[u8]) -> String {
    let one = |trouble: Trouble| match trouble.at {
        Some(at) => format!("{} {at}", trouble.problem.word()),
        None => trouble.problem.word().to_owned(),
    };
    judge_bytes(file, bytes, &nobody).into_iter().map(one).collect::<Vec<String>>().join(", ")
}

#[track_caller]
fn table(file: &StateFile, rows: &[(&[u8], &str)]) {
    let wrong = rows.iter().filter_map(|(bytes, expected)| {
        let said = said(file, bytes);
        let shown: String = String::from_utf8_lossy(bytes).chars().take(80).collect();
        (said != *expected).then(|| format!("{shown:?}: {said}, not {expected}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_became_of_json_is_told_apart() {
    let deep = format!("{}1{}", "[".repeat(127), "]".repeat(127));
    let deeper = format!("{}1{}", "[".repeat(128), "]".repeat(128));
    table(
        &file(Format::Json),
        &[
            (b"{}", ""),
            (b" [1, 2.5e3, \"\xc3\xa9\", null, true]\n", ""),
            (b"3", ""),
            (b"18446744073709551617123", ""),
            (deep.as_bytes(), ""),
            (deeper.as_bytes(), "too-deep line 1 column 128"),
            (&b"[".repeat(100_000), "too-deep line 1 column 128"),
            (b"", "empty"),
            (b" \n\t\n", "empty"),
            (b"\0\0\0\0\0\0", "nul-filled line 1 column 1"),
            (b"{\"a\": 1}\0\0\0\0", "nul-filled line 1 column 9"),
            (b"{\"a\": [1, 2", "truncated line 1 column 12"),
            (b"{\n\"a\": \"x", "truncated line 2 column 8"),
            (b"[tru", "truncated line 1 column 5"),
            (b"\"\xc3", "truncated line 1 column 2"),
            (b"{\"a\":1}\"b\":[1,2]}", "torn-write line 1 column 8"),
            (b"{\"a\":1}}}", "torn-write line 1 column 8"),
            (b"{\"a\":1}\n{\"b\":2}\n", "concatenated line 2 column 1"),
            (b"{\"a\":1}{\"b\":", "concatenated line 1 column 8"),
            (b"{\"a\":1} x", "trailing-garbage line 1 column 9"),
            (b"1 2", "trailing-garbage line 1 column 3"),
            (b"\xef\xbb\xbf{}", "byte-order-mark"),
            (b"\xef\xbb\xbf{", "byte-order-mark, truncated line 1 column 2"),
            (b"\xff\xfe{\0}\0", "wrong-encoding"),
            (b"{\0\"\0a\0\"\0:\x001\0}\0", "wrong-encoding"),
            (b"\0{\0}", "wrong-encoding"),
            (b"{\"n\": \"M\xfcller\"}", "wrong-encoding line 1 column 9"),
            (b"{\n<<<<<<< HEAD\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> other\n}\n", "conflict-markers line 2 column 1"),
            (b"{\"a\": 1,}", "syntax line 1 column 9"),
            (b"{'a': 1}", "syntax line 1 column 2"),
            (b"[1, NaN]", "syntax line 1 column 5"),
            (b"[01]", "syntax line 1 column 3"),
            (b"[\"\x01\"]", "syntax line 1 column 2"),
            (b"[1e999]", "unportable line 1 column 6"),
            (b"[\"\\ud800\"]", "unportable line 1 column 9"),
            (b"{\"a\": 1, \"b\": {\"c\": 1, \"c\": 2}}", "duplicate-key .b.c"),
            (b"{\"\\u0061\": 1, \"a\": 2}", "duplicate-key .a"),
        ],
    );
}

#[test]
fn many_keys_are_told_apart_as_few_are() {
    let keys: Vec<String> = (0..200).map(|n| format!("\"k{n}\":{n}")).collect();
    let once = format!("{{{}}}", keys.join(","));
    let twice = format!("{{{},\"k7\":0}}", keys.join(","));
    let template = json!({"k0": 0, "k199": 0, "k200": 0});
    let file = StateFile { template: Some(template), ..file(Format::Json) };
    table(&file, &[(once.as_bytes(), "missing-key .k200"), (twice.as_bytes(), "duplicate-key .k7, missing-key .k200")]);
}

#[test]
fn a_template_is_held_against_it() {
    let template = json!({"open": [], "deep": {"n": 0, "any": null}, "a key": ""});
    let whole = StateFile { template: Some(template), require: vec!["more".to_owned()], ..file(Format::Json) };
    table(
        &whole,
        &[
            (br#"{"open": [1], "deep": {"n": 2.5, "any": [], "else": 1}, "a key": "", "more": null}"#, ""),
            (b"[]", "wrong-top-level ."),
            (b"null", "wrong-top-level ."),
            (
                br#"{"open": {}, "deep": {"any": 1}, "a key": null, "more": 1}"#,
                "wrong-type .open, missing-key .deep.n, wrong-type [\"a key\"]",
            ),
            (b"{}", "missing-key .open, missing-key .deep, missing-key [\"a key\"], missing-key .more"),
            // What was seen before it broke says nothing.
            (br#"{"open": {}"#, "truncated line 1 column 12"),
        ],
    );
    let list = StateFile { require: vec!["a".to_owned()], ..file(Format::Json) };
    table(&list, &[(b"[]", "wrong-top-level ."), (b"3", "wrong-top-level ."), (br#"{"a": 1}"#, "")]);
}

#[test]
fn a_newer_version_is_left_to_whoever_wrote_it() {
    let version = Some(Version { key: "schema_version".to_owned(), newest: 3 });
    let file = StateFile { version, template: Some(json!({"old": 1})), ..file(Format::Json) };
    table(
        &file,
        &[
            (br#"{"schema_version": 3, "old": 1}"#, ""),
            (br#"{"old": 1}"#, ""),
            (br#"{"schema_version": 4}"#, "newer-version .schema_version"),
            (br#"{"schema_version": "4"}"#, "newer-version .schema_version"),
            (br#"{"schema_version": "new", "old": 1}"#, "wrong-type .schema_version"),
            (br#"{"deep": {"schema_version": 9}, "old": 1}"#, ""),
        ],
    );
    let troubles = judge_bytes(&file, br#"{"schema_version": 4}"#, &nobody);
    assert_eq!(Verdict::of(&troubles), Verdict::Unknown);
}

#[test]
fn each_line_is_judged_by_itself() {
    let lines = StateFile { require: vec!["at".to_owned()], ..file(Format::Jsonl) };
    table(
        &lines,
        &[
            (b"", ""),
            (b"{\"at\": 1}\n\n{\"at\": 2}\r\n", ""),
            (b"{\"at\": 1}\n{\"at\": 2", "truncated line 2 column 9"),
            (b"{\"at\": 1}\n{\"a\n{\"at\": 3}\n", "truncated line 2 column 4"),
            (b"{\"at\": 1}\n\0\0\0\n{\"x\": 3}\n", "nul-filled line 2 column 1, missing-key line 3 .at"),
            (b"{\"at\": 1}{\"at\": 2}\n", "concatenated line 1 column 10"),
            (b"7\n", "wrong-top-level line 1"),
            (b"\xff\xfe{\0}\0\n\0", "wrong-encoding"),
        ],
    );
    let text = json_text(Format::Jsonl, b"{\"at\": 1}\n\n[2]\n");
    assert_eq!(text.as_deref(), Some("[{\"at\": 1},[2]]"));
    assert_eq!(json_text(Format::Jsonl, b"{\"at\": 1}\n{"), None);
}

#[test]
fn toml_is_judged_as_json_is() {
    let plain = file(Format::Toml);
    table(
        &plain,
        &[
            (b"", ""),
            (b"\xef\xbb\xbfa = 1\n", ""),
            (b"a = 1979-05-27T07:32:00Z\n", ""),
            (b"a = nan\n", ""),
            (b"a = \"x", "truncated line 1 column 7"),
            (b"a = [1,\n2", "truncated line 2 column 2"),
            (b"a = 1\na = 2\n", "duplicate-key line 2 column 1"),
            (b"a b\nc = 1\n", "syntax line 1 column 3"),
            (b"\0\0\0", "nul-filled line 1 column 1"),
        ],
    );
    let wants = StateFile { template: Some(json!({"a": {"b": 1}})), ..plain };
    table(&wants, &[(b"", "empty"), (b"[a]\nb = \"x\"\n", "wrong-type .a.b"), (b"b = 1\n", "missing-key .a")]);
    assert_eq!(json_text(Format::Toml, b"a = inf"), None);
}

#[test]
fn a_schema_is_held_against_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let of = |text: &str| {
        let mut written = tempfile::NamedTempFile::new_in(dir.path()).expect("created");
        std::io::Write::write_all(&mut written, text.as_bytes()).expect("written");
        let (_, path) = written.keep().expect("kept");
        StateFile { schema: Some(path), ..file(Format::Json) }
    };
    for draft in ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"] {
        let schema = json!({"$schema": draft, "type": "object", "required": ["a"],
            "properties": {"a": {"type": "array", "items": {"type": ["integer", "null"]}}, "b": {"minimum": 3}}});
        table(
            &of(&schema.to_string()),
            &[
                (br#"{"a": [1, null]}"#, ""),
                (b"[]", "wrong-top-level ."),
                (br#"{"a": [1, "x"]}"#, "wrong-type .a[1]"),
                (br#"{"b": 2}"#, "missing-key .a, schema-broken .b"),
                (b"{", "truncated line 1 column 2"),
            ],
        );
    }
    // Tuples are written in two ways: each draft is read as itself.
    let old = json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]});
    table(&of(&old.to_string()), &[(b"[1]", "wrong-type [0]")]);
    let new = json!({"prefixItems": [{"type": "string"}]});
    table(&of(&new.to_string()), &[(b"[1]", "wrong-type [0]")]);
    for unusable in ["{", "[]", r#"{"type": "nothing"}"#, r#"{"$ref": "http://127.0.0.1:9/x"}"#, r#"{"pattern": "("}"#]
    {
        assert_eq!(said(&of(unusable), b"{}"), "schema-unusable", "{unusable}");
    }
    let nowhere = StateFile { schema: Some(dir.path().join("none")), ..file(Format::Json) };
    assert_eq!(said(&nowhere, b"{}"), "schema-unusable");
    let secret = of(r#"{"properties": {"key": {"const": 1}}}"#);
    let troubles = judge_bytes(&secret, br#"{"key": "s3cret"}"#, &nobody);
    assert!(!format!("{troubles:?}").contains("s3cret"), "{troubles:?}");
}

#[test]
fn what_is_no_answer_is_no_verdict() {
    let verdict = |problem: Problem| Verdict::of(&[Trouble::new(problem, "")]);
    for unknown in
        [Problem::NotAFile, Problem::TooLarge, Problem::Changing, Problem::Unreadable, Problem::InvariantUnknown]
    {
        assert_eq!(verdict(unknown), Verdict::Unknown);
    }
    assert_eq!(verdict(Problem::Truncated), Verdict::Invalid);
    let warned = Trouble::new(Problem::DuplicateKey, "").warning();
    assert_eq!(Verdict::of(std::slice::from_ref(&warned)), Verdict::Warning);
    let all = [warned, Trouble::new(Problem::TooLarge, ""), Trouble::new(Problem::Empty, "")];
    assert_eq!(Verdict::of(&all), Verdict::Invalid);
    assert_eq!(Verdict::of(&[]), Verdict::Valid);
    assert!(all.iter().any(|one| one.severity == Severity::Warning));
}

#[test]
fn what_stands_in_its_place_is_neither_opened_nor_followed() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    let judged = |name: &str, max: u64| {
        let file = StateFile { path: at(name), max_size: Bytes(max), ..file(Format::Json) };
        let judged = judge(&file, &nobody);
        judged.troubles.first().map_or("", |trouble| trouble.problem.word())
    };
    let put = |name: &str, bytes: &[u8]| {
        let mut written = tempfile::NamedTempFile::new_in(dir.path()).expect("created");
        std::io::Write::write_all(&mut written, bytes).expect("written");
        written.persist(at(name)).expect("in its place");
    };
    put("right", b"{\"a\": 1}");
    put("torn", b"{\"a\": 1}]");
    std::os::unix::fs::symlink(at("right"), at("link")).expect("linked");
    std::os::unix::fs::symlink(at("nothing"), at("dangling")).expect("linked");
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("made");
    let sparse = tempfile::NamedTempFile::new_in(dir.path()).expect("created");
    sparse.as_file().set_len(2 << 30).expect("long");
    sparse.persist(at("sparse")).expect("in its place");
    assert_eq!(judged("right", 100), "");
    assert_eq!(judged("right", 7), "too-large");
    assert_eq!(judged("torn", 100), "torn-write");
    assert_eq!(judged("none", 100), "missing");
    assert_eq!(judged(".", 100), "not-a-file");
    assert_eq!(judged("link", 100), "not-a-file");
    assert_eq!(judged("dangling", 100), "not-a-file");
    assert_eq!(judged("fifo", 100), "not-a-file");
    assert_eq!(judged("sparse", MAX_SIZE.0), "too-large");
    let device = StateFile { path: PathBuf::from("/dev/zero"), ..file(Format::Json) };
    assert_eq!(judge(&device, &nobody).verdict, Verdict::Unknown);
}
