//! What do public collections of documents say of heal: JSON that every parser has to take or to refuse, the JSON Schema test
//! suite, and broken JSON that people wanted repaired? Through the program itself, hundreds of files in one project. Where they are from
//! says tests/data/corpora/README.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::state_random::oracle;
use super::support::Project;

/// A corpus, a document for each line.
fn corpus(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpora").join(name);
    let text = fs::read_to_string(path).expect("the corpus");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

/// A project in which each text is a state file of its own, with these keys.
fn project(files: &[(String, String)]) -> Project {
    let mut config = "[project]\nname = \"corpus\"\n".to_owned();
    for (n, (_, keys)) in files.iter().enumerate() {
        config.push_str(&format!("[state.n{n}]\npath = \"state/{n}\"\nkind = \"json\"\n{keys}"));
    }
    let project = Project::new(&config);
    for (n, (text, _)) in files.iter().enumerate() {
        project.write(&format!("state/{n}"), text);
    }
    project
}

fn now(project: &Project, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| fs::read(project.path(&format!("state/{n}"))).expect("there")).collect()
}

/// The verdict of each file, in order, and the first problem.
fn verdicts(told: &Value) -> Vec<(String, String)> {
    let files = told["files"].as_array().expect("files").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    files.map(|file| (text(&file["verdict"]), text(&file["problems"][0]["problem"]))).collect()
}

