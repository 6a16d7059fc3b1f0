//! The wire types as TypeScript: one committed file, held against the Rust types by a test.

use crate::table;
use crate::wire::*;
use model::{AccountId, Address, Code, MailboxId, MessageId, Role, Tag, ThreadId, Trouble};
use ts_rs::{Config, TS};

macro_rules! declare {
    ($config:expr, $($type:ty),* $(,)?) => {
        vec![$(declaration::<$type>($config)),*]
    };
}

/// The whole of `ui/src/gen/api.ts`.
pub fn api() -> String {
    let config = Config::default();
    let types = declare!(
        &config,
        AccountId,
        MailboxId,
        MessageId,
        ThreadId,
        Address,
        Role,
        Code,
        Trouble,
        Tag,
        Nothing,
        Password,
        AccountAdd,
        Account,
        Progress,
        Heard,
        AccountState,
        AccountRef,
        AccountSet,
        AccountOrder,
        AccountRemove,
        AccountRemoved,
        MailboxList,
        Mailbox,
        RoleFrom,
        MailboxRole,
        MessageList,
        Page,
        Row,
        MessageThread,
        Search,
        Found,
        Coverage,
        LocalCoverage,
        Asked,
        AskedState,
        ShowAs,
        MessageShow,
        Shown,
        Headers,
        Part,
        PartNode,
        Blocked,
        AttachmentSave,
        AttachmentSaved,
        Rendered,
        Parsed,
        Until,
        Sync,
        SyncPause,
        Network,
        FirstScreen,
        SyncReport,
        MailboxOpen,
        Checked,
        Storage,
        StorageRow,
        StorageChange,
        Started,
        Recovery,
        Recover,
        Link,
        LinkCheck,
        Doctor,
        DoctorStore,
        DoctorAccount,
        DoctorAudit,
        DoctorCapability,
        Event,
    );
    format!(
        "// Written by `make types` from the Rust types of the api: edit those instead.\n\n{}\n{}",
        types.join("\n"),
        table::typescript()
    )
}

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().map(|d| d.to_string()).unwrap_or_default();
    format!("{docs}export {}\n", T::decl(config))
}
