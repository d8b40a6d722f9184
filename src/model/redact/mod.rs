//! Could this text give a secret away? Masks the values of secret-looking names before a text becomes evidence.
//! It never tries to understand the text: masking too much is right, masking too little is a leak.

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
    let mut hide_next = false;
    for arg in args {
        let arg = arg.as_ref();
        let masked = if hide_next && !arg.starts_with('-') { MASK.to_owned() } else { word(arg) };
        hide_next = arg.starts_with('-') && !arg.contains('=') && is_secret_name(arg);
        shown.push(masked);
    }
    shown
}

/// A line of free text: each word that looks like a secret is masked, and what follows a word that names one.
#[must_use]
pub fn line(text: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut state = Expect::Nothing;
    for text in text.split(' ') {
        let bare = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let scheme = ["bearer", "basic"].iter().any(|scheme| bare.eq_ignore_ascii_case(scheme));
        let (masked, next) = match state {
            _ if text.is_empty() => (false, state),
            Expect::Secret => (true, if scheme { Expect::Secret } else { open_quote(text, text) }),
            Expect::Quoted(quote) => (true, if text.contains(quote) { Expect::Nothing } else { state }),
            // `password = x`
            Expect::Equals if matches!(text, "=" | ":" | "=>" | ":=" | "->") => (false, Expect::Secret),
            // `passwd is x`
            Expect::Equals if bare.eq_ignore_ascii_case("is") => (false, Expect::Secret),
            // `--password x`; what follows may be another option.
            Expect::Value if !text.starts_with('-') => (true, open_quote(text, text)),
            _ if bare.eq_ignore_ascii_case("bearer") => (false, Expect::Secret),
            _ if (text.ends_with([':', '=']) || text.ends_with("=>")) && is_secret_name(text) => {
                (false, Expect::Secret)
            }
            _ if text.starts_with('-') && !text.contains('=') && is_secret_name(text) => (false, Expect::Value),
            _ => match text.split_once(['=', ':']) {
                Some((name, value)) if is_secret_name(name) => (false, open_quote(value, value)),
                _ if is_secret_name(text) => (false, Expect::Equals),
                _ => (false, Expect::Nothing),
            },
        };
        state = next;
        shown.push(if masked { MASK.to_owned() } else { word(text) });
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
    if let Some((name, value)) = text.split_once(['=', ':'])
        && is_secret_name(name)
        && !value.is_empty()
        && !value.starts_with("//")
    {
        let separator = &text[name.len()..=name.len()];
        return format!("{name}{separator}{MASK}");
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
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_stays() {
        let table = [
            (&["app", "--token=abc", "-v"][..], "app --token=*** -v"),
            (&["app", "--password", "hunter2", "run"], "app --password *** run"),
            (&["app", "--token", "--verbose"], "app --token --verbose"),
            (&["curl", "https://u:p@host/x?y=1"], "curl https://***@host/x?***"),
            (&["curl", "https://host/x?key=1"], "curl https://host/x?***"),
            (
                &["curl", "https://api/bot123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/send"],
                "curl https://api/bot***/send",
            ),
            (&["python3", "telegram_bridge.py", "--port", "80"], "python3 telegram_bridge.py --port 80"),
        ];
        for (args, shown) in table {
            assert_eq!(command_line(args), shown);
        }
        assert_eq!(line("Authorization: Bearer abc.def token=x ok"), "Authorization: *** *** token=*** ok");
        for (text, shown) in [
            ("password = hunter2 ok", "password = *** ok"),
            ("password: \"two words\" ok", "password: *** *** ok"),
            ("api_key=\"two words\" ok", "api_key=*** *** ok"),
            ("{\"token\": \"abc\", \"n\": 1}", "{\"token\": *** \"n\": 1}"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: *** ***"),
            ("'Authorization': 'Bearer abc.def'}", "'Authorization': *** ***"),
            ("curl -H \"Bearer abc\"", "curl -H \"Bearer ***"),
            ("key sk-abcdefghijklmnop123, next", "key ***, next"),
            ("the task-runner-is-a-long-word stays", "the task-runner-is-a-long-word stays"),
            ("wrong password for ann", "wrong password for ann"),
            ("token=  spaced", "token=  ***"),
            ("run --password hunter2 -v", "run --password *** -v"),
            ("run --token --verbose now", "run --token --verbose now"),
            ("passwd is hunter2 today", "passwd is *** today"),
            ("api_key => hunter2", "api_key => ***"),
            ("'api_key'=> 'hunter2'", "'api_key'=*** ***"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl, next", "jwt ***, next"),
            ("id:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "id:***"),
            ("the eyJ prefix, heyJude.mp3.and.what.follows", "the eyJ prefix, heyJude.mp3.and.what.follows"),
        ] {
            assert_eq!(line(text), shown, "{text}");
        }
        let key = ["a", "-----BEGIN RSA PRIVATE KEY-----", "MIIE", "-----END RSA PRIVATE KEY-----", "b"];
        assert_eq!(lines(&key), ["a", "***", "***", "-----END RSA PRIVATE KEY-----", "b"]);
        let wide = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA";
        let tail = ["a", wide, "kq3=", "-----END PRIVATE KEY-----", "b c"];
        assert_eq!(lines(&tail), ["***", "***", "***", "-----END PRIVATE KEY-----", "b c"], "it began before");
        assert_eq!(lines(&["a b", wide, wide, "kq3=", "a b"]), ["a b", "***", "***", "***", "a b"], "its middle");
        let rule = "=".repeat(60);
        assert_eq!(lines(&["done", &rule, "short"]), ["done", &rule, "short"]);
        assert_eq!(line("listening on 127.0.0.1:80"), "listening on 127.0.0.1:80");
    }
}
