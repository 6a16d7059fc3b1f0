//! What may be typed. The verbs and fields are a contract: they stay.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "satchel", version, about = "Satchel, the mail app, without a window")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Args)]
pub struct Global {
    /// Where accounts and mail are kept [default: the platform's data folder]
    #[arg(long, global = true, env = "SATCHEL_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// One JSON document on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on standard error (-vv: more still)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Where secrets are: keyring, or file:PATH sealed with the passphrase in SATCHEL_PASSPHRASE
    #[arg(
        long,
        global = true,
        env = "SATCHEL_SECRETS",
        default_value = "keyring",
        value_name = "WHERE"
    )]
    pub secrets: String,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Add, list and remove accounts
    #[command(subcommand)]
    Account(AccountVerb),
    /// Look for new mail, and stop
    Sync {
        /// This account alone
        #[arg(long, value_name = "ID")]
        account: Option<i64>,
        /// Where to stop: the newest 50 of every INBOX
        #[arg(long, value_enum, default_value_t = Until::FirstScreen)]
        until: Until,
    },
    /// The mailboxes, with role, total, unread and how much of each is here
    Mailboxes {
        #[arg(long, value_name = "ID")]
        account: Option<i64>,
    },
    /// A page of messages, newest first; past what is here the server is asked
    List(ListArgs),
    /// One message
    Show {
        id: i64,
        #[arg(long = "as", value_enum, default_value_t = ShowAs::Text)]
        form: ShowAs,
    },
    /// Save one part of a message to a file
    Attachment {
        id: i64,
        /// The part's number, as `show` gives it
        section: String,
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// Overwrite a file that is there
        #[arg(long)]
        replace: bool,
    },
    /// What takes space on this device, and how much may
    Storage {
        /// Octets, at least 24000000; applied at once
        #[arg(long, value_name = "BYTES")]
        budget: Option<u64>,
        /// Let go of what the server still has: text or attachments
        #[arg(long, value_name = "KIND")]
        free: Option<String>,
    },
    /// The safe HTML of a message file, as the reader would load it
    Render { file: PathBuf },
    /// Headers, structure and text of a message file
    Parse { file: PathBuf },
    /// Keyring, store, accounts and what their servers offer
    Doctor,
    /// The app's own interface in a browser on this machine
    Serve {
        /// A loopback address; port 0: any free one
        #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// The token that lets a browser in [default: a random one]
        #[arg(long, env = "SATCHEL_SERVE_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum AccountVerb {
    /// Sign in to a server, and keep the account
    Add(AddArgs),
    List,
    /// Remove everything of an account from this device; the server keeps its mail
    Remove {
        id: i64,
        /// Also when unsent work would be lost
        #[arg(long)]
        force: bool,
    },
}

#[derive(Args)]
pub struct AddArgs {
    pub email: String,
    /// imaps://host:port or imap+starttls://host:port [default: imap.DOMAIN and mail.DOMAIN are tried on 993]
    #[arg(long, value_name = "URL")]
    pub imap: Option<String>,
    /// smtps://host:port or smtp+starttls://host:port
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,
    /// The name to sign in with, where it is not the address
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Read the password from standard input; without it, it is asked for on the terminal
    #[arg(long)]
    pub password_stdin: bool,
    /// A PEM file with one more root certificate, for this account alone
    #[arg(long, value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// Trust the certificate with this SHA-256 fingerprint, which you have compared
    #[arg(long, value_name = "FINGERPRINT")]
    pub trust: Option<String>,
}

#[derive(Args)]
pub struct ListArgs {
    /// A role (inbox, sent, …), a name, or an id; id:N is always an id
    #[arg(long, value_name = "MAILBOX", conflicts_with = "unified")]
    pub mailbox: Option<String>,
    /// Narrows --mailbox to one account
    #[arg(long, value_name = "ID", requires = "mailbox")]
    pub account: Option<i64>,
    /// Every inbox as one list
    #[arg(long)]
    pub unified: bool,
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// The cursor of the page before
    #[arg(long, value_name = "CURSOR")]
    pub before: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    FirstScreen,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowAs {
    Text,
    Html,
    Raw,
    Structure,
}

impl ShowAs {
    pub fn as_str(self) -> &'static str {
        match self {
            ShowAs::Text => "text",
            ShowAs::Html => "html",
            ShowAs::Raw => "raw",
            ShowAs::Structure => "structure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_password_is_no_argument() {
        for wrong in [
            &["satchel", "account", "add", "a@b", "--password", "x"][..],
            &["satchel", "list", "--limit", "0"],
            &["satchel"],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }
}
