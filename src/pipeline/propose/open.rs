//! What does this process give to look at? The ports that it listens on, the files that it writes, its databases and its
//! pidfile, as probes. Only what it has open now is known: each is a proposal.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::toml::{comment, quoted};
use super::written::{self, Life};
use crate::host::files;
use crate::host::process::{Open, Process, Processes};

/// More than this of one sort are named in a comment.
pub(super) const MOST: usize = 4;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Lines of the service's own table: where its output goes.
    pub(super) output: Vec<String>,
    /// Lines below `[service.NAME.probes]`.
    pub(super) probes: Vec<String>,
    /// Its pidfile, relative to the root where it lies in it.
    pub(super) pidfile: Option<String>,
}

/// Looks at what it has open. `supervised`: somebody else starts it, and decides where its output goes.
pub(super) fn look(process: &Process, root: &Path, life: Life, processes: &dyn Processes, supervised: bool) -> Seen {
    let mut seen = Seen { pidfile: pidfile(process, root), ..Seen::default() };
    let pid = process.identity.pid;
    let open = match processes.open(pid) {
        Ok(open) => open,
        Err(why) => {
            seen.probes.push(comment(&why));
            return seen;
        }
    };
    let (ports, listens) = ports(&open, processes);
    let output = written::output(&open, root);
    // What does not go on in the same file after a start by heal would look silent.
    let goes_on = |path: &&PathBuf| supervised || output.kept.as_ref() == Some(*path);
    let mut logs: Vec<PathBuf> = output.paths.iter().filter(goes_on).cloned().collect();
    logs.extend(written::logs(&open, &output));
    logs.retain(|path| !is_database(path));
    seen.probes.extend(ports);
    seen.probes.extend(written::probes(&logs, root, life, listens));
    seen.probes.extend(databases(&open, root));
    if !supervised {
        seen.output = output.lines;
    }
    seen
}

/// Ready to be taken, but not taken: a tick asks for the lock of the database for a moment.
fn databases(open: &[Open], root: &Path) -> Vec<String> {
    let found = open.iter().filter_map(|one| match one {
        Open::File { path, .. } if is_database(path) => Some(shown(path, root)),
        _ => None,
    });
    let mut paths: Vec<String> = found.collect();
    paths.sort();
    paths.dedup();
    let several = paths.len() > 1;
    let probe = |(number, path): (usize, &String)| {
        let name = if several { format!("database-{}", number + 1) } else { "database".to_owned() };
        format!(
            "# {name} = {{ kind = \"sqlite\", path = {} }}  # it has it open; a tick tries its write lock",
            quoted(path)
        )
    };
    let mut lines: Vec<String> = paths.iter().take(MOST).enumerate().map(probe).collect();
    if paths.len() > MOST {
        lines.push(comment(&format!("it has {} more SQLite databases open", paths.len() - MOST)));
    }
    lines
}

/// Probes of the ports that it listens on, and whether there are any.
fn ports(open: &[Open], processes: &dyn Processes) -> (Vec<String>, bool) {
    let listeners = match processes.listeners() {
        Ok(listeners) => listeners,
        Err(why) => return (vec![comment(&why)], false),
    };
    let ours = listeners.iter().filter(|one| open.contains(&Open::Socket(one.socket)));
    let mut addresses: Vec<SocketAddr> = ours.map(|one| reachable(one.address)).collect();
    // One port on both families is one thing to look at.
    addresses.sort_by_key(|address| (address.port(), address.is_ipv6()));
    addresses.dedup_by_key(|address| address.port());
    let several = addresses.len() > 1;
    let mut lines = Vec::new();
    for address in addresses.iter().take(MOST) {
        let port = address.port();
        let named = |name: &str| if several { format!("{name}-{port}") } else { name.to_owned() };
        // Whose socket it is can be seen without a connection, which the kernel would take for a process that hangs.
        lines.push(format!("{} = {{ kind = \"port\", port = {port} }}", named("listens")));
        lines.push(format!(
            "# {} = {{ kind = \"http\", url = \"http://{address}/\", status = 200 }}  # if it speaks HTTP",
            named("health")
        ));
    }
    if addresses.len() > MOST {
        lines.push(comment(&format!("it listens on {} more ports", addresses.len() - MOST)));
    }
    (lines, !addresses.is_empty())
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
