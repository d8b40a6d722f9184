//! What holds of any bytes as the reply of an HTTP server? It is no reply, or one whose body is bounded; it comes through ureq, as
//! from a socket.

use std::time::Duration;

use ureq::tls::RootCerts;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};

use super::{BODY_LIMIT, Reply, Request, through};
use crate::model::choices::Choices;

/// A server that says this, in pieces, and closes.
#[derive(Clone, Debug)]
struct Server {
    says: Vec<u8>,
    piece: usize,
}

/// A connection to it.
#[derive(Debug)]
struct Wire {
    server: Server,
    said: usize,
    buffers: LazyBuffers,
}

impl Connector for Server {
    type Out = Wire;

    fn connect(&self, _: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Wire>, ureq::Error> {
        let buffers = LazyBuffers::new(super::BUFFER, super::BUFFER);
        Ok(Some(Wire { server: self.clone(), said: 0, buffers }))
    }
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let left = &self.server.says[self.said..];
        let room = self.buffers.input_append_buf();
        let count = left.len().min(room.len()).min(self.server.piece);
        room[..count].copy_from_slice(&left[..count]);
        self.said += count;
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        false
    }
}

/// What comes of it; `None`: it is no reply.
pub(crate) fn reply(data: &[u8]) -> Option<Reply> {
    let mut choices = Choices::new(data);
    let (how, piece, more) = (choices.byte(), 1 + choices.below(64), choices.byte());
    let mut says = choices.rest().to_vec();
    // Now and then the body is about as long as what is kept of one.
    if more < 16 {
        let about = usize::try_from(BODY_LIMIT).unwrap_or_default() + 8 - usize::from(more);
        says.resize(says.len() + about, b'x');
    }
    let piece = if more < 16 { super::BUFFER } else { piece };
    let method = ["GET", "GET", "POST", "HEAD"][usize::from(how) % 4];
    let body: &[u8] = if method == "POST" { b"{}" } else { b"" };
    let timeout = Duration::from_secs(5);
    let request = Request { method, url: "http://127.0.0.1:1/health", headers: &[], body, timeout };
    let reply = through(&request, RootCerts::PlatformVerifier, Server { says, piece }).ok()?;
    assert!((100..1_000).contains(&reply.status), "{}", reply.status);
    assert!(method != "HEAD" || reply.body.is_empty());
    // A byte that is no text is three in its place.
    assert!(reply.body.len() as u64 <= 3 * BODY_LIMIT);
    assert!(!reply.cut || reply.body.chars().count() as u64 <= BODY_LIMIT && reply.body.len() as u64 >= BODY_LIMIT);
    Some(reply)
}
