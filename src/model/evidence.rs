//! What was there to see before an act destroyed it? What a process was doing, its last words, the latest commits.
//! Plain data, already redacted by whoever captured it; nothing here decides anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Bytes, counted, span_text};
use super::{Stamp, rfc3339};

/// All of it together, as JSON, takes at most this many bytes: a line of the journal stays a line.
pub const MOST: usize = 16 * 1024;

/// Lines of output that an incident keeps.
const KEPT: usize = 5;

/// What was captured right before an act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Evidence {
    /// The processes that are about to be stopped.
    pub processes: Vec<Specimen>,
    /// The ends of the service's logs: its output first, then the files that its probes watch.
    pub logs: Vec<Tail>,
    /// The latest commits of the project, newest first.
    pub commits: Vec<Commit>,
    /// What could not be captured, and why.
    pub notes: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// One process that is about to be stopped. What nobody could say is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Specimen {
    /// Its pid.
    pub pid: i32,
    /// Its command line.
    pub command: String,
    /// How it was doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vitals: Option<Vitals>,
    /// Where it stood in the kernel, innermost first; for root alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// What it had open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<Descriptors>,
    /// Its children: pid and command line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<(i32, String)>,
    /// Where it listened: `127.0.0.1:8080`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listens: Vec<String>,
}

/// How a process is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vitals {
    /// The state letter of `ps`: `R`, `S`, `D`, `T`, `Z` …
    pub state: char,
    /// The kernel's function in which it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wchan: Option<String>,
    /// How long it has been running, in milliseconds.
    pub age_ms: i64,
    /// The processor time it used, its own and the kernel's for it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<i64>,
    /// Its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// Bytes of memory it has in RAM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss: Option<u64>,
    /// Bytes of memory it has in swap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<u64>,
}

/// How much a process has open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Descriptors {
    /// All of it.
    pub count: u64,
    /// The commonest kinds (`file`, `socket`, `pipe`, `eventpoll` …) and how many there are of each, most first.
    pub kinds: Vec<(String, u64)>,
}

/// The end of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tail {
    /// The file, relative to the project where it lies inside.
    pub path: String,
    /// Is this where the service's own output goes?
    #[serde(default)]
    pub output: bool,
    /// Its last lines, oldest first.
    pub lines: Vec<String>,
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// When it was made.
    #[schemars(with = "String")]
    pub at: Stamp,
    /// The first line of its message.
    pub subject: String,
}

/// What an incident keeps of its evidence: enough for an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Digest {
    /// How the process was doing, in one line; empty when there was none.
    pub state: String,
    /// The last lines of output.
    pub lines: Vec<String>,
}

impl Evidence {
    /// Was nothing seen at all? Then nothing is worth keeping.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.logs.is_empty() && self.commits.is_empty() && self.notes.is_empty()
    }

    /// Cuts it down to [`MOST`] bytes: old lines of the longest log go first, then stacks, children and notes.
    #[must_use]
    pub fn cut(mut self) -> Self {
        while self.size() > MOST {
            let longest = self.logs.iter_mut().max_by_key(|tail| tail.lines.iter().map(String::len).sum::<usize>());
            if let Some(tail) = longest.filter(|tail| !tail.lines.is_empty()) {
                tail.lines.remove(0);
            } else if let Some(one) = self.processes.iter_mut().find(|one| !one.stack.is_empty()) {
                one.stack.clear();
            } else if let Some(one) = self.processes.iter_mut().find(|one| !one.children.is_empty()) {
                one.children.clear();
            } else if self.notes.pop().is_none() && self.processes.pop().is_none() && self.commits.pop().is_none() {
                break;
            }
        }
        self
    }

    fn size(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len())
    }

    /// What an incident keeps of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let lines = self.output().map_or(&[][..], |tail| tail.lines.as_slice());
        Digest {
            state: self.processes.first().map(Specimen::line).unwrap_or_default(),
            lines: lines[lines.len().saturating_sub(KEPT)..].to_vec(),
        }
    }

    /// The log that says most: the service's own output, or else the first that says anything.
    #[must_use]
    pub fn output(&self) -> Option<&Tail> {
        let mut logs = self.logs.iter().filter(|tail| !tail.lines.is_empty());
        logs.clone().find(|tail| tail.output).or_else(|| logs.next())
    }
}

impl Digest {
    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty() && self.lines.is_empty()
    }
}

