//! `heal revert`: take back the code that a service crashes with.

use schemars::JsonSchema;
use serde::Serialize;

use crate::apply::Pushed;
use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::report::Delivery;
use crate::model::revert::{Revert, short};
use crate::model::{Outcome, redact};
use crate::output::sanitize;
use crate::output::view::TakenBack;
use crate::pipeline::Options;
use crate::pipeline::revert::{Took, Wish, revert};

/// Take back the code that a service crashes with
///
/// Looks for a crash pattern by itself: several crashes, in a short while, with a release that is young. Makes one new
/// commit that carries the files of the last release that ran well, and restarts the service. If it is not well then
/// either, that commit is taken back in turn, and you are told. Nothing is rewritten, and nothing is ever pushed by force.
///
/// It has to be armed: `touch auto-revert-enabled` in the data directory, or --force for this once. It refuses, and changes
/// nothing, whenever anything could be lost: files that are changed or not tracked, a merge under way, another branch,
/// a history that is not whole.
///
/// Exits with 0 when the service is well again; 1 when that is not sure yet, or the commit could not be pushed; 2 when it
/// did not help, and the code is as it was; 69 when it refused; 75 when another run is at work.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The service; needed when there are several and none, or more than one, has a crash pattern
    #[arg(long, value_name = "NAME", add = Names::Services)]
    service: Option<String>,
    /// Take back this one commit, whatever crashes; what came after it stays
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// Of a merge named with --commit, keep the side of this parent, from 1
    #[arg(long, value_name = "N", requires = "commit", value_parser = clap::value_parser!(u32).range(1..))]
    mainline: Option<u32>,
    /// Do it although it is not armed; waives nothing else
    #[arg(long)]
    force: bool,
    /// Print what would be taken back; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// The service.
    service: String,
    /// Nothing was changed, and nothing would have been.
    dry_run: bool,
    /// Why nothing was taken back; null when something was, or would be.
    refused: Option<WhyNot>,
    /// The commit that was made, or would be.
    revert: Option<TakenBack>,
    /// How the service is after it; null when nothing was done.
    outcome: Option<Outcome>,
    /// What was seen of it.
    detail: Option<String>,
    /// The commit that brought the code back where it was, because that did not help.
    undone: Option<TakenBack>,
    /// The id at which the remote's branch stands; null when nothing was pushed.
    pushed: Option<String>,
    /// Duties that are left: a push that failed, an alert that was not delivered.
    pending: Vec<String>,
    /// Acts of earlier runs that were found unfinished.
    unfinished: Vec<String>,
}

/// A rule that said no.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyNot {
    /// Which one, in a word.
    rule: &'static str,
    /// In a sentence.
    message: String,
    /// What to do about it.
    hint: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such service, another recovery is in progress, or the journal cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let wish = Wish {
            service: self.service,
            commit: self.commit,
            mainline: self.mainline,
            force: self.force,
            dry_run: self.dry_run,
        };
        let took = revert(&config, &Options::default(), &wish)?;
        let exit = exit(&took);
        let human = human(&took);
        let mut answer = Answer::fine(human, View::Revert(Box::new(view(&took))));
        answer.exit = exit;
        Ok(answer)
    }
}

fn exit(took: &Took) -> Exit {
    let act = took.act.as_ref().map(|act| Exit::of_outcome(act.outcome));
    let refused = took.refused.as_ref().map(|_| Exit::Held);
    let duty = if pending(took).is_empty() { Exit::Fine } else { Exit::Warning };
    act.into_iter().chain(refused).chain([duty]).max().unwrap_or(Exit::Fine)
}

fn pending(took: &Took) -> Vec<String> {
    let push = took.pushed.as_ref().and_then(|pushed| pushed.as_ref().err());
    let push = push.map(|why| format!("not pushed: {why}"));
    push.into_iter()
        .chain(took.alerts.iter().filter_map(Delivery::untold))
        .chain(took.warnings.iter().cloned())
        .collect()
}

fn view(took: &Took) -> Answered {
    let act = took.act.as_ref();
    let pushed = took.pushed.as_ref().and_then(|pushed| pushed.as_ref().ok());
    Answered {
        service: took.service.clone(),
        dry_run: took.dry_run,
        refused: took.refused.as_ref().map(|refused| WhyNot {
            rule: refused.word(),
            message: refused.to_string(),
            hint: refused.hint(),
        }),
        revert: took.revert.as_ref().filter(|_| took.dry_run || took.reverted).map(TakenBack::of),
        outcome: act.map(|act| act.outcome),
        detail: act.map(|act| act.detail.clone()),
        undone: took.undone.as_ref().and_then(|undone| undone.as_ref().ok()).map(TakenBack::of),
        pushed: pushed.and_then(|pushed| match pushed {
            Pushed::Ours => took.revert.as_ref().map(|revert| revert.commit.clone()),
            Pushed::Twin(twin) => Some(twin.clone()),
        }),
        pending: pending(took),
        unfinished: took.unfinished.clone(),
    }
}

fn human(took: &Took) -> String {
    let mut lines: Vec<String> = took.unfinished.iter().map(|line| format!("unfinished  {line}")).collect();
    if let Some(refused) = &took.refused {
        lines.push(format!("refused   {}: {refused}", took.service));
        lines.push("    nothing was changed".to_owned());
        lines.push(format!("next  {}", refused.hint()));
    }
    if let Some(revert) = &took.revert {
        match &took.act {
            None => lines.extend(planned(took, revert)),
            Some(act) => {
                let word = match act.outcome {
                    Outcome::Healed => "healed",
                    Outcome::Probation => "probation",
                    _ => "failed",
                };
                lines.push(format!("{word:<9} {}: {}", took.service, act.detail));
                if took.reverted {
                    lines.push(format!("    {revert}"));
                }
                lines.extend(after(took));
            }
        }
    }
    lines.extend(pending(took).into_iter().map(|duty| format!("pending   {duty}")));
    lines.iter().map(|line| format!("{}\n", sanitize::line(line))).collect()
}

/// A dry run.
fn planned(took: &Took, revert: &Revert) -> Vec<String> {
    let branch = revert.reference.strip_prefix("refs/heads/").unwrap_or(&revert.reference);
    let mut lines = vec![
        format!("would     take back {} on `{branch}` in {}", short(&revert.takes_back), revert.repo.display()),
        format!("    {}", revert.stat),
    ];
    lines.extend(revert.paths.iter().map(|path| format!("        {path}")));
    let rest = revert.stat.files.saturating_sub(revert.paths.len());
    if rest > 0 {
        lines.push(format!("        and {rest} more"));
    }
    lines.push("    the commit would say".to_owned());
    lines.extend(revert.message.trim_end().lines().map(|line| format!("        {}", redact::line(line))));
    lines.push(format!("    then {} is restarted", took.service));
    lines
}

fn after(took: &Took) -> Vec<String> {
    let mut lines = Vec::new();
    match &took.undone {
        Some(Ok(undo)) => {
            lines.push(format!("    it did not help: {undo}"));
            lines.push(format!("next  {} crash history   (the code is not what ails it)", took.heal));
        }
        Some(Err(why)) => lines.push(format!("    it did not help, and the code could not be brought back: {why}")),
        None => {}
    }
    match &took.pushed {
        Some(Ok(Pushed::Ours)) => lines.push("    pushed".to_owned()),
        Some(Ok(Pushed::Twin(twin))) => {
            lines.push(format!("    another machine had pushed the same: adopted its {}", short(twin)));
        }
        Some(Err(_)) | None => {}
    }
    lines
}
