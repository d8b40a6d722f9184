//! What does a monitoring system read? One line, its figures, and the long text behind it, by the rules of the monitoring
//! plugins (<https://www.monitoring-plugins.org/doc/guidelines.html>): nothing from outside can end a line or begin figures.

use std::fmt::Write as _;

use super::{level, outcome, sanitize};
use crate::model::report::{Level, Report, Subject};
use crate::model::{Figure, Limit, Unit};

/// The first line is all that many systems keep; old ones cut it here, figures included.
const LINE: usize = 1_024;

/// The text of the first line: what is left of it belongs to the figures.
const HEADLINE: usize = 480;

/// What a plugin may print in all; Nagios reads no more (MAX_PLUGIN_OUTPUT_LENGTH).
const WHOLE: usize = 8_192;

/// What a plugin says beside its code.
#[derive(Clone, Debug, Default)]
pub struct Plugin {
    /// The first line, without state and figures.
    pub headline: String,
    /// What graphs are drawn from: label and figure. Totals first.
    pub figures: Vec<(String, Figure)>,
}

/// The page of an answer with this plugin code; `long` is what a person would read.
#[must_use]
pub fn page(code: u8, plugin: &Plugin, long: &str) -> String {
    let state = match code {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let mut first = format!("HEAL {state}: {}", cut(&plain(&plugin.headline), HEADLINE));
    let mut figures = plugin.figures.iter().map(|(label, figure)| perfdata(label, figure)).peekable();
    let mut separator = " | ";
    while let Some(figure) = figures.next_if(|next| first.len() + separator.len() + next.len() < LINE) {
        first.push_str(separator);
        first.push_str(&figure);
        separator = " ";
    }
    // What did not fit stands on the last line, behind a bar of its own: wherever one looks for it.
    let rest: Vec<String> = figures.collect();
    let (mut more, mut left_out) = (String::new(), 0);
    for figure in &rest {
        if first.len() + more.len() + figure.len() < WHOLE * 3 / 4 {
            let _ = write!(more, " {figure}");
        } else {
            left_out += 1;
        }
    }
    if !rest.is_empty() {
        let note = if left_out == 0 { String::new() } else { format!(", {left_out} left out for their length") };
        more = format!("{} more figures{note} |{more}\n", rest.len() - left_out);
    }
    let mut page = first + "\n";
    for line in long.lines() {
        let line = plain(line);
        if page.len() + line.len() + more.len() + 8 > WHOLE {
            page.push_str("...\n");
            break;
        }
        page.push_str(&line);
        page.push('\n');
    }
    page + &more
}

/// heal itself failed: one line. It says nothing about any service.
#[must_use]
pub fn failure(why: &str) -> String {
    format!("HEAL UNKNOWN: {}\n", cut(&plain(why), LINE - 32))
}

/// The report of a look or a tick.
#[must_use]
pub fn report(report: &Report) -> Plugin {
    let all = report.subjects.iter().filter(|subject| subject.standing.level != Level::Disabled);
    let mut concerned: Vec<&Subject> =
        all.clone().filter(|subject| subject.standing.level != Level::Healthy || is_concern(subject)).collect();
    concerned.sort_by_key(|subject| std::cmp::Reverse((subject.act.is_some(), subject.standing.level)));
    let count = |wanted: Level| all.clone().filter(|subject| subject.standing.level == wanted).count();
    let totals = Totals {
        services: all.clone().count(),
        unhealthy: count(Level::Unhealthy),
        unknown: count(Level::Unknown),
        duration_ms: report.duration_ms,
    };
    let findings = all.flat_map(|subject| &subject.findings);
    let measured = findings.flat_map(|finding| {
        let label = move |figure: &Figure| (format!("{}_{}", finding.subject, figure.name), *figure);
        finding.figures.iter().map(label)
    });
    let mut figures = totals.figures();
    figures.extend(measured);
    Plugin { headline: totals.headline("healthy", concerned.into_iter().map(phrase)), figures }
}

/// What every plugin page counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    pub(super) services: usize,
    pub(super) unhealthy: usize,
    pub(super) unknown: usize,
    pub(super) duration_ms: u64,
}

