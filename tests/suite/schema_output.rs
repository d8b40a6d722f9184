//! Does the published schema describe what commands print? Each document that any test here reads is held against it, by
//! `Ran::json`, and in a stricter form than it is published: what a command says and the schema does not name is a fault too.

use std::process::Command;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::support::Project;

/// The schema as heal prints it.
fn published() -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heal"));
    let output = command.args(["config", "schema", "--output"]).env_clear().output().expect("it runs");
    serde_json::from_slice(&output.stdout).expect("the schema is JSON")
}

/// Objects are open for readers; here they are closed. What another object takes in by a reference beside its own keys is closed
/// with that one.
fn close(schema: &mut Value) {
    let mut taken_in = Vec::new();
    parts(schema, &mut |words| {
        if let (true, Some(Value::String(reference))) = (words.contains_key("properties"), words.get("$ref")) {
            taken_in.extend(reference.strip_prefix("#/$defs/").map(str::to_owned));
            words.insert("unevaluatedProperties".to_owned(), false.into());
        } else if words.contains_key("properties") && !words.contains_key("additionalProperties") {
            words.insert("additionalProperties".to_owned(), false.into());
        }
    });
    for name in taken_in {
        let part = schema["$defs"][&name].as_object_mut().expect("it is defined");
        part.remove("additionalProperties");
    }
}

fn parts(schema: &mut Value, visit: &mut impl FnMut(&mut serde_json::Map<String, Value>)) {
    match schema {
        Value::Object(words) => {
            visit(words);
            words.values_mut().for_each(|part| parts(part, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|part| parts(part, visit)),
        _ => {}
    }
}

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let mut schema = published();
        close(&mut schema);
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one")
    })
}

/// What the schema does not describe in a document: the complaints of the definitions that are for its command.
pub fn faults(document: &Value) -> Vec<String> {
    if validator().is_valid(document) {
        return Vec::new();
    }
    let complaints = validator().iter_errors(document).map(|error| format!("{}: {error}", error.instance_path()));
    complaints.map(|text| text.chars().take(2_000).collect()).collect()
}

#[test]
fn it_is_a_schema_that_says_who_it_is() {
    let schema = published();
    jsonschema::meta::validate(&schema).expect("valid under 2020-12");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!((&schema["$id"], &schema["title"]), (&"urn:heal:schema:output:1".into(), &"heal --json".into()));
}

#[test]
fn every_command_has_its_document_and_every_key_its_sentence() {
    let schema = published();
    let definitions = schema["$defs"].as_object().expect("definitions");
    let commands: Vec<&str> = definitions["failure"]["properties"]["command"]["enum"]
        .as_array()
        .expect("every command may fail")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(commands.len() > 6, "{commands:?}");
    for command in commands {
        let answers = definitions.values().any(|shape| shape["properties"]["command"]["const"] == command);
        assert!(answers, "no document is described for `{command}`");
    }
    for (name, shape) in definitions {
        for (key, property) in shape["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{name}.{key} is not explained: {property}");
        }
    }
}

#[test]
fn what_is_not_so_does_not_fit() {
    let project = Project::new("[project]\nname = \"x\"\n[service.bot]\nmatch = { executable = \"no-such-bot\" }\n");
    let right = project.heal(&["heal", "--dry-run", "--json"]).json();
    let wrong: [(&str, Value); 8] = [
        ("/schema", json!("heal/2")),
        ("/command", json!("hael")),
        ("/exit_code", json!(4)),
        ("/at", json!("yesterday")),
        ("/services/0/status", json!("fine")),
        ("/services/0/findings/0/took_ms", json!(-1)),
        ("/services/0/decision/do", json!("panic")),
        ("/healed", json!(null)),
    ];
    for (place, value) in wrong {
        let mut document = right.clone();
        *document.pointer_mut(place).unwrap_or_else(|| panic!("{place} in {right:#}")) = value;
        assert!(!faults(&document).is_empty(), "{place}");
    }
    let mut document = right;
    document["unheard_of"] = json!(1);
    assert!(!faults(&document).is_empty(), "a key that nobody described");
}
