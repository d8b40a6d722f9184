//! What does the user type? One file per subcommand: its arguments (the doc comment is the help) and `run`.

pub mod alert;
pub mod beat;
pub mod check;
pub mod checkpoint;
pub mod clean_locks;
pub mod completions;
pub mod config;
pub mod crash;
pub mod doctor;
pub mod heal;
pub mod hold;
pub mod init;
pub mod install;
pub mod lock;
pub mod man;
pub mod pause;
pub mod release;
pub mod restart;
pub mod resume;
pub mod revert;
pub mod run;
pub mod status;
pub mod undo;
pub mod uninstall;
pub mod update;
pub mod validate_state;

use serde::Serialize;
use serde_json::Value;

use crate::cli;
use crate::exit::{self, Exit};
use crate::output::nagios::Plugin;
use crate::output::schema::{self, Described, Document, Failure};
use crate::output::status_json::Told;
use crate::output::update_json;
use crate::output::view::{Looked, Report, Ticked};
use crate::output::{self, checkpoint_json, crash_json, locks_json};

/// What a command answers. It is put into words when it is known in which format: the others would cost as much again.
pub struct Answer {
    /// The exit code.
    pub exit: Exit,
    /// For people.
    pub human: Words<String>,
    /// For programs.
    pub view: Words<View>,
    /// For monitoring systems; commands that have none do not offer that format.
    pub plugin: Option<Words<Plugin>>,
}

/// An answer in one format, once it is asked for.
pub type Words<T> = Box<dyn FnOnce() -> T>;

impl Answer {
    /// All went well, and this is what there is to say.
    fn fine(human: impl Into<String>, view: View) -> Self {
        let human = human.into();
        Self { exit: Exit::Fine, human: Box::new(move || human), view: Box::new(move || view), plugin: None }
    }

    /// What was found out, and how it is said in each format.
    fn of<T: 'static>(
        exit: Exit,
        found: T,
        human: impl FnOnce(&T) -> String + 'static,
        view: impl FnOnce(&T) -> View + 'static,
        plugin: impl FnOnce(&T) -> Plugin + 'static,
    ) -> Self {
        // An answer is the last thing of a run: it is kept to its end, and never taken apart.
        let found: &'static T = Box::leak(Box::new(found));
        Self {
            exit,
            human: Box::new(move || human(found)),
            view: Box::new(move || view(found)),
            plugin: Some(Box::new(move || plugin(found))),
        }
    }
}

