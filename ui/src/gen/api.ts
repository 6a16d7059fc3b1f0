// Written by `make types` from the Rust types of the api: edit those instead.

/**
 * An account on this device.
 */
export type AccountId = number;

/**
 * A mailbox of one account.
 */
export type MailboxId = number;

/**
 * A message, whatever mailboxes it stands in. Survives a change of UIDVALIDITY.
 */
export type MessageId = number;

/**
 * A conversation.
 */
export type ThreadId = number;

/**
 * One mailbox of RFC 5322 3.4: a display name, perhaps, and an addr-spec as it was written.
 * `address` is not proved to be well formed: mail from outside holds anything.
 */
export type Address = { name: string | null, address: string, };

/**
 * What a mailbox is for (RFC 6154, and INBOX).
 */
export type Role = "inbox" | "drafts" | "sent" | "archive" | "all" | "flagged" | "junk" | "trash" | "important";

export type Code = "offline" | "no-such-host" | "refused" | "timeout" | "certificate-untrusted" | "tls-failed" | "not-encrypted" | "not-imap" | "protocol" | "server-refused" | "server-busy" | "wrong-password" | "no-password-login" | "server-unknown" | "not-an-address" | "account-exists" | "no-such-account" | "no-such-mailbox" | "ambiguous-mailbox" | "no-such-message" | "no-such-part" | "gone-from-server" | "bad-request" | "unsent-work" | "budget-full" | "budget-too-small" | "disk-full" | "already-open" | "store-newer" | "store-corrupt" | "store-key" | "file-failed" | "no-keyring" | "keyring-locked" | "passphrase-missing" | "passphrase-wrong" | "secret-missing" | "cancelled" | "internal";

/**
 * What went wrong, for a person: a code, what it is about, and an English sentence for command line and log.
 */
export type Trouble = { code: Code, params: { [key in string]: string }, message: string, account?: AccountId, 
/**
 * When it is tried again by itself: RFC 3339.
 */
retry_at?: string, };

/**
 * What changed: the interface fetches again what it shows and reads from it.
 */
export type Tag = { "kind": "accounts" } | { "kind": "account", "id": AccountId } | { "kind": "mailboxes", "id": AccountId } | { "kind": "list", "id": MailboxId } | { "kind": "message", "id": MessageId } | { "kind": "storage" };

/**
 * No parameters, or nothing to say.
 */
export type Nothing = Record<string, never>;

/**
 * A password on its way in. Prints as nothing, and is never written out again.
 */
export type Password = string;

export type AccountAdd = { email: string, password: Password, 
/**
 * `imaps://host:port` or `imap+starttls://host:port`. Without it imap.DOMAIN and mail.DOMAIN are tried on 993.
 */
imap?: string, 
/**
 * `smtps://host:port` or `smtp+starttls://host:port`: kept, not yet proved.
 */
smtp?: string, 
/**
 * The name to sign in with, where it is not the address.
 */
user?: string, 
/**
 * One more root certificate for this account alone, in PEM.
 */
ca_pem?: string, 
/**
 * SHA-256 of the certificate that the person has compared and trusts: hex, colons allowed.
 */
trust?: string, };

export type Account = { id: AccountId, email: string, 
/**
 * What the sidebar calls it.
 */
name: string, 
/**
 * The mark: one letter, and a colour from 1 to 8.
 */
letter: string, colour: number, imap: string, smtp: string | null, user: string, 
/**
 * `password`.
 */
auth: string, state: AccountState, 
/**
 * Nothing is asked of its server until it goes on.
 */
paused: boolean, 
/**
 * How far the headers are; null while none are being brought here.
 */
progress: Progress | null, 
/**
 * When its server last answered.
 */
last_heard: string | null, 
/**
 * When all its mailboxes had last been compared with the server's; null until each was once.
 */
audited_at: string | null, };

/**
 * Headers on their way here, with an end: `done` of `total`.
 */
export type Progress = { done: number, total: number, paused: boolean, 
/**
 * The budget has no room for more.
 */
full: boolean, };

/**
 * How new mail is heard of: the server says it by itself, it is asked every few minutes, or was asked once.
 */
export type Heard = "idle" | "poll" | "check";

/**
 * How an account fares: what the status line says.
 */
export type AccountState = { "kind": "resting" } | { "kind": "checking" } | { "kind": "current", by: Heard, } | { "kind": "waiting", trouble: Trouble, retry_at: string, } | { "kind": "offline" } | { "kind": "trouble", trouble: Trouble, } | { "kind": "paused" };

