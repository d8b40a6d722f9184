//! What may a program rely on? The envelope that all documents share, and the published JSON Schema of all of them.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::json::SCHEMA;

/// The name of the schema. Not an address: whoever has heal has the schema, from `heal config schema --output`.
const ID: &str = "urn:heal:schema:output:1";

/// One document: the envelope, and the answer below it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a, Answer> {
    /// The version of all documents.
    schema: &'static str,
    /// The subcommand that answers.
    command: &'a str,
    /// How it went, in one word.
    status: &'a str,
    /// The exit code.
    exit_code: u8,
    #[serde(flatten)]
    answer: &'a Answer,
}

impl<'a, Answer> Document<'a, Answer> {
    /// Puts an answer into its envelope.
    pub const fn new(command: &'a str, status: &'a str, exit_code: u8, answer: &'a Answer) -> Self {
        Self { schema: SCHEMA, command, status, exit_code, answer }
    }
}

/// A command could not answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// What went wrong with heal itself.
    pub error: Wrong,
}

/// What went wrong with heal itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct Wrong {
    /// What kind of failure it is: `usage`, `config`, `busy` and so on.
    pub kind: &'static str,
    /// What, where and why, in one sentence.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// All faults of an input that has several.
    pub faults: Vec<Fault>,
}

/// One fault among several.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fault {
    /// `file:line:column`, or the flag or variable.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// One kind of document: its name among the definitions, the subcommands that answer with it, and its shape.
#[derive(Debug)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// The words that may stand at `command`.
    pub commands: Vec<String>,
    /// What [`shape`] says.
    pub shape: Schema,
}

/// The shape of a document with this answer.
pub fn shape<Answer: JsonSchema + 'static>(generator: &mut SchemaGenerator) -> Schema {
    Document::<'static, Answer>::json_schema(generator)
}

/// What makes the shapes: of what is written, in the words of JSON Schema 2020-12.
#[must_use]
pub fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

/// The schema of all documents: exactly one of the definitions fits each. Objects are open, because a later heal may say
/// more: a reader passes over keys that it does not know.
#[must_use]
pub fn published(
    mut generator: SchemaGenerator,
    documents: Vec<Described>,
    statuses: &[&str],
    exit_codes: &[u8],
) -> Value {
    let mut definitions = Map::new();
    let mut choices = Vec::new();
    for document in documents {
        let mut shape = document.shape;
        shape.insert("title".to_owned(), document.name.into());
        let commands = match &document.commands[..] {
            [only] => json!({"const": only}),
            several => json!({"enum": several}),
        };
        narrow(&mut shape, "schema", json!({"const": SCHEMA}));
        narrow(&mut shape, "command", commands);
        narrow(&mut shape, "status", json!({"enum": statuses}));
        // What a command ended with that heal ran is not heal's to choose.
        let passed = document.name == "run";
        let any = json!({"type": "integer", "minimum": 0, "maximum": 255});
        narrow(&mut shape, "exit_code", if passed { any } else { json!({"enum": exit_codes}) });
        choices.push(json!({"$ref": format!("#/$defs/{}", document.name)}));
        definitions.insert(document.name.to_owned(), shape.to_value());
    }
    definitions.extend(generator.take_definitions(true));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "heal --json",
        "description": "The one document that a heal command prints with --json. `command` says whose it is; one with `error` tells of a failure of heal itself.",
        "oneOf": choices,
        "$defs": definitions,
    })
}

/// Says what a property of the envelope can be, beside what it means.
fn narrow(shape: &mut Schema, key: &str, to: Value) {
    let property = shape.get_mut("properties").and_then(|properties| properties.get_mut(key));
    if let (Some(Value::Object(property)), Value::Object(to)) = (property, to) {
        for word in ["type", "format", "minimum", "maximum"] {
            property.remove(word);
        }
        property.extend(to);
    }
}
