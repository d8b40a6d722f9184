//! What does launchd have to read? One property list for each thing that is started. Never run on a Mac: written by
//! launchd.plist(5), and tested by a reader of property lists alone.

use std::path::Path;

use super::seal::{self, Comment};
use super::{File, Job, Site, service};
use crate::error::Result;
use crate::model::Span;
use crate::model::schedule::{Time, When};

const PLIST: &str = include_str!("../../templates/job.plist");

/// What has to stand before any comment.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<!-- Written by `heal install`, removed by `heal uninstall`. What is edited by hand is left alone. -->
";

/// The property list of one job. No `KeepAlive`: launchd would start each run that ended again, every ten seconds.
///
/// # Errors
/// The interval is no whole number of seconds.
pub(super) fn job(site: &Site<'_>, folder: &Path, job: &Job, when: &When) -> Result<File> {
    let times = match when {
        When::Every(span) if span.millis() % 1_000 != 0 || *span < Span::secs(1) => {
            return Err(super::too_often("launchd", "whole seconds", job, *span));
        }
        When::Every(span) => {
            format!("\t<key>StartInterval</key>\n\t<integer>{}</integer>", span.millis() / 1_000)
        }
        When::At(times) => {
            let entries: Vec<String> = times.iter().map(calendar).collect();
            format!("\t<key>StartCalendarInterval</key>\n\t<array>\n{}\n\t</array>", entries.join("\n"))
        }
    };
    // What a run of heal started stays when the run ends.
    let keys = format!(
        "{times}\n\t<key>RunAtLoad</key>\n\t<true/>\n\t<key>AbandonProcessGroup</key>\n\t<true/>\n\t<key>ProcessType</key>\n\t<string>Background</string>"
    );
    let (label, log) = (site.job_name(job), site.config.data_dir.join("schedule.log"));
    Ok(plist(
        site,
        folder,
        (&label, &format!("schedule {}", job.name)),
        &site.command(job),
        &keys,
        (&site.config.root, &log),
    ))
}

/// The property list of a service itself.
///
/// # Errors
/// Its program cannot be found, or it would be told a secret that everybody could read.
pub(super) fn itself(site: &Site<'_>, folder: &Path, name: &str) -> Result<File> {
    let started = service::of(site.config, name)?;
    let env: Vec<String> = started
        .env
        .iter()
        .map(|(key, value)| format!("\t\t<key>{}</key>\n\t\t<string>{}</string>", escape(key), escape(value)))
        .collect();
    let keys = format!(
        "\t<key>EnvironmentVariables</key>\n\t<dict>\n{}\n\t</dict>\n\t<key>RunAtLoad</key>\n\t<true/>\n\t<key>KeepAlive</key>\n\t<dict>\n\t\t<key>SuccessfulExit</key>\n\t\t<false/>\n\t</dict>\n\t<key>ExitTimeOut</key>\n\t<integer>{}</integer>",
        env.join("\n"),
        started.stop_grace.millis().div_euclid(1_000).max(1)
    );
    let (label, what) = (site.service_name(name), format!("service {name}"));
    Ok(plist(site, folder, (&label, &what), &started.argv, &keys, (&started.cwd, &started.log)))
}

fn plist(
    site: &Site<'_>,
    folder: &Path,
    (label, what): (&str, &str),
    argv: &[String],
    keys: &str,
    (cwd, log): (&Path, &Path),
) -> File {
    let arguments: Vec<String> = argv.iter().map(|word| format!("\t\t<string>{}</string>", escape(word))).collect();
    let path = |path: &Path| escape(&path.display().to_string());
    let body = PLIST
        .replace("@LABEL@", &escape(label))
        .replace("@KEYS@", keys)
        .replace("@CWD@", &path(cwd))
        .replace("@LOG@", &path(log))
        .replace("@ARGUMENTS@", &arguments.join("\n"));
    let text = seal::seal(Comment::Xml, (what, &site.toml), HEAD, &body);
    File { path: folder.join(format!("{label}.plist")), text }
}

fn calendar(time: &Time) -> String {
    let number = |key: &str, value: u8| format!("\t\t\t<key>{key}</key>\n\t\t\t<integer>{value}</integer>\n");
    format!("\t\t<dict>\n{}{}\t\t</dict>", number("Hour", time.hour), number("Minute", time.minute))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
