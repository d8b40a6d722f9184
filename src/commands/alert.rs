//! `heal alert`: what a person or a script has to tell, by the channels that heal itself uses; and what waits for them.

use std::io::Read as _;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::host::clock;
use crate::journal::{self, DataDir, Spool};
use crate::model::alert::Message;
use crate::model::event::Notice;
use crate::model::service::HOST;
use crate::model::{Severity, Span, redact, sanitize};
use crate::output;
use crate::output::alert::{Acknowledged, Listed, Open, Preview, Previewed, Told, Waits, shown};
use crate::pipeline::{self, tell};

/// A text from standard input is cut behind so many bytes: what is longer is a log, not an alert.
const INPUT: u64 = 64 * 1024;

/// Send an alert, and see to those that wait
///
/// `heal alert "the backup failed"` tells every channel that wants such a message, in the same way as heal tells of what it
/// sees: kept on the disk first, tried again until it arrived. With `-` the text is read from standard input.
///
/// Exits with 0 when every channel took it, 1 when it waits for one, 2 when nobody could be told.
#[derive(clap::Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true,
    subcommand_negates_reqs = true
)]
pub struct Args {
    #[command(subcommand)]
    sub: Option<Sub>,
    /// What there is to say: the first line is the headline; `-` reads it from standard input
    #[arg(required = true)]
    text: Option<String>,
    /// How urgent it is
    #[arg(long, value_enum, default_value = "warning")]
    severity: Urgency,
    /// The service that it is about
    #[arg(long, value_name = "NAME", add = Names::Subjects)]
    service: Option<String>,
    /// Only this channel, whatever it wants to hear; may be repeated
    #[arg(long, value_name = "NAME")]
    channel: Vec<String>,
    /// Something that belongs to it; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    detail: Vec<String>,
}

/// How urgent it is.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Urgency {
    Info,
    Warning,
    Critical,
}

