//! What does cron have to read? A marked block in the crontab of the user; every other byte of it stays as it is.

use super::seal;
use super::{Job, Site};
use crate::error::{Error, Kind, Result};
use crate::model::Span;
use crate::model::schedule::When;

/// What begins a block; the project's name and the configuration follow.
const BEGIN: &str = "# heal: begin ";

/// What ends it.
const END: &str = "# heal: end";

/// What begins the line with the checksum.
const SUM: &str = "# heal-sum: ";

/// The crontab around the block of one configuration.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parted<'a> {
    pub(super) before: &'a str,
    pub(super) block: Option<&'a str>,
    pub(super) after: &'a str,
}

/// The block of this project.
///
/// # Errors
/// cron cannot start something that often, or at such intervals.
pub(super) fn block(site: &Site<'_>, jobs: &[(&Job, When)]) -> Result<String> {
    let begin = format!("{BEGIN}{} ({})\n", site.config.name, site.toml);
    let mut lines = String::new();
    for (job, when) in jobs {
        let words: Vec<String> = site.command(job).iter().map(|word| quoted(word)).collect();
        for time in times(job, when)? {
            lines.push_str(&format!("{time} {}\n", words.join(" ")));
        }
    }
    let body = format!("{lines}{END}\n");
    Ok(format!("{begin}{SUM}{}\n{body}", seal::short(&format!("{begin}{body}"))))
}

/// Is it as heal wrote it?
pub(super) fn is_whole(block: &str) -> bool {
    let Some(line) = block.lines().find(|line| line.starts_with(SUM)) else { return false };
    let rest = block.replacen(&format!("{line}\n"), "", 1);
    line.strip_prefix(SUM) == Some(&seal::short(&rest))
}

/// Finds the block that was written for this configuration.
///
/// # Errors
/// A block has no end, or there are two: where heal's lines end is then not known.
pub(super) fn part<'a>(crontab: &'a str, toml: &str) -> std::result::Result<Parted<'a>, String> {
    let mine = format!(" ({toml})");
    let (mut at, mut open, mut found) = (0, None, None);
    for line in crontab.split_inclusive('\n') {
        let (start, text) = (at, line.trim_end_matches('\n'));
        at += line.len();
        if text.starts_with(BEGIN) {
            if open.is_some() {
                return Err("a block that heal began has no end in your crontab".to_owned());
            }
            open = Some((start, text.ends_with(&mine)));
        } else if text == END
            && let Some((from, is_mine)) = open.take()
            && is_mine
            && found.replace((from, at)).is_some()
        {
            return Err(format!("there are two blocks for {toml} in your crontab"));
        }
    }
    if open.is_some() {
        return Err("a block that heal began has no end in your crontab".to_owned());
    }
    Ok(match found {
        Some((from, to)) => Parted { before: &crontab[..from], block: Some(&crontab[from..to]), after: &crontab[to..] },
        None => Parted { before: crontab, block: None, after: "" },
    })
}

/// The crontab with this block in the place of the old one, or at its end; without one, when there is none.
pub(super) fn with(parted: &Parted<'_>, block: &str) -> String {
    let gap = if parted.before.is_empty() || parted.before.ends_with('\n') { "" } else { "\n" };
    format!("{}{gap}{block}{}", parted.before, parted.after)
}

/// The first five fields, for each line that it takes.
fn times(job: &Job, when: &When) -> Result<Vec<String>> {
    let span = match when {
        When::At(times) => {
            return Ok(times.iter().map(|time| format!("{} {} * * *", time.minute, time.hour)).collect());
        }
        When::Every(span) => *span,
    };
    if span < Span::secs(60) {
        return Err(super::too_often("cron", "a minute", job, span));
    }
    let minutes = span.millis() / 60_000;
    let whole = span.millis() % 60_000 == 0;
    Ok(vec![match minutes {
        1 if whole => "* * * * *".to_owned(),
        minutes if whole && minutes < 60 && 60 % minutes == 0 => format!("*/{minutes} * * * *"),
        60 if whole => "0 * * * *".to_owned(),
        minutes if whole && minutes % 60 == 0 && minutes < 1_440 && 1_440 % minutes == 0 => {
            format!("0 */{} * * *", minutes / 60)
        }
        1_440 if whole => "0 0 * * *".to_owned(),
        _ => {
            let message = format!(
                "cron cannot start something every {span}: its hours begin anew, and {span} does not fit into one"
            );
            let hint = "set a time that does, such as \"1m\", \"5m\", \"10m\" or \"1h\", or take a timer: `heal install --systemd`";
            return Err(Error::new(Kind::Refused, message).hint(hint));
        }
    }])
}

/// One word for the shell that cron starts, in which `%` is no end of a line (crontab(5)).
fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=,".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''").replace('%', "\\%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Job = Job { name: "heal", words: &["heal", "--quiet"] };

    #[test]
    fn intervals_that_cron_can_keep_and_those_that_it_cannot() {
        let every = |text: &str| times(&JOB, &When::Every(text.parse().expect("a span")));
        for (span, fields) in [
            ("1m", "* * * * *"),
            ("5m", "*/5 * * * *"),
            ("30m", "*/30 * * * *"),
            ("1h", "0 * * * *"),
            ("6h", "0 */6 * * *"),
            ("1day", "0 0 * * *"),
        ] {
            assert_eq!(every(span).expect(span), [fields]);
        }
        for span in ["30s", "59s", "90s", "7m", "45m", "90m", "5h", "25h"] {
            assert_eq!(every(span).expect_err(span).kind, Kind::Refused, "{span}");
        }
        let at = When::At(vec!["06:00".parse().expect("a time"), "18:30".parse().expect("a time")]);
        assert_eq!(times(&JOB, &at).expect("right"), ["0 6 * * *", "30 18 * * *"]);
    }

    #[test]
    fn words_survive_cron_and_the_shell() {
        for (word, written) in [
            ("/usr/bin/heal", "/usr/bin/heal"),
            ("/a b/heal.toml", "'/a b/heal.toml'"),
            ("/50%/it's", "'/50\\%/it'\\''s'"),
            ("$(x)`y`", "'$(x)`y`'"),
        ] {
            assert_eq!(quoted(word), written);
        }
    }

    #[test]
    fn only_the_block_of_this_configuration_is_taken_out() {
        let other = "# heal: begin b (/b/heal.toml)\nx\n# heal: end\n";
        let mine = "# heal: begin a (/a/heal.toml)\ny\n# heal: end\n";
        let text = format!("MAILTO=\"\"\n{other}{mine}0 0 * * * z");
        let parted = part(&text, "/a/heal.toml").expect("parted");
        assert_eq!(parted.block, Some(mine));
        assert_eq!(with(&parted, ""), format!("MAILTO=\"\"\n{other}0 0 * * * z"));
        assert_eq!(with(&parted, mine), text);
        // A path that another one ends with is not the same.
        assert_eq!(part(&text, "heal.toml").expect("parted").block, None);
        for broken in [&mine[..40], &format!("{mine}{mine}"), &format!("# heal: begin q (/q)\n{mine}")] {
            assert!(part(broken, "/a/heal.toml").is_err(), "{broken}");
        }
        let none = part("a", "/a/heal.toml").expect("parted");
        assert_eq!(with(&none, mine), format!("a\n{mine}"));
    }
}