#[test]
fn every_parser_has_to_agree_about_what_is_valid() {
    let mut cases: Vec<(String, String)> = corpus("json_parsing.jsonl")
        .iter()
        .map(|case| {
            let text = |key: &str| case[key].as_str().expect("text").to_owned();
            (text("name"), text("input"))
        })
        .collect();
    // The two that are too long to be kept.
    cases.push(("n_structure_100000_opening_arrays.json".to_owned(), "[".repeat(100_000)));
    cases.push(("n_structure_open_array_object.json".to_owned(), "[{\"\":".repeat(50_000)));
    assert!(cases.len() > 250);
    let files: Vec<_> = cases.iter().map(|(_, input)| (input.clone(), String::new())).collect();
    let project = project(&files);
    let told = project.heal(&["validate-state", "--json"]).exits(2).json();
    let mut open: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for ((name, input), (verdict, problem)) in cases.iter().zip(verdicts(&told)) {
        let short: String = input.chars().take(80).collect();
        match &name[..2] {
            // Twice the same key is JSON, and a warning: readers take different ones of them.
            "y_" if problem == "duplicate-key" => assert_eq!(verdict, "warning", "{name} {short}"),
            "y_" => assert_eq!(verdict, "valid", "{name} {short}"),
            // Deeper than heal looks is not looked through.
            "n_" if problem == "too-deep" => {
                assert!(name.starts_with("n_structure_") && verdict == "unknown", "{name}")
            }
            "n_" => assert_eq!(verdict, "invalid", "{name} {short}"),
            _ => open.entry(format!("{verdict} {problem}")).or_default().push(name.trim_end_matches(".json")),
        }
    }
    expect_test::expect![[r#"
        {
            "invalid byte-order-mark": [
                "i_structure_UTF-8_BOM_empty_object",
            ],
            "unknown too-deep": [
                "i_structure_500_nested_arrays",
            ],
            "unknown unportable": [
                "i_number_huge_exp",
                "i_number_neg_int_huge_exp",
                "i_number_pos_double_huge_exp",
                "i_number_real_neg_overflow",
                "i_number_real_pos_overflow",
                "i_object_key_lone_2nd_surrogate",
                "i_string_1st_surrogate_but_2nd_missing",
                "i_string_1st_valid_surrogate_2nd_invalid",
                "i_string_incomplete_surrogate_and_escape_valid",
                "i_string_incomplete_surrogate_pair",
                "i_string_incomplete_surrogates_escape_valid",
                "i_string_invalid_lonely_surrogate",
                "i_string_invalid_surrogate",
                "i_string_inverted_surrogates_U+1D11E",
                "i_string_lone_second_surrogate",
            ],
            "valid ": [
                "i_number_double_huge_neg_exp",
                "i_number_real_underflow",
                "i_number_too_big_neg_int",
                "i_number_too_big_pos_int",
                "i_number_very_big_negative_int",
            ],
        }
    "#]]
    .assert_eq(&format!("{open:#?}\n"));
}

/// Each case of the suite for a draft: the document, its schema and whether it fulfils it.
fn by_schema(name: &str, says: &str) {
    let (mut files, mut wanted, mut schemas) = (Vec::new(), Vec::new(), Vec::new());
    for (n, group) in corpus(name).into_iter().enumerate() {
        let mut schema = group["schema"].clone();
        if let Some(schema) = schema.as_object_mut() {
            schema.entry("$schema").or_insert(says.into());
        }
        schemas.push(schema);
        for case in group["tests"].as_array().expect("tests") {
            files.push((case[0].to_string(), format!("schema = \"schemas/{n}.json\"\n")));
            wanted.push((case[1].as_bool().expect("a verdict"), format!("{} {}", group["about"], case[0])));
        }
    }
    assert!(files.len() > 800, "{}", files.len());
    let project = project(&files);
    for (n, schema) in schemas.iter().enumerate() {
        project.write(&format!("schemas/{n}.json"), &schema.to_string());
    }
    let told = project.heal(&["validate-state", "--json"]).exits(2).json();
    for ((right, about), (verdict, problem)) in wanted.iter().zip(verdicts(&told)) {
        assert_eq!(verdict, if *right { "valid" } else { "invalid" }, "{about}: {problem}");
    }
    let texts: Vec<Vec<u8>> = files.into_iter().map(|(text, _)| text.into_bytes()).collect();
    assert!(now(&project, texts.len()) == texts, "nothing was written");
}

#[test]
fn draft_7_is_the_one_of_its_suite() {
    by_schema("json_schema_draft7.jsonl", "http://json-schema.org/draft-07/schema#");
}

#[test]
fn draft_2020_12_is_the_one_of_its_suite() {
    by_schema("json_schema_draft2020-12.jsonl", "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn what_is_broken_is_never_called_valid_and_nothing_is_made_up_to_repair_it() {
    let texts = corpus("json_repair.jsonl").into_iter().map(|text| text.as_str().expect("text").to_owned());
    let parsing = corpus("json_parsing.jsonl").into_iter().map(|case| case["input"].as_str().expect("text").to_owned());
    let files: Vec<_> = texts.chain(parsing).map(|text| (text, "repair = [\"salvage\"]\n".to_owned())).collect();
    let project = project(&files);
    let before = now(&project, files.len());
    let right = oracle("json", &before);
    let first = verdicts(&project.heal(&["validate-state", "--json"]).exits(2).json());
    for ((text, right), (verdict, _)) in files.iter().zip(&right).zip(&first) {
        assert!(*right || verdict == "invalid", "{verdict}: {:?}", text.0);
    }
    let told = project.heal(&["validate-state", "--repair", "--json"]).exits(2).json();
    let after = now(&project, files.len());
    let fine = oracle("json", &after);
    let mut repaired = 0;
    for (n, (verdict, _)) in verdicts(&told).iter().enumerate() {
        let shown = || format!("{:?} became {:?}", files[n].0, String::from_utf8_lossy(&after[n]));
        if right[n] || before[n] == after[n] {
            assert!(before[n] == after[n] && (right[n] || verdict == "invalid"), "{}: {verdict}", shown());
            continue;
        }
        repaired += 1;
        assert!(fine[n] && verdict == "valid", "{}", shown());
        // A beginning of what was there, and the brackets that were open: nothing was made up.
        let text = before[n].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&before[n]);
        let same = after[n].iter().zip(text).take_while(|(one, other)| one == other).count();
        assert!(after[n][same..].iter().all(|byte| b"]}\n".contains(byte)), "{}", shown());
        // Behind the last value stood what ends one, or nothing.
        let kept = after[n][..same].trim_ascii_end();
        let next = text[kept.len()..].trim_ascii_start().first();
        let scalar = !matches!(kept.last(), Some(b']' | b'}'));
        assert!(!scalar || matches!(next, None | Some(b',' | b']' | b'}' | 0)), "{}", shown());
    }
    assert!(repaired > 40, "{repaired}");
    project.heal(&["undo"]).exits(0);
    assert!(now(&project, files.len()) == before, "every original is back, byte for byte");
}
