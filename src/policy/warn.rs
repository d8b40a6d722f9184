//! Is there something that a person should know though nothing is to be done? Warnings begin and end as incidents do, so that
//! what comes and goes is told once. Pure.

use super::judge::{Look, weigh};
use crate::model::finding::Finding;
use crate::model::report::{Level, Standing};
use crate::model::{Class, Event, Rules, ServiceHistory, Severity, Verdict};

/// The beginning or end of what is warned of. A warning begins like an incident, at the threshold of its probe, and ends like
/// one, after `stable_for` of health: what comes and goes in between is one warning. While an incident is open, that is told.
pub(super) fn warn(
    service: &str,
    standing: &Standing,
    look: Look<'_>,
    rules: &Rules,
    past: &ServiceHistory,
    new_id: &str,
) -> Vec<Event> {
    let mut events = Vec::new();
    let since = past.good_since.as_ref().filter(|since| look.now.since(since) >= rules.stable_for.millis());
    let well = standing.level == Level::Healthy && past.good_looks.saturating_add(1) >= rules.recover_after;
    // Instant recovery is a rule that can be made: this look is then the first good one, and the last.
    let first = Some(look.now).filter(|_| well && past.good_since.is_none() && rules.stable_for.millis() == 0);
    // Nobody looked in between, and what is wrong now is another trouble.
    let again = matches!(standing.level, Level::Degraded | Level::Unhealthy);
    let since = since.or(first).filter(|_| well || again);
    let over = past.warning.as_ref().zip(since);
    if let Some((warning, since)) = over {
        let (incident, downtime_ms) = (warning.id.clone(), since.since(&warning.opened));
        events.push(Event::Settled { service: service.to_owned(), incident, downtime_ms });
    }
    let open = past.incident.is_some() || (past.warning.is_some() && over.is_none());
    if open || standing.level != Level::Degraded {
        return events;
    }
    let of = |finding: &&Finding| match finding.verdict {
        // Whatever is below its threshold, or contradicted, has its reason.
        Verdict::Unhealthy(severity @ Severity::Warning, class) => {
            weigh(look, rules, past, finding, severity, class) == (Level::Degraded, String::new())
        }
        _ => false,
    };
    if let Some(finding) = look.findings.iter().find(of) {
        let class = if let Verdict::Unhealthy(_, class) = finding.verdict { class } else { Class::Unknown };
        let summary = format!("{}: {}", finding.probe(), finding.summary);
        let (service, incident) = (service.to_owned(), format!("{new_id}/warning"));
        events.push(Event::Warned { service, incident, class, summary });
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Moment;
    use crate::model::{Entry, History, Sign, Span, Stamp, Threshold};

    fn minute(minute: i64) -> Moment {
        let at = Stamp::from_timestamp(minute * 60, 0).unwrap_or_default();
        Moment { at, up: minute * 60_000, boot: "b".to_owned() }
    }

    fn finding(probe: &str, verdict: Verdict) -> Finding {
        Finding {
            subject: format!("bot/{probe}"),
            kind: "disk",
            verdict,
            summary: "as seen".to_owned(),
            evidence: Vec::new(),
            figures: Vec::new(),
            sign: Sign::Other,
            took_ms: 0,
        }
    }

    /// What a day of looks, one a minute, says: `w` warns, `c` is critical, `?` cannot see, `i` says something, `.` is good.
    fn told(looks: &str, age_ms: Option<i64>) -> Vec<(usize, &'static str)> {
        let rules = Rules { stable_for: Span::secs(600), startup_grace: Span::secs(120), ..Rules::default() };
        let threshold = |_: &str| Threshold::in_a_row(3);
        let (mut history, mut said) = (History::default(), Vec::new());
        for (at, look) in looks.chars().enumerate() {
            let verdict = match look {
                'w' => Verdict::Unhealthy(Severity::Warning, Class::Hung),
                'c' => Verdict::Unhealthy(Severity::Critical, Class::Resource),
                'i' => Verdict::Unhealthy(Severity::Info, Class::Hung),
                '?' => Verdict::Unknown,
                _ => Verdict::Healthy,
            };
            let findings = [finding("p", verdict), finding("q", Verdict::Healthy)];
            let now = minute(i64::try_from(at).unwrap_or(0));
            let look = Look {
                findings: &findings,
                process_age_ms: age_ms,
                threshold: &threshold,
                gap: None,
                now: &now,
                life: None,
            };
            let standing = super::super::judge(look, &rules, history.service("bot"));
            for event in super::super::follow("bot", &standing, look, &rules, history.service("bot"), "id") {
                match &event {
                    Event::Warned { .. } => said.push((at, "warned")),
                    Event::Settled { .. } => said.push((at, "settled")),
                    Event::Opened { .. } => said.push((at, "opened")),
                    Event::Closed { .. } => said.push((at, "closed")),
                    _ => {}
                }
                history.apply(&Entry { v: 1, moment: now.clone(), run: "r".to_owned(), event });
            }
        }
        said
    }

    #[test]
    fn a_warning_begins_at_its_threshold_and_ends_after_a_while_of_health() {
        let good = "...............";
        let table = [
            (format!("ww{good}"), vec![]),
            ("w.".repeat(300), vec![]),
            (format!("iiiiiiii{good}"), vec![]),
            (format!("www{good}"), vec![(2, "warned"), (13, "settled")]),
            ("wwwwwwwwwwwwwwwwwwwwwww".to_owned(), vec![(2, "warned")]),
            // Coming and going is one warning, as long as it lasts.
            (format!("www{}{good}", "....www".repeat(50)), vec![(2, "warned"), (363, "settled")]),
            // Not to see is neither well nor the end of it.
            (format!("www{good}", good = "..?????????????????"), vec![(2, "warned"), (7, "opened")]),
            // It became worse: one more thing to say, and both are over together.
            (format!("wwwccccww{good}"), vec![(2, "warned"), (3, "opened"), (19, "closed"), (19, "settled")]),
            // The trouble is told; what else there is, is in the report.
            (format!("cccwwww{good}"), vec![(2, "opened"), (17, "closed")]),
        ];
        for (looks, expected) in table {
            assert_eq!(told(&looks, Some(9_000_000)), expected, "{looks}");
        }
        assert_eq!(told("wwwwwwwww", Some(60_000)), [], "it starts");
    }

    #[test]
    fn no_day_of_flapping_says_more_than_once_in_the_time_that_health_takes() {
        // Every pattern of a few bad and a few good looks.
        for bad in 1..12 {
            for good in 1..25 {
                let looks = format!("{}{}", "w".repeat(bad), ".".repeat(good)).repeat(1_440 / (bad + good));
                let said = told(&looks, Some(9_000_000));
                let warned = said.iter().filter(|(_, what)| *what == "warned").count();
                let most = if bad < 3 {
                    0
                } else if good < 10 {
                    1
                } else {
                    1_440 / (bad + good)
                };
                assert!(warned <= most, "{bad} bad, {good} good: {warned}");
                assert!(bad < 3 || warned >= 1, "{bad} bad, {good} good: nobody was warned");
            }
        }
    }
}
