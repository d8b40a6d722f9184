//! Is this address itself the secret? Whoever has that of an incoming web hook may speak in its name.

use super::MASK;

/// What stands before the secret, wherever it is seen.
const ALWAYS: [&str; 4] = ["hooks.slack.com/", "api.telegram.org/bot", "hc-ping.com/", "webhook.office.com/"];

/// What stands before it inside of an address, if what follows is long enough for one (Discord, Mattermost, Teams and others);
/// elsewhere it is a folder.
const IN_ADDRESS: [&str; 4] = ["/webhooks/", "/webhook/", "/webhookb2/", "/hooks/"];

/// The least that such a secret is long: Mattermost's has 26 characters, all others more.
const LONG: usize = 20;

/// The word with the secret of a web hook masked, if it holds one.
pub(super) fn hook(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let behind = |mark: &&str| lower.find(*mark).map(|at| at + mark.len());
    let in_address = || {
        let address = lower.find("://")?;
        IN_ADDRESS.iter().filter_map(behind).find(|at| *at > address && length(&text[*at..]) >= LONG)
    };
    let at = ALWAYS.iter().find_map(behind).or_else(in_address)?;
    let secret = length(&text[at..]);
    // Of Telegram only the token is one; what is asked of the bot stands behind it.
    let secret = if lower[..at].ends_with("/bot") { text[at..at + secret].find('/').unwrap_or(secret) } else { secret };
    if secret == 0 {
        return None;
    }
    Some(format!("{}{MASK}{}", super::word(&text[..at]), super::word(&text[at + secret..])))
}

/// How far an address goes on.
fn length(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || "\"'`<>(){}[],;|\\".contains(c)).unwrap_or(text.len())
}
