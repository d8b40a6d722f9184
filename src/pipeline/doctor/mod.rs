//! Is heal itself in order? Looks at what starts it, at its own files, clock, tools and channels. It looks at no service,
//! takes no lock, sends nothing and writes nothing.

mod files;
mod firing;
mod memory;

use std::time::Instant;

use super::millis;
use crate::config::Config;
use crate::host::clock;
use crate::journal::DataDir;
use crate::model::doctor::Diagnosis;

/// `heal doctor`. What cannot be looked at is a line of the answer, never a failure of the whole.
#[must_use]
pub fn doctor(config: &Config) -> Diagnosis {
    let start = Instant::now();
    let now = clock::now();
    let dir = DataDir::at(config.data_dir.clone());
    let mut items = firing::schedules(config, &dir, &now);
    items.extend(memory::remembered(config, &dir));
    items.extend(memory::clocks(&dir, &now));
    items.extend(memory::lock(&dir, &now));
    items.extend(files::permissions(config));
    items.extend(files::secrets(config));
    items.extend(files::room(config));
    items.extend(files::tools(config));
    items.extend(files::channels(config));
    Diagnosis { project: config.name.clone(), host: clock::hostname(), at: now.at, duration_ms: millis(start), items }
}
