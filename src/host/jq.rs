//! Does this jq filter hold of that document? A filter can loop, eat memory and read the environment (ECOSYSTEM §1.3), so it
//! is evaluated by a child: heal once more, with an empty environment, its own limits and a deadline. The child only computes.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::native::{self, Fun};
use jaq_core::{Compiler, Ctx, Cv, Filter, RunPtr, ValXs, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use nix::sys::resource::{Resource, setrlimit};
use serde::{Deserialize, Serialize};

use super::{clock, exec};
use crate::model::Stamp;

/// The word with which heal starts itself to evaluate. Not a subcommand: nobody types it, and no help names it.
pub const WORD: &str = "__eval";

/// How long an evaluation may take by the wall clock, if its caller has no less (ECOSYSTEM §1.3).
pub const LONGEST: Duration = Duration::from_secs(5);

/// Seconds of processor time that an evaluation may take (ECOSYSTEM §1.3).
const CPU_SECONDS: u64 = 2;

/// Address space that an evaluation may take, in bytes, program included (ECOSYSTEM §1.3).
const MEMORY: u64 = 256 * 1024 * 1024;

/// Characters of a filter. What is longer is a program, and belongs into a file with tests of its own.
const LONGEST_FILTER: usize = 8 * 1024;

/// For the parser, which descends once per bracket: more than [`LONGEST_FILTER`] brackets can use.
const STACK: usize = 64 * 1024 * 1024;

/// What would let a filter see or end more than its document. To name one of them is a fault of the filter.
const TAKEN_AWAY: [&str; 11] = [
    "env",
    "halt",
    "halt_error",
    "input",
    "inputs",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "input_line_number",
    "input_filename",
];

/// Definitions of jq's library whose native half is not linked: mathematics, formats, regular expressions. A crate each for
/// what was never seen in a condition.
const NOT_LINKED: [&str; 23] = [
    "logb",
    "significand",
    "pow10",
    "drem",
    "nexttoward",
    "scalb",
    "gamma",
    "test",
    "scan_",
    "scan",
    "match",
    "capture",
    "capture_of_match",
    "splits",
    "sub",
    "gsub",
    "todate",
    "@html",
    "@htmld",
    "@uri",
    "@urid",
    "@base64",
    "@base64d",
];

/// What came of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Held {
    /// Exactly one answer, and it was true or false.
    Holds(bool),
    /// The document is not such that the filter could be asked of it: this text says why.
    Broken(String),
    /// It was not found out: too slow, too large, no answer, several, or none that is true or false.
    Unknown(String),
}

/// What the child says.
#[derive(Serialize, Deserialize)]
enum Said {
    /// The answer itself, as JSON text; only where that is wanted.
    Gives(String),
    Held(Held),
}

/// What the child is given.
#[derive(Serialize, Deserialize)]
struct Question {
    filter: String,
    /// Names without `$`, and the JSON texts that they stand for.
    variables: Vec<(String, String)>,
    /// A JSON text.
    document: String,
    /// The answer itself is wanted, whatever it is.
    #[serde(default)]
    whole: bool,
}

type Data = data::JustLut<Val>;
type Compiled = Filter<Data>;

/// Is this a filter? `variables` are the names, without `$`, that it may use.
///
/// # Errors
/// Says what is wrong and where.
pub fn check(filter: &str, variables: &[&str]) -> Result<(), String> {
    deep(|| compile(filter, variables).map(|_| ()))?
}

/// Does `filter` answer `true` of this JSON document? `variables` are names, without `$`, and JSON documents.
#[must_use]
pub fn holds(filter: &str, variables: &[(&str, &str)], document: &str, timeout: Duration) -> Held {
    match ask((filter, variables, document, false), timeout) {
        Ok(Said::Held(held)) => held,
        Ok(Said::Gives(_)) => Held::Unknown("the filter was asked for something else".to_owned()),
        Err(why) => Held::Unknown(why),
    }
}

