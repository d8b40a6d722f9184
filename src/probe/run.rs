//! How are many probes run? Up to sixteen at once, each with its own deadline: one that hangs costs its deadline, not the run's.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Declared, Judged, Scene, Sight};
use crate::model::{Finding, Severity, Verdict};

/// Probes looking at once (DESIGN §6).
const AT_ONCE: usize = 16;

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

/// Runs the jobs; the findings come in their order.
#[must_use]
pub fn run(jobs: &[Job]) -> Vec<Finding> {
    let queue: Queue = Arc::new(Mutex::new(jobs.iter().cloned().enumerate().collect()));
    let (sender, receiver) = channel();
    // A single look needs no second thread, but it does need a deadline.
    for _ in 0..jobs.len().min(AT_ONCE) {
        spawn(&queue, &sender);
    }
    collect(jobs, &queue, &sender, &receiver)
}

fn spawn(queue: &Queue, sender: &Sender<Message>) {
    let (queue, sender) = (Arc::clone(queue), sender.clone());
    // Not joined: a thread that hangs in the kernel must not keep the run.
    std::thread::spawn(move || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((index, job)) = next else { return };
            let start = Instant::now();
            if sender.send(Message::Begun(index)).is_err() {
                return;
            }
            let timeout = timeout(&job.declared);
            let sight = job.declared.probe.look(&job.scene, timeout);
            if sender.send(Message::Done(index, sight, start.elapsed())).is_err() {
                return;
            }
        }
    });
}

fn collect(jobs: &[Job], queue: &Queue, sender: &Sender<Message>, receiver: &Receiver<Message>) -> Vec<Finding> {
    let mut findings: Vec<Option<Finding>> = vec![None; jobs.len()];
    let mut running: Vec<(usize, Instant)> = Vec::new();
    let mut open = jobs.len();
    while open > 0 {
        let next = running.iter().map(|(_, until)| *until).min();
        let wait = next.map_or(Duration::from_secs(3_600), |until| until.saturating_duration_since(Instant::now()));
        match receiver.recv_timeout(wait) {
            Ok(Message::Begun(index)) => {
                running.push((index, Instant::now() + timeout(&jobs[index].declared) + MARGIN));
            }
            Ok(Message::Done(index, sight, took)) => {
                running.retain(|(other, _)| *other != index);
                if findings[index].is_none() {
                    findings[index] = Some(finding(&jobs[index], sight, took));
                    open -= 1;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                for (index, _) in running.extract_if(.., |(_, until)| *until <= now) {
                    let limit = timeout(&jobs[index].declared);
                    let sight = Sight::new(
                        Judged::Unknown,
                        format!(
                            "did not answer within {}",
                            crate::model::units::span_text(limit.as_millis().try_into().unwrap_or(0))
                        ),
                    );
                    findings[index] = Some(finding(&jobs[index], sight, limit));
                    open -= 1;
                    // Its thread is lost; the others must not wait for it.
                    spawn(queue, sender);
                }
            }
        }
    }
    let lost = |(index, finding): (usize, Option<Finding>)| {
        // A probe that panicked took its thread along.
        finding.unwrap_or_else(|| {
            self::finding(&jobs[index], Sight::new(Judged::Unknown, "the probe failed"), Duration::ZERO)
        })
    };
    findings.into_iter().enumerate().map(lost).collect()
}

fn timeout(declared: &Declared) -> Duration {
    declared.common.timeout.unwrap_or(declared.kind.timeout).get()
}

/// The common keys turn a sight into a finding.
#[must_use]
pub fn finding(job: &Job, sight: Sight, took: Duration) -> Finding {
    let common = &job.declared.common;
    let verdict = match sight.judged {
        Judged::Good => Verdict::Healthy,
        Judged::Unknown => Verdict::Unknown,
        Judged::Skipped => Verdict::Skipped,
        Judged::Bad(severity) => Verdict::Unhealthy(
            common.severity.or(severity).unwrap_or(Severity::Critical),
            common.class.unwrap_or(job.declared.kind.class),
        ),
    };
    Finding {
        subject: job.subject.clone(),
        kind: job.declared.kind.name,
        verdict,
        summary: sight.summary,
        evidence: sight.evidence,
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