#[derive(clap::Subcommand, Debug)]
enum Sub {
    /// Send each channel a message that says that it is a test
    ///
    /// Nothing is kept and nothing is tried again. Exits with 0 when every channel took it, else 2.
    Test {
        /// The channels; all, when none is named
        channel: Vec<String>,
    },
    /// Deliver what waits, also to channels that failed a moment ago
    ///
    /// Exits with 0 when nothing waits any more, else 1.
    Flush,
    /// Open incidents, who was told of them, and what waits for its channel
    List,
    /// Hear no more of an incident: no reminders, and nobody further is called
    ///
    /// heal goes on healing, and says when it is over.
    Ack {
        /// The fingerprint that `heal alert list` and every alert show, or the service
        #[arg(add = Names::Subjects)]
        fingerprint: String,
        /// For so long; else until the incident is over
        #[arg(long = "for", value_name = "DURATION")]
        lasts: Option<Span>,
    },
    /// What each channel would send, for an example; sends nothing
    Preview {
        /// The channels; all, when none is named
        channel: Vec<String>,
    },
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The configuration is wrong, a name in the command line is, or the data directory cannot be read.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let origin = global.origin();
        let config = match origin.load() {
            Ok(config) => config,
            // What a script has to say cannot wait for whoever mends the file.
            Err(error) if self.sub.is_none() => {
                let Some(config) = pipeline::last_good(&origin, &error) else { return Err(error) };
                let place = error.faults.first().map(|fault| format!(" ({})", fault.place)).unwrap_or_default();
                let call = config.call();
                let broken =
                    format!("{error}{place}; told by its last good copy; `{call} config check` names the faults");
                return self.say(&config, Some(broken));
            }
            Err(error) => return Err(error),
        };
        match self.sub {
            Some(Sub::Test { channel }) => {
                let deliveries = tell::test(&config, &channel)?;
                let exit = if deliveries.iter().all(|one| one.failure.is_none()) && !deliveries.is_empty() {
                    Exit::Fine
                } else {
                    Exit::Critical
                };
                let said = tell::Said { deliveries, ..tell::Said::default() };
                Ok(told(exit, said, &format!("{NO_CHANNEL}\n")))
            }
            Some(Sub::Flush) => {
                let said = tell::flush_now(&config)?;
                let exit = if said.waiting.is_empty() { Exit::Fine } else { Exit::Warning };
                Ok(told(exit, said, "nothing waits\n"))
            }
            Some(Sub::List) => list(&config),
            Some(Sub::Ack { fingerprint, lasts }) => {
                let (service, incident) = tell::acknowledge(&config, &fingerprint, lasts.map(Span::millis))?;
                let now = clock::now().at;
                let until =
                    lasts.and_then(|lasts| now.checked_add_signed(chrono::TimeDelta::from_std(lasts.get()).ok()?));
                let how = lasts.map_or_else(|| "until it is over".to_owned(), |lasts| format!("for {lasts}"));
                let text = format!("{service}: nobody is reminded of \"{}\" {how}\n", incident.summary);
                let fingerprint = incident.fingerprint(&service);
                let view = Acknowledged { service, fingerprint, until: until.map(Into::into) };
                Ok(Answer::fine(sanitize::line(text.trim_end()).into_owned() + "\n", View::AlertAck(view)))
            }
            Some(Sub::Preview { channel }) => {
                let all = tell::preview(&config, &channel)?;
                let all = all.into_iter().map(|(channel, parcel)| Preview { channel, sends: shown(&parcel) });
                let view = Previewed { channels: all.collect() };
                let each = view.channels.iter().map(|one| format!("{}\n{}\n", one.channel, one.sends));
                let text = if view.channels.is_empty() {
                    format!("{NO_CHANNEL}\n")
                } else {
                    each.collect::<Vec<_>>().join("\n")
                };
                Ok(Answer::fine(text, View::AlertPreview(view)))
            }
            None => self.say(&config, None),
        }
    }

    /// `broken`: what is wrong with heal.toml, where it is told by the last good copy of it.
    fn say(self, config: &crate::config::Config, broken: Option<String>) -> Result<Answer> {
        let severity = match self.severity {
            Urgency::Info => Severity::Info,
            Urgency::Warning => Severity::Warning,
            Urgency::Critical => Severity::Critical,
        };
        if let Some(service) = self.service.as_ref().filter(|service| *service != HOST) {
            config.require(std::slice::from_ref(service))?;
        }
        let service = self.service.unwrap_or_else(|| HOST.to_owned());
        let text = match self.text.unwrap_or_default() {
            text if text == "-" => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().take(INPUT).read_to_end(&mut bytes);
                read.map_err(|error| Error::io("cannot read standard input", error))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            text => text,
        };
        let mut lines = text.lines().skip_while(|line| line.trim().is_empty());
        let title = lines.next().map(|line| redact::line(line.trim())).unwrap_or_default();
        if title.is_empty() {
            return Err(Error::new(Kind::Usage, "there is nothing to say").hint("heal alert \"the backup failed\""));
        }
        let rest = redact::lines(&lines.collect::<Vec<_>>());
        let mut details = Vec::new();
        for detail in &self.detail {
            let (key, value) = detail.split_once('=').filter(|(key, _)| !key.trim().is_empty()).ok_or_else(|| {
                Error::new(Kind::Usage, format!("`{}` is not KEY=VALUE", detail.escape_default()))
                    .hint("--detail job=nightly")
            })?;
            let masked = if redact::is_secret_name(key) { "***".to_owned() } else { redact::line(value) };
            details.push((key.trim().to_owned(), masked));
        }
        if !rest.is_empty() {
            details.push(("text".to_owned(), rest.join("\n")));
        }
        let now = clock::now().at;
        let message = Message {
            severity,
            notice: Notice::Manual,
            project: config.name.clone(),
            host: clock::hostname(),
            service,
            incident: String::new(),
            fingerprint: String::new(),
            title,
            details,
            action_required: None,
            since: now,
            at: now,
        };
        let mut said = tell::say(config, message, &self.channel)?;
        let reached = said.deliveries.iter().any(|delivery| delivery.failure.is_none());
        let exit = match (said.channels.is_empty(), said.waiting.is_empty()) {
            (false, true) if said.deliveries.iter().all(|delivery| delivery.failure.is_none()) => Exit::Fine,
            (false, false) => Exit::Warning,
            (false, true) if reached => Exit::Warning,
            _ => Exit::Critical,
        };
        let exit = if broken.is_some() { exit.max(Exit::Warning) } else { exit };
        said.warnings.extend(broken);
        let why = if config.alerts.is_empty() { NO_CHANNEL } else { "no channel wants a message of this severity" };
        Ok(told(exit, said, &format!("nobody was told: {why}; it is in operator_alerts.jsonl\n")))
    }
}

/// What there is to do where nobody can be told.
const NO_CHANNEL: &str = "no channel is declared; add an [alert.NAME] to heal.toml";

fn told(exit: Exit, said: tell::Said, nothing: &str) -> Answer {
    let mut text = output::alert::told(&said.deliveries, &said.waiting, clock::now().at);
    if text.is_empty() {
        text.push_str(nothing);
    }
    text.push_str(&output::alert::warned(&said.warnings));
    Answer { exit, ..Answer::fine(text, View::Alert(Told::new(&said.deliveries, &said.waiting, said.warnings))) }
}

/// Reads only.
fn list(config: &crate::config::Config) -> Result<Answer> {
    let dir = DataDir::at(config.data_dir.clone());
    let past = journal::past(&dir)?;
    let now = clock::now();
    let spool = Spool::read(&dir);
    let warnings = [past.warnings(), spool.warnings.clone()].concat();
    let history = past.history;
    let troubles = history.services.iter().flat_map(|(name, past)| {
        [&past.incident, &past.warning].into_iter().flatten().map(move |incident| (name, incident))
    });
    let open = troubles.map(|(name, incident)| Open {
        fingerprint: incident.fingerprint(name),
        service: name.clone(),
        since: incident.opened.at.into(),
        summary: incident.summary.clone(),
        told: incident
            .told
            .values()
            .flatten()
            .filter(|name| *name != tell::LIST)
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect(),
        reminders: incident.reminders,
        acknowledged: incident.is_acknowledged(&now),
    });
    let waiting = tell::waiting(&spool);
    let view = Listed { open: open.collect(), waiting: waiting.iter().map(Waits::from).collect(), warnings };
    let text = output::alert::listed(&view, &waiting, now.at);
    Ok(Answer::fine(text, View::AlertList(view)))
}
