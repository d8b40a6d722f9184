//! What do probes cost that hang, wait or overrun, and do the findings come in order?

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::host;
use crate::model::event::Moment;
use crate::model::{Class, Span};
use crate::probe::{Common, Probe, command};

/// One that takes so long panics in the end.
const BROKEN: Duration = Duration::from_millis(51);

/// Takes `takes`, whatever its deadline; counts how many do so at once.
#[derive(Debug)]
struct Slow {
    takes: Duration,
    working: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Probe for Slow {
    fn look(&self, _scene: &Scene, _timeout: Duration) -> Sight {
        let now = self.working.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(self.takes);
        assert!(self.takes != BROKEN, "a bug");
        self.working.fetch_sub(1, Ordering::SeqCst);
        Sight::new(Judged::Good, format!("took {:?}", self.takes))
    }
}

/// Jobs named by their number that take so many milliseconds each; and the most that ran at once.
fn jobs(takes: &[u64], timeout: u64) -> (Vec<Job>, Arc<AtomicUsize>) {
    let (working, most) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
    let scene = Arc::new(Scene {
        root: Path::new("/").into(),
        service: "host".to_owned(),
        beats: Path::new("/nowhere").into(),
        now: Arc::new(Moment { at: Default::default(), up: 0, boot: String::new() }),
        who: None,
        disturbed: Arc::new([]),
        processes: host::processes(),
        noted: None,
        tick: false,
    });
    let limit: Span = format!("{timeout}ms").parse().expect("a span");
    let job = |(number, takes): (usize, &u64)| Job {
        subject: format!("host/{number}"),
        declared: Declared {
            name: number.to_string(),
            kind: command::KIND,
            settings: serde_json::Map::new(),
            common: Common {
                enabled: true,
                timeout: Some(limit),
                class: None,
                severity: None,
                fail_after: Default::default(),
            },
            probe: Arc::new(Slow {
                takes: Duration::from_millis(*takes),
                working: Arc::clone(&working),
                most: Arc::clone(&most),
            }),
        },
        scene: Arc::clone(&scene),
    };
    (takes.iter().enumerate().map(job).collect(), most)
}

fn timed(jobs: &[Job]) -> (Vec<Finding>, Duration) {
    let start = Instant::now();
    let findings = run(jobs).into_iter().map(|(finding, _)| finding).collect::<Vec<_>>();
    (findings, start.elapsed())
}

#[test]
fn nothing_to_run_takes_no_time() {
    let (findings, took) = timed(&[]);
    assert!(findings.is_empty() && took < Duration::from_millis(100), "{took:?}");
}

#[test]
fn findings_come_in_the_order_of_the_jobs_however_they_end() {
    let takes: Vec<u64> = (0..40).map(|number| (number * 37) % 50).collect();
    let (jobs, _) = jobs(&takes, 5_000);
    let (findings, _) = timed(&jobs);
    let subjects: Vec<String> = findings.iter().map(|finding| finding.subject.clone()).collect();
    let expected: Vec<String> = (0..40).map(|number| format!("host/{number}")).collect();
    assert_eq!(subjects, expected);
    for (finding, takes) in findings.iter().zip(&takes) {
        assert_eq!(finding.summary, format!("took {:?}", Duration::from_millis(*takes)));
        assert!(finding.took_ms >= *takes, "{finding:?}");
    }
}

#[test]
fn fifty_that_hang_cost_one_deadline_and_a_little() {
    let (jobs, _) = jobs(&[60_000; 50], 500);
    let (findings, took) = timed(&jobs);
    // Four times STEP and three times PATIENCE until all have begun, the deadline, its margin; and a busy machine.
    assert!(took >= Duration::from_millis(700) && took < Duration::from_millis(1_700), "{took:?}");
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Unknown), "{findings:?}");
    assert_eq!(findings[49].summary, "did not answer within 500ms");
}

#[test]
fn one_that_hangs_does_not_hide_what_the_others_saw() {
    let mut takes = vec![5; 40];
    takes[0] = 60_000;
    takes[39] = 60_000;
    let (jobs, _) = jobs(&takes, 300);
    let (findings, took) = timed(&jobs);
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    let unknown: Vec<&str> =
        findings.iter().filter(|one| one.verdict == Verdict::Unknown).map(Finding::probe).collect();
    assert_eq!(unknown, ["0", "39"]);
}

#[test]
fn one_with_a_bug_is_unknown_at_once_and_the_others_are_asked() {
    // More of them than threads: none may end with its look.
    let mut takes = vec![51; 40];
    takes[39] = 0;
    let (jobs, _) = jobs(&takes, 5_000);
    let (findings, took) = timed(&jobs);
    assert!(took < Duration::from_millis(2_500), "{took:?}");
    assert_eq!(findings[39].verdict, Verdict::Healthy);
    assert_eq!(findings[0].verdict, Verdict::Unknown);
    assert_eq!(findings[0].summary, "heal has a bug in this probe; please report it");
}

#[test]
fn a_deadline_counts_from_the_beginning_of_its_own_look() {
    // More than run at once, and each needs most of its deadline: waiting for a turn is not held against anybody.
    let (jobs, _) = jobs(&[250; 60], 350);
    let (findings, _) = timed(&jobs);
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Healthy), "{findings:?}");
}

#[test]
fn those_that_are_quick_are_sixteen_at_once() {
    let (jobs, most) = jobs(&[5; 100], 5_000);
    let _ = run(&jobs);
    let most = most.load(Ordering::SeqCst);
    // A busy machine makes quick ones wait, and so a few more may be let in.
    assert!((2..=2 * AT_ONCE).contains(&most), "{most}");
}

#[test]
fn the_common_keys_decide_what_a_bad_look_means() {
    let (mut jobs, _) = jobs(&[0], 100);
    let bad = |severity| Sight::new(Judged::Bad(severity), "bad");
    let verdict = |job: &Job, severity| finding(job, bad(severity), Duration::ZERO).0.verdict;
    assert_eq!(verdict(&jobs[0], None), Verdict::Unhealthy(Severity::Critical, Class::Hung));
    assert_eq!(verdict(&jobs[0], Some(Severity::Warning)), Verdict::Unhealthy(Severity::Warning, Class::Hung));
    let stolen = finding(&jobs[0], bad(None).of_class(Class::Resource), Duration::ZERO);
    assert_eq!(stolen.0.verdict, Verdict::Unhealthy(Severity::Critical, Class::Resource));
    jobs[0].declared.common.severity = Some(Severity::Info);
    jobs[0].declared.common.class = Some(Class::Dependency);
    assert_eq!(verdict(&jobs[0], Some(Severity::Critical)), Verdict::Unhealthy(Severity::Info, Class::Dependency));
    for (judged, expected) in
        [(Judged::Good, Verdict::Healthy), (Judged::Unknown, Verdict::Unknown), (Judged::Skipped, Verdict::Skipped)]
    {
        assert_eq!(finding(&jobs[0], Sight::new(judged, ""), Duration::ZERO).0.verdict, expected);
    }
}
