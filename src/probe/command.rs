//! What does a command of one's own say? Exit code 0 is good; argv only, never a shell; ended with its whole group at its deadline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::exec::{self, Ended, Job};
use crate::model::{Class, Severity, Span, redact};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "command",
    about: "a command exits with 0 (or with 0/1/2/3 like a monitoring plugin)",
    example: r#"queue = { kind = "command", command = ["true"], timeout = "10s" }"#,
    parse,
    schema: Command::json_schema,
    class: Class::Hung,
    timeout: Span::secs(10),
};

/// Characters of a line that are shown. Long enough for a cause behind a path (FAILURES F36).
const LONGEST: usize = 500;

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Program and arguments.
    command: Vec<String>,
    /// Read the exit code as monitoring plugins mean it (1 warning, 2 critical, 3 unknown), and of the output the first line,
    /// up to the bar.
    #[serde(default)]
    plugin: bool,
    /// Added to the clean environment.
    #[serde(default)]
    env: BTreeMap<String, String>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let command = Command::deserialize(value)?;
    if command.command.first().is_none_or(String::is_empty) {
        return Err(toml::de::Error::custom("`command` is empty; write it as [\"program\", \"argument\"]"));
    }
    Ok(Arc::new(command))
}

impl Probe for Command {
    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        let job = Job { argv: &self.command, cwd: &scene.root, env: &self.env, stdin: b"", timeout };
        self.judge(&exec::run(&job))
    }

    fn program(&self) -> Option<(&str, Option<&str>)> {
        Some((self.command.first()?, self.env.get("PATH").map(String::as_str)))
    }
}

impl Command {
    fn judge(&self, ended: &Result<Ended, String>) -> Sight {
        let ended = match ended {
            Ok(ended) => ended,
            Err(why) => return Sight::new(Judged::Unknown, why.clone()),
        };
        // A command that did not answer said nothing: that is not the same as "bad".
        let Some(status) = ended.status else { return Sight::new(Judged::Unknown, ended.how()) };
        let judged = match (status.code(), self.plugin) {
            (Some(0), _) => Judged::Good,
            (Some(1), true) => Judged::Bad(Some(Severity::Warning)),
            (Some(2), true) => Judged::Bad(Some(Severity::Critical)),
            (_, true) => Judged::Unknown,
            // 126 and 127 are a shell's "cannot run it": nothing was looked at.
            (Some(126 | 127) | None, false) => Judged::Unknown,
            (Some(_), false) => Judged::Bad(None),
        };
        let said = if self.plugin { ended.plugin_line() } else { ended.last_line() };
        let said = clip(redact::line(said));
        let summary = if said.is_empty() { ended.how() } else { format!("{}: {said}", ended.how()) };
        Sight::new(judged, summary)
    }
}

/// A line that a person can still read: the cause stands at its beginning, and a megabyte helps nobody.
fn clip(line: String) -> String {
    match line.char_indices().nth(LONGEST) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    #[test]
    fn exit_codes_are_judged() {
        let ended = |status: Option<i32>| {
            Ok(Ended { status: status.map(ExitStatus::from_raw), stdout: String::new(), stderr: String::new() })
        };
        let code = |code: i32| Some(code << 8);
        let table = [
            (false, code(0), Judged::Good),
            (false, code(1), Judged::Bad(None)),
            (false, code(3), Judged::Bad(None)),
            (false, code(127), Judged::Unknown),
            (false, Some(9), Judged::Unknown),
            (false, None, Judged::Unknown),
            (true, code(1), Judged::Bad(Some(Severity::Warning))),
            (true, code(2), Judged::Bad(Some(Severity::Critical))),
            (true, code(3), Judged::Unknown),
            (true, code(64), Judged::Unknown),
        ];
        for (plugin, status, expected) in table {
            let probe = Command { command: vec![], plugin, env: BTreeMap::new() };
            assert_eq!(probe.judge(&ended(status)).judged, expected, "{plugin} {status:?}");
        }
    }
}