export type AccountRef = { id: AccountId, };

/**
 * What is not given stays as it is.
 */
export type AccountSet = { id: AccountId, name?: string, letter?: string, 
/**
 * From 1 to 8.
 */
colour?: number, paused?: boolean, };

/**
 * From the top; who is not named comes after.
 */
export type AccountOrder = { ids: Array<AccountId>, };

export type AccountRemove = { id: AccountId, 
/**
 * Also when unsent work would be lost.
 */
force: boolean, };

export type AccountRemoved = { id: AccountId, freed: number, };

export type MailboxList = { account?: AccountId, };

export type Mailbox = { id: MailboxId, account: AccountId, 
/**
 * The whole name, with the server's separator.
 */
name: string, 
/**
 * The last piece of it: what a tree shows.
 */
label: string, depth: number, role: Role | null, 
/**
 * What the server last said; null before it said anything.
 */
total: number | null, unread: number | null, 
/**
 * How many of its messages have their header on this device.
 */
cached: number, 
/**
 * False for a name that only holds others.
 */
selectable: boolean, 
/**
 * Who said what it is for.
 */
role_from: RoleFrom | null, 
/**
 * All its headers are on this device.
 */
covered: boolean, 
/**
 * When it had last been compared with the server's.
 */
audited_at: string | null, };

export type RoleFrom = "server" | "guess" | "person";

/**
 * Neither a role nor `none`: left to the server.
 */
export type MailboxRole = { mailbox: MailboxId, role: Role | null, 
/**
 * No role at all, whatever the server says.
 */
none: boolean, };

export type MessageList = { 
/**
 * Without it: every inbox.
 */
mailbox?: MailboxId, 
/**
 * One row a conversation.
 */
threads: boolean, 
/**
 * The page that begins with this row, counted from the newest.
 */
at?: number, limit?: number, 
/**
 * From the page before. Past what is cached the server is asked.
 */
before?: string, 
/**
 * Answer from the store alone, at once; `complete` then says whether the server has more for this page.
 */
cached_only: boolean, };

export type Page = { rows: Array<Row>, 
/**
 * For the next page; null at the mailbox's end.
 */
cursor: string | null, 
/**
 * Rows of the whole list: messages as the server last said; of conversations, those that are known here.
 */
total: number | null, 
/**
 * False where the store alone could not fill the page.
 */
complete: boolean, 
/**
 * Which row of the list the first one is, where `at` was given.
 */
first: number | null, };

export type Row = { id: MessageId, thread: ThreadId, account: AccountId, mailbox: MailboxId, from: Array<Address>, to: Array<Address>, subject: string, 
/**
 * When it arrived (INTERNALDATE).
 */
date: string, preview: string, 
/**
 * `\Seen`, `\Flagged`, `$Forwarded`, … of the message. A conversation is `\Flagged` where any of it is.
 */
flags: Array<string>, size: number, has_attachments: boolean, 
/**
 * Messages of its conversation, own replies too; 1 in a list of messages.
 */
count: number, 
/**
 * Unread ones among them.
 */
unread: number, 
/**
 * Who wrote in it.
 */
senders: Array<Address>, };

export type MessageThread = { thread: ThreadId, };

/**
 * `from:ines has:attachment "project plan" is:unread in:inbox after:2024-03-01 -draft*`
 */
export type Search = { query: string, 
/**
 * Ask the servers too: takes as long as the slowest of them.
 */
server: boolean, 
/**
 * Empty: all.
 */
accounts: Array<AccountId>, 
/**
 * From the page before.
 */
before?: string, limit?: number, };

export type Found = { 
/**
 * Newest first.
 */
rows: Array<Row>, 
/**
 * Null where there are no more. A page with one may hold fewer rows than asked, even none.
 */
cursor: string | null, coverage: Coverage, };

/**
 * How far a search went, whatever it found.
 */
export type Coverage = { local: LocalCoverage, 
/**
 * Empty where no server was to be asked.
 */
server: Array<Asked>, };

/**
 * What was searched on this device: every message that arrived between the two, and perhaps some others.
 */
export type LocalCoverage = { from: string | null, to: string | null, messages: number, 
/**
 * Every message of every mailbox.
 */
whole: boolean, };

export type Asked = { account: AccountId, state: AskedState, trouble: Trouble | null, 
/**
 * That it searched.
 */
mailboxes: number, found: number, };

export type AskedState = "answered" | "failed";

