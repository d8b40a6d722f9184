//! Which processes could be which service? One pass over the process table for all services at once: the cost grows with
//! processes and with services, never with their product. What it leaves out cannot fit; what it lets through is looked at.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::host::process::Processes;
use crate::model::{Selector, Service};

/// Candidates by service. The pass is made when the first service asks: those with a pidfile may never need it.
#[derive(Default)]
pub struct Index {
    texts: Vec<(String, String)>,
    programs: Vec<(String, String)>,
    all: Vec<String>,
    /// Whoever is looked at is to be listed.
    pub(super) explain: bool,
    found: OnceLock<Result<HashMap<String, Vec<i32>>, String>>,
}

/// What a service is searched by.
enum Search {
    /// These bytes stand somewhere in the command line.
    Text(String),
    /// The program's name, without its version: also found when the process gave itself another title.
    Program(String),
    /// Any process may be it.
    All,
}

impl Index {
    /// Takes note of what these services are searched by.
    #[must_use]
    pub fn new<'s>(services: impl IntoIterator<Item = &'s Service>, explain: bool) -> Self {
        let mut index = Self { explain, ..Self::default() };
        for service in services {
            let Some(selector) = &service.selector else { continue };
            for search in searches(service, selector, explain) {
                let name = service.name.clone();
                match search {
                    Search::Text(text) => index.texts.push((text, name)),
                    Search::Program(program) => index.programs.push((program, name)),
                    Search::All => index.all.push(name),
                }
            }
        }
        index
    }

    /// The pids that could be this service.
    ///
    /// # Errors
    /// Why the process table could not be read.
    pub fn candidates(&self, service: &str, processes: &dyn Processes) -> Result<&[i32], String> {
        match self.found.get_or_init(|| self.pass(processes)) {
            Ok(found) => Ok(found.get(service).map_or(&[], Vec::as_slice)),
            Err(why) => Err(why.clone()),
        }
    }

    fn pass(&self, processes: &dyn Processes) -> Result<HashMap<String, Vec<i32>>, String> {
        // It is built for one pass over some hundred kilobytes: a full automaton, the choice for up to a hundred words, costs
        // more to build than it saves.
        let matcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(self.texts.iter().map(|(text, _)| text))
            .map_err(|error| format!("the names cannot be searched for: {error}"))?;
        let mut by_program: HashMap<&str, Vec<&str>> = HashMap::new();
        for (program, service) in &self.programs {
            by_program.entry(program).or_default().push(service);
        }
        if !by_program.is_empty() {
            processes.tells_programs()?;
        }
        let mut found: HashMap<String, Vec<i32>> = HashMap::new();
        for row in processes.rows()? {
            let mut fits: Vec<&str> = self.all.iter().map(String::as_str).collect();
            let texts = matcher.find_overlapping_iter(row.cmdline);
            fits.extend(texts.map(|text| self.texts[text.pattern().as_usize()].1.as_str()));
            if !by_program.is_empty() {
                let title = String::from_utf8_lossy(row.cmdline.split(|byte| *byte == 0).next().unwrap_or_default());
                let exe = processes.exe(row.pid);
                let names = [Some(bare_name(&title)), exe.as_deref().map(|exe| bare_name(&exe.to_string_lossy()))];
                fits.extend(names.iter().flatten().filter_map(|name| by_program.get(name.as_str())).flatten());
            }
            fits.sort_unstable();
            fits.dedup();
            for service in fits {
                found.entry(service.to_owned()).or_default().push(row.pid);
            }
        }
        Ok(found)
    }
}

fn searches(service: &Service, selector: &Selector, explain: bool) -> Vec<Search> {
    let program = || selector.executable.as_deref().map(|name| Search::Program(bare_name(name)));
    if selector.args_contain.is_some() {
        let text = selector.word().map_or(Search::All, |word| Search::Text(word.to_owned()));
        return [Some(text), program().filter(|_| explain)].into_iter().flatten().collect();
    }
    if let Some(program) = program() {
        return vec![program];
    }
    let start = service.launch.as_ref().and_then(|launch| launch.argv.first());
    start.map(|program| Search::Text(file_name(program))).into_iter().collect()
}

/// A program's name without folder, case and version: `/usr/bin/Python3.11` is `python`.
fn bare_name(path: &str) -> String {
    let name = file_name(path).to_ascii_lowercase();
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if bare.is_empty() { name } else { bare.to_owned() }
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_folder_case_and_version() {
        let table = [
            ("/usr/bin/python3.11", "python"),
            ("Python", "python"),
            ("./run.sh", "run.sh"),
            ("7z", "7z"),
            ("3.14", "3.14"),
            ("nginx: master process /usr/sbin/nginx", "nginx"),
        ];
        for (path, name) in table {
            assert_eq!(bare_name(path), name, "{path}");
        }
    }
}