impl Specimen {
    /// How it was doing, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        if let Some(vitals) = &self.vitals {
            let place = vitals.wchan.as_ref().map_or_else(String::new, |wchan| format!(" in {wchan}"));
            parts.push(format!("{}{place}", state(vitals.state)));
            parts.push(format!("up {}", span_text(vitals.age_ms)));
            parts.extend(vitals.cpu_ms.map(|cpu| format!("{} of CPU", span_text(cpu))));
            parts.extend(vitals.threads.map(|count| counted(count, "thread")));
            parts.extend(vitals.rss.map(|rss| format!("{} of memory", Bytes(rss))));
            parts.extend(vitals.swap.filter(|swap| *swap > 0).map(|swap| format!("{} in swap", Bytes(swap))));
        }
        parts.extend(self.descriptors.as_ref().map(|open| counted(open.count, "descriptor")));
        if !self.children.is_empty() {
            let count = self.children.len();
            parts.push(if count == 1 { "1 child".to_owned() } else { format!("{count} children") });
        }
        if !self.listens.is_empty() {
            parts.push(format!("listening on {}", self.listens.join(" ")));
        }
        if parts.is_empty() { format!("pid {}", self.pid) } else { format!("pid {}: {}", self.pid, parts.join(", ")) }
    }
}

impl std::fmt::Display for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id: String = self.id.chars().take(12).collect();
        write!(f, "{id} {} {}", rfc3339(self.at), self.subject)
    }
}

/// The state letter of `ps` in words.
fn state(letter: char) -> String {
    match letter {
        'R' => "running".to_owned(),
        'S' | 'I' => "sleeping".to_owned(),
        'D' | 'U' => "uninterruptible, it waits for a device".to_owned(),
        'T' => "stopped by a signal".to_owned(),
        't' => "stopped by a debugger".to_owned(),
        'Z' => "ended, not collected by its parent".to_owned(),
        other => format!("in state {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(path: &str, output: bool, lines: usize, width: usize) -> Tail {
        let lines = (0..lines).map(|at| format!("{at} {}", "x".repeat(width))).collect();
        Tail { path: path.to_owned(), output, lines }
    }

    #[test]
    fn what_is_too_much_loses_its_oldest_lines_first() {
        let child = |pid| (pid, "child ".repeat(20));
        let full = Evidence {
            processes: vec![Specimen { pid: 7, children: (0..9).map(child).collect(), ..Specimen::default() }],
            logs: vec![tail("a", true, 40, 200), tail("b", false, 40, 400)],
            ..Evidence::default()
        };
        let cut = full.clone().cut();
        assert!(cut.size() <= MOST && cut.size() > MOST - 500, "{}", cut.size());
        assert_eq!(cut.processes, full.processes);
        for (before, after) in full.logs.iter().zip(&cut.logs) {
            assert!(!after.lines.is_empty() && before.lines.ends_with(&after.lines), "{}", after.path);
        }
        let wild = Evidence {
            processes: vec![Specimen { command: "x".repeat(MOST), ..Specimen::default() }],
            notes: vec!["x".repeat(MOST)],
            ..Evidence::default()
        };
        assert!(wild.cut().size() <= MOST);
    }

    #[test]
    fn an_incident_keeps_the_last_words_and_one_line() {
        let vitals = Vitals {
            state: 'S',
            wchan: Some("futex_wait".to_owned()),
            age_ms: 61_000,
            cpu_ms: Some(1_500),
            threads: Some(1),
            rss: Some(45 * 1024 * 1024),
            swap: Some(0),
        };
        let one = Specimen {
            pid: 7,
            vitals: Some(vitals),
            descriptors: Some(Descriptors { count: 12, kinds: Vec::new() }),
            children: vec![(8, "sleep 1".to_owned())],
            listens: vec!["127.0.0.1:80".to_owned()],
            ..Specimen::default()
        };
        let evidence = Evidence {
            processes: vec![one, Specimen { pid: 9, ..Specimen::default() }],
            logs: vec![tail("probe.log", false, 2, 1), tail("out.log", true, 7, 1)],
            ..Evidence::default()
        };
        let digest = evidence.digest();
        assert_eq!(digest.lines, ["2 x", "3 x", "4 x", "5 x", "6 x"]);
        expect_test::expect![
            "pid 7: sleeping in futex_wait, up 1m 1s, 1s of CPU, 1 thread, 47.2 MB of memory, 12 descriptors, 1 child, listening on 127.0.0.1:80"
        ]
        .assert_eq(&digest.state);
        assert_eq!(evidence.processes[1].line(), "pid 9");
        // Without output of its own, the log that a probe watches has the last word.
        let other = Evidence { logs: vec![tail("o", true, 0, 1), tail("p", false, 1, 1)], ..Evidence::default() };
        assert_eq!((other.digest().lines, other.digest().state), (vec!["0 x".to_owned()], String::new()));
    }
}
