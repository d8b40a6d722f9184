//! What does this process give to look at? The ports that it listens on, the files that it writes, its databases and its
//! pidfile, as probes. Only what it has open now is known: each is a proposal.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::toml::{comment, quoted};
use crate::host::files;
use crate::host::process::{Open, Process, Processes};
use crate::model::units::span_text;
use crate::model::{Span, Stamp};

/// More than this of one sort are named in a comment.
const MOST: usize = 4;

/// Silence is usual up to three times what was seen; below five minutes every service may be silent for once.
const PATIENCE: i64 = 3;

/// Limits that a person would write.
const STEPS: [u64; 9] = [300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Lines below `[service.NAME.probes]`.
    pub(super) probes: Vec<String>,
    /// Its pidfile, relative to the root where it lies in it.
    pub(super) pidfile: Option<String>,
}

/// Looks at what it has open.
pub(super) fn look(process: &Process, root: &Path, now: Stamp, processes: &dyn Processes) -> Seen {
    let mut seen = Seen { pidfile: pidfile(process, root), ..Seen::default() };
    let pid = process.identity.pid;
    let open = match processes.open(pid) {
        Ok(open) => open,
        Err(why) => {
            seen.probes.push(comment(&why));
            return seen;
        }
    };
    seen.probes.extend(ports(&open, processes));
    let (mut logs, mut databases) = (Vec::new(), Vec::new());
    for file in open {
        let Open::File { path, writes } = file else { continue };
        if is_database(&path) {
            databases.push(shown(&path, root));
        } else if writes && is_log(&path) {
            logs.push(path);
        }
    }
    logs.sort();
    logs.dedup();
    let several = logs.len() > 1;
    for (number, path) in logs.iter().take(MOST).enumerate() {
        let name = if several { format!("log-{}", number + 1) } else { "log".to_owned() };
        seen.probes.push(fresh(&name, path, root, now));
    }
    if logs.len() > MOST {
        seen.probes.push(comment(&format!("it writes {} more files", logs.len() - MOST)));
    }
    databases.sort();
    databases.dedup();
    if !databases.is_empty() {
        seen.probes.push(comment(&format!("SQLite databases that it has open: {}", databases.join(", "))));
    }
    seen
}

fn ports(open: &[Open], processes: &dyn Processes) -> Vec<String> {
    let listeners = match processes.listeners() {
        Ok(listeners) => listeners,
        Err(why) => return vec![comment(&why)],
    };
    let ours = listeners.iter().filter(|one| open.contains(&Open::Socket(one.socket)));
    let mut addresses: Vec<SocketAddr> = ours.map(|one| reachable(one.address)).collect();
    // One port on both families is one thing to look at.
    addresses.sort_by_key(|address| (address.port(), address.is_ipv6()));
    addresses.dedup_by_key(|address| address.port());
    let several = addresses.len() > 1;
    let mut lines = Vec::new();
    for address in addresses.iter().take(MOST) {
        let name = if several { format!("port-{}", address.port()) } else { "port".to_owned() };
        lines.push(format!("{name} = {{ kind = \"tcp\", address = \"{address}\" }}"));
        lines.push(format!(
            "# health = {{ kind = \"http\", url = \"http://{address}/\", status = 200 }}  # if it speaks HTTP"
        ));
    }
    if addresses.len() > MOST {
        lines.push(comment(&format!("it listens on {} more ports", addresses.len() - MOST)));
    }
    lines
}

/// Where one would connect to: an unspecified address is every one of the machine's.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn fresh(name: &str, path: &Path, root: &Path, now: Stamp) -> String {
    let pattern = undated(&shown(path, root));
    if path.to_str().is_none_or(|path| path.contains(['*', '?', '[', ']', '{', '}', '\\'])) {
        return comment(&format!("it writes {pattern}, whose name would be read as a pattern"));
    }
    let Some(age) = files::stat(path).ok().and_then(|meta| meta.modified().ok()).map(|at| age(now, at.into())) else {
        return comment(&format!("it writes {pattern}, which is not there any more"));
    };
    let line =
        |within: Span| format!("{name} = {{ kind = \"fresh\", path = {}, within = \"{within}\" }}", quoted(&pattern));
    match within(age) {
        Some(limit) => format!("{}  # last written {} ago", line(limit), span_text(age)),
        None => format!("# {}  # last written {} ago: too quiet to go by", line(Span::secs(604_800)), span_text(age)),
    }
}

