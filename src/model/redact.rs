//! Could this text give a secret away? Masks the values of secret-looking names before a text becomes evidence.
//! It never tries to understand the text: masking too much is right, masking too little is a leak.

/// Parts of a name whose value is nobody's business (FAULTS §4.27).
const NAMES: [&str; 8] = ["token", "passw", "secret", "apikey", "api_key", "api-key", "auth", "cookie"];

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Does this name look like that of a secret?
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    NAMES.iter().any(|part| lower.contains(part))
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

/// A line of free text: each word that looks like a secret is masked.
#[must_use]
pub fn line(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut shown: Vec<String> = Vec::with_capacity(words.len());
    for (at, text) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
        let names_it = before.ends_with([':', '=']) && is_secret_name(before) || before.eq_ignore_ascii_case("bearer");
        shown.push(if names_it && !text.is_empty() { MASK.to_owned() } else { word(text) });
    }
    shown.join(" ")
}

fn word(text: &str) -> String {
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
        if let Some(at) = rest[..end].rfind('@') {
            return format!("{scheme}://{MASK}{}", word(&rest[at..]));
        }
        if let Some((path, _)) = rest.split_once('?') {
            // A query is where tokens travel; its names alone would help nobody.
            return format!("{scheme}://{}?{MASK}", bot_token(path));
        }
    }
    bot_token(text)
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
    text.to_owned()
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
            (&["curl", "https://u:p@host/x?y=1"], "curl https://***@host/x?y=1"),
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
        assert_eq!(line("listening on 127.0.0.1:80"), "listening on 127.0.0.1:80");
    }
}
