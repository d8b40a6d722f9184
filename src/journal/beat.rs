//! How is a heartbeat kept? One small file, replaced whole: no lock, no journal, no waiting for the disk, because a work
//! loop waits for it, and a beat that a power cut loses says nothing after it.

use serde_json::Number;

use super::{DataDir, files};
use crate::error::{Error, Kind, Result};
use crate::host;
use crate::model::beat::{Beat, file_name};
use crate::model::event::Moment;

const OTHER_USER: &str = "it belongs to the user who runs heal; a service of another user can write a file of its own, \
                          for a `fresh` probe with `field` to look at";

/// Writes a beat of this moment. Many at once do no harm: each is whole, the last one stays.
///
/// # Errors
/// It cannot be written ([`Kind::Io`]), or the folder of the beats is a link ([`Kind::Config`]).
pub fn beat(
    dir: &DataDir,
    (service, part): (&str, &str),
    moment: Moment,
    progress: Option<Number>,
    note: Option<String>,
    pid: i32,
) -> Result<Beat> {
    // As everywhere in the data directory: what it leads to is not heal's to write.
    if std::fs::symlink_metadata(dir.beats()).is_ok_and(|meta| meta.is_symlink()) {
        let message = format!("{} is a link, which heal does not follow", dir.beats().display());
        return Err(Error::new(Kind::Config, message).hint("put a folder in its place, which heal may have to itself"));
    }
    let path = dir.beats().join(file_name(service, part));
    let last = host::files::read(&path, 64 * 1024).ok().and_then(|bytes| serde_json::from_slice::<Beat>(&bytes).ok());
    let beat = Beat { note, pid: Some(pid), ..Beat::after(last.as_ref(), moment, progress) };
    let line = serde_json::to_string(&beat).map_err(|error| Error::new(Kind::Bug, error.to_string()))?;
    let written = match files::swap(&path, &format!("{line}\n")) {
        // The first one ever.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            dir.create()?;
            files::create_dir(&dir.beats()).and_then(|()| files::swap(&path, &format!("{line}\n")))
        }
        done => done,
    };
    written.map(|()| beat).map_err(|error| {
        let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
        let error = Error::io(format_args!("cannot write the heartbeat {}", path.display()), error).of_kind(Kind::Io);
        if denied { error.hint(OTHER_USER) } else { error }
    })
}
