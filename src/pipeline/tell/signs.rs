//! Who notices when heal itself stops? Channels that hear of every tick, its begin and its end, and miss those that do not come.

use super::Failed;
use crate::alert::Sign;
use crate::apply::deliver;
use crate::config::Config;
use crate::exit::Exit;
use crate::model::report::{Delivery, Level};
use crate::model::{Report, redact};

/// A tick begins.
pub(in crate::pipeline) fn begun(config: &Config) -> Vec<Signal> {
    signs(config, &Sign::Begun)
}

/// A tick is over, with this to say.
pub(in crate::pipeline) fn ended(config: &Config, report: &Report) -> Vec<Signal> {
    signs(config, &sign(report))
}

/// What somebody elsewhere hears of a tick: what was healed is well.
fn sign(report: &Report) -> Sign {
    let place = format!("{} on {}", report.project, report.host);
    if matches!(Exit::of(report), Exit::Fine | Exit::Warning) {
        return Sign::Well(format!("{place}: all is well\n"));
    }
    let unwell = report.subjects.iter().filter(|subject| subject.standing.level >= Level::Unknown);
    let lines = unwell.map(|subject| format!("{}: {}\n", subject.name, redact::line(&subject.standing.summary)));
    Sign::Unwell(format!("{place}\n{}", lines.collect::<String>()))
}

/// Gives the channels that hear of ticks their sign of life, beside everything else: nobody waits for it before the end.
fn signs(config: &Config, sign: &Sign) -> Vec<Signal> {
    let channels = config.alerts.iter().filter(|channel| channel.common.enabled);
    let parcels = channels.filter_map(|channel| Some((channel, channel.channel.sign(sign, &config.root)?)));
    let begun = parcels.map(|(channel, parcel)| {
        let (root, timeout) = (config.root.clone(), channel.common.timeout.get());
        let work = std::thread::Builder::new().spawn(move || deliver(&parcel, &root, timeout));
        Signal { channel: channel.name.clone(), work: work.ok() }
    });
    begun.collect()
}

/// A sign of life that is on its way.
pub(in crate::pipeline) struct Signal {
    channel: String,
    work: Option<std::thread::JoinHandle<Result<(), Failed>>>,
}

impl Signal {
    /// Waits for it; at most its own timeout. What became of it, if it did not arrive.
    pub(in crate::pipeline) fn end(self) -> Option<Delivery> {
        let done = self.work.map(std::thread::JoinHandle::join);
        let failure = match done {
            Some(Ok(Ok(()))) => return None,
            Some(Ok(Err(failed))) => failed.why,
            Some(Err(_)) | None => "the delivery broke off".to_owned(),
        };
        Some(Delivery { channel: self.channel, title: "the sign of life".to_owned(), failure: Some(failure) })
    }
}