export type ShowAs = "best" | "text" | "html" | "raw" | "structure";

export type MessageShow = { id: MessageId, as: ShowAs, };

export type Shown = { id: MessageId, thread: ThreadId, account: AccountId, headers: Headers, flags: Array<string>, 
/**
 * The mailboxes it stands in.
 */
mailboxes: Array<MailboxId>, 
/**
 * Exactly one of these four, by `as`; for `best` one of the first two, neither where the mail has no text.
 */
html?: string, text?: string, raw?: string, structure?: PartNode, 
/**
 * What the safe HTML left out and would have loaded.
 */
blocked: Array<Blocked>, parts: Array<Part>, 
/**
 * Only the first part of a very long text is here.
 */
truncated: boolean, fetched_bytes: number, };

export type Headers = { from: Array<Address>, sender: Array<Address>, reply_to: Array<Address>, to: Array<Address>, cc: Array<Address>, subject: string, 
/**
 * The Date header, with the sender's own offset; null where it can't be read.
 */
date: string | null, 
/**
 * INTERNALDATE.
 */
received: string | null, message_id: string | null, references: Array<string>, };

export type Part = { section: string, media_type: string, 
/**
 * Cleaned of paths, controls and tricks; never empty.
 */
name: string, 
/**
 * Decoded octets, as near as the encoding tells.
 */
size: number, content_id: string | null, 
/**
 * Shown inside the text, so not listed as an attachment.
 */
inline: boolean, cached: boolean, 
/**
 * Where a front end loads it from (images, saving).
 */
url: string, };

export type PartNode = { section: string, media_type: string, charset: string | null, name: string | null, size: number, encoding: string, children: Array<PartNode>, };

export type Blocked = { 
/**
 * `image`, `style`, `font`, `frame`, `script`, …
 */
kind: string, url: string, };

export type AttachmentSave = { id: MessageId, section: string, 
/**
 * A path on this machine. A file that is there is not overwritten without `replace`.
 */
output: string, replace: boolean, };

export type AttachmentSaved = { path: string, bytes: number, sha256: string, };

/**
 * One message file, without an account: what `render` and `parse` read.
 */
export type Rendered = { html: string, blocked: Array<Blocked>, text: string, preview: string, };

export type Parsed = { subject: string, from: Array<Address>, to: Array<Address>, cc: Array<Address>, reply_to: Array<Address>, date: string | null, message_id: string | null, references: Array<string>, parts: Array<Part>, structure: PartNode, text: string, preview: string, };

export type Until = "first-screen" | "window" | "done";

export type Sync = { account?: AccountId, until: Until, };

/**
 * The headers alone: new mail goes on arriving.
 */
export type SyncPause = { 
/**
 * Without it: every account.
 */
account?: AccountId, paused: boolean, };

/**
 * What a front end knows of the network: a hint.
 */
export type Network = { online: boolean, };

/**
 * Traffic of one connection or of several: bursts of the client, and octets on the TCP stream.
 */
export type FirstScreen = { ms: number, round_trips: number, bytes_in: number, bytes_out: number, rows: number, };

export type SyncReport = { first_screen: FirstScreen, 
/**
 * Headers written in this run.
 */
headers: number, ms: number, round_trips: number, bytes_in: number, bytes_out: number, 
/**
 * Accounts that could not be synced, and why.
 */
failed: Array<Trouble>, };

export type MailboxOpen = { mailbox: MailboxId, };

/**
 * What a check of one mailbox brought.
 */
export type Checked = { new: number, };

export type Storage = { budget: number, 
/**
 * file + wal
 */
used: number, file: number, wal: number, by: Array<StorageRow>, 
/**
 * What can leave: the server still has it.
 */
evictable: number, 
/**
 * The least that a budget can be.
 */
least: number, };

export type StorageRow = { account: AccountId, 
/**
 * `text`, `attachments`, `headers`, `index`
 */
kind: string, bytes: number, };

export type StorageChange = { 
/**
 * Octets; applied at once.
 */
budget?: number, 
/**
 * `text` or `attachments`: leaves this device, stays on the server.
 */
free?: string, };

/**
 * Whether the store is open, and what stands in the way.
 */
export type Started = { "kind": "ready", accounts: number, demo: boolean, } | { "kind": "trouble", trouble: Trouble, choices: Array<Recovery>, };

export type Recovery = "retry" | "rebuild" | "passphrase";

export type Recover = { choice: Recovery, passphrase?: Password, };

/**
 * A link that may be opened outside, and where it really goes.
 */
