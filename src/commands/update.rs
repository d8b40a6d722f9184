//! `heal update`: bring the code forward to what was pushed, and back when the services are not well with it.

use clap::Subcommand;

use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::not_updated::NotUpdated;
use crate::model::report::Delivery;
use crate::model::revert::short;
use crate::model::units::{counted, span_text};
use crate::model::update::Phase;
use crate::model::{Outcome, rfc3339};
use crate::output::sanitize;
use crate::output::update_json::{
    Moved, One, Restarted, UpdateFound, UpdateMade, UpdateNow, UpdatesPast, WhyNotUpdated,
};
use crate::pipeline::Options;
use crate::pipeline::update::{Found, Made, Wish, check, left, past, rollback, update};

/// Bring the code forward to what was pushed, and back if that does not do well
///
/// Fetches the branch of `[git]`, and moves to it only if that is a fast-forward and nothing could be lost. Then `[update]
/// build` runs and the services are restarted. For `probation` after that, each tick judges: a service that is unwell gets
/// the old code back, and that commit is not offered again. Data is never part of it.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say whether there is an update: exit code 1 if so, 0 if not, 3 if the remote could not be asked
    ///
    /// It changes no file and no branch: what git fetches is kept under `refs/heal/update`.
    Check,
    /// Fetch, fast-forward, build, restart; then it is on probation
    ///
    /// Exits with 0 when the services are well with it, or when there was nothing to do; 1 when that is not sure yet, or when
    /// it went back and the old code is well; 2 when it went back and a service is not well; 3 when the remote could not be
    /// asked; 69 when it refused, and nothing was changed; 75 when now is no time for it.
    Apply {
        /// Offer again what was rolled back
        #[arg(long)]
        again: bool,
        /// Do not ask `defer_if`
        #[arg(long)]
        now: bool,
        /// Print what would be done; change no file and no branch
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the latest update back; it is not offered again
    Rollback {
        /// Print what would be done; change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Say how the latest update does: exit code 1 while it is on probation or unfinished
    Status,
    /// List the updates that were made, newest first
    History {
        /// Print so many lines at most; a JSON document has all of them
        #[arg(long, value_name = "N", default_value_t = 20)]
        lines: u16,
    },
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// Another recovery is in progress, or the journal cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let options = Options::default();
        match self.action {
            Action::Check => {
                let found = check(&config, &options)?;
                Ok(answer(checked(&found), told(&found), View::UpdateCheck(view(&found))))
            }
            Action::Apply { again, now, dry_run } => {
                Ok(made(&update(&config, &options, Wish { again, now, dry_run })?, true))
            }
            Action::Rollback { dry_run } => Ok(made(&rollback(&config, &options, dry_run)?, false)),
            Action::Status => {
                let (updates, now) = past(&config)?;
                let update = updates.last();
                let left_ms = update.and_then(|update| left(&config, update, &now));
                let exit = match update {
                    Some(update) if update.phase.is_open() => Exit::Warning,
                    _ => Exit::Fine,
                };
                let mut lines = vec![update.map_or_else(|| "no update was made yet".to_owned(), line)];
                lines.extend(left_ms.map(|left_ms| format!("    for {} more", span_text(left_ms))));
                let view = UpdateNow { update: update.map(One::of), probation_left_ms: left_ms };
                Ok(answer(exit, lines, View::UpdateStatus(view)))
            }
            Action::History { lines } => {
                let (updates, _) = past(&config)?;
                let mut text: Vec<String> = updates.iter().rev().take(usize::from(lines)).map(line).collect();
                if text.is_empty() {
                    text.push("no update was made yet".to_owned());
                }
                let view = UpdatesPast { updates: updates.iter().rev().map(One::of).collect() };
                Ok(answer(Exit::Fine, text, View::UpdateHistory(view)))
            }
        }
    }
}

fn answer(exit: Exit, lines: Vec<String>, view: View) -> Answer {
    let human: String = lines.iter().map(|line| format!("{}\n", sanitize::line(line))).collect();
    let mut answer = Answer::fine(human, view);
    answer.exit = exit;
    answer
}

/// One update, in a line.
fn line(update: &crate::model::update::Update) -> String {
    let (at, word) = (rfc3339(update.when.at), update.phase.word());
    format!("{word:<11} {} of {at}: {}", short(&update.commit), update.detail)
}

fn checked(found: &Found) -> Exit {
    match &found.refused {
        Some(refused) if found.apart.is_none() => refusal(refused).max(Exit::Unknown),
        _ if found.available() => Exit::Warning,
        _ => Exit::Fine,
    }
}

fn told(found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    let head = found.head.as_deref().map_or("", short);
    if let Some(apart) = &found.apart {
        let theirs = short(&apart.theirs);
        if found.available() {
            let commits = counted(apart.behind, "commit");
            lines.push(format!("update    {theirs} is {commits} ahead of {head}: {}", apart.subject));
        } else if found.rolled_back {
            lines.push(format!("ok        {theirs} was rolled back here, and is not offered again"));
            lines.push(format!("next  {} update apply --again   (once it is known why)", found.heal));
        } else {
            lines.push(format!("ok        {head} is up to date"));
        }
    }
    match &found.refused {
        Some(refused) => {
            let word = if found.apart.is_some() { "refused" } else { "unknown" };
            lines.push(format!("{word:<9} {refused}"));
            lines.push(format!("next  {}", refused.hint()));
        }
        None if found.available() => lines.push(format!("next  {} update apply", found.heal)),
        None => {}
    }
    lines
}

