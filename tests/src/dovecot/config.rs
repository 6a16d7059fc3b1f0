//! Dovecot's configuration, as far as the scenarios want it one way or another.

use super::{CLEAR_IP, Owner, Ports};
use std::fmt::Write;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Opens in the same time whatever the number of messages: for measuring the client.
    Mdbox,
    Maildir,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub layout: Layout,
    /// Address and password.
    pub users: Vec<(String, String)>,
    /// What it announces instead of all that it can do; it does not unlearn it.
    pub capabilities: Option<String>,
}

/// What Debian's Dovecot announces after login, with COMPRESS, QUOTA and ACL switched on.
const CAPABILITIES: &[&str] = &[
    "IMAP4rev1",
    "SASL-IR",
    "LOGIN-REFERRALS",
    "ID",
    "ENABLE",
    "IDLE",
    "SORT",
    "SORT=DISPLAY",
    "THREAD=REFERENCES",
    "THREAD=REFS",
    "THREAD=ORDEREDSUBJECT",
    "MULTIAPPEND",
    "URL-PARTIAL",
    "CATENATE",
    "UNSELECT",
    "CHILDREN",
    "NAMESPACE",
    "UIDPLUS",
    "LIST-EXTENDED",
    "I18NLEVEL=1",
    "CONDSTORE",
    "QRESYNC",
    "ESEARCH",
    "ESORT",
    "SEARCHRES",
    "WITHIN",
    "CONTEXT=SEARCH",
    "LIST-STATUS",
    "BINARY",
    "MOVE",
    "SNIPPET=FUZZY",
    "PREVIEW=FUZZY",
    "PREVIEW",
    "STATUS=SIZE",
    "SAVEDATE",
    "LITERAL+",
    "NOTIFY",
    "METADATA",
    "SPECIAL-USE",
    "COMPRESS=DEFLATE",
    "QUOTA",
    "ACL",
    "RIGHTS=texk",
];

impl Settings {
    pub fn new(users: &[(&str, &str)]) -> Self {
        let users = users.iter().map(|(u, p)| ((*u).to_owned(), (*p).to_owned())).collect();
        Self { layout: Layout::Mdbox, users, capabilities: None }
    }

    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Hides every capability that begins with one of these: `PREVIEW`, `SNIPPET`, `CONDSTORE`, …
    pub fn without(mut self, hidden: &[&str]) -> Self {
        let shown: Vec<&str> = CAPABILITIES
            .iter()
            .copied()
            .filter(|c| !hidden.iter().any(|h| c.starts_with(h)))
            .collect();
        self.capabilities = Some(shown.join(" "));
        self
    }

    /// Announces one more, before login too: `LOGINDISABLED`, …
    pub fn announcing(mut self, more: &str) -> Self {
        let shown = self.capabilities.take().unwrap_or_else(|| CAPABILITIES.join(" "));
        self.capabilities = Some(format!("{shown} {more}"));
        self
    }
}

/// A passwd-file. The scheme is named, so that a password may hold anything but a colon.
pub fn users(settings: &Settings) -> String {
    settings.users.iter().fold(String::new(), |mut all, (user, password)| {
        let _ = writeln!(all, "{user}:{{PLAIN}}{password}");
        all
    })
}

pub(super) fn write(settings: &Settings, dir: &Path, ports: Ports, owner: &Owner) -> String {
    let Ports { imaps, imap, lmtp } = ports;
    let Owner { user, group, .. } = owner;
    let dir = dir.display();
    let location = match settings.layout {
        Layout::Mdbox => "mdbox:~/mdbox",
        Layout::Maildir => "maildir:~/maildir:LAYOUT=fs",
    };
    let capability = settings
        .capabilities
        .as_ref()
        .map(|shown| format!("imap_capability = {shown}\n"))
        .unwrap_or_default();
    format!(
        r#"base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
instance_name = satchel-rig
protocols = imap lmtp
listen = 127.0.0.1
# Without these an ordinary user can't start it.
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
# A wrong password is answered at once, and the tenth as fast as the first.
auth_failure_delay = 0
auth_mechanisms = plain login
disable_plaintext_auth = yes
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
mail_fsync = never
mail_location = {location}
mail_plugins = quota acl zlib notify
mail_max_userip_connections = 200
mailbox_list_index = yes
imap_metadata = yes
mail_attribute_dict = file:%h/attributes
{capability}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \Drafts
  }}
  mailbox Sent {{
    special_use = \Sent
  }}
  mailbox Junk {{
    special_use = \Junk
  }}
  mailbox Trash {{
    special_use = \Trash
  }}
  mailbox Archive {{
    special_use = \Archive
  }}
}}
passdb {{
  driver = passwd-file
  args = {dir}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=2G
  acl = vfile
}}
protocol imap {{
  mail_plugins = $mail_plugins imap_quota imap_acl imap_zlib
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = 0
  }}
  inet_listener rig_imap {{
    address = {CLEAR_IP}
    port = {imap}
  }}
  inet_listener rig_imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Closed, it keeps no penalties for wrong passwords.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener rig_lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"#
    )
}
