//! What holds in the end? The resolved configuration with every default, as `heal config show` prints it.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::service::{short, unstartable};
use super::{Config, Mode, Watched, checkpoint, layout, lock, state};
use crate::host::env;
use crate::model::{Layout, Selector, redact};

/// What describes the own keys of a kind.
type Describe = fn(&mut SchemaGenerator) -> Schema;

impl Config {
    /// Every setting that holds, defaults included; values of secret-looking variables are masked.
    #[must_use]
    pub fn show(&self) -> Value {
        let mode = match self.mode {
            Mode::Live => "live",
            Mode::Paper => "paper",
            Mode::Observe => "observe",
        };
        let mut shown = Map::new();
        shown.insert(
            "project".into(),
            json!({"name": self.name, "mode": mode, "data_dir": self.data_dir.display().to_string()}),
        );
        if let Some(tick) = self.tick {
            shown.insert("schedule".into(), json!({"enabled": true, "heal": tick}));
        }
        let alerting = json!({"enabled": true, "heal_rate": self.heal_rate, "max_per_hour": self.max_per_hour});
        shown.insert("alerting".into(), strip_nulls(alerting));
        shown.insert("git".into(), self.git.show());
        shown.insert("revert".into(), self.revert.show());
        shown.insert("update".into(), self.update.show());
        let crash = &self.crash;
        let rates = (crash.pattern, crash.release_age, crash.storm);
        shown.insert(
            "crash".into(),
            json!({"enabled": crash.enabled, "pattern": rates.0, "release_age": rates.1, "storm": rates.2}),
        );
        let services: Map<String, Value> =
            self.services.iter().map(|watched| (watched.service.name.clone(), self.service(watched))).collect();
        shown.insert("service".into(), services.into());
        if !self.host_probes.is_empty() {
            shown.insert("host".into(), json!({"enabled": self.host_enabled, "probes": probes(&self.host_probes)}));
        }
        if !self.locks.is_empty() {
            let locks = self.locks.iter().map(|lock| (lock.name.clone(), lock::shown(lock, &self.root)));
            shown.insert("lock".into(), Value::Object(locks.collect()));
        }
        if self.layout != Layout::default() {
            shown.insert("layout".into(), layout::shown(&self.layout, &self.root));
        }
        if !self.states.is_empty() {
            let states = self.states.iter().map(|one| (one.name.clone(), state::shown(one, &self.root)));
            shown.insert("state".into(), Value::Object(states.collect()));
        }
        if !self.checkpoints.is_empty() {
            let all = self.checkpoints.iter().map(|one| (one.name.clone(), checkpoint::shown(one, &self.root)));
            shown.insert("checkpoint".into(), Value::Object(all.collect()));
        }
        let alerts: Map<String, Value> = self
            .alerts
            .iter()
            .map(|alert| {
                let common = &alert.common;
                let common =
                    json!({"enabled": common.enabled, "min_severity": common.min_severity, "timeout": common.timeout,
                        "services": common.services, "escalate_after": common.escalate_after, "fallback": common.fallback});
                let common = strip_nulls(common);
                let own = (alert.kind.schema, &alert.settings);
                let table = table_of(alert.kind.name, own, common);
                (alert.name.clone(), table)
            })
            .collect();
        shown.insert("alert".into(), alerts.into());
        shown.into()
    }

    fn service(&self, watched: &Watched) -> Value {
        let (service, rules) = (&watched.service, &watched.service.rules);
        let mut table = json!({
            "enabled": watched.enabled,
            "ladder": rules.ladder,
            "startup_grace": rules.startup_grace,
            "stable_for": rules.stable_for,
            "recover_after": rules.recover_after,
            "restart_limit": rules.restart_limit,
            "restart_delay": rules.restart_delay,
            "verify_within": rules.verify_within,
            "hold_on_exit": rules.hold_on_exit,
            "needs": service.needs,
            "wants": service.wants,
        });
        let mut add = |key: &str, value: Value| {
            if let Some(table) = table.as_object_mut() {
                table.insert(key.to_owned(), value);
            }
        };
        if let Some(unit) = &service.unit {
            add("unit", json!(unit));
            add("stop_grace", json!(service.stop_grace));
        }
        if let Some(selector) = &service.selector {
            add("match", self::selector(selector));
        }
        if let Some(orphans) = &service.orphans {
            add("orphans", self::selector(orphans));
        }
        if let Some(launch) = &service.launch {
            let env: Map<String, Value> = launch
                .env
                .iter()
                .map(|(name, value)| {
                    let shown = if redact::is_secret_name(name) { "***" } else { value };
                    (name.clone(), shown.into())
                })
                .collect();
            add("start", json!(redact::args(&launch.argv)));
            add("cwd", json!(launch.cwd.display().to_string()));
            add("env", env.into());
            add("log", json!(short(&launch.log, &self.root).display().to_string()));
            add("stop_grace", json!(launch.stop_grace));
        }
        add("probes", probes(&watched.probes));
        if !watched.remedies.is_empty() {
            add("remedies", remedies(&watched.remedies));
        }
        table
    }

