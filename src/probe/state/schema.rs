//! Does the document fulfil its JSON Schema? Compiled only where one is declared (it costs 10 ms and 16 MB, PERFORMANCE). Nothing is
//! fetched: a schema that reaches elsewhere cannot be used, and what cannot be used is no verdict.

use std::path::Path;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::scan::{kind, step};
use crate::host::files;
use crate::model::state::{MOST_TROUBLES, Problem, Trouble};

/// A larger schema is not one.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Characters of a message of the crate's.
const LONGEST: usize = 200;

/// Adds what the schema says against the document.
pub(super) fn check(path: &Path, text: &str, troubles: &mut Vec<Trouble>) {
    let validator = match compile(path) {
        Ok(validator) => validator,
        Err(why) => {
            troubles.push(Trouble::new(Problem::SchemaUnusable, format!("its schema {} {why}", path.display())));
            return;
        }
    };
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            troubles.push(Trouble::new(Problem::Unportable, error.to_string()));
            return;
        }
    };
    let mut errors = validator.iter_errors(&document);
    for error in errors.by_ref().take(MOST_TROUBLES) {
        let trouble = told(&error);
        // The template may have said so already.
        if !troubles.iter().any(|other| other.problem == trouble.problem && other.at == trouble.at) {
            troubles.push(trouble);
        }
    }
    if let (Some(last), more @ 1..) = (troubles.last_mut(), errors.count()) {
        last.message.push_str(&format!("; and {more} more"));
    }
}

fn compile(path: &Path) -> Result<Validator, String> {
    let bytes = files::read(path, LIMIT).map_err(|why| format!("cannot be read: {why}"))?;
    let schema: Value = serde_json::from_slice(&bytes).map_err(|error| format!("is no JSON: {error}"))?;
    jsonschema::options()
        .offline()
        .build(&schema)
        .map_err(|error| format!("cannot be used: {}", short(&error.to_string())))
}

fn told(error: &ValidationError<'_>) -> Trouble {
    let mut place = String::new();
    for segment in error.instance_path() {
        match segment {
            LocationSegment::Property(key) => place.push_str(&step(&key)),
            LocationSegment::Index(index) => place.push_str(&format!("[{index}]")),
        }
    }
    match error.kind() {
        Kind::Required { property } => {
            let key = property.as_str().map(step).unwrap_or_default();
            Trouble::new(Problem::MissingKey, "the key is missing").at(format!("{place}{key}"))
        }
        Kind::Type { kind: wanted } => {
            let wanted = match wanted {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(all) => all.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
            };
            let top = place.is_empty();
            let problem = if top { Problem::WrongTopLevel } else { Problem::WrongType };
            let is = kind(error.instance());
            let message = format!("its value is {is} where the schema has {wanted}");
            Trouble::new(problem, message).at(if top { ".".to_owned() } else { place })
        }
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            Trouble::new(Problem::SchemaUnusable, short(&error.to_string())).at(place)
        }
        // The value itself may be a secret, and may be long.
        _ => Trouble::new(Problem::SchemaBroken, short(&error.masked().to_string())).at(if place.is_empty() {
            ".".to_owned()
        } else {
            place
        }),
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect::<String>().replace('\n', " ")
}
