//! What is declared in a box? Services as somebody might write them down, with their rules and probes.

use super::chance::Chance;
use super::clock::HOUR;
use super::service::{Ails, CONFIG, Kind, Svc, Watch};
use crate::host::supervisor::Told;
use crate::model::service::{Launch, Remedy};
use crate::model::{
    Change, Class, Finding, Rate, Rules, Service, Sign, Span, Supervisor, Threshold, UnitName, Verdict,
};
use crate::probe::identify::Who;

/// A service as somebody might declare it.
pub(super) fn declared(chance: &mut Chance, number: usize) -> Svc {
    let name = format!("s{number}");
    let unwatched = chance.one_in(12);
    let unit =
        (!unwatched && chance.one_in(3)).then(|| UnitName { by: Supervisor::Systemd, name: format!("{name}.service") });
    let stop_grace = Span::secs(u64::try_from(chance.between(1, 20)).unwrap_or(1));
    let launch = unit.is_none().then(|| Launch {
        argv: vec!["work".to_owned()],
        cwd: "/".into(),
        env: Default::default(),
        log: "/log".into(),
        stop_grace,
    });
    let mut rules = Rules {
        startup_grace: Span::secs(chance.pick(&[30, 30, 90, 300])),
        stable_for: Span::secs(chance.pick(&[120, 120, 600])),
        recover_after: chance.pick(&[2, 2, 4]),
        restart_limit: Rate { count: chance.pick(&[3, 3, 1, 5]), per: Span::secs(chance.pick(&[3_600, 3_600, 7_200])) },
        restart_delay: Span::secs(chance.pick(&[0, 0, 120, 600])),
        verify_within: Span::secs(chance.pick(&[20, 20, 60])),
        ..Rules::default()
    };
    if !chance.one_in(3) {
        rules.hold_on_exit = vec![CONFIG];
    }
    let mut service = Service { launch, unit, stop_grace, ..Service::named(&name) };
    if chance.one_in(4) {
        rules.ladder.insert(usize::from(chance.one_in(2)), "kick".to_owned());
        let change = Change::RunCommand { argv: vec!["kick".to_owned()], timeout_ms: 1_000 };
        let limit = chance.one_in(2).then(|| Rate { count: 2, per: Span::secs(3_600) });
        service.remedies.insert("kick".to_owned(), Remedy { change, on: vec![Class::Hung], limit });
    }
    service.rules = rules;
    let mut kinds = vec![(Kind::Process, Threshold::default())];
    for (kind, often) in [
        (Kind::Answer, 5),
        (Kind::Trace, 3),
        (Kind::Disk, 2),
        (Kind::Stranger, 2),
        (Kind::Certificate, 2),
        (Kind::Log, 2),
    ] {
        // Who is not recognised is looked at by something else.
        let asked = match kind {
            Kind::Trace if unwatched => true,
            Kind::Answer if unwatched => chance.one_in(2),
            _ => !unwatched && chance.below(6) < often,
        };
        if asked {
            let bad = chance.pick(&[1, 2, 3]);
            let threshold = match chance.below(4) {
                0 if kind == Kind::Answer => Threshold { bad: 3, of: 5, within: None },
                _ if matches!(kind, Kind::Answer | Kind::Trace | Kind::Certificate) => Threshold::in_a_row(bad),
                _ => Threshold::default(),
            };
            kinds.push((kind, threshold));
        }
    }
    let told = service.unit.as_ref().map(|_| Told::default());
    let findings = kinds.iter().map(|(kind, _)| blank(&name, *kind)).collect();
    let watches = kinds
        .into_iter()
        .map(|(kind, threshold)| Watch { kind, threshold, said: Vec::new(), complained: false, blamed: false })
        .collect();
    Svc {
        service,
        watches,
        findings,
        who: Who::Unwatched,
        told,
        life: None,
        ails: Ails::default(),
        unwanted: false,
        works: false,
        worked: false,
        was_gone: false,
        accused: false,
        left_alone: None,
        free: true,
        was_held: false,
        unwatched,
        wrote: 0,
        looked: 0,
        next_fault: chance.about(6 * HOUR),
    }
}

fn blank(service: &str, kind: Kind) -> Finding {
    let (name, word, sign) = match kind {
        Kind::Process => ("process", "process", Sign::Other),
        Kind::Answer => ("answer", "http", Sign::Answer),
        Kind::Trace => ("trace", "fresh", Sign::Trace),
        Kind::Disk => ("disk", "disk", Sign::Other),
        Kind::Stranger => ("stranger", "port", Sign::Obstacle),
        Kind::Certificate => ("certificate", "certificate", Sign::Other),
        Kind::Log => ("log", "log", Sign::Other),
    };
    Finding {
        subject: format!("{service}/{name}"),
        kind: word,
        verdict: Verdict::Skipped,
        summary: String::new(),
        evidence: Vec::new(),
        figures: Vec::new(),
        sign,
        took_ms: 0,
    }
}
