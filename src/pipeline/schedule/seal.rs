//! Did heal write this, for which `heal.toml`, and is it still what heal wrote? Two lines of comment in each file: whom it is
//! for, and a checksum over everything else. What carries no such lines is somebody else's, and never touched.

use crate::model::digest::sha256;

/// What begins the line that names the configuration.
const FOR: &str = "heal-for: ";

/// What begins the line with the checksum.
const SUM: &str = "heal-sum: ";

/// How the file writes a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comment {
    /// `# …`
    Hash,
    /// `<!-- … -->`
    Xml,
}

impl Comment {
    fn line(self, text: &str) -> String {
        match self {
            Self::Hash => format!("# {text}\n"),
            // Two hyphens would end the comment.
            Self::Xml => format!("<!-- {} -->\n", text.replace("--", "-&#45;")),
        }
    }

    fn text(line: &str) -> Option<String> {
        let xml = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let xml = xml.map(|text| text.replace("-&#45;", "--"));
        xml.or_else(|| line.strip_prefix("# ").map(str::to_owned))
    }
}

/// What the two lines of a text say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// What it starts: `schedule heal`, or `service app`.
    pub(super) what: String,
    /// The `heal.toml` that it was written for.
    pub(super) config: String,
    /// Nobody changed it since.
    pub(super) whole: bool,
}

/// The text with its two lines, put behind `head`.
pub(super) fn seal(comment: Comment, (what, config): (&str, &str), head: &str, body: &str) -> String {
    let named = comment.line(&format!("{FOR}{what} of {config}"));
    let sum = comment.line(&format!("{SUM}{}", sha256(format!("{head}{named}{body}").as_bytes())));
    format!("{head}{named}{sum}{body}")
}

/// Reads the two lines, if there are any.
pub(super) fn read(text: &str) -> Option<Seal> {
    let find =
        |mark: &str| text.lines().find_map(|line| Some((line, Comment::text(line)?.strip_prefix(mark)?.to_owned())));
    let ((_, named), (line, sum)) = (find(FOR)?, find(SUM)?);
    let (what, config) = named.split_once(" of ").map(|(what, config)| (what.to_owned(), config.to_owned()))?;
    let rest = text.replacen(&format!("{line}\n"), "", 1);
    Some(Seal { what, config, whole: sha256(rest.as_bytes()) == sum })
}

/// The first eight digits of a checksum: what tells two projects of one name apart.
pub(super) fn short(text: &str) -> String {
    sha256(text.as_bytes())[..8].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_known_again_and_every_change_shows() {
        for comment in [Comment::Hash, Comment::Xml] {
            for config in ["/srv/bot/heal.toml", "/srv/a--b---c/heal.toml", "/srv/ü -/heal.toml"] {
                let text = seal(comment, ("schedule heal", config), "<head>\n", "one\ntwo\n");
                let (what, config) = ("schedule heal".to_owned(), config.to_owned());
                assert_eq!(read(&text), Some(Seal { what, config, whole: true }), "{text}");
                if comment == Comment::Xml {
                    let inside = |line: &str| line["<!--".len()..line.len() - "-->".len()].to_owned();
                    let mut comments = text.lines().filter(|line| line.starts_with("<!--")).map(inside);
                    assert!(comments.all(|comment| !comment.contains("--")), "{text}");
                }
                for (from, to) in [("two", "2"), ("<head>\n", ""), ("two\n", "two"), ("one\n", "one\n\n")] {
                    let edited = text.replacen(from, to, 1);
                    assert_eq!(read(&edited).map(|seal| seal.whole), Some(false), "{edited}");
                }
            }
        }
        for text in ["", "[Unit]\n", "# heal-for: /x\n", "heal-for: /x\nheal-sum: 1\n"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
