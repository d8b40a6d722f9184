//! Could this text give a secret away? Masks the values of secret-looking names before a text becomes evidence.
//! It never tries to understand the text: masking too much is right, masking too little is a leak.

mod programs;
mod web;

use programs::{Program, Said};

/// Parts of a name whose value is nobody's business (FAULTS §4.27).
const NAMES: [&str; 8] = ["token", "passw", "secret", "apikey", "api_key", "api-key", "auth", "cookie"];

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Does this name look like that of a secret?
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.as_bytes();
    NAMES.iter().any(|part| name.windows(part.len()).any(|here| here.eq_ignore_ascii_case(part.as_bytes())))
}

/// A command line for a person to read: `--token=x`, `--token x`, `user:password@host` and bot tokens are masked.
#[must_use]
pub fn command_line<S: AsRef<str>>(args: &[S]) -> String {
    self::args(args).join(" ")
}

/// As [`command_line`], word by word.
#[must_use]
pub fn args<S: AsRef<str>>(args: &[S]) -> Vec<String> {
    let mut shown = Vec::with_capacity(args.len());
    let mut program = Program::default();
    let (mut hide_next, mut after_password) = (false, false);
    for arg in args {
        let arg = arg.as_ref();
        let said = program.says(arg);
        let value = hide_next && !arg.starts_with('-') || after_password && is_password(arg);
        let masked = match &said {
            Said::Secret => MASK.to_owned(),
            _ if value => MASK.to_owned(),
            Said::Option(option) => format!("{option}{MASK}"),
            Said::Nothing => word(arg),
        };
        hide_next = arg.starts_with('-') && !arg.contains('=') && is_secret_name(arg);
        after_password = names_password(arg);
        shown.push(masked);
    }
    shown
}

/// A line of free text: each word that looks like a secret is masked, and what follows a word that names one.
#[must_use]
pub fn line(text: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut state = Expect::Nothing;
    let mut program = Program::default();
    for text in text.split(' ') {
        let said = if text.is_empty() { Said::Nothing } else { program.says(text) };
        let bare = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let scheme = ["bearer", "basic"].iter().any(|scheme| bare.eq_ignore_ascii_case(scheme));
        let (masked, next) = match state {
            _ if text.is_empty() => (false, state),
            _ if matches!(said, Said::Secret) => (true, open_quote(text, text)),
            Expect::Secret => (true, if scheme { Expect::Secret } else { open_quote(text, text) }),
            Expect::Quoted(quote) => (true, if text.contains(quote) { Expect::Nothing } else { state }),
            // `password = x`
            Expect::Equals | Expect::Password if matches!(text, "=" | ":" | "=>" | ":=" | "->") => {
                (false, Expect::Secret)
            }
            // `passwd is x`
            Expect::Equals | Expect::Password if bare.eq_ignore_ascii_case("is") => (false, Expect::Secret),
            // `password x`, but not `password for x`.
            Expect::Password if is_password(text) => (true, open_quote(text, text)),
            Expect::Basic if programs::is_credentials(bare) => (true, Expect::Nothing),
            // `--password x`; what follows may be another option.
            Expect::Value if !text.starts_with('-') => (true, open_quote(text, text)),
            _ if bare.eq_ignore_ascii_case("bearer") => (false, Expect::Secret),
            _ if bare.eq_ignore_ascii_case("basic") => (false, Expect::Basic),
            _ if (text.ends_with([':', '=']) || text.ends_with("=>")) && is_secret_name(text) => {
                (false, Expect::Secret)
            }
            _ if text.starts_with('-') && !text.contains('=') && is_secret_name(text) => (false, Expect::Value),
            _ => match secret_value(text) {
                Some(at) => (false, open_quote(&text[at..], &text[at..])),
                _ if names_password(text) => (false, Expect::Password),
                _ if is_secret_name(text) => (false, Expect::Equals),
                _ => (false, Expect::Nothing),
            },
        };
        state = next;
        shown.push(match said {
            _ if masked => MASK.to_owned(),
            Said::Option(option) => format!("{option}{MASK}"),
            _ => word(text),
        });
    }
    shown.join(" ")
}

/// Lines of free text, as [`line()`]; private keys, which take several of them, are masked as a whole, also when only their
/// end or their middle is among the lines.
#[must_use]
pub fn lines<S: AsRef<str>>(lines: &[S]) -> Vec<String> {
    let (mut inside, mut below) = (false, false);
    let mut shown: Vec<String> = Vec::with_capacity(lines.len());
    for text in lines.iter().map(AsRef::as_ref) {
        let key = text.contains("PRIVATE KEY");
        let begins = key && text.contains("-----BEGIN ");
        if key && text.contains("-----END ") && !inside && !begins {
            // Where it began was cut off: all that is above may be the key.
            shown.iter_mut().for_each(|line| MASK.clone_into(line));
        }
        inside = (inside || begins) && !text.contains("-----END ");
        // A key without its frame; its last line is shorter.
        below = is_base64(text, if below { 1 } else { WIDE });
        shown.push(if inside || begins || below { MASK.to_owned() } else { line(text) });
    }
    shown
}

/// A line of this many characters and more that is nothing but base64 is a key or a piece of one.
const WIDE: usize = 40;

/// Is the line nothing but base64, at least so long?
fn is_base64(text: &str, least: usize) -> bool {
    let text = text.trim();
    let body = text.trim_end_matches('=');
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    text.len() >= least && !body.is_empty() && body.bytes().all(fits)
}

