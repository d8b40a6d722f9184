//! What may stand in `heal.toml`, for an editor? Its JSON Schema, from the very structs that read it. It says less than
//! `heal config check`: what only several keys together make wrong, and what depends on the machine, is left to that.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::checkpoint::{self, Written};
use super::checks::NAME;
use super::file;
use super::service::STOP_GRACE;
use crate::model::crash::CrashRules;
use crate::model::state::MAX_SIZE;
use crate::model::{Rules, service};
use crate::{alert, probe, remedy};

/// The name of the schema. Not an address: whoever has heal has the schema, from `heal config schema`.
const ID: &str = "urn:heal:schema:heal.toml:1";

/// The keys of a value that comes from the environment.
const FROM_ENVIRONMENT: [&str; 2] = ["env", "default"];

/// The JSON Schema (2020-12) of `heal.toml`.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let service = service(&mut generator);
    let probes: Vec<Value> = probe::KINDS.iter().map(|kind| probe(&mut generator, kind)).collect();
    let channels: Vec<Value> = alert::KINDS.iter().map(|kind| channel(&mut generator, kind)).collect();
    let mut host = of::<file::Host>(&mut generator);
    add(&mut host, "probes", named("probe", "How the machine is looked at, by name."));
    let mut schedule = of::<file::Schedule>(&mut generator);
    schedule["additionalProperties"] = true.into();
    let alerting = of::<file::Alerting>(&mut generator);
    let remedies: Vec<Value> = remedy::CUSTOM.iter().map(|kind| own_rung(&mut generator, kind)).collect();
    let mut sections = json!({
        "project": of::<file::Project>(&mut generator),
        "service": named("service", "What heal keeps alive, by name."),
        "host": host,
        "layout": of::<super::layout::Written>(&mut generator),
        "lock": named("lock", "Files that may keep a service from starting, by name."),
        "state": named("state", "Files whose content has to be right, by name."),
        "checkpoint": named("checkpoint", "States that are saved under numbers, by name."),
        "alert": named("channel", "Whom heal tells, by name."),
        "alerting": alerting,
        "schedule": schedule,
        "git": with_defaults(of::<file::Git>(&mut generator), &super::Git::default().defaults()),
        "revert": with_defaults(of::<file::Revert>(&mut generator), &super::Reverting::default().defaults()),
        "update": with_defaults(of::<super::update::File>(&mut generator), &super::Updating::default().defaults()),
        "crash": crash(&mut generator),
    });
    for name in file::PLANNED {
        sections[name] = json!({"type": "object", "description": "Not built yet: accepted, and does nothing."});
    }
    let mut definitions = Map::from_iter([
        ("service".to_owned(), service),
        ("probe".to_owned(), one_of(probes, &[])),
        ("remedy".to_owned(), one_of(remedies, &[])),
        ("channel".to_owned(), one_of(channels, &[])),
        ("lock".to_owned(), of::<super::lock::Written>(&mut generator)),
        ("state".to_owned(), state(&mut generator)),
        ("checkpoint".to_owned(), with_defaults(of::<Written>(&mut generator), &checkpoint::defaults())),
    ]);
    definitions.extend(generator.take_definitions(true));
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "heal.toml",
        "description": "What heal looks after, and how. `heal config check` says more than this schema can.",
        "type": "object",
        "properties": sections,
        "required": ["project"],
        "additionalProperties": false,
        "$defs": definitions,
    });
    without_null(&mut schema);
    let definitions = schema["$defs"].clone();
    from_environment(&mut schema, &definitions);
    if let Value::Object(all) = &mut schema["$defs"] {
        all.values_mut().for_each(|definition| from_environment(definition, &definitions));
    }
    schema
}

/// The keys of a kind that have a default, with it.
pub(super) fn defaults(of: fn(&mut SchemaGenerator) -> Schema) -> Map<String, Value> {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let schema = of(&mut generator).to_value();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.filter_map(|(key, property)| Some((key.clone(), property.get("default")?.clone()))).collect()
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    T::json_schema(generator).to_value()
}

