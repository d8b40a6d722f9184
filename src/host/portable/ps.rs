//! What does a line of `ps` say? Reads the columns that Linux's, macOS's and the BSDs' `ps` share, strictly.
//! `ps` cannot quote: words of a command line are told apart by spaces alone, and what looks like a row may be a part of one.

use chrono::NaiveDateTime;

/// The columns of a close look, in the order of [`Line`]. Each needs an `-o` of its own: BSD's takes all behind the first
/// `=` for that column's title.
pub(super) const COLUMNS: [&str; 7] = ["pid=", "ppid=", "uid=", "state=", "lstart=", "etime=", "args="];

/// One process, as a line of [`COLUMNS`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) pid: i32,
    pub(super) parent: i32,
    pub(super) uid: u32,
    pub(super) state: char,
    /// Seconds since 1970.
    pub(super) start: u64,
    pub(super) age_ms: i64,
    pub(super) args: Vec<String>,
}

/// The line about one process. What follows it is the rest of a command line with line breaks in it.
pub(super) fn line(text: &str, pid: i32) -> Option<Line> {
    let mut words = Words(text);
    let found = Line {
        pid: words.number()?,
        parent: words.number()?,
        uid: words.number()?,
        state: words.next()?.chars().next()?,
        start: words.start()?,
        age_ms: elapsed(words.next()?)?,
        args: words.rest(),
    };
    (found.pid == pid).then_some(found)
}

/// A line `pid ppid lstart`: no column in it can hold what a process chose.
pub(super) fn kin(text: &str) -> Option<(i32, i32, u64)> {
    let mut words = Words(text);
    let kin = (words.number()?, words.number()?, words.start()?);
    words.next().is_none().then_some(kin)
}

/// Lines `pid state args`: the pid, and where the words of its command line stand in `bytes`, each ended by a NUL. A process
/// can forge a row by a line break in its arguments, where `ps` does not mask it: a row is a candidate, not a proof, and is
/// looked at by its pid before it counts. Zombies and what has no command line are left out.
pub(super) fn rows(text: &str, bytes: &mut Vec<u8>) -> Vec<(i32, std::ops::Range<usize>)> {
    let mut rows: Vec<(i32, std::ops::Range<usize>)> = Vec::new();
    for text in text.lines() {
        let mut words = Words(text);
        let head = words.number().zip(words.next());
        let Some((pid, state)) = head.filter(|(_, state)| state.starts_with(|c: char| c.is_ascii_alphabetic())) else {
            // The rest of a command line with a line break in it.
            if let Some((_, row)) = rows.last_mut() {
                text.split_ascii_whitespace().for_each(|word| push(bytes, word));
                row.end = bytes.len();
            }
            continue;
        };
        let start = bytes.len();
        if !state.starts_with(['Z', 'X']) {
            words.rest().iter().for_each(|word| push(bytes, word));
        }
        rows.push((pid, start..bytes.len()));
    }
    rows.retain(|(_, row)| !row.is_empty());
    rows
}

fn push(bytes: &mut Vec<u8>, word: &str) {
    bytes.extend_from_slice(word.as_bytes());
    bytes.push(0);
}

/// Milliseconds in `[[days-]hours:]minutes:seconds[.hundredths]`: `ps` writes what has elapsed, and CPU time, like this.
pub(super) fn elapsed(text: &str) -> Option<i64> {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (days.parse::<i64>().ok()?, clock),
        None => (0, text),
    };
    let (whole, hundredths) = clock.split_once('.').unwrap_or((clock, "0"));
    let hundredths: u32 = hundredths.parse().ok()?;
    let parts = whole.split(':').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<u32>>>()?;
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let seconds = parts.iter().try_fold(0i64, |sum, part| sum.checked_mul(60)?.checked_add(i64::from(*part)))?;
    days.checked_mul(86_400)?.checked_add(seconds)?.checked_mul(1_000)?.checked_add(i64::from(hundredths) * 10)
}

/// The words of a line, one after the other.
pub(super) struct Words<'a>(pub(super) &'a str);

impl<'a> Words<'a> {
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let end = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    pub(super) fn number<N: std::str::FromStr>(&mut self) -> Option<N> {
        self.next()?.parse().ok()
    }

    /// `Sun Nov 22 06:04:13 2026`, in UTC.
    fn start(&mut self) -> Option<u64> {
        let words = [self.next()?, self.next()?, self.next()?, self.next()?, self.next()?];
        let at = NaiveDateTime::parse_from_str(&words.join(" "), "%a %b %e %H:%M:%S %Y").ok()?;
        u64::try_from(at.and_utc().timestamp()).ok()
    }

    fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0).split_ascii_whitespace().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_strictly() {
        let text =
            "  501     1     0 Ss+  Sun Nov  1 06:04:13 2026 1-02:03:04 /usr/bin/python3  bot.py --x\nsecond line\n";
        let found = line(text, 501).expect("a line");
        assert_eq!((found.pid, found.parent, found.uid, found.state), (501, 1, 0, 'S'));
        assert_eq!((found.start, found.age_ms), (1_793_513_053, ((26 * 60 + 3) * 60 + 4) * 1_000));
        assert_eq!(found.args, ["/usr/bin/python3", "bot.py", "--x", "second", "line"]);
        for wrong in [
            "",
            "501",
            "502 1 0 S Sun Nov  1 06:04:13 2026 00:01 sh", // another process
            "501 1 root S Sun Nov  1 06:04:13 2026 00:01 sh", // no number
            "501 1 0 S Son Nov  1 06:04:13 2026 00:01 sh", // not English
            "501 1 0 S Sun Nov 31 06:04:13 2026 00:01 sh", // no such day
            "501 1 0 S Sun Nov  1 06:04:13 2026 1 sh",     // no time
        ] {
            assert_eq!(line(wrong, 501), None, "{wrong}");
        }
        assert_eq!(kin(" 7 1 Sun Nov 22 06:04:13 2026"), Some((7, 1, 1_795_327_453)));
        assert_eq!(kin(" 7 1 Sun Nov 22 06:04:13 2026 more"), None);
    }

    #[test]
    fn times_are_read_in_every_form() {
        for (text, millis) in [
            ("00:01", Some(1_000)),
            ("0:00.12", Some(120)),
            ("01:02:03", Some(3_723_000)),
            ("12-00:00:01", Some(1_036_801_000)),
            ("-", None),
            ("1", None),
            ("-1:00", None),
            ("99999999999999999-00:00:00", None),
            ("0:00.9223372036854775807", None),
            ("0:00.-5", None),
        ] {
            assert_eq!(elapsed(text), millis, "{text}");
        }
    }

    #[test]
    fn a_line_break_in_a_command_line_ends_no_row_and_hides_nobody() {
        let mut bytes = Vec::new();
        let text = "1 Ss /sbin/init\n20 S python3 -c import x\nprint(1)\n30 Z [sh] <defunct>\n40 S\n50 R+ sleep 5\n";
        let rows = rows(text, &mut bytes);
        let words = |row: &std::ops::Range<usize>| String::from_utf8_lossy(&bytes[row.clone()]).replace('\0', "|");
        let rows: Vec<(i32, String)> = rows.iter().map(|(pid, row)| (*pid, words(row))).collect();
        let expected = [(1, "/sbin/init|"), (20, "python3|-c|import|x|print(1)|"), (50, "sleep|5|")]
            .map(|(pid, line)| (pid, line.to_owned()));
        assert_eq!(rows, expected);
    }
}
