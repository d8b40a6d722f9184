//! How does an alert reach somebody on this machine: the log of the system, or the desktop of whoever runs heal?

use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::host::exec::{self, Job};
use crate::host::{env, files};
use crate::model::alert::Undelivered;

/// One datagram. A log that takes nothing for so long is not waited for.
pub(super) fn datagram(socket: &Path, text: &str, timeout: Duration) -> Result<(), Undelivered> {
    let wrong = |error: std::io::Error| Undelivered::later(format!("{}: {error}", socket.display()));
    let sender = UnixDatagram::unbound().map_err(wrong)?;
    sender.set_write_timeout(Some(timeout)).map_err(wrong)?;
    sender.send_to(text.as_bytes(), socket).map_err(wrong).map(drop)
}

/// A note on the desktop. cron and systemd know nothing of the session: where its bus is says the system's own convention.
pub(super) fn note(title: &str, body: &str, urgent: bool, timeout: Duration) -> Result<(), Undelivered> {
    let mut variables = BTreeMap::new();
    let uid = nix::unistd::Uid::effective();
    let runtime = env::var("XDG_RUNTIME_DIR").map_or_else(|| PathBuf::from(format!("/run/user/{uid}")), PathBuf::from);
    let bus = runtime.join("bus");
    let address = env::var("DBUS_SESSION_BUS_ADDRESS")
        .or_else(|| files::stat(&bus).is_ok().then(|| format!("unix:path={}", bus.display())));
    variables.extend(address.map(|address| ("DBUS_SESSION_BUS_ADDRESS".to_owned(), address)));
    for name in ["DISPLAY", "WAYLAND_DISPLAY"] {
        variables.extend(env::var(name).map(|value| (name.to_owned(), value)));
    }
    let argv: Vec<String> = if cfg!(target_os = "macos") {
        // The words are arguments of the script, never a part of it.
        let script = "on run words\ndisplay notification (item 2 of words) with title (item 1 of words)\nend run";
        ["osascript", "-e", script, title, body].map(str::to_owned).to_vec()
    } else {
        // It reads its second word as C reads a string: a `\033` in a log line would be an escape.
        let body = &body.replace('\\', "\\\\");
        let urgency = if urgent { "critical" } else { "normal" };
        ["notify-send", "--app-name=heal", "--urgency", urgency, "--", title, body].map(str::to_owned).to_vec()
    };
    let job = Job { argv: &argv, cwd: Path::new("/"), env: &variables, stdin: b"", timeout };
    let ended = exec::run(&job).map_err(Undelivered::later)?;
    if ended.ok() {
        Ok(())
    } else {
        Err(Undelivered::later(format!("{} {}: {}", argv[0], ended.how(), ended.last_line())))
    }
}
