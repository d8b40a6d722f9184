//! Who listens on TCP in our network namespace? Asked of the kernel directly (sock_diag, as `ss` does): only what listens is sent,
//! and it says of `[::]` whether IPv4 is included, which `/proc/net/tcp6` does not.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};

use super::process::Listener;

/// From linux/sock_diag.h, linux/netlink.h, linux/inet_diag.h and net/tcp_states.h.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;
const INET_DIAG_SKV6ONLY: u16 = 11;
const TCP_LISTEN: u32 = 10;

/// Bytes of `nlmsghdr`, `inet_diag_req_v2` and `inet_diag_msg`.
const HEADER: usize = 16;
const REQUEST: usize = 56;
const MESSAGE: usize = 72;

/// All that listen, IPv4 and IPv6.
///
/// # Errors
/// The kernel does not answer this question (a sandbox, a kernel without inet_diag), or something changed while it did.
pub(super) fn listening() -> io::Result<Vec<Listener>> {
    let mut found = dump(AddressFamily::INET)?;
    match dump(AddressFamily::INET6) {
        Ok(more) => found.extend(more),
        // Without IPv6 there is nothing to be asked.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(found)
}

fn dump(family: AddressFamily) -> io::Result<Vec<Listener>> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(netlink::SOCK_DIAG))?;
    // The kernel answers at once or not at all.
    set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_secs(1)))?;
    send(&socket, &request(family), SendFlags::empty())?;
    let mut found = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (_, length) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if read(&buffer[..length.min(buffer.len())], &mut found)? {
            return Ok(found);
        }
    }
}

/// "All TCP sockets of this family that listen."
fn request(family: AddressFamily) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + REQUEST);
    bytes.extend(u32::try_from(HEADER + REQUEST).unwrap_or(0).to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend((NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    bytes.extend([0; 8]);
    let protocol = u8::try_from(nix::libc::IPPROTO_TCP).unwrap_or(0);
    bytes.extend([u8::try_from(family.as_raw()).unwrap_or(0), protocol, 0, 0]);
    bytes.extend((1u32 << TCP_LISTEN).to_ne_bytes());
    bytes.resize(HEADER + REQUEST, 0);
    bytes
}

/// The messages of one datagram; `true` when the last one is among them.
pub(super) fn read(mut bytes: &[u8], found: &mut Vec<Listener>) -> io::Result<bool> {
    let torn = || io::Error::from(io::ErrorKind::InvalidData);
    while !bytes.is_empty() {
        let length = usize::try_from(u32_at(bytes, 0).ok_or_else(torn)?).map_err(|_| torn())?;
        let (kind, flags) = (u16_at(bytes, 4).ok_or_else(torn)?, u16_at(bytes, 6).ok_or_else(torn)?);
        let body = bytes.get(HEADER..length).ok_or_else(torn)?;
        if flags & NLM_F_DUMP_INTR != 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let code = u32_at(body, 0).ok_or_else(torn)?.cast_signed();
                return Err(code.checked_neg().map_or_else(torn, io::Error::from_raw_os_error));
            }
            _ => found.extend(listener(body)),
        }
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
    }
    Ok(false)
}

/// `inet_diag_msg` and its attributes.
fn listener(body: &[u8]) -> Option<Listener> {
    let message = body.get(..MESSAGE)?;
    let port = u16::from_be_bytes(message.get(4..6)?.try_into().ok()?);
    let v6 = i32::from(message[0]) == nix::libc::AF_INET6;
    let ip = if v6 {
        IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(message.get(8..24)?).ok()?))
    } else {
        IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(message.get(8..12)?).ok()?))
    };
    let mut v6_only = (!v6).then_some(false);
    let mut attributes = &body[MESSAGE..];
    while let (Some(length), Some(kind)) = (u16_at(attributes, 0), u16_at(attributes, 2)) {
        if kind == INET_DIAG_SKV6ONLY {
            v6_only = attributes.get(4).map(|only| *only != 0);
        }
        // One that claims to be shorter than its own head would never end.
        attributes = attributes.get(aligned(usize::from(length)).max(4)..).unwrap_or_default();
    }
    Some(Listener { address: SocketAddr::new(ip, port), v6_only, socket: u64::from(u32_at(message, 68)?), pid: None })
}

/// Messages and attributes begin at multiples of four.
const fn aligned(length: usize) -> usize {
    (length + 3) & !3
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torn_datagrams_are_refused_and_never_read_beyond_or_for_ever() {
        let mut found = Vec::new();
        assert!(read(&[1, 2, 3], &mut found).is_err());
        assert!(read(&[0; HEADER], &mut found).is_err());
        let mut long = request(AddressFamily::INET);
        long[0] = 0xff;
        assert!(read(&long, &mut found).is_err());
        // An error of a number that has no positive twin.
        let error =
            [20u32.to_ne_bytes().as_slice(), &NLMSG_ERROR.to_ne_bytes(), &[0; 10], &i32::MIN.to_ne_bytes()].concat();
        assert!(read(&error, &mut found).is_err());
        assert!(listener(&[0; MESSAGE - 1]).is_none());
        let attributes = [[0; MESSAGE].as_slice(), &[0; 64]].concat();
        assert_eq!(listener(&attributes).map(|one| one.v6_only), Some(Some(false)));
        assert!(found.is_empty());
    }

    #[test]
    fn the_kernel_answers_as_its_tables_do() {
        // A sandbox may refuse; then the tables are read, and there is nothing to compare.
        let Ok(asked) = listening() else { return };
        let socket = std::net::TcpListener::bind("127.0.0.2:0").expect("bound");
        let address = socket.local_addr().expect("an address");
        let asked_again = listening().expect("as before");
        assert!(!asked.iter().any(|one| one.address == address));
        let one = asked_again.iter().find(|one| one.address == address).expect("listed");
        assert!(one.socket > 0 && one.v6_only == Some(false));
    }
}