/// What holds where a key is left out.
fn with_defaults(mut table: Value, defaults: &[(&str, Value)]) -> Value {
    for (key, default) in defaults {
        table["properties"][*key]["default"] = default.clone();
    }
    table
}

fn crash(generator: &mut SchemaGenerator) -> Value {
    let mut crash = of::<file::Crash>(generator);
    let usual = CrashRules::default();
    let defaults =
        [("pattern", json!(usual.pattern)), ("release_age", json!(usual.release_age)), ("storm", json!(usual.storm))];
    for (key, default) in defaults {
        crash["properties"][key]["default"] = default;
    }
    crash
}

fn service(generator: &mut SchemaGenerator) -> Value {
    let mut service = of::<file::Service>(generator);
    let rules = Rules::default();
    let defaults: [(&str, Value); 8] = [
        ("ladder", json!(rules.ladder)),
        ("startup_grace", json!(rules.startup_grace)),
        ("stable_for", json!(rules.stable_for)),
        ("recover_after", json!(rules.recover_after)),
        ("restart_limit", json!(rules.restart_limit)),
        ("restart_delay", json!(rules.restart_delay)),
        ("stop_grace", json!(STOP_GRACE)),
        ("verify_within", json!(rules.verify_within)),
    ];
    for (key, default) in defaults {
        service["properties"][key]["default"] = default;
    }
    // A rung may also be a remedy of one's own: the words are offered, not enforced.
    let rungs: Vec<&str> = remedy::built();
    service["properties"]["ladder"]["items"] = json!({"anyOf": [{"enum": rungs}, {"type": "string"}]});
    add(
        &mut service,
        "probes",
        named("probe", "How it is looked at, by name. That its process runs is always looked at."),
    );
    add(
        &mut service,
        "remedies",
        named("remedy", "Rungs of its own, by name. A rung is taken where it stands in `ladder`."),
    );
    service["anyOf"] = json!([{"required": ["match"]}, {"required": ["unit"]}]);
    service["not"] = json!({"required": ["unit", "start"]});
    service
}

fn state(generator: &mut SchemaGenerator) -> Value {
    let mut state = of::<super::state::Written>(generator);
    let of_each = of::<super::state::WrittenInvariant>(generator);
    let about = "What it begins as. Each of its keys has to be there, with a value of the same type.";
    add(&mut state, "template", json!({"description": about}));
    let about = "What has to hold of it.";
    add(&mut state, "invariants", json!({"type": "array", "description": about, "items": of_each}));
    state["properties"]["max_size"]["default"] = json!(MAX_SIZE);
    state
}

fn probe(generator: &mut SchemaGenerator, kind: &probe::Kind) -> Value {
    let mut common = of::<probe::Common>(generator);
    common["properties"]["timeout"]["default"] = json!(kind.timeout);
    common["properties"]["class"]["default"] = json!(kind.class);
    table(kind.name, kind.about, (kind.schema)(generator).to_value(), common)
}

fn own_rung(generator: &mut SchemaGenerator, kind: &remedy::Custom) -> Value {
    let mut common = of::<super::remedies::Common>(generator);
    common["properties"]["timeout"]["default"] = json!(kind.timeout);
    common["properties"]["on"]["default"] = json!(kind.on);
    table(kind.name, kind.about, (kind.schema)(generator).to_value(), common)
}

fn channel(generator: &mut SchemaGenerator, kind: &alert::Kind) -> Value {
    table(kind.name, kind.about, (kind.schema)(generator).to_value(), of::<alert::Common>(generator))
}

/// A table that says its kind: that word, its own keys, and those that all have.
fn table(name: &str, about: &str, own: Value, common: Value) -> Value {
    let mut properties = Map::from_iter([("kind".to_owned(), json!({"const": name, "description": about}))]);
    let mut required = vec![json!("kind")];
    for mut part in [own, common] {
        if let Value::Object(keys) = part["properties"].take() {
            properties.extend(keys);
        }
        if let Value::Array(keys) = part["required"].take() {
            required.extend(keys);
        }
    }
    json!({"type": "object", "title": name, "description": about, "properties": properties, "required": required,
        "additionalProperties": false})
}

