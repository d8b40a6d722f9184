//! What does `lsof -F0` say? Reads its fields: one letter each and a value, ended by NUL, a set of them on each line.
//! What it could not see it writes into the name; such a name is none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::super::process::Listener;
use crate::model::lock::{FileId, Grip};

/// One open file of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) pid: i32,
    /// `cwd`, `txt`, or the number of the descriptor.
    pub(super) fd: String,
    /// `r`, `w`, `u`.
    pub(super) access: String,
    /// `REG`, `DIR`, `IPv4`, `unix` …
    pub(super) kind: String,
    pub(super) name: String,
    device: Option<u64>,
    inode: Option<u64>,
}

impl Entry {
    /// Is it a descriptor, not the directory or the program?
    pub(super) fn is_descriptor(&self) -> bool {
        self.fd.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
    }

    /// Which file it is, and by what the process has it in hand; `None` for what is no file.
    pub(super) fn grip(&self) -> Option<(FileId, Grip)> {
        let file = FileId { device: self.device?, inode: self.inode? };
        // A program and what it has mapped stand there without a number.
        Some((file, if self.is_descriptor() { Grip::Open } else { Grip::Mapped }))
    }

    /// Did it not get to see this one?
    pub(super) fn is_hidden(&self) -> bool {
        self.name.contains("Permission denied")
    }

    /// The path, if the name is one.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let name = self.name.strip_suffix(" (deleted)").unwrap_or(&self.name);
        // `/proc/1/cwd (readlink: Permission denied)`, and the bare `/proc/2/exe` of a thread of the kernel.
        let unseen = name.contains(" (readlink: ") || name.ends_with("Permission denied)");
        let own = format!("/proc/{}/", self.pid);
        let path = name.starts_with('/') && !unseen && !name.starts_with(&own);
        path.then(|| PathBuf::from(std::ffi::OsString::from_vec(unescape(name))))
    }

    /// Where it listens, if it is a socket that does.
    pub(super) fn listener(&self) -> Option<Listener> {
        let (host, port) = self.name.rsplit_once(':')?;
        let host: IpAddr = match (host, self.kind.as_str()) {
            ("*", "IPv4") => Ipv4Addr::UNSPECIFIED.into(),
            ("*", "IPv6") => Ipv6Addr::UNSPECIFIED.into(),
            (host, _) => {
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                bare.split('%').next()?.parse().ok()?
            }
        };
        let address = SocketAddr::new(host, port.parse().ok()?);
        Some(Listener { address, v6_only: None, socket: 0, pid: Some(self.pid) })
    }
}

/// The files in the output of `lsof -F0ftaDin` or a part of it.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut pid = 0;
    for line in text.lines() {
        let mut entry = Entry::default();
        for field in line.split('\0') {
            let Some(letter) = field.chars().next() else { continue };
            let value = field[letter.len_utf8()..].to_owned();
            match letter {
                'p' => pid = value.parse().unwrap_or(0),
                'f' => entry.fd = value,
                'a' => entry.access = value.trim().to_owned(),
                't' => entry.kind = value,
                'n' => entry.name = value,
                // `0xfe10`, as `stat` has it.
                'D' => entry.device = value.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok()),
                'i' => entry.inode = value.parse().ok(),
                _ => {}
            }
        }
        if !entry.fd.is_empty() && pid > 0 {
            // Whom this line named, were it in the line itself.
            entries.push(Entry { pid, ..entry });
        }
    }
    entries
}

/// `\n`, `\t`, `\r` and `\x41`: what cannot be printed. A real backslash that looks like one of them is taken for it.
fn unescape(name: &str) -> Vec<u8> {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = || u8::from_str_radix(name.get(at + 2..at + 4)?, 16).ok();
        let (byte, length) = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b'x')) => hex().map_or((b'\\', 1), |byte| (byte, 4)),
            (byte, _) => (byte, 1),
        };
        out.push(byte);
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_files() {
        let text = "p7\0\nfcwd\0a \0tDIR\0n/srv/bot\0\nftxt\0a \0tREG\0n/usr/bin/python3.11 (deleted)\0\nf3\0aw\0tREG\0n/srv/a b\\nc\\xc3\\xa9.log\0\np8\0\nf4\0au\0tIPv4\0n127.0.0.1:80\0\n";
        let entries = entries(text);
        let paths: Vec<Option<PathBuf>> = entries.iter().map(Entry::path).collect();
        assert_eq!(
            paths,
            [Some("/srv/bot".into()), Some("/usr/bin/python3.11".into()), Some("/srv/a b\ncé.log".into()), None]
        );
        assert_eq!(entries.iter().map(|one| one.pid).collect::<Vec<_>>(), [7, 7, 7, 8]);
        assert_eq!(entries.iter().map(Entry::is_descriptor).collect::<Vec<_>>(), [false, false, true, true]);
        assert_eq!(entries[2].access, "w");
    }

    #[test]
    fn a_file_in_the_line_of_its_process_is_of_that_process() {
        let pids = |text: &str| entries(text).iter().map(|one| one.pid).collect::<Vec<_>>();
        assert_eq!(pids("p7\0fcwd\0n/\0\nf3\0n/x\0\np8\0f3\0n/\0\n"), [7, 7, 8]);
        assert_eq!(pids("f3\0n/x\0\np\0f4\0n/x\0\n"), [0; 0], "nobody was named");
    }

    #[test]
    fn a_file_is_known_by_its_device_and_inode() {
        let text = "p7\0\nfcwd\0a \0tDIR\0D0xfe10\0i2\0n/\0\nfmem\0a \0tREG\0D0xfe10\0i9\0n/srv/x\0\nf3\0au\0tREG\0D0xfe10\0i131073\0n/srv/x\0\nf4\0au\0tIPv4\0n*:80\0\n";
        let grips: Vec<_> = entries(text).iter().map(Entry::grip).collect();
        let file = |inode| FileId { device: 0xfe10, inode };
        let expected =
            [Some((file(2), Grip::Mapped)), Some((file(9), Grip::Mapped)), Some((file(131_073), Grip::Open)), None];
        assert_eq!(grips, expected);
    }

    #[test]
    fn what_could_not_be_seen_has_no_path() {
        for name in ["/proc/7/cwd (readlink: Permission denied)", "/proc/7/exe", "socket", ""] {
            let entry = Entry { pid: 7, name: name.to_owned(), ..Entry::default() };
            assert_eq!(entry.path(), None, "{name}");
        }
    }

    #[test]
    fn every_form_of_address_is_read() {
        for (kind, name, address) in [
            ("IPv4", "127.0.0.1:80", Some("127.0.0.1:80")),
            ("IPv4", "*:80", Some("0.0.0.0:80")),
            ("IPv6", "*:80", Some("[::]:80")),
            ("IPv6", "[::1]:80", Some("[::1]:80")),
            ("IPv6", "[fe80::1%lo0]:80", Some("[fe80::1]:80")),
            ("IPv4", "localhost:http", None),
            ("unix", "type=STREAM", None),
        ] {
            let entry = Entry { pid: 7, kind: kind.to_owned(), name: name.to_owned(), ..Entry::default() };
            let found = entry.listener().map(|one| one.address.to_string());
            assert_eq!(found.as_deref(), address, "{name}");
        }
    }
}
