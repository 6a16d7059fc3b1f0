//! What the environment says before anything is opened. The command line has flags for the same.

use anyhow::{Context, anyhow};
use api::SecretsChoice;
use secrecy::SecretString;
use std::ffi::OsString;
use std::path::PathBuf;

pub struct Settings {
    pub data_dir: PathBuf,
    /// Set by `SATCHEL_DATA_DIR`: a folder of its own, which may be open beside the usual one.
    #[cfg_attr(mobile, allow(dead_code))]
    pub own_folder: bool,
    pub secrets: SecretsChoice,
    pub demo: bool,
}

impl Settings {
    /// `usual` is the platform's data folder for this app.
    pub fn read(var: impl Fn(&str) -> Option<OsString>, usual: PathBuf) -> anyhow::Result<Self> {
        let set = |name: &str| var(name).filter(|value| !value.is_empty());
        let own = set("SATCHEL_DATA_DIR").map(PathBuf::from);
        let own_folder = own.is_some();
        // Neither folder nor file moves with the working folder.
        let data_dir = std::path::absolute(own.unwrap_or(usual)).context("the data folder")?;
        let passphrase = set("SATCHEL_PASSPHRASE").map(|text| text.into_string());
        let passphrase = passphrase
            .transpose()
            .map_err(|_| anyhow!("SATCHEL_PASSPHRASE is not UTF-8"))?
            .map(SecretString::from);
        let secrets = match set("SATCHEL_SECRETS") {
            None => SecretsChoice::Keyring,
            Some(value) => SecretsChoice::parse(&value.to_string_lossy(), passphrase)
                .map_err(|wrong| anyhow!("SATCHEL_SECRETS: {wrong}"))?,
        };
        let secrets = match secrets {
            SecretsChoice::File { path, passphrase } => {
                SecretsChoice::File { path: std::path::absolute(path)?, passphrase }
            }
            keyring => keyring,
        };
        Ok(Self { data_dir, own_folder, secrets, demo: set("SATCHEL_DEMO").is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> anyhow::Result<Settings> {
        Settings::read(
            |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)),
            PathBuf::from("/usual"),
        )
    }

    #[test]
    fn the_usual_folder_and_the_keyring() {
        for pairs in [&[][..], &[("SATCHEL_DATA_DIR", ""), ("SATCHEL_SECRETS", "keyring")]] {
            let settings = with(pairs).unwrap();
            assert_eq!(settings.data_dir, PathBuf::from("/usual"));
            assert!(!settings.own_folder && !settings.demo);
            assert!(matches!(settings.secrets, SecretsChoice::Keyring));
        }
    }

    #[test]
    fn a_folder_and_a_file_of_its_own() {
        let settings = with(&[
            ("SATCHEL_DATA_DIR", "there"),
            ("SATCHEL_SECRETS", "file:/s/sealed"),
            ("SATCHEL_PASSPHRASE", "open sesame"),
            ("SATCHEL_DEMO", "1"),
        ])
        .unwrap();
        assert!(settings.data_dir.is_absolute() && settings.data_dir.ends_with("there"));
        assert!(settings.own_folder && settings.demo);
        let SecretsChoice::File { path, passphrase } = settings.secrets else { panic!("a file") };
        assert_eq!(path, PathBuf::from("/s/sealed"));
        assert!(passphrase.is_some());
    }

    #[test]
    fn anything_else_is_said_to_be_wrong() {
        for value in ["file:", "plain", "keyring:x"] {
            assert!(with(&[("SATCHEL_SECRETS", value)]).is_err(), "{value}");
        }
    }
}
