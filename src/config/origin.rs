//! Which heal.toml is it? The one that is named, else the nearest one upwards; with what is laid over it.

use std::path::{Path, PathBuf};

use super::{Config, FILE, Override, Sources, overrides, parse, read};
use crate::error::{Error, Kind, Result};
use crate::host::env;

/// Where the configuration comes from, as the command line says it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--set`, in order.
    pub set: Vec<String>,
}

impl Origin {
    /// `--config`, else `HEAL_CONFIG`, else the nearest `heal.toml` upwards.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self) -> Result<PathBuf> {
        if let Some(file) = self.file.clone().or_else(|| env::var("HEAL_CONFIG").map(PathBuf::from)) {
            return Ok(if file.is_dir() { file.join(FILE) } else { file });
        }
        let here = env::cwd().ok_or_else(|| {
            Error::new(Kind::Config, "the current directory does not exist any more")
                .hint("name the file with --config")
        })?;
        here.ancestors().map(|dir| dir.join(FILE)).find(|path| path.exists()).ok_or_else(|| {
            Error::new(Kind::Config, format!("there is no {FILE} in {} or above it", here.display()))
                .hint("`heal init` writes one here; `--config FILE` names one elsewhere")
        })
    }

    /// Finds, reads and checks it.
    ///
    /// # Errors
    /// All its faults in one.
    pub fn load(&self) -> Result<Config> {
        let (config, sources) = self.load_with_sources()?;
        // There is one configuration in a run, and the run is short: to take its tree apart is work for nobody.
        std::mem::forget(sources);
        Ok(config)
    }

    /// As [`Self::load`], with where each setting came from.
    ///
    /// # Errors
    /// All its faults in one, or a `--set` that is not written as one.
    pub fn load_with_sources(&self) -> Result<(Config, Sources)> {
        let overrides = self.overrides()?;
        let path = self.find()?;
        let (text, root) = read(&path)?;
        let (config, sources) = parse(&path, &root, &text, &overrides)?;
        Ok((Config { named: self.file.is_some(), ..config }, sources))
    }

    /// A text that was right before, read anew: with what is laid over it now, if that is still right.
    #[must_use]
    pub fn recall(&self, path: &Path, root: &Path, text: &str) -> Option<Config> {
        let overrides = self.overrides().unwrap_or_default();
        let config = parse(path, root, text, &overrides).or_else(|_| parse(path, root, text, &[]));
        config.ok().map(|(config, _)| Config { named: true, ..config })
    }

    /// What is laid over the file, in its order: flags come last and hold.
    fn overrides(&self) -> Result<Vec<Override>> {
        let flags = self.set.iter().map(|text| Override::flag(text)).collect::<Result<Vec<Override>>>()?;
        let variables = env::vars(overrides::PREFIX).into_iter().map(|(name, value)| Override::variable(&name, value));
        Ok(variables.collect::<Result<Vec<Override>>>()?.into_iter().chain(flags).collect())
    }
}