/// What does `filter` make of this JSON document? Exactly one answer, as JSON text; numbers that it does not touch stay as they are.
///
/// # Errors
/// There is none, or several, or it could not be found out.
pub fn transform(
    filter: &str,
    variables: &[(&str, &str)],
    document: &str,
    timeout: Duration,
) -> Result<String, String> {
    match ask((filter, variables, document, true), timeout) {
        Ok(Said::Gives(text)) => Ok(text),
        Ok(Said::Held(Held::Holds(held))) => Ok(held.to_string()),
        Ok(Said::Held(Held::Broken(why) | Held::Unknown(why))) | Err(why) => Err(why),
    }
}

fn ask(
    (filter, variables, document, whole): (&str, &[(&str, &str)], &str, bool),
    timeout: Duration,
) -> Result<Said, String> {
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let question = Question { filter: filter.to_owned(), variables, document: document.to_owned(), whole };
    let Ok(question) = serde_json::to_vec(&question) else {
        return Err("the question cannot be put into words".to_owned());
    };
    let timeout = timeout.min(LONGEST);
    // What a filter gives back may be as long again as what it was given, and longer.
    let limit = if whole { question.len().saturating_mul(2) + exec::OUTPUT_LIMIT } else { exec::OUTPUT_LIMIT };
    let ended = exec::ourselves_up_to(WORD, &question, timeout, limit)?;
    let Some(status) = ended.status else {
        let within = crate::model::units::duration_text(timeout);
        return Err(format!("the filter came to no end within {within}"));
    };
    match (serde_json::from_str(&ended.stdout), status.signal()) {
        (Ok(said), None) => Ok(said),
        (_, Some(nix::libc::SIGXCPU | nix::libc::SIGKILL)) => {
            Err(format!("the filter came to no end within {CPU_SECONDS}s of processor time"))
        }
        // What Rust does when memory is refused, and what a stack that is full looks like.
        (_, Some(nix::libc::SIGABRT | nix::libc::SIGSEGV)) => {
            Err(format!("the filter needs more than {}", crate::model::Bytes(MEMORY)))
        }
        _ => Err(format!("the filter could not be evaluated: {}", ended.how())),
    }
}

/// The child: one question on standard input, its answer on standard output.
///
/// # Errors
/// The limits cannot be set, or what is asked cannot be read, or nobody listens any more.
pub fn answer() -> io::Result<()> {
    // Before anything is read: what cannot be limited is not evaluated.
    setrlimit(Resource::RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    #[cfg(target_os = "linux")]
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?;
    let mut question = Vec::new();
    io::stdin().lock().take(MEMORY).read_to_end(&mut question)?;
    let asked: Question = serde_json::from_slice(&question)?;
    drop(question);
    let said = deep(|| match (asked.whole, one(&asked.filter, &asked.variables, &asked.document)) {
        (true, Ok(value)) => Said::Gives(value.to_string()),
        (false, Ok(value)) => Said::Held(verdict(&value)),
        (_, Err(held)) => Said::Held(held),
    });
    let said = said.unwrap_or_else(|why| Said::Held(Held::Unknown(why)));
    let mut stdout = io::stdout().lock();
    stdout.write_all(serde_json::to_string(&said)?.as_bytes())?;
    stdout.flush()
}

/// Compiles and runs, for exactly one answer. What a document cannot be asked is broken; what a filter does not answer is unknown.
fn one(filter: &str, variables: &[(String, String)], document: &str) -> Result<Val, Held> {
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    let compiled = compile(filter, &names).map_err(Held::Unknown)?;
    let parsed = |what: &str, text: &str| {
        read::parse_single(text.as_bytes()).map_err(|error| Held::Broken(format!("{what} is not JSON: {error}")))
    };
    let document = parsed("the document", document)?;
    let values =
        variables.iter().map(|(name, text)| parsed(&format!("${name}"), text)).collect::<Result<Vec<Val>, Held>>()?;
    let context = Ctx::<Data>::new(&compiled.lut, Vars::new(values));
    let mut answers = compiled.id.run((context, document)).map(unwrap_valr);
    let first = answers.next();
    match (first, answers.next()) {
        (Some(Err(error)), _) | (_, Some(Err(error))) => Err(Held::Broken(short(&error.to_string()))),
        (None, _) => Err(Held::Unknown("the filter gives no answer".to_owned())),
        (_, Some(Ok(_))) => Err(Held::Unknown("the filter gives several answers".to_owned())),
        (Some(Ok(value)), None) => Ok(value),
    }
}

/// Is it true, or false?
fn verdict(value: &Val) -> Held {
    match value {
        Val::Bool(held) => Held::Holds(*held),
        other => Held::Unknown(format!("the filter answers {}, neither true nor false", short(&other.to_string()))),
    }
}

fn compile(filter: &str, variables: &[&str]) -> Result<Compiled, String> {
    if filter.chars().count() > LONGEST_FILTER {
        return Err(format!("it is longer than {LONGEST_FILTER} characters"));
    }
    let offered = |name: &str| !TAKEN_AWAY.contains(&name);
    let by_regex = |def: &Def| def.name == "split" && def.args.len() == 2;
    let linked = |def: &Def| !NOT_LINKED.contains(&def.name) && !by_regex(def);
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let definitions = definitions.filter(|def| offered(def.name) && linked(def));
    let functions = jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs());
    let functions = functions.filter(|(name, ..)| offered(name)).chain(own());
    let arena = Arena::default();
    let modules = Loader::new(definitions).load(&arena, File { code: filter, path: () }).map_err(|errors| {
        let first = errors.into_iter().next().map(|(_, error)| loading(filter, error));
        first.unwrap_or_else(|| "it cannot be read".to_owned())
    })?;
    let names: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();
    let compiler = Compiler::default().with_funs(functions).with_global_vars(names.iter().map(String::as_str));
    compiler.compile(modules).map_err(|errors| {
        let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
        first.map_or_else(
            || "it cannot be compiled".to_owned(),
            |(name, what)| format!("there is no {} `{name}`{}", what.as_str(), place(filter, name)),
        )
    })
}

