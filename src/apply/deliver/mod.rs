//! How does a message leave the house? To a file, a command, a server or the machine's own log, within a deadline: also where
//! a system call itself does not come back, as on a frozen file system.

mod local;
mod mail;
mod request;
mod secret;

#[cfg(any(test, fuzzing))]
pub(crate) use request::fuzz;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::host::exec::{self, Job};
use crate::model::alert::{Parcel, Undelivered};
use crate::model::redact;

/// What a command gets beyond its own deadline: to be ended and collected.
const COLLECT: Duration = Duration::from_secs(3);

/// Delivers one parcel; `root` is the project's directory.
///
/// # Errors
/// Says why it did not arrive, and when to try again.
pub fn deliver(parcel: &Parcel, root: &Path, timeout: Duration) -> Result<(), Undelivered> {
    let limit = match parcel {
        Parcel::Command { .. } | Parcel::Note { .. } => timeout + COLLECT,
        _ => timeout,
    };
    let (parcel, root) = (parcel.clone(), root.to_owned());
    let done = within(limit, move || hand_over(&parcel, &root, timeout));
    // Whoever speaks there may repeat what it was given.
    done.map_err(|failed| Undelivered { why: redact::line(&failed.why), ..failed })
}

/// Does the work on a thread that is left behind when it does not end in time. Should it end after all, what it delivered
/// is delivered once more: twice is better than never. Where no thread can be had it is done here: a machine that can start
/// nothing is one to be told of, and only a disk that does not answer would keep the run.
fn within(
    limit: Duration,
    work: impl FnOnce() -> Result<(), Undelivered> + Clone + Send + 'static,
) -> Result<(), Undelivered> {
    let (sender, receiver) = channel();
    let here = work.clone();
    if std::thread::Builder::new().spawn(move || sender.send(work())).is_err() {
        return here();
    }
    match receiver.recv_timeout(limit) {
        Ok(done) => done,
        Err(RecvTimeoutError::Timeout) => Err(Undelivered::later("it did not end in time and was left behind")),
        Err(RecvTimeoutError::Disconnected) => Err(Undelivered::later("the delivery broke off")),
    }
}

fn hand_over(parcel: &Parcel, root: &Path, timeout: Duration) -> Result<(), Undelivered> {
    match parcel {
        Parcel::Line { path, line } => {
            let file = super::beneath::append(root, path, true, 0o600);
            let written = file.and_then(|file| crate::journal::append_to(file, line, true));
            written.map_err(|error| Undelivered::later(format!("{}: {error}", path.display())))
        }
        Parcel::Command { argv, env, stdin } => {
            let job = Job { argv, cwd: root, env, stdin: stdin.as_bytes(), timeout };
            let ended = exec::run(&job).map_err(Undelivered::later)?;
            let failed = || Undelivered::later(format!("{}: {}", ended.how(), ended.last_line()));
            if ended.ok() { Ok(()) } else { Err(failed()) }
        }
        Parcel::Request(request) => request::send(request, root, timeout),
        Parcel::Mail(mail) => mail::send(mail, root, timeout),
        Parcel::Datagram { socket, text } => local::datagram(socket, text, timeout),
        Parcel::Note { title, body, urgent } => local::note(title, body, *urgent, timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_left_behind_at_its_deadline() {
        let start = std::time::Instant::now();
        let answer = within(Duration::from_millis(50), || {
            std::thread::sleep(Duration::from_secs(600));
            Ok(())
        });
        assert_eq!(answer, Err(Undelivered::later("it did not end in time and was left behind")));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        let never = || Err(Undelivered::never("why"));
        assert_eq!(within(Duration::from_secs(5), never), never());
    }
}
