//! What holds of any bytes as files of `/proc`, and as what the kernel says of sockets? Whatever a process calls itself, its other
//! fields are read; a table that is torn is refused or read in part, and never beyond its end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use rustix::fs::makedev;

use super::{descriptors, entry, kernel_locks, resources, sockets, vitals};
use crate::model::choices::Choices;
use crate::model::lock::{FileId, Grip};

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn proc(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = entry::parse(data);
    assert!(entry::words(data).iter().all(|word| !word.is_empty() && !word.contains('\0')));
    assert!(kernel_locks::parse(&text).len() <= text.lines().count());
    let files = data.split(|byte| *byte == b'\n').filter_map(descriptors::mapping);
    assert!(files.into_iter().all(|file| file.inode > 0));
    let _ = (descriptors::nested(data), resources::vm_stat(&text), vitals::kind(Path::new(&*text)));
    let _ = (0..3).map(|id| resources::mounted_read_only(&text, id)).collect::<Vec<_>>();
    let mut found = Vec::new();
    let _ = sockets::read(data, &mut found);
    assert!(found.len() <= data.len() / 72);
    let mut choices = Choices::new(data);
    made_up_process(&mut choices);
    made_up_lock(&mut choices);
    made_up_socket(&mut choices);
}

fn made_up_process(choices: &mut Choices<'_>) {
    let (pid, parent, session) = (choices.number() % 4_000_000, choices.number() % 4_000_000, choices.byte());
    let (start, state) = (choices.number(), char::from(b"RSDZTtXI"[choices.below(8)]));
    let name = choices.bytes(40);
    let head = [format!("{pid} (").as_bytes(), name, b") "].concat();
    let rest =
        format!("{state} {parent} 7 {session} 0 -1 4194304 90 0 0 0 0 0 0 0 20 0 1 0 {start} 2580480 210 1 1 1\n");
    let found = entry::parse(&[&head[..], rest.as_bytes()].concat());
    let parent = i32::try_from(parent).unwrap_or_default();
    assert_eq!(found, Some(entry::Stat { state, parent, session: i32::from(session), start }), "{name:?}");
}

fn made_up_lock(choices: &mut Choices<'_>) {
    let (major, minor, inode) = (u32::from(choices.byte()), u32::from(choices.byte()), choices.number());
    let pid = i32::from(choices.byte()) - 1;
    let (word, grip) = [("POSIX ", Grip::Record), ("OFDLCK", Grip::Record), ("FLOCK ", Grip::Flock)][choices.below(3)];
    let waits = if choices.byte() % 4 == 1 { "-> " } else { "" };
    let line = format!("1: {waits}{word} ADVISORY  WRITE {pid} {major:02x}:{minor:02x}:{inode} 0 EOF\n");
    let file = FileId { device: makedev(major, minor), inode };
    let expected = waits.is_empty().then_some(kernel_locks::KernelLock { file, pid, grip });
    assert_eq!(kernel_locks::parse(&line), expected.into_iter().collect::<Vec<_>>(), "{line}");
    let line = format!("7f1c2a-7f1c2b r--s 00000000 {major:02x}:{minor:02x} {inode}      /srv/x");
    assert_eq!(descriptors::mapping(line.as_bytes()), (inode > 0).then_some(file), "{line}");
}

/// `inet_diag_msg` behind its `nlmsghdr`, in a dump that ends.
fn made_up_socket(choices: &mut Choices<'_>) {
    let (v6, port, number) = (choices.byte() % 2 == 1, [choices.byte(), choices.byte()], [choices.byte(); 4]);
    let mut message = vec![0; 72];
    message[0] = u8::try_from(if v6 { nix::libc::AF_INET6 } else { nix::libc::AF_INET }).unwrap_or_default();
    message[4..6].copy_from_slice(&port);
    for byte in &mut message[8..24] {
        *byte = choices.byte();
    }
    message[68..72].copy_from_slice(&number);
    let own: [u8; 16] = std::array::from_fn(|at| message[8 + at]);
    let ip = if v6 { IpAddr::from(Ipv6Addr::from(own)) } else { Ipv4Addr::new(own[0], own[1], own[2], own[3]).into() };
    let head = |kind: u16, length: usize| {
        let length = u32::try_from(16 + length).unwrap_or_default().to_ne_bytes();
        [&length[..], &kind.to_ne_bytes(), &[0; 10]].concat()
    };
    let dump = [head(20, message.len()), message, head(3, 0)].concat();
    let mut found = Vec::new();
    assert!(sockets::read(&dump, &mut found).is_ok_and(|last| last));
    let all: Vec<_> = found.iter().map(|one| (one.address, one.socket, one.v6_only)).collect();
    let address = SocketAddr::new(ip, u16::from_be_bytes(port));
    assert_eq!(all, [(address, u64::from(u32::from_ne_bytes(number)), (!v6).then_some(false))]);
    let mut torn = Vec::new();
    let cut = choices.below(dump.len());
    assert!(!sockets::read(&dump[..cut], &mut torn).is_ok_and(|last| last), "the end of a dump was made up");
}