/// Natives of our own: the time by the clock that heal has, and times in words, with their zone.
fn own() -> impl Iterator<Item = Fun<Data>> {
    let native = |name: &'static str, run: RunPtr<Data>| native::run::<Data>((name, native::v(0), run));
    [native("now", now), native("fromdateiso8601", time)].into_iter()
}

fn now<'a>(_: Cv<'a, Data>) -> ValXs<'a, Val> {
    native::bome(Ok(seconds(clock::now().at)))
}

fn time<'a>((_, text): Cv<'a, Data>) -> ValXs<'a, Val> {
    let parsed = match &text {
        Val::TStr(bytes) => {
            std::str::from_utf8(bytes).ok().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok())
        }
        _ => None,
    };
    let wrong = || jaq_core::Error::typ(text.clone(), "a time such as 2026-11-22T03:00:00Z");
    native::bome(parsed.map(|at| seconds(at.to_utc())).ok_or_else(wrong))
}

#[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 are exact until the year 2255")]
fn seconds(at: Stamp) -> Val {
    Val::from(at.timestamp_micros() as f64 / 1e6)
}

/// What the parser stumbled over.
fn loading(filter: &str, error: jaq_core::load::Error<&str>) -> String {
    use jaq_core::load::Error as E;
    let told = |expected: &str, found: &str| {
        let shown = if found.is_empty() { "the end".to_owned() } else { format!("`{}`", short(found)) };
        format!("expected {expected}, found {shown}{}", place(filter, found))
    };
    let told = match error {
        E::Io(_) => Some("a filter in heal.toml cannot import anything".to_owned()),
        E::Lex(errors) => errors.into_iter().next().map(|(expected, found)| told(expected.as_str(), found)),
        E::Parse(errors) => errors.into_iter().next().map(|(expected, found)| told(expected.as_str(), found)),
    };
    told.unwrap_or_else(|| "it cannot be read".to_owned())
}

/// Where `part`, a slice of it, begins in the filter; nothing for a part of something else.
fn place(filter: &str, part: &str) -> String {
    let offset = (part.as_ptr() as usize).checked_sub(filter.as_ptr() as usize);
    match offset.and_then(|offset| filter.get(..offset)) {
        Some(before) => format!(" (character {})", before.chars().count() + 1),
        None => String::new(),
    }
}

