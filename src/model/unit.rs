//! Whose is this service? The supervisor that owns it, and the name that it has there: `systemd:bot.service`.

use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Who starts, stops and restarts a service in heal's stead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Supervisor {
    /// The machine's systemd.
    Systemd,
    /// The systemd of the user who runs heal.
    SystemdUser,
    /// macOS.
    Launchd,
}

impl Supervisor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Systemd, Self::SystemdUser, Self::Launchd];

    /// The word before the colon.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::SystemdUser => "systemd-user",
            Self::Launchd => "launchd",
        }
    }
}

/// A service by the name that its supervisor knows it by. In a file and in the journal it is one string.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitName {
    /// Whose it is.
    pub by: Supervisor,
    /// `bot.service`, or a label of launchd. Letters, digits and `:_.\@-` only, and no `-` in front: it can be handed to a
    /// command as it is.
    pub name: String,
}

impl FromStr for UnitName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, name) = text.split_once(':').unwrap_or(("", text));
        let by = Supervisor::ALL.into_iter().find(|one| one.word() == word && !name.is_empty());
        let by = by.ok_or_else(|| format!("`unit` is not SUPERVISOR:NAME: {text}"))?;
        let suffix = if by == Supervisor::Launchd || name.contains('.') { "" } else { ".service" };
        let name = format!("{name}{suffix}");
        let allowed = |c: char| c.is_ascii_alphanumeric() || ":_.\\@-".contains(c);
        let right = name.len() <= 255 && name.chars().all(allowed) && !name.starts_with(['-', '.']);
        if !right || (by != Supervisor::Launchd && !name.ends_with(".service")) {
            let kind = if by == Supervisor::Launchd { "label of launchd" } else { "name of a systemd service" };
            return Err(format!("`{}` is not the {kind}", name.escape_default()));
        }
        Ok(Self { by, name })
    }
}

impl std::fmt::Display for UnitName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.by.word(), self.name)
    }
}

impl Serialize for UnitName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_services_and_labels() {
        for (text, name) in [
            ("systemd:bot", Ok("systemd:bot.service")),
            ("systemd:bot.service", Ok("systemd:bot.service")),
            ("systemd-user:bot@1", Ok("systemd-user:bot@1.service")),
            ("launchd:com.example.bot", Ok("launchd:com.example.bot")),
            ("systemd:bot.timer", Err("`bot.timer` is not the name of a systemd service")),
            ("systemd:-H evil", Err("`-H evil.service` is not the name of a systemd service")),
            ("systemd:--root=/x.service", Err("`--root=/x.service` is not the name of a systemd service")),
            ("launchd:gui/501/x", Err("`gui/501/x` is not the label of launchd")),
            ("bot.service", Err("`unit` is not SUPERVISOR:NAME: bot.service")),
            ("systemd:", Err("`unit` is not SUPERVISOR:NAME: systemd:")),
            ("upstart:bot", Err("`unit` is not SUPERVISOR:NAME: upstart:bot")),
        ] {
            let read = text.parse::<UnitName>().map(|name| name.to_string());
            assert_eq!(read.as_deref().map_err(String::as_str), name.as_ref().copied().map_err(|why| *why), "{text}");
        }
    }
}
