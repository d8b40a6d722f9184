//! How are many probes run? Sixteen at once, and more while some only wait; each has its own deadline: one that hangs
//! costs its deadline, not the run's.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Declared, Judged, Scene, Sight};
use crate::model::{Finding, Severity, Verdict};

/// Probes looking at once (DESIGN §6).
const AT_ONCE: usize = 16;

/// What all of them together may take, so that time is left to act: what was not begun by then is unknown.
const WHOLE: Duration = Duration::from_secs(120);

/// A look that takes longer than this is waiting, not working, and does not count among those at once: twenty silent
/// sockets cost one deadline, not two.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a look gets beyond its own timeout before it is abandoned.
const MARGIN: Duration = Duration::from_millis(200);

/// One probe to run.
#[derive(Clone)]
pub struct Job {
    /// `service/probe`.
    pub subject: String,
    /// The probe.
    pub declared: Declared,
    /// What it may know.
    pub scene: Arc<Scene>,
}

enum Message {
    Begun(usize),
    Done(usize, Sight, Duration),
}

type Queue = Arc<Mutex<VecDeque<(usize, Job)>>>;

/// What came of one look: the finding, and the probe's note for its next one.
pub type Looked = (Finding, Option<serde_json::Value>);

/// Runs the jobs; the findings come in their order.
#[must_use]
pub fn run(jobs: &[Job]) -> Vec<Looked> {
    let queue: Queue = Arc::new(Mutex::new(jobs.iter().cloned().enumerate().collect()));
    let (sender, receiver) = channel();
    // A single look needs no second thread, but it does need a deadline.
    let threads = (0..jobs.len().min(AT_ONCE)).filter(|_| spawn(&queue, &sender)).count();
    if threads == 0 {
        let nobody = |job: &Job| finding(job, Sight::new(Judged::Unknown, "no thread can be started"), Duration::ZERO);
        return jobs.iter().map(nobody).collect();
    }
    collect(jobs, &queue, &sender, &receiver)
}

/// Starts one more worker, unless the system refuses.
fn spawn(queue: &Queue, sender: &Sender<Message>) -> bool {
    let (queue, sender) = (Arc::clone(queue), sender.clone());
    // Not joined: a thread that hangs in the kernel must not keep the run.
    let work = move || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((index, job)) = next else { return };
            let start = Instant::now();
            if sender.send(Message::Begun(index)).is_err() {
                return;
            }
            // A bug in a probe costs its look, not the run: that may be in the middle of an act.
            let look = AssertUnwindSafe(|| job.declared.probe.look(&job.scene, job.declared.timeout()));
            let broken = |_| Sight::new(Judged::Unknown, "heal has a bug in this probe; please report it");
            let sight = catch_unwind(look).unwrap_or_else(broken);
            if sender.send(Message::Done(index, sight, start.elapsed())).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().spawn(work).is_ok()
}

fn collect(jobs: &[Job], queue: &Queue, sender: &Sender<Message>, receiver: &Receiver<Message>) -> Vec<Looked> {
    let mut findings: Vec<Option<Looked>> = vec![None; jobs.len()];
    let mut running: Vec<(usize, Instant)> = Vec::new();
    let mut slow: VecDeque<(usize, Instant)> = VecDeque::new();
    let mut open = jobs.len();
    let end = Instant::now() + WHOLE;
    while open > 0 {
        let patience = slow.front().map(|(_, until)| *until);
        let next = running.iter().map(|(_, until)| *until).chain(patience).min().map_or(end, |until| until.min(end));
        let wait = next.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(wait) {
            Ok(Message::Begun(index)) => {
                let now = Instant::now();
                running.push((index, now + jobs[index].declared.timeout() + MARGIN));
                slow.push_back((index, now + PATIENCE));
            }
            Ok(Message::Done(index, sight, took)) => {
                running.retain(|(other, _)| *other != index);
                if findings[index].is_none() {
                    findings[index] = Some(finding(&jobs[index], sight, took));
                    open -= 1;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() >= end => break,
            Err(RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                // One that waits costs nothing but time: it gives its place to the next.
                while let Some((index, _)) = slow.pop_front_if(|(_, until)| *until <= now) {
                    let waits = running.iter().any(|(other, _)| *other == index);
                    if waits && !queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                        spawn(queue, sender);
                    }
                }
                for (index, _) in running.extract_if(.., |(_, until)| *until <= now) {
                    let limit = jobs[index].declared.timeout();
                    let sight = Sight::new(
                        Judged::Unknown,
                        format!(
                            "did not answer within {}",
                            crate::model::units::span_text(limit.as_millis().try_into().unwrap_or(0))
                        ),
                    );
                    findings[index] = Some(finding(&jobs[index], sight, limit));
                    open -= 1;
                }
            }
        }
    }
    let lost = |(index, finding): (usize, Option<Looked>)| {
        let why = "not asked: the run had no time left for it";
        finding.unwrap_or_else(|| self::finding(&jobs[index], Sight::new(Judged::Unknown, why), Duration::ZERO))
    };
    queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
    findings.into_iter().enumerate().map(lost).collect()
}

/// The common keys turn a sight into a finding.
#[must_use]
pub fn finding(job: &Job, sight: Sight, took: Duration) -> Looked {
    let common = &job.declared.common;
    let verdict = match sight.judged {
        Judged::Good => Verdict::Healthy,
        Judged::Unknown => Verdict::Unknown,
        Judged::Skipped => Verdict::Skipped,
        Judged::Bad(severity) => Verdict::Unhealthy(
            common.severity.or(severity).unwrap_or(Severity::Critical),
            common.class.or(sight.class).unwrap_or(job.declared.kind.class),
        ),
    };
    let finding = Finding {
        subject: job.subject.clone(),
        kind: job.declared.kind.name,
        verdict,
        summary: sight.summary,
        evidence: sight.evidence,
        figures: sight.figures,
        sign: job.declared.probe.sign(),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    };
    (finding, sight.note)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