/// From one list: the answers that there are, and what the published schema says of each. A command cannot answer with
/// what is not listed here, and what is listed cannot be left out of the schema.
macro_rules! views {
    ($($(#[$doc:meta])* $variant:ident($view:ty) = $command:literal as $name:literal,)+) => {
        /// What a command answers to a program, below the envelope.
        #[derive(Debug, Serialize)]
        #[serde(untagged)]
        pub enum View {
            $($(#[$doc])* $variant($view),)+
        }

        fn described(generator: &mut schemars::SchemaGenerator) -> Vec<Described> {
            vec![$(Described {
                name: $name,
                commands: vec![$command.to_owned()],
                shape: schema::shape::<$view>(generator),
            },)+]
        }
    };
}

views! {
    /// `heal check`
    Check(Report<Looked>) = "check" as "check",
    /// `heal heal`
    Heal(Report<Ticked>) = "heal" as "heal",
    /// `heal clean-locks`
    CleanLocks(locks_json::Told) = "clean-locks" as "clean-locks",
    /// `heal validate-state`
    ValidateState(output::states_json::Told) = "validate-state" as "validate-state",
    /// `heal heal --startup`
    HealStartup(crate::output::startup::Started) = "heal" as "heal-startup",
    /// `heal status`
    Status(Told) = "status" as "status",
    /// `heal undo`
    Undo(output::undo::Told) = "undo" as "undo",
    /// `heal checkpoint save`
    CheckpointSave(checkpoint_json::Saved) = "checkpoint" as "checkpoint-save",
    /// `heal checkpoint restore`
    CheckpointRestore(checkpoint_json::Restored) = "checkpoint" as "checkpoint-restore",
    /// `heal checkpoint list`
    CheckpointList(checkpoint_json::Listed) = "checkpoint" as "checkpoint-list",
    /// `heal checkpoint verify`
    CheckpointVerify(checkpoint_json::Verified) = "checkpoint" as "checkpoint-verify",
    /// `heal update check`
    UpdateCheck(update_json::UpdateFound) = "update" as "update-check",
    /// `heal update apply`, `heal update rollback`
    UpdateMade(update_json::UpdateMade) = "update" as "update-made",
    /// `heal update status`
    UpdateStatus(update_json::UpdateNow) = "update" as "update-status",
    /// `heal update history`
    UpdateHistory(update_json::UpdatesPast) = "update" as "update-history",
    /// `heal doctor`
    Doctor(doctor::Examined) = "doctor" as "doctor",
    /// `heal beat`
    Beat(beat::Beaten) = "beat" as "beat",
    /// `heal alert`, `heal alert test`, `heal alert flush`
    Alert(output::alert::Told) = "alert" as "alert",
    /// `heal alert list`
    AlertList(output::alert::Listed) = "alert" as "alert-list",
    /// `heal alert ack`
    AlertAck(output::alert::Acknowledged) = "alert" as "alert-ack",
    /// `heal alert preview`
    AlertPreview(output::alert::Previewed) = "alert" as "alert-preview",
    /// `heal release`
    Release(release::Released) = "release" as "release",
    /// `heal pause`
    Pause(pause::Begun) = "pause" as "pause",
    /// `heal resume`
    Resume(resume::Resumed) = "resume" as "resume",
    /// `heal hold`
    Hold(hold::Held) = "hold" as "hold",
    /// `heal restart`
    Restart(Report<Ticked>) = "restart" as "restart",
    /// `heal lock --check`
    Lock(lock::Checked) = "lock" as "lock",
    /// `heal revert`
    Revert(Box<revert::Answered>) = "revert" as "revert",
    /// `heal crash log`
    CrashLog(crash_json::Logged) = "crash" as "crash-log",
    /// `heal crash pattern`
    CrashPattern(crash_json::Patterns) = "crash" as "crash-pattern",
    /// `heal crash history`
    CrashHistory(crash_json::History) = "crash" as "crash-history",
    /// `heal run`
    Run(run::Ran) = "run" as "run",
    /// `heal init`
    Init(init::Written) = "init" as "init",
    /// `heal init --print`
    InitPrint(init::Printed) = "init" as "init-print",
    /// `heal install`
    Install(install::Installed) = "install" as "install",
    /// `heal install --print`
    InstallPrint(install::Printed) = "install" as "install-print",
    /// `heal uninstall`
    Uninstall(uninstall::Uninstalled) = "uninstall" as "uninstall",
    /// `heal config check`
    ConfigCheck(config::Checked) = "config" as "config-check",
    /// `heal config show`
    ConfigShow(config::Shown) = "config" as "config-show",
    /// `heal config kinds`
    ConfigKinds(config::Kinds) = "config" as "config-kinds",
    /// `heal config schema`
    ConfigSchema(config::Published) = "config" as "config-schema",
    /// `heal completions`
    Completions(completions::Script) = "completions" as "completions",
    /// `heal man`
    Man(man::Page) = "man" as "man",
}

impl View {
    /// The whole document, on one line.
    ///
    /// # Errors
    /// A value that JSON has no word for, which would be a bug.
    pub fn document(&self, command: &str, exit: Exit) -> serde_json::Result<String> {
        serde_json::to_string(&Document::new(command, exit.status(), exit.code(), self))
    }
}

/// The JSON Schema of every document that a command may answer with.
#[must_use]
pub fn output_schema() -> Value {
    let mut generator = schema::generator();
    let mut documents = described(&mut generator);
    let commands = cli::command();
    let names = commands.get_subcommands().map(|command| command.get_name().to_owned());
    // A command line that could not be read is answered in the name of heal itself.
    let shape = schema::shape::<Failure>(&mut generator);
    documents.push(Described { name: "failure", commands: names.collect(), shape });
    let mut statuses: Vec<&str> = Vec::new();
    for (exit, _) in exit::TABLE {
        if !statuses.contains(&exit.status()) {
            statuses.push(exit.status());
        }
    }
    let exit_codes = exit::TABLE.map(|(exit, _)| exit.code());
    schema::published(generator, documents, &statuses, &exit_codes)
}
