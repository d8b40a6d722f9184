//! How does an owner's own template become text? Jinja by minijinja: it reads the message and nothing else, no file and no
//! variable of the environment; its steps and what it writes have an end, so that no template keeps an alert from being told.

use std::borrow::Cow;
use std::io;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, escape_formatter};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::as_json as document;
use super::text::{body, headline};
use crate::model::alert::{Message, sample};
use crate::model::sanitize;

/// Steps of a template: some loops over the evidence, and no endless one.
const FUEL: u64 = 100_000;

/// What a template may write, in bytes: more than any channel takes (a mail has 100,000 characters).
const MOST: usize = 512 * 1024;

/// The text of an alert by its owner. What could not be filled in is refused when `heal.toml` is read.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(transparent)]
pub(super) struct Template(String);

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let template = String::deserialize(deserializer)?;
        match try_out(&template, Escape::Values(plain)) {
            Ok(text) if text.trim().is_empty() => Err(D::Error::custom("`template` gives no text")),
            Ok(_) => Ok(Self(template)),
            Err(why) => Err(D::Error::custom(format!("`template` {why}"))),
        }
    }
}

/// What a channel that people read has to say.
pub(super) enum Words<'a> {
    /// The owner's words: those of a template.
    Owner(String),
    /// heal's own words about this.
    Own(Cow<'a, Message>),
}

/// The message by the template, if there is one; `escape` takes the markup of the channel out of every value. What the owner
/// wrote around the values may be markup. A template that fails on this one message must not keep it from being told: then it
/// is told in heal's words, with the reason.
pub(super) fn words<'a>(template: Option<&Template>, message: &'a Message, escape: fn(&str) -> String) -> Words<'a> {
    let Some(Template(template)) = template else { return Words::Own(Cow::Borrowed(message)) };
    let why = match render(template, message, Escape::Values(escape)) {
        Ok(text) if !text.trim().is_empty() => return Words::Owner(text.trim().to_owned()),
        Ok(_) => "gives no text".to_owned(),
        Err(why) => why,
    };
    let mut message = message.clone();
    message.details.push(("the template of this channel".to_owned(), why));
    Words::Own(Cow::Owned(message))
}

impl Words<'_> {
    /// All in one text.
    pub(super) fn whole(&self) -> String {
        match self {
            Self::Owner(text) => text.clone(),
            Self::Own(message) => format!("{}\n{}", headline(message), body(message)),
        }
    }

    /// What stands first, in one line, and what stands below it.
    pub(super) fn parts(&self) -> (String, String) {
        match self {
            Self::Owner(text) => {
                let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
                (first.trim_end().replace(char::is_control, " "), rest.trim_start_matches('\n').to_owned())
            }
            Self::Own(message) => (headline(message), body(message)),
        }
    }
}

/// For channels where nothing is markup.
pub(super) fn plain(text: &str) -> String {
    text.to_owned()
}

/// The message by a template in which every value is written as JSON: `{{ message }}` comes with its quotes.
pub(super) fn as_json(template: &str, message: &Message) -> Result<String, String> {
    render(template, message, Escape::Json)
}

/// Is this a template that gives a JSON document?
pub(super) fn check_json(template: &str) -> Result<(), String> {
    let text = try_out(template, Escape::Json)?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(format!("does not give JSON: {error}; values come with their quotes, as in {{{{ message }}}}"))
        }
    }
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Escape {
    /// As JSON.
    Json,
    /// As text: nothing in it moves a cursor, and then by the rules of the channel.
    Values(fn(&str) -> String),
}

/// What it gives for an example, if it names nothing that there never is.
fn try_out(template: &str, escape: Escape) -> Result<String, String> {
    let (environment, values) = (environment(escape), values(&sample()));
    let named = environment.template_from_str(template).map_err(|error| wrong(&error))?.undeclared_variables(false);
    let known = |name: &str| values.get(name).is_some() || environment.globals().any(|(global, _)| global == name);
    // The first by name: the set has no order.
    if let Some(name) = named.into_iter().filter(|name| !known(name)).min() {
        let all: Vec<&String> = values.as_object().into_iter().flat_map(|values| values.keys()).collect();
        let all = all.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(format!("names `{}`, which no message has; there are {all}", name.escape_default()));
    }
    render(template, &sample(), escape)
}