fn view(found: &Found) -> UpdateFound {
    let apart = found.apart.as_ref();
    UpdateFound {
        head: found.head.clone(),
        remote: apart.map(|apart| apart.theirs.clone()),
        subject: apart.map(|apart| apart.subject.clone()),
        made: apart.map(|apart| apart.at.into()),
        ahead: apart.map_or(0, |apart| apart.ahead),
        behind: apart.map_or(0, |apart| apart.behind),
        available: found.available(),
        rolled_back: found.rolled_back,
        refused: found.refused.as_ref().map(WhyNotUpdated::of),
    }
}

const fn refusal(refused: &NotUpdated) -> Exit {
    match refused {
        NotUpdated::Unreachable(_) => Exit::Unknown,
        NotUpdated::Deferred { .. }
        | NotUpdated::OnProbation { .. }
        | NotUpdated::Paused { .. }
        | NotUpdated::HandsOff(_) => Exit::Busy,
        _ => Exit::Held,
    }
}

fn pending(made: &Made) -> Vec<String> {
    made.alerts.iter().filter_map(Delivery::untold).chain(made.warnings.iter().cloned()).collect()
}

/// `forward`: it was to be brought forward, and to have gone back is not what was asked for.
fn exit(made: &Made, forward: bool) -> Exit {
    let acts = made.restarted.iter().map(|(_, act)| Exit::of_outcome(act.outcome));
    let refused = made.refused.as_ref().map(refusal);
    let back = matches!(made.phase, Some(Phase::Failed | Phase::RolledBack | Phase::Left)) && forward;
    let duty = if back || !pending(made).is_empty() { Exit::Warning } else { Exit::Fine };
    acts.chain(refused).chain([duty]).max().unwrap_or(Exit::Fine)
}

fn made(made: &Made, forward: bool) -> Answer {
    let view = UpdateMade {
        dry_run: made.dry_run,
        refused: made.refused.as_ref().map(WhyNotUpdated::of),
        moved: made.advance.as_ref().filter(|_| made.dry_run || made.phase.is_some()).map(Moved::of),
        phase: made.phase,
        detail: made.detail.clone(),
        services: made
            .restarted
            .iter()
            .map(|(name, act)| Restarted { name: name.clone(), outcome: act.outcome, detail: act.detail.clone() })
            .collect(),
        pending: pending(made),
        unfinished: made.unfinished.clone(),
    };
    answer(exit(made, forward), said(made), View::UpdateMade(view))
}

fn said(made: &Made) -> Vec<String> {
    let mut lines: Vec<String> = made.unfinished.iter().map(|line| format!("unfinished  {line}")).collect();
    let detail = made.detail.clone().unwrap_or_default();
    match (&made.refused, &made.advance, made.phase) {
        (Some(refused), ..) => {
            lines.push(format!("refused   {refused}"));
            lines.push(match (made.phase, refused) {
                (None, _) => "    nothing was changed".to_owned(),
                (Some(_), NotUpdated::HandsOff(_)) => format!("    a tick takes it back after that, because {detail}"),
                (Some(_), _) => format!("    {detail}"),
            });
            lines.push(format!("next  {}", refused.hint()));
        }
        (None, Some(advance), None) => {
            lines.push(format!("would     {}", advance.plan()));
            lines.extend(advance.paths.iter().map(|path| format!("        {path}")));
            let rest = advance.stat.files.saturating_sub(advance.paths.len());
            lines.extend((rest > 0).then(|| format!("        and {rest} more")));
            if !detail.is_empty() {
                let then = if advance.back { "because " } else { "then restart " };
                lines.push(format!("    {then}{detail}"));
            }
        }
        (None, None, None) => lines.push("ok        there is nothing that is offered".to_owned()),
        (None, advance, Some(phase)) => {
            lines.push(format!("{:<9} {detail}", phase.word()));
            lines.extend(advance.as_ref().map(|advance| format!("    {advance}")));
            let next = match phase {
                Phase::Probation => Some("update status"),
                Phase::RolledBack | Phase::Failed => Some("update history"),
                _ => None,
            };
            lines.extend(restarted(made));
            lines.extend(pending(made).into_iter().map(|duty| format!("pending   {duty}")));
            lines.extend(next.map(|next| format!("next  {} {next}", made.heal)));
            return lines;
        }
    }
    lines.extend(pending(made).into_iter().map(|duty| format!("pending   {duty}")));
    lines
}

fn restarted(made: &Made) -> impl Iterator<Item = String> {
    made.restarted.iter().map(|(name, act)| {
        let word = match act.outcome {
            Outcome::Healed => "well",
            Outcome::Probation => "starting",
            _ => "not well",
        };
        format!("    {name} is {word}: {}", act.detail)
    })
}