/// What the next word of a line may be.
#[derive(Clone, Copy)]
enum Expect {
    Nothing,
    /// `=` or `:`, after a word that names a secret.
    Equals,
    /// The same, or the password itself.
    Password,
    /// Name and password in base64, after `basic`.
    Basic,
    Secret,
    /// A secret, unless it is the next option, after an option that names one.
    Value,
    /// The rest of a secret in quotes.
    Quoted(char),
}

/// Does a value begin a quotation that does not end in the same word?
fn open_quote(value: &str, text: &str) -> Expect {
    let opening = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    opening.filter(|quote| text.matches(*quote).count() < 2).map_or(Expect::Nothing, Expect::Quoted)
}

fn word(text: &str) -> String {
    // Nearly every word: too short for a key that is told by its shape, and without a sign behind which a value could stand.
    if text.len() < KEY && !text.bytes().any(|byte| matches!(byte, b'=' | b':')) {
        return text.to_owned();
    }
    if let Some(at) = secret_value(text).filter(|at| *at < text.len()) {
        return format!("{}{MASK}", word(&text[..at]));
    }
    if let Some(masked) = web::hook(text) {
        return masked;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (user, place) = rest[..end].rfind('@').map_or(("", rest), |at| (MASK, &rest[at..]));
        // A query is where tokens travel; its names alone would help nobody.
        let (path, query) =
            place.split_once('?').map_or((place, String::new()), |(path, _)| (path, format!("?{MASK}")));
        return format!("{scheme}://{user}{}{query}", bot_token(path));
    }
    bot_token(text)
}

/// Where in a word the value of a secret begins: behind the first `=` or `:` before which a name of one stands. A word may be a
/// whole object, `{"n":1,"token":"x"}`, or the query of an address.
fn secret_value(text: &str) -> Option<usize> {
    let separators = text.match_indices(['=', ':']);
    let mut first = true;
    for (at, _) in separators {
        let start = text[..at].rfind([',', '{', '&', ';']).map_or(0, |start| start + 1);
        let name = &text[start..at];
        let is_path = !std::mem::take(&mut first) && name.contains('/');
        if is_secret_name(name) && !is_path && !text[at + 1..].starts_with("//") {
            return Some(at + 1);
        }
    }
    None
}

/// Words behind which a password may stand without any sign.
const PASSWORD: [&str; 4] = ["password", "passwd", "passphrase", "passcode"];

/// Words that follow those in a sentence, and are none.
const SENTENCE: [&str; 66] = [
    "a",
    "after",
    "again",
    "ageing",
    "aging",
    "an",
    "and",
    "are",
    "as",
    "at",
    "attempt",
    "attempts",
    "auth",
    "authentication",
    "based",
    "because",
    "but",
    "by",
    "can",
    "cannot",
    "change",
    "changed",
    "check",
    "does",
    "entry",
    "error",
    "expired",
    "expires",
    "failed",
    "failure",
    "field",
    "file",
    "for",
    "from",
    "given",
    "has",
    "hash",
    "hashes",
    "hashing",
    "if",
    "in",
    "incorrect",
    "invalid",
    "is",
    "login",
    "may",
    "mismatch",
    "missing",
    "must",
    "needed",
    "not",
    "of",
    "on",
    "or",
    "prompt",
    "rejected",
    "required",
    "reset",
    "set",
    "should",
    "the",
    "to",
    "too",
    "was",
    "will",
    "with",
];

fn names_password(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    PASSWORD.iter().any(|name| bare.eq_ignore_ascii_case(name))
}

/// Can this be the password that a word before it announced? A sentence that goes on is none; in doubt it is one.
fn is_password(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let goes_on = SENTENCE.iter().any(|word| bare.eq_ignore_ascii_case(word));
    !(bare.is_empty() || goes_on || text.starts_with(['-', '(', '[']))
}

/// How well-known keys begin: whoever sees one in a log knows what it opens.
const PREFIXES: [&str; 9] = ["sk-", "sk_live_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA"];

/// The least that such a key is long, its beginning included.
const KEY: usize = 16;

/// A key that is told by how it begins, wherever it stands in the word.
fn known_key(text: &str) -> String {
    // Nearly every word is shorter than the shortest key.
    if text.len() < KEY {
        return text.to_owned();
    }
    for prefix in PREFIXES {
        let Some(at) = text.find(prefix) else { continue };
        let boundary = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let secret = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let length = text[at..].bytes().take_while(secret).count();
        if boundary && length >= KEY {
            return format!("{}{MASK}{}", &text[..at], &text[at + length..]);
        }
    }
    json_web_token(text)
}

/// A JSON web token, `eyJ….….…`, wherever it stands in the word: base64 of `{"`, a dot, and more.
fn json_web_token(text: &str) -> String {
    for (at, _) in text.match_indices("eyJ") {
        let boundary = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let length = text[at..].bytes().take_while(part).count();
        if boundary && length >= KEY && text[at..at + length].contains('.') {
            return format!("{}{MASK}{}", &text[..at], json_web_token(&text[at + length..]));
        }
    }
    text.to_owned()
}

/// A Telegram bot token, `digits:35 characters`, wherever it stands in the word.
fn bot_token(text: &str) -> String {
    for (colon, _) in text.match_indices(':') {
        let digits = text[..colon].bytes().rev().take_while(u8::is_ascii_digit).count();
        let secret = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let tail = text[colon + 1..].bytes().take_while(secret).count();
        if digits >= 6 && tail >= 30 {
            return format!("{}{MASK}{}", &text[..colon - digits], bot_token(&text[colon + 1 + tail..]));
        }
    }
    known_key(text)
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