fn wrong(error: &minijinja::Error) -> String {
    let place = error.line().map(|line| format!(" (line {line} of it)")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("is no template that heal can fill in: {}{detail}{place}", error.kind())
}

fn render(template: &str, message: &Message, escape: Escape) -> Result<String, String> {
    let environment = environment(escape);
    let template = environment.template_from_str(template).map_err(|error| wrong(&error))?;
    let mut written = Bounded(Vec::new());
    let filled = template.render_captured_to(Value::from(Serde(values(message))), &mut written).map(drop);
    if written.0.len() > MOST {
        return Err(format!("writes more than {MOST} bytes"));
    }
    filled.map_err(|error| wrong(&error))?;
    String::from_utf8(written.0).map_err(|error| error.to_string())
}

fn environment(escape: Escape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(move |_| match escape {
        Escape::Json => AutoEscape::Json,
        Escape::Values(_) => AutoEscape::Custom("text".into()),
    });
    environment.set_formatter(move |out, state, value| match escape {
        Escape::Json if value.is_undefined() => Ok(out.write_str("null")?),
        Escape::Json => escape_formatter(out, state, value),
        Escape::Values(_) if value.is_undefined() => Ok(()),
        Escape::Values(escape) => {
            let text = value.to_string();
            let safe = text.split('\n').map(sanitize::line).collect::<Vec<_>>().join("\n");
            // What a block of the template gave, or `| safe`, is the owner's.
            Ok(out.write_str(&if value.is_safe() { safe } else { escape(&safe) })?)
        }
    });
    // A message has not always all of the details: what is not there is nothing.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment
}

/// What a template may name: the keys of the JSON document, and heal's own words.
fn values(message: &Message) -> serde_json::Value {
    let mut values = document(message);
    values["headline"] = headline(message).into();
    values["body"] = body(message).into();
    values
}

/// Takes one byte more than the most, so that it is known that there was more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (MOST + 1).saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend_from_slice(&bytes[..room]);
        if room < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(room) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
            ("{\"text\": {{ mesage }}}", "names `mesage`, which no message has; there are timestamp, level"),
            ("{\"text\": {{ message }", "syntax error"),
            ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}1", "out of fuel"),
        ];
        for (template, why) in wrong {
            let said = check_json(template).expect_err(template);
            assert!(said.contains(why), "{template}: {said}");
        }
        let bare = Message { details: Vec::new(), ..sample() };
        let said = as_json("[{{ details.found }}, {{ details.a.b }}]", &bare);
        assert_eq!(said.as_deref(), Ok("[null, null]"), "a message has not always all of the details");
    }

    fn read(template: &str) -> Result<Template, String> {
        let value = serde_json::Value::from(template);
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn what_never_gives_a_text_is_refused_with_its_place() {
        let long = "{% for i in range(9999) %}{{ body * 900 }}{% endfor %}";
        let wrong = [
            ("{{ zzz }}{{ mesage }}", "names `mesage`, which"),
            ("one\n{{ message", "(line 2 of it)"),
            ("{{ message | shout }}", "unknown filter"),
            ("{% include '/etc/passwd' %}", "unknown statement include"),
            ("{# nothing #} \n", "gives no text"),
            ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}1", "out of fuel"),
            ("{{ body * 9999 }}", "writes more than 524288 bytes"),
            (long, "writes more than 524288 bytes"),
            ("{{ body * 99999999999 }}", "out of fuel"),
            ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "unknown statement macro"),
        ];
        for (template, why) in wrong {
            let begun = std::time::Instant::now();
            let said = read(template).expect_err(template);
            assert!(said.contains(why), "{template}: {said}");
            assert!(begun.elapsed().as_secs() < 5, "{template} took {:?}", begun.elapsed());
        }
    }

    #[test]
    fn values_lose_their_markup_and_the_owners_words_keep_theirs() {
        let stars = |text: &str| text.replace('*', "\\*");
        let message = Message { title: "a*b\u{1b}[31m\nc".to_owned(), details: Vec::new(), ..sample() };
        let table = [
            ("*{{ message }}*", "*a\\*b\\u{1b}[31m\nc*"),
            ("{{ message | safe }}", "a*b\\u{1b}[31m\nc"),
            ("{% set x %}*{{ message }}{% endset %}{{ x }}", "*a\\*b\\u{1b}[31m\nc"),
            ("{{ level | upper }} {{ details.found }}{{ details.no.such }}.", "CRITICAL ."),
        ];
        for (template, expected) in table {
            match words(Some(&read(template).unwrap_or_else(|_| Template(template.to_owned()))), &message, stars) {
                Words::Owner(text) => assert_eq!(text, expected, "{template}"),
                Words::Own(message) => panic!("{template}: {:?}", message.details),
            }
        }
    }

    #[test]
    fn a_template_that_fails_on_one_message_does_not_keep_it_from_being_told() {
        let template =
            read("{% if details.found %}fine{% else %}{{ 1 // 0 }}{% endif %}").expect("fine with the sample");
        let message = Message { details: Vec::new(), ..sample() };
        let said = words(Some(&template), &message, plain).whole();
        assert!(said.starts_with("CRITICAL web: \"not\" running\n"), "{said}");
        assert!(said.contains("the template of this channel: is no template that heal can fill in: "), "{said}");
        let silent = read("{{ details.found }}").expect("fine with the sample");
        let said = words(Some(&silent), &message, plain).whole();
        assert!(said.contains("the template of this channel: gives no text"), "{said}");
    }
}
