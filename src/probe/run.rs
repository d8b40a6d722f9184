//! How are many probes run? On one thread, and on more while any wait for their turn: sixteen at once, and more while some
//! only wait for an answer. Each has its own deadline: one that hangs costs its deadline, not the run's.

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

/// After so long there may be twice as many threads, if there are looks that nobody has begun. A handful of quick ones is over
/// before a second thread would have been worth its cost.
const STEP: Duration = Duration::from_millis(2);

/// A look that takes longer than this is waiting, not working, and does not count among those at once: fifty silent sockets
/// cost one deadline and less than 50 ms, not four deadlines.
const PATIENCE: Duration = Duration::from_millis(12);

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

/// What is well at first sight, where that can be had at once. `None`: it takes a look with a deadline.
#[must_use]
pub fn glance(job: &Job) -> Option<Looked> {
    let start = Instant::now();
    // What breaks here breaks once more where it is caught and told.
    let sight = catch_unwind(AssertUnwindSafe(|| job.declared.probe.glance(&job.scene))).ok().flatten()?;
    Some(finding(job, sight, start.elapsed()))
}

/// Runs the jobs; the findings come in their order.
#[must_use]
pub fn run(jobs: &[Job]) -> Vec<Looked> {
    // One that nobody waits beside, and that ends by itself, needs no thread.
    if let [job] = jobs
        && job.declared.probe.ends_in_time()
    {
        let start = Instant::now();
        let sight = look(job);
        return vec![finding(job, sight, start.elapsed())];
    }
    let queue: Queue = Arc::new(Mutex::new(jobs.iter().cloned().enumerate().collect()));
    let (sender, receiver) = channel();
    // A single look needs no second thread, but it does need a deadline.
    if !jobs.is_empty() && !spawn(&queue, &sender) {
        let nobody = |job: &Job| finding(job, Sight::new(Judged::Unknown, "no thread can be started"), Duration::ZERO);
        return jobs.iter().map(nobody).collect();
    }
    collect(jobs, &queue, &sender, &receiver)
}

/// A bug in a probe costs its look, not the run: that may be in the middle of an act.
fn look(job: &Job) -> Sight {
    let look = AssertUnwindSafe(|| job.declared.probe.look(&job.scene, job.declared.timeout()));
    let broken = |_| Sight::new(Judged::Unknown, "heal has a bug in this probe; please report it");
    catch_unwind(look).unwrap_or_else(broken)
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
            let sight = look(&job);
            if sender.send(Message::Done(index, sight, start.elapsed())).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().spawn(work).is_ok()
}

fn collect(jobs: &[Job], queue: &Queue, sender: &Sender<Message>, receiver: &Receiver<Message>) -> Vec<Looked> {
    let mut findings: Vec<Option<Looked>> = vec![None; jobs.len()];
    // Which looks are under way, and since when.
    let mut running: Vec<(usize, Instant)> = Vec::new();
    let deadline = |index: usize, begun: Instant| begun + jobs[index].declared.timeout() + MARGIN;
    let mut open = jobs.len();
    let (mut threads, mut abandoned) = (1, 0);
    let end = Instant::now() + WHOLE;
    let mut step = Instant::now() + STEP;
    while open > 0 {
        let left = queue.lock().unwrap_or_else(PoisonError::into_inner).len();
        if left > 0 && Instant::now() >= step {
            // One that waits costs nothing but time: it gives its place to the next.
            let waiting = running.iter().filter(|(_, begun)| begun.elapsed() >= PATIENCE).count();
            let room = (AT_ONCE + waiting + abandoned).saturating_sub(threads);
            threads += (0..room.min(left).min(threads)).filter(|_| spawn(queue, sender)).count();
            step = Instant::now() + STEP;
        }
        let deadlines = running.iter().map(|(index, begun)| deadline(*index, *begun));
        let next = deadlines.chain((left > 0).then_some(step)).fold(end, Instant::min);
        match receiver.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Message::Begun(index)) => running.push((index, Instant::now())),
            Ok(Message::Done(index, sight, took)) => {
                running.retain(|(other, _)| *other != index);
                if findings[index].is_none() {
                    findings[index] = Some(finding(&jobs[index], sight, took));
                    open -= 1;
                } else {
                    // Late; its thread works again.
                    abandoned -= 1;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() >= end => break,
            Err(RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                for (index, _) in running.extract_if(.., |(index, begun)| deadline(*index, *begun) <= now) {
                    abandoned += 1;
                    let limit = jobs[index].declared.timeout();
                    let sight = Sight::new(
                        Judged::Unknown,
                        format!("did not answer within {}", crate::model::units::duration_text(limit)),
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