impl Totals {
    /// `well` is what is said of those that are in no trouble.
    pub(super) fn headline(self, well: &str, concerns: impl Iterator<Item = String>) -> String {
        let concerns: Vec<String> = concerns.collect();
        match concerns.len() {
            0 if self.services == 0 => "nothing is declared to look at".to_owned(),
            0 => format!("{} {well}", self.services),
            _ => format!("{} ({} of {})", concerns.join("; "), concerns.len(), self.services),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of services, and milliseconds of a run of minutes")]
    pub(super) fn figures(self) -> Vec<(String, Figure)> {
        let figure = |name, value, unit| {
            let critical = (name == "unhealthy").then_some(Limit::Above(0.0));
            (String::from(name), Figure { name, value, unit, warn: None, critical })
        };
        vec![
            figure("services", self.services as f64, Unit::Count),
            figure("unhealthy", self.unhealthy as f64, Unit::Count),
            figure("unknown", self.unknown as f64, Unit::Count),
            figure("duration", self.duration_ms as f64 / 1_000.0, Unit::Seconds),
        ]
    }
}

/// Is there something to say of it, well as it may be?
const fn is_concern(subject: &Subject) -> bool {
    subject.act.is_some() || subject.paused.is_some() || subject.held.is_some()
}

/// One subject that is not simply well.
fn phrase(subject: &Subject) -> String {
    let standing = &subject.standing;
    let held = subject.held.as_ref().map(|(_, reason)| format!("held: {reason}"));
    let paused = subject.paused.as_ref().map(|paused| format!("paused {}", paused.words()));
    let why = paused.or(held).filter(|_| subject.act.is_none() && standing.level <= Level::LeftAlone);
    if let Some(why) = why {
        let ails = if standing.summary.is_empty() { String::new() } else { format!(": {}", standing.summary) };
        return format!("{} {}{ails}; {why}", subject.name, level(standing.level));
    }
    let state = match (&subject.act, standing.class) {
        (Some(act), _) => format!("{} by {}, was", outcome(act.outcome), act.rung),
        (None, Some(class)) if standing.level == Level::Unhealthy => format!("{class:?}").to_lowercase(),
        _ => level(standing.level).to_owned(),
    };
    format!("{} {state}: {}", subject.name, standing.summary)
}

/// `'label'=value[UOM];[warn];[crit];[min];[max]`, trailing semicolons left out.
fn perfdata(label: &str, figure: &Figure) -> String {
    let (uom, min, max) = match figure.unit {
        Unit::Seconds => ("s", "", ""),
        Unit::Bytes => ("B", "0", ""),
        Unit::Percent => ("%", "0", "100"),
        Unit::Count => ("", "", ""),
    };
    // The two characters that no label may hold; names of services and probes have neither.
    let label: String = label.chars().map(|c| if matches!(c, '=' | '\'' | '|') { '_' } else { c }).collect();
    let value = if figure.value.is_finite() { format!("{}{uom}", number(figure.value)) } else { "U".to_owned() };
    let range = |limit: Option<Limit>| limit.map_or_else(String::new, |limit| range(limit, figure.value));
    let whole = format!("'{}'={value};{};{};{min};{max}", plain(&label), range(figure.warn), range(figure.critical));
    whole.trim_end_matches(';').to_owned()
}

/// The range inside which all is well. `80` means 0 to 80, so what may be less than nothing needs `~:80`.
fn range(limit: Limit, value: f64) -> String {
    match limit {
        Limit::Below(least) => format!("{}:", number(least)),
        Limit::Above(most) if most < 0.0 || value < 0.0 => format!("~:{}", number(most)),
        Limit::Above(most) => number(most),
    }
}

/// Digits, at most one point and at most six places behind it: no exponent, no thousands.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// One line in which nothing is a bar: what stands behind a bar would be read as figures.
fn plain(text: &str) -> String {
    sanitize::line(text).replace('|', "\u{a6}")
}

/// At most so many bytes, whole characters.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= most - 3).last().unwrap_or(0);
    format!("{}...", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, unit: Unit, warn: Option<Limit>, critical: Option<Limit>) -> Figure {
        Figure { name: "x", value, unit, warn, critical }
    }

    #[test]
    fn figures_are_written_by_the_guidelines() {
        let (above, below) = (|limit| Some(Limit::Above(limit)), |limit| Some(Limit::Below(limit)));
        let table = [
            (figure(3.0, Unit::Count, None, None), "'a'=3"),
            (figure(0.0125, Unit::Seconds, above(300.0), above(600.5)), "'a'=0.0125s;300;600.5"),
            (figure(5e8, Unit::Bytes, below(1e9), below(512e6)), "'a'=500000000B;1000000000:;512000000:;0"),
            (figure(80.5, Unit::Percent, None, above(95.0)), "'a'=80.5%;;95;0;100"),
            // Days until something ran out: what is less than nothing is no reason by itself.
            (figure(-3.0, Unit::Count, below(14.0), None), "'a'=-3;14:"),
            (figure(-3.0, Unit::Count, above(14.0), None), "'a'=-3;~:14"),
            (figure(1e18, Unit::Count, None, None), "'a'=1000000000000000000"),
            (figure(-1e-9, Unit::Count, None, None), "'a'=0"),
            (figure(f64::NAN, Unit::Seconds, above(1.0), None), "'a'=U;1"),
        ];
        for (figure, expected) in table {
            assert_eq!(perfdata("a", &figure), expected, "{figure:?}");
        }
        assert_eq!(perfdata("it's a=b|c", &figure(1.0, Unit::Count, None, None)), "'it_s a_b_c'=1");
    }

    #[test]
    fn nothing_from_outside_ends_a_line_or_begins_figures() {
        let plugin = Plugin { headline: "a | 'x'=1\nCRITICAL\u{1b}[2J".to_owned(), figures: Vec::new() };
        assert_eq!(page(0, &plugin, "b | c\n"), "HEAL OK: a \u{a6} 'x'=1\\nCRITICAL\\u{1b}[2J\nb \u{a6} c\n");
        assert_eq!(failure("x | y\nz"), "HEAL UNKNOWN: x \u{a6} y\\nz\n");
    }

    #[test]
    fn a_page_is_never_longer_than_what_is_read_of_it() {
        let one = figure(1.5, Unit::Seconds, Some(Limit::Above(300.0)), None);
        for (services, long) in [(1, 0), (20, 10), (2_000, 10), (20, 5_000), (2_000, 5_000)] {
            let figures: Vec<(String, Figure)> = (0..services).map(|n| (format!("service-{n}/log_age"), one)).collect();
            let plugin = Plugin { headline: "ä".repeat(services), figures };
            let page = page(2, &plugin, &"a line of text\n".repeat(long));
            let first = page.lines().next().expect("a line");
            assert!(first.len() <= LINE && page.len() <= WHOLE, "{services} {long}: {} {}", first.len(), page.len());
            assert!(page.ends_with('\n') && page.matches(" |").count() <= 2, "{page}");
            let shown = page.matches("_age'=1.5s;300").count();
            let said =
                page.split(" left out").next().and_then(|text| text.rsplit(' ').next()?.parse().ok()).unwrap_or(0);
            assert_eq!(shown + said, services, "{page}");
        }
    }
}
