//! How does an owner's own template become text? Jinja by minijinja: it reads the message and nothing else, with an end to its
//! steps, so that no template keeps an alert from being told.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::as_json as document;
use crate::model::alert::{Message, sample};

/// Steps of a template: some loops over the evidence, and no endless one.
const FUEL: u64 = 100_000;

/// The message by a template in which every value is written as JSON: `{{ message }}` comes with its quotes.
pub(super) fn as_json(template: &str, message: &Message) -> Result<String, String> {
    render(template, message)
}

/// Is this a template that gives a JSON document?
pub(super) fn check_json(template: &str) -> Result<(), String> {
    let text = as_json(template, &sample())?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(format!("does not give JSON: {error}; values come with their quotes, as in {{{{ message }}}}"))
        }
    }
}

fn render(template: &str, message: &Message) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Json);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    let wrong = |error: minijinja::Error| {
        let place = error.line().map(|line| format!(" (line {line} of it)")).unwrap_or_default();
        format!("is no template that heal can fill in: {error}{place}")
    };
    let template = environment.template_from_str(template).map_err(wrong)?;
    template.render(minijinja::value::Serde(document(message))).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_become_json_is_refused_with_its_reason() {
        let fine = ["{\"text\": {{ message }}, \"all\": {{ details }}}", "[{{ level }}]", "{{ details.found }}"];
        for template in fine {
            assert_eq!(check_json(template), Ok(()), "{template}");
        }
        let wrong = [
            ("{\"text\": \"{{ message }}\"}", "does not give JSON"),
            ("{\"text\": {{ mesage }}}", "undefined value"),
            ("{\"text\": {{ message }", "syntax error"),
            ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}1", "out of fuel"),
        ];
        for (template, why) in wrong {
            let said = check_json(template).expect_err(template);
            assert!(said.contains(why), "{template}: {said}");
        }
    }
}
