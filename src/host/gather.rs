//! What can be said within this time? Asks several questions at once, each on a thread that is left behind when it does not
//! end: a read of `/proc` or of a network file system may never come back, and must cost its answer only, not the run.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// A question: a read that may hang.
pub type Question<T> = Box<dyn FnOnce() -> T + Send>;

/// The answers in the order of the questions; `None` for those that did not come in time.
#[must_use]
pub fn gather<T: Send + 'static>(limit: Duration, questions: Vec<Question<T>>) -> Vec<Option<T>> {
    let deadline = Instant::now() + limit;
    let mut answers: Vec<Option<T>> = questions.iter().map(|_| None).collect();
    let (sender, receiver) = channel();
    for (at, question) in questions.into_iter().enumerate() {
        let sender = sender.clone();
        // Without a thread, as without an answer, the place stays empty.
        let _ = std::thread::Builder::new().spawn(move || sender.send((at, question())));
    }
    // The last sender goes with the last thread: the channel ends when all have answered, or failed to.
    drop(sender);
    while let Ok((at, answer)) = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        answers[at] = Some(answer);
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_or_breaks_costs_its_own_answer_only() {
        let start = Instant::now();
        let questions: Vec<Question<u8>> = vec![
            Box::new(|| 1),
            Box::new(|| {
                std::thread::sleep(Duration::from_secs(600));
                2
            }),
            Box::new(|| panic!("a bug")),
            Box::new(|| 4),
        ];
        assert_eq!(gather(Duration::from_secs(2), questions), [Some(1), None, None, Some(4)]);
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
        let questions: Vec<Question<u8>> = vec![Box::new(|| 1)];
        let start = Instant::now();
        assert_eq!(gather(Duration::from_secs(600), questions), [Some(1)]);
        assert!(start.elapsed() < Duration::from_secs(60), "nobody waits for the deadline when all is said");
    }
}