    /// Faults that depend on this machine: what is to be run and does not exist here. To learn that during an outage is too late.
    #[must_use]
    pub fn unstartable(&self) -> Vec<String> {
        let enabled = || self.services.iter().filter(|watched| watched.enabled);
        let mut missing: Vec<String> = enabled().filter_map(|watched| unstartable(&watched.service)).collect();
        let mut look = |place: String, program: Option<(&str, Option<&str>)>| {
            let Some((name, path)) = program else { return };
            let found = env::program(name, &self.root, path.unwrap_or(env::PATH));
            missing.extend(found.err().map(|why| format!("{place}: {why}")));
        };
        let of_service = |watched: &'_ Watched| format!("[service.{}.probes]", watched.name());
        for watched in enabled() {
            for probe in watched.probes.iter().filter(|probe| probe.common.enabled) {
                look(format!("{} {}", of_service(watched), probe.name), probe.probe.program());
            }
        }
        let host = self.host_probes.iter().filter(|probe| self.host_enabled && probe.common.enabled);
        for probe in host {
            look(format!("[host.probes] {}", probe.name), probe.probe.program());
        }
        for alert in self.alerts.iter().filter(|alert| alert.common.enabled) {
            look(format!("[alert.{}]", alert.name), alert.channel.program());
        }
        missing
    }
}

/// A selector as it was written, with its defaults.
pub(super) fn selector(selector: &Selector) -> Value {
    strip_nulls(json!({
        "executable": selector.executable, "args_contain": selector.args_contain, "pidfile": selector.pidfile,
        "cwd": selector.cwd, "user": selector.user, "min_age": selector.min_age, "max_matches": selector.max_matches,
    }))
}

fn probes(declared: &[crate::probe::Declared]) -> Value {
    let table = declared.iter().map(|probe| {
        let common = &probe.common;
        let common = json!({
            "enabled": common.enabled,
            "timeout": common.timeout.unwrap_or(probe.kind.timeout),
            "class": common.class.unwrap_or(probe.kind.class),
            "severity": common.severity,
            "fail_after": common.fail_after,
        });
        (probe.name.clone(), table_of(probe.kind.name, (probe.kind.schema, &probe.settings), common))
    });
    Value::Object(table.collect())
}

fn remedies(declared: &[super::remedies::Declared]) -> Value {
    let table = declared.iter().map(|own| {
        let limit = own.remedy.limit;
        let common = json!({"enabled": own.enabled, "timeout": own.timeout, "on": own.remedy.on, "limit": limit});
        (own.name.clone(), table_of(own.kind.name, (own.kind.schema, &own.settings), common))
    });
    Value::Object(table.collect())
}

/// Kind, own keys as they were written and those that have a default, common keys.
fn table_of(kind: &str, (schema, settings): (Describe, &Map<String, Value>), common: Value) -> Value {
    let mut table = Map::from_iter([("kind".to_owned(), kind.into())]);
    table.extend(settings.clone());
    for (key, default) in super::schema::defaults(schema) {
        // An empty table says nothing, and in TOML it takes a line of its own to say it.
        if !table.contains_key(&key) && !default.as_object().is_some_and(Map::is_empty) {
            table.insert(key, default);
        }
    }
    if let Value::Object(common) = strip_nulls(common) {
        table.extend(common);
    }
    table.into()
}

/// TOML has no null.
fn strip_nulls(mut value: Value) -> Value {
    if let Some(table) = value.as_object_mut() {
        table.retain(|_, value| !value.is_null());
    }
    value
}
