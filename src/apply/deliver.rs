//! How does a message leave the house? Appends it to a file, or hands it to a command, within a deadline: also where a
//! system call itself does not come back, as on a frozen file system.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::host::exec::{self, Job};
use crate::model::alert::Parcel;

/// What a command gets beyond its own deadline: to be ended and collected.
const COLLECT: Duration = Duration::from_secs(3);

/// Delivers one parcel; `root` is the project's directory.
///
/// # Errors
/// Says why it did not arrive.
pub fn deliver(parcel: &Parcel, root: &Path, timeout: Duration) -> Result<(), String> {
    let limit = match parcel {
        Parcel::Line { .. } => timeout,
        Parcel::Command { .. } => timeout + COLLECT,
    };
    let (parcel, root) = (parcel.clone(), root.to_owned());
    within(limit, move || hand_over(&parcel, &root, timeout))
}

/// Does the work on a thread that is left behind when it does not end in time. Should it end after all, what it delivered
/// is delivered once more: twice is better than never.
fn within(limit: Duration, work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    let (sender, receiver) = channel();
    let thread = std::thread::Builder::new().spawn(move || sender.send(work()));
    thread.map_err(|error| format!("no thread to deliver it: {error}"))?;
    match receiver.recv_timeout(limit) {
        Ok(done) => done,
        Err(RecvTimeoutError::Timeout) => Err("it did not end in time and was left behind".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("the delivery broke off".to_owned()),
    }
}

fn hand_over(parcel: &Parcel, root: &Path, timeout: Duration) -> Result<(), String> {
    match parcel {
        Parcel::Line { path, line } => {
            let file = super::beneath::append(root, path, true, 0o600);
            let written = file.and_then(|file| crate::journal::append_to(file, line, true));
            written.map_err(|error| format!("{}: {error}", path.display()))
        }
        Parcel::Command { argv, env, stdin } => {
            let env: BTreeMap<String, String> = env.clone();
            let job = Job { argv, cwd: root, env: &env, stdin: stdin.as_bytes(), timeout };
            let ended = exec::run(&job)?;
            if ended.ok() { Ok(()) } else { Err(format!("{}: {}", ended.how(), ended.last_line())) }
        }
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
        assert_eq!(answer, Err("it did not end in time and was left behind".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(within(Duration::from_secs(5), || Err("why".to_owned())), Err("why".to_owned()));
    }
}
