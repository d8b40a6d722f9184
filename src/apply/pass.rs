//! Who carries a watched service's stderr on? heal once more, as a process of its own: what the service writes goes on byte
//! by byte, also after `heal run` was killed, when a service that wrote into a broken pipe would die of it. It keeps the
//! last bytes, and says them once its parent asks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};

/// The word with which heal starts itself for it. Not a subcommand: nobody types it, and no help names it.
pub const WORD: &str = "__pass";

/// Bytes that are kept: more than the last words that are told.
pub(super) const KEPT: usize = 16 * 1024;

/// Copies stdin to stderr until its end. When the other end of stdout is closed for writing, which a parent that died does
/// as well, the last bytes go there, once.
///
/// # Errors
/// stdin cannot be read.
pub fn pass() -> io::Result<()> {
    // What is sent to the group is for the service: this ends when nobody writes any more.
    let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None);
    // Without a buffer of the library in between: what was read is what was written on.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut parent = Some(UnixStream::from(io::stdout().as_fd().try_clone_to_owned()?));
    let mut last: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (readable, asked) = wait(input.as_fd(), parent.as_ref())?;
        if readable {
            let count = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            write_on(&buffer[..count]);
            keep(&mut last, &buffer[..count]);
        } else if asked && let Some(stream) = parent.take() {
            tell(stream, &last);
        }
    }
    if let Some(stream) = parent {
        tell(stream, &last);
    }
    Ok(())
}

/// Waits until there is something to read, or, with nothing left to read, the parent asks.
fn wait(input: BorrowedFd<'_>, parent: Option<&UnixStream>) -> io::Result<(bool, bool)> {
    let interest = PollFlags::POLLIN;
    let mut set = vec![PollFd::new(input, interest)];
    set.extend(parent.map(|stream| PollFd::new(stream.as_fd(), interest)));
    loop {
        match poll(&mut set, PollTimeout::NONE) {
            Ok(_) => break,
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let ready = |place: usize| set.get(place).and_then(PollFd::revents).is_some_and(|events| !events.is_empty());
    Ok((ready(0), ready(1)))
}

/// All of it, also where somebody made our stderr one that does not wait. When nobody reads it any more, the service must
/// not notice: it is then read on and thrown away.
fn write_on(mut bytes: &[u8]) {
    let mut output = io::stderr().lock();
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let _ = poll(&mut [PollFd::new(io::stderr().as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE);
            }
            Err(_) => return,
        }
    }
}

fn keep(last: &mut Vec<u8>, bytes: &[u8]) {
    last.extend_from_slice(bytes);
    if last.len() > 2 * KEPT {
        last.drain(..last.len() - KEPT);
    }
}

fn tell(mut stream: UnixStream, last: &[u8]) {
    let _ = stream.write_all(&last[last.len().saturating_sub(KEPT)..]);
    let _ = stream.shutdown(std::net::Shutdown::Both);
}
