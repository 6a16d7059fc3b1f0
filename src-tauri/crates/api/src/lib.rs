#![allow(dead_code, clippy::all)]
mod table;
pub mod typescript;
pub mod wire;
use model::Trouble;
pub use table::*;
use wire::*;
pub struct App;
impl App {
    async fn start(&self, _p: Nothing) -> Result<Started, Trouble> {
        unreachable!()
    }
    async fn recover(&self, _p: Recover) -> Result<Started, Trouble> {
        unreachable!()
    }
    async fn account_add(&self, _p: AccountAdd) -> Result<Account, Trouble> {
        unreachable!()
    }
    async fn account_list(&self, _p: Nothing) -> Result<Vec<Account>, Trouble> {
        unreachable!()
    }
    async fn account_remove(&self, _p: AccountRemove) -> Result<AccountRemoved, Trouble> {
        unreachable!()
    }
    async fn account_check(&self, _p: AccountRef) -> Result<Checked, Trouble> {
        unreachable!()
    }
    async fn mailbox_list(&self, _p: MailboxList) -> Result<Vec<Mailbox>, Trouble> {
        unreachable!()
    }
    async fn mailbox_check(&self, _p: MailboxOpen) -> Result<Checked, Trouble> {
        unreachable!()
    }
    async fn message_list(&self, _p: MessageList) -> Result<Page, Trouble> {
        unreachable!()
    }
    async fn message_show(&self, _p: MessageShow) -> Result<Shown, Trouble> {
        unreachable!()
    }
    async fn attachment_save(&self, _p: AttachmentSave) -> Result<AttachmentSaved, Trouble> {
        unreachable!()
    }
    async fn storage_get(&self, _p: Nothing) -> Result<Storage, Trouble> {
        unreachable!()
    }
    async fn storage_change(&self, _p: StorageChange) -> Result<Storage, Trouble> {
        unreachable!()
    }
    async fn sync_run(&self, _p: Sync) -> Result<SyncReport, Trouble> {
        unreachable!()
    }
    async fn link_check(&self, _p: LinkCheck) -> Result<Link, Trouble> {
        unreachable!()
    }
    async fn doctor_get(&self, _p: Nothing) -> Result<Doctor, Trouble> {
        unreachable!()
    }
}