fn age(now: Stamp, at: Stamp) -> i64 {
    (now - at).num_milliseconds().max(0)
}

fn within(age_ms: i64) -> Option<Span> {
    STEPS.into_iter().map(Span::secs).find(|step| step.millis() >= age_ms.saturating_mul(PATIENCE))
}

/// A file of each day is a glob: `bot-2026-11-22.log` is `bot-*.log`.
fn undated(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let date = |text: &str| {
        let dashed = text.len() == 10 && [4, 7].iter().all(|at| text.as_bytes()[*at] == b'-');
        text.starts_with("20") && (dashed && digits(&text.replace('-', "")) || text.len() == 8 && digits(text))
    };
    let found = [10, 8].into_iter().find_map(|length| {
        (0..file.len().saturating_sub(length - 1))
            .find(|at| file.get(*at..at + length).is_some_and(date))
            .map(|at| at..at + length)
    });
    let file = found.map_or_else(|| file.to_owned(), |at| format!("{}*{}", &file[..at.start], &file[at.end..]));
    if path.contains('/') { format!("{folder}/{file}") } else { file }
}

/// Something that a person would call its log.
fn is_log(path: &Path) -> bool {
    let text = path.to_string_lossy().to_ascii_lowercase();
    let system = ["/dev/", "/proc/", "/sys/", "/memfd:"].iter().any(|part| text.starts_with(part));
    let other = [".db", "-wal", "-shm", "-journal", ".lock", ".pid", ".sock", ".tmp", ".swp", ".db-journal"];
    let named = [".log", ".jsonl", ".out", ".err"].iter().any(|end| text.ends_with(end)) || text.contains("log");
    !system
        && named
        && !other.iter().any(|end| text.ends_with(end))
        && files::stat(path).is_ok_and(|meta| meta.is_file())
}

fn is_database(path: &Path) -> bool {
    let mut head = [0; 16];
    files::open(path).is_ok_and(|(mut file, _)| file.read_exact(&mut head).is_ok()) && head == *b"SQLite format 3\0"
}

/// The file that holds its pid, where such files stand.
fn pidfile(process: &Process, root: &Path) -> Option<String> {
    let cwd = process.cwd.as_deref().filter(|cwd| *cwd != Path::new("/"));
    let near = [cwd, Some(root)].into_iter().flatten().flat_map(|dir| [dir.join("*.pid"), dir.join("*/*.pid")]);
    let usual = ["/run/*.pid", "/run/*/*.pid"].map(PathBuf::from);
    let patterns: Vec<PathBuf> = near.chain(usual).collect();
    let holds =
        |path: &PathBuf| files::read_text(path, 64).is_ok_and(|text| text.trim() == process.identity.pid.to_string());
    let found = patterns.iter().filter_map(|pattern| files::glob(pattern, 256).ok()).flatten().find(holds)?;
    found.to_str()?;
    Some(shown(&found, root))
}

/// A path as heal.toml would hold it: relative where it lies beside it.
pub(super) fn shown(path: &Path, root: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
        Ok(rest) => rest.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_three_times_the_silence_that_was_seen() {
        for (age, limit) in [(0, Some("5m")), (90, Some("5m")), (120, Some("15m")), (3_600, Some("3h")), (90_000, None)]
        {
            assert_eq!(within(age * 1_000).map(|span| span.to_string()).as_deref(), limit, "{age}");
        }
    }

    #[test]
    fn dates_become_globs() {
        for (path, glob) in [
            ("logs/bot-2026-11-22.log", "logs/bot-*.log"),
            ("bot.20261122.jsonl", "bot.*.jsonl"),
            ("/var/log/2026-11-22/bot.log", "/var/log/2026-11-22/bot.log"),
            ("logs/bot.log", "logs/bot.log"),
            ("ü2026.log", "ü2026.log"),
        ] {
            assert_eq!(undated(path), glob);
        }
    }

    #[test]
    fn what_is_no_log_is_not_taken_for_one() {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, log) in
            [("bot.log", true), ("output.jsonl", true), ("catalog.db", false), ("log.lock", false), ("x.dat", false)]
        {
            let path = dir.path().join(name);
            std::fs::write(&path, "").expect("written");
            assert_eq!(is_log(&path), log, "{name}");
        }
        assert!(!is_log(Path::new("/dev/log")) && !is_log(&dir.path().join("gone.log")));
    }
}