/// Enough of a value to recognise it.
fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(80).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Runs what may descend deep on a stack that is made for it.
fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    let broken = "heal has a bug in its evaluation of filters; please report it";
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        started.map_err(|error| format!("no thread can be started: {error}"))?.join().map_err(|_| broken.to_owned())
    })
}

#[cfg(any(test, fuzzing))]
#[path = "jq_fuzz.rs"]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(filter: &str, document: &str) -> Held {
        one(filter, &[("limit".to_owned(), "100".to_owned())], document)
            .map_or_else(|held| held, |value| verdict(&value))
    }

    #[test]
    fn one_answer_that_is_true_or_false_counts_and_nothing_else() {
        let table = [
            (".queue < 100", r#"{"queue": 3}"#, Held::Holds(true)),
            (".queue < $limit", r#"{"queue": 300}"#, Held::Holds(false)),
            ("[.a[] | select(.up)] | length == (unique | length)", r#"{"a": [{"up": true}]}"#, Held::Holds(true)),
            ("all(.a[]; type == \"number\" and . > 0)", r#"{"a": [1, 2.5]}"#, Held::Holds(true)),
            (".big == 18446744073709551617", r#"{"big": 18446744073709551617}"#, Held::Holds(true)),
            ("(now - (.at | fromdate)) > 3600", r#"{"at": "2026-01-01T00:00:00Z"}"#, Held::Holds(true)),
            (".a | startswith(\"x\")", r#"{"a": "xy"}"#, Held::Holds(true)),
        ];
        for (filter, document, expected) in table {
            assert_eq!(of(filter, document), expected, "{filter}");
        }
        for (filter, document) in
            [(".a[]", "[1]"), (".a + 1 > 0", r#"{"a": "x"}"#), ("error(\"no\")", "{}"), (".", "{")]
        {
            assert!(matches!(of(filter, document), Held::Broken(_)), "{filter}: {:?}", of(filter, document));
        }
        for filter in [".a", "empty", "true, true", "1", "\"true\"", "true, false"] {
            assert!(matches!(of(filter, "{}"), Held::Unknown(_)), "{filter}: {:?}", of(filter, "{}"));
        }
    }

    #[test]
    fn a_filter_that_is_none_is_refused_with_its_place() {
        let said = |filter: &str| check(filter, &["limit"]).err().unwrap_or_else(|| "right".to_owned());
        let deep = format!("{}1{}", "[".repeat(4_000), "]".repeat(4_000));
        assert_eq!(said(".a < $limit"), "right");
        assert_eq!(said(&deep), "right");
        assert!(said(&"[".repeat(9_000)).starts_with("it is longer than"));
        let all =
            [".queue <", ".a | foo(1)", "$nobody", "(.a", "\"a", "", ".a ]", "import \"x\" as x; .", ". as [$x | 1"];
        expect_test::expect![[r#"
            .queue < -> expected term, found the end (character 9)
            .a | foo(1) -> there is no filter `foo` (character 6)
            $nobody -> there is no variable `$nobody` (character 1)
            (.a -> expected closing parenthesis, found the end (character 4)
            "a -> expected closing quote, found the end (character 3)
             -> expected term, found the end (character 1)
            .a ] -> expected token, found `]` (character 4)
            import "x" as x; . -> a filter in heal.toml cannot import anything
            . as [$x | 1 -> expected closing bracket, found the end (character 13)"#]]
        .assert_eq(&all.map(|filter| format!("{filter} -> {}", said(filter))).join("\n"));
    }

    #[test]
    fn what_sees_or_ends_more_than_the_document_does_not_exist() {
        for filter in
            ["env", "$ENV", "input", "inputs", "halt", "halt_error", "halt(1)", "debug", "stderr", "input_filename"]
        {
            let said = check(filter, &[]).expect_err(filter);
            assert!(said.starts_with("there is no "), "{filter}: {said}");
        }
    }
}
