//! Which files are heal's own? What is appended to, replaced or moved aside is none of them: the configuration itself, and what
//! heal keeps in its data directory.

use std::path::{Component, Path, PathBuf};

use super::Reader;
use super::faults::Faults;
use super::typed::{self, Section};
use crate::host::files;
use crate::model::lock::{OWN, owns};

/// What services print is kept in this folder of the data directory: their logs may stand there.
const OUTPUT: &str = "output";

impl Reader<'_> {
    /// What of heal's own this path or pattern fits. Paths are compared as they are written: no link is followed.
    pub(super) fn own(&self, whole: &Path, data_dir: &Path) -> Option<String> {
        let (whole, data_dir) = (lexical(whole), lexical(data_dir));
        if files::fits(&whole, &super::whole_path(self.path, self.root)) {
            return Some("configuration".to_owned());
        }
        if whole == data_dir {
            return Some("data directory".to_owned());
        }
        let own = OWN.iter().find(|own| files::fits(&whole, &data_dir.join(own)));
        own.map(|own| format!("{own} in its data directory"))
    }

    /// Would the output of a service, or a channel, be appended to a file of heal's own?
    pub(super) fn check_appended(
        &self,
        services: Option<&Section<'_>>,
        channels: Option<&Section<'_>>,
        data_dir: &Path,
        faults: &mut Faults,
    ) {
        let data_dir = lexical(data_dir);
        let free = |below: &Path| below.starts_with(OUTPUT) && below != Path::new(OUTPUT) || !owns(below);
        for (section, key, example) in [(services, "log", "logs/output.log"), (channels, "path", "logs/alerts.jsonl")] {
            let tables = section.into_iter().flat_map(|section| section.get_ref().values()).filter_map(typed::as_table);
            for value in tables.filter_map(|table| table.get_ref().get(key)) {
                let Some(path) = value.get_ref().as_str().filter(|path| !path.is_empty()) else { continue };
                let whole = lexical(&self.root.join(path));
                let own = match whole.strip_prefix(&data_dir) {
                    Ok(below) if free(below) => None,
                    Ok(_) => Some("file in its data directory".to_owned()),
                    Err(_) => self.own(&whole, &data_dir),
                };
                if let Some(own) = own {
                    let message = format!("`{key}` is heal's own {own}, and would be appended to");
                    faults.add(
                        value.span(),
                        message,
                        Some(format!("give it a file of its own, such as \"{example}\"")),
                    );
                }
            }
        }
    }
}

/// `a/./b/../c` as `a/c`.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