/// One of the kinds that are built; those that are not yet are open, and so is one that a variable chooses.
fn one_of(mut built: Vec<Value>, planned: &[&str]) -> Value {
    if !planned.is_empty() {
        built.push(json!({"type": "object", "title": "not built yet", "required": ["kind"],
            "properties": {"kind": {"enum": planned, "description": "Not built yet: accepted, and does nothing."}}}));
    }
    let mut chosen = json!({"type": "object", "title": "chosen by a variable", "required": ["kind"], "properties": {}});
    chosen["properties"]["kind"] = variable(&json!({"type": "string"}));
    built.push(chosen);
    json!({"type": "object", "oneOf": built})
}

/// A table of tables.
fn named(definition: &str, about: &str) -> Value {
    let mut names = json!({"pattern": NAME});
    if definition == "service" {
        names["not"] = json!({"const": service::HOST});
    }
    json!({"type": "object", "description": about, "propertyNames": names,
        "additionalProperties": {"$ref": format!("#/$defs/{definition}")}})
}

fn add(table: &mut Value, key: &str, schema: Value) {
    table["properties"][key] = schema;
}

/// TOML has no null: what is optional is left out.
fn without_null(schema: &mut Value) {
    if let Value::Object(words) = schema {
        if let Some(Value::Array(types)) = words.get_mut("type") {
            types.retain(|word| word != "null");
            if let [only] = &types[..] {
                let only = only.clone();
                words.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(choices)) = words.get_mut("anyOf") {
            choices.retain(|choice| choice["type"] != "null");
            if let [Value::Object(only)] = &choices[..] {
                let only = only.clone();
                words.remove("anyOf");
                only.into_iter().for_each(|(word, value)| _ = words.entry(word).or_insert(value));
            }
        }
    }
    match schema {
        Value::Object(words) => words.values_mut().for_each(without_null),
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Any value below this table may be `{ env = "NAME", default = … }` instead.
fn from_environment(table: &mut Value, definitions: &Value) {
    if table["required"] == json!(FROM_ENVIRONMENT) {
        return;
    }
    let one = |schema: &mut Value| {
        if is_table(schema, definitions) {
            from_environment(schema, definitions);
        } else if schema.as_object().is_some_and(|words| !words.contains_key("const")) {
            or_variable(schema);
        }
    };
    if let Some(Value::Object(properties)) = table.get_mut("properties") {
        properties.values_mut().for_each(one);
    }
    if let Some(others) = table.get_mut("additionalProperties") {
        one(others);
    }
    if let Some(Value::Array(choices)) = table.get_mut("oneOf") {
        choices.iter_mut().for_each(|choice| from_environment(choice, definitions));
    }
}

fn is_table(schema: &Value, definitions: &Value) -> bool {
    let name = schema["$ref"].as_str().and_then(|place| place.strip_prefix("#/$defs/"));
    let target = name.map_or(schema, |name| &definitions[name]);
    target["type"] == "object"
}

/// What a value means and what it is by default stays outside, where an editor looks for it.
fn or_variable(schema: &mut Value) {
    let Value::Object(words) = schema else { return };
    let mut whole = Map::new();
    for word in ["description", "default"] {
        if let Some(value) = words.remove(word) {
            whole.insert(word.to_owned(), value);
        }
    }
    if let Some(items) = words.get_mut("items") {
        or_variable(items);
    }
    if words.is_empty() {
        // Anything at all may stand there.
        *schema = whole.into();
        return;
    }
    let plain = Value::Object(std::mem::take(words));
    let variable = variable(&plain);
    whole.insert("anyOf".to_owned(), json!([plain, variable]));
    *schema = whole.into();
}

fn variable(plain: &Value) -> Value {
    json!({"type": "object", "required": FROM_ENVIRONMENT, "additionalProperties": false,
        "properties": {"env": {"type": "string", "description": "The variable."},
            "default": plain}})
}
