//! What may be typed. The verbs and fields are a contract: they stay.

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::Role;
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
    /// What a mailbox is for
    #[command(subcommand)]
    Mailbox(MailboxVerb),
    /// Look for new mail, and stop
    Sync {
        /// This account alone
        #[arg(long, value_name = "ID")]
        account: Option<i64>,
        /// Where to stop: the newest 50 of every INBOX; every header that the budget has room for, in every
        /// mailbox; and the text that is fetched before it is opened
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
    /// A conversation, the oldest first, whatever mailboxes it stands in
    Thread {
        /// As `list` gives it
        id: i64,
    },
    /// Find mail: words, "phrases", beginnings*, from: to: subject: has:attachment is:unread in:MAILBOX
    /// before:2024-03-01 after:2024, and -not
    Search(SearchArgs),
    /// Keep every account live; a line for each change, until it is interrupted
    Watch,
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
    /// Call it something else, mark it otherwise, let it rest
    Set(SetArgs),
    /// From the top of the list; accounts that are not named come after
    Order {
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
    /// Remove everything of an account from this device; the server keeps its mail
    Remove {
        id: i64,
        /// Also when unsent work would be lost
        #[arg(long)]
        force: bool,
    },
}

#[derive(Subcommand)]
pub enum MailboxVerb {
    /// Say what a mailbox is for, where the server does not, or says it wrongly
    Role {
        /// A role (inbox, sent, …), a name, or an id; id:N is always an id
        name: String,
        /// drafts, sent, archive, all, flagged, junk, trash, important; none: nothing of these; auto: as the
        /// server has it
        #[arg(value_parser = new_role)]
        role: NewRole,
        #[arg(long, value_name = "ID")]
        account: Option<i64>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewRole {
    Is(Role),
    None,
    Auto,
}

fn new_role(text: &str) -> Result<NewRole, String> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Ok(NewRole::None),
        "auto" => Ok(NewRole::Auto),
        other => Role::parse(other).map(NewRole::Is).ok_or_else(|| {
            let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
            format!("take one of {}, none, auto", names.join(", "))
        }),
    }
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct SetArgs {
    pub id: i64,
    #[arg(long, group = "change")]
    pub name: Option<String>,
    /// One letter or digit: its mark
    #[arg(long, group = "change")]
    pub letter: Option<String>,
    /// 1 to 8: the mark's colour
    #[arg(long, group = "change", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub colour: Option<u8>,
    /// Nothing is asked of its server until --resume
    #[arg(long, group = "change", conflicts_with = "resume")]
    pub pause: bool,
    #[arg(long, group = "change")]
    pub resume: bool,
}

#[derive(Args)]
pub struct SearchArgs {
    /// Several words are one query; after --, also one that begins with -
    #[arg(required = true, num_args = 1.., value_name = "QUERY")]
    pub query: Vec<String>,
    /// Ask the servers too, and say which of them answered
    #[arg(long)]
    pub server: bool,
    /// These accounts alone
    #[arg(long, value_name = "ID")]
    pub account: Vec<i64>,
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub limit: u32,
    /// The cursor of the page before
    #[arg(long, value_name = "CURSOR")]
    pub before: Option<String>,
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
    /// The page that begins with this row, counted from the newest, which is 0
    #[arg(long, value_name = "ROW", conflicts_with = "before")]
    pub at: Option<u64>,
    /// A line a conversation, not a message
    #[arg(long)]
    pub threads: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    FirstScreen,
    Window,
    Done,
}

impl Until {
    pub fn as_str(self) -> &'static str {
        match self {
            Until::FirstScreen => "first-screen",
            Until::Window => "window",
            Until::Done => "done",
        }
    }
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
            &["satchel", "list", "--at", "3", "--before", "x"],
            &["satchel", "sync", "--until", "never"],
            &["satchel", "account", "set", "1"],
            &["satchel", "account", "set", "1", "--pause", "--resume"],
            &["satchel", "account", "set", "1", "--colour", "9"],
            &["satchel", "account", "order"],
            &["satchel", "mailbox", "role", "Papierkorb", "bin"],
            &["satchel", "search"],
            &["satchel", "search", "--limit", "9"],
            &["satchel"],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_may_be_typed_may_be_typed() {
        for right in [
            &["satchel", "account", "set", "1", "--name", "Kontor", "--resume"][..],
            &["satchel", "account", "order", "3", "1", "2"],
            &["satchel", "mailbox", "role", "Papierkorb", "Trash", "--account", "2"],
            &["satchel", "mailbox", "role", "id:7", "auto"],
            &[
                "satchel",
                "search",
                "from:ines",
                "plan",
                "--server",
                "--account",
                "1",
                "--account",
                "2",
            ],
            &["satchel", "search", "--limit", "9", "--", "-draft", "plan"],
            &["satchel", "list", "--unified", "--threads", "--at", "4000"],
            &["satchel", "sync", "--until", "done"],
            &["satchel", "watch", "--json"],
        ] {
            if let Err(error) = Cli::try_parse_from(right) {
                panic!("{right:?}: {error}");
            }
        }
    }
}