export type Link = { url: string, display: string, };

export type LinkCheck = { url: string, };

export type Doctor = { version: string, data_dir: string, 
/**
 * `keyring`, `file` or what is wrong with it.
 */
secrets: string, store: DoctorStore, accounts: Array<DoctorAccount>, };

export type DoctorStore = { schema: number, sqlcipher: string, intact: boolean, used: number, budget: number, };

export type DoctorAccount = { id: AccountId, imap: string, 
/**
 * What was learnt of this server: `login-flight-refused`, …
 */
quirks: Array<string>, capabilities: Array<DoctorCapability>, secret: boolean, audit: DoctorAudit, };

/**
 * What comparing this device with the server showed.
 */
export type DoctorAudit = { 
/**
 * Null until every mailbox was compared once.
 */
checked_at: string | null, 
/**
 * That were compared.
 */
mailboxes: number, 
/**
 * Differences that were found and mended since the account was added.
 */
repaired: number, };

export type DoctorCapability = { name: string, 
/**
 * What Satchel uses it for; empty where it does not.
 */
used_for: string, };

/**
 * Tags coalesced over some 50 ms after commit. A gap in `seq`, or `resync`: fetch everything on screen again.
 */
export type Event = { seq: number, tags: Array<Tag>, resync: boolean, };

export interface Commands {
  'app.start': { params: Nothing; result: Started; reads: never; changes: never };
  'app.recover': { params: Recover; result: Started; reads: never; changes: 'accounts' };
  'account.add': { params: AccountAdd; result: Account; reads: never; changes: 'accounts' };
  'account.list': { params: Nothing; result: Array<Account>; reads: 'accounts' | 'account'; changes: never };
  'account.set': { params: AccountSet; result: Account; reads: never; changes: 'accounts' | 'account' };
  'account.order': { params: AccountOrder; result: Array<Account>; reads: never; changes: 'accounts' };
  'account.remove': { params: AccountRemove; result: AccountRemoved; reads: never; changes: 'accounts' | 'storage' };
  'account.check': { params: AccountRef; result: Checked; reads: never; changes: 'account' | 'mailboxes' | 'list' };
  'mailbox.list': { params: MailboxList; result: Array<Mailbox>; reads: 'mailboxes'; changes: never };
  'mailbox.role': { params: MailboxRole; result: Mailbox; reads: never; changes: 'mailboxes' | 'list' };
  'mailbox.check': { params: MailboxOpen; result: Checked; reads: never; changes: 'mailboxes' | 'list' };
  'message.list': { params: MessageList; result: Page; reads: 'list'; changes: never };
  'message.thread': { params: MessageThread; result: Array<Row>; reads: 'list' | 'message'; changes: never };
  'search': { params: Search; result: Found; reads: never; changes: never };
  'message.show': { params: MessageShow; result: Shown; reads: 'message'; changes: 'storage' };
  'attachment.save': { params: AttachmentSave; result: AttachmentSaved; reads: never; changes: 'storage' };
  'storage.get': { params: Nothing; result: Storage; reads: 'storage'; changes: never };
  'storage.change': { params: StorageChange; result: Storage; reads: never; changes: 'storage' | 'message' };
  'sync.run': { params: Sync; result: SyncReport; reads: never; changes: 'account' | 'mailboxes' | 'list' };
  'sync.pause': { params: SyncPause; result: Nothing; reads: never; changes: 'account' };
  'app.network': { params: Network; result: Nothing; reads: never; changes: never };
  'link.check': { params: LinkCheck; result: Link; reads: never; changes: never };
  'doctor.get': { params: Nothing; result: Doctor; reads: 'accounts'; changes: never };
}

/** Which kinds of tags make an answer old. */
export const reads: { [M in keyof Commands]: readonly Tag['kind'][] } = {
  'app.start': [],
  'app.recover': [],
  'account.add': [],
  'account.list': ['accounts', 'account'],
  'account.set': [],
  'account.order': [],
  'account.remove': [],
  'account.check': [],
  'mailbox.list': ['mailboxes'],
  'mailbox.role': [],
  'mailbox.check': [],
  'message.list': ['list'],
  'message.thread': ['list', 'message'],
  'search': [],
  'message.show': ['message'],
  'attachment.save': [],
  'storage.get': ['storage'],
  'storage.change': [],
  'sync.run': [],
  'sync.pause': [],
  'app.network': [],
  'link.check': [],
  'doctor.get': ['accounts'],
};
