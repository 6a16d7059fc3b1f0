-- Satchel's one file. Cached rows can all be fetched again; account, setting, quirk, intent and every
-- placement whose local flags are set exist only here.
-- No foreign keys: each costs an index or a scan on every delete, and a wipe runs in bounded steps that
-- pass through states which they would refuse. The modules of the store keep the references true.

CREATE TABLE setting (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    letter TEXT NOT NULL,
    colour INTEGER NOT NULL,
    position INTEGER NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    imap TEXT NOT NULL,
    smtp TEXT,
    user TEXT NOT NULL,
    auth TEXT NOT NULL,
    pinned BLOB,                     -- SHA-256 of the leaf that the person trusts
    state TEXT NOT NULL DEFAULT '',  -- the engine's own words, JSON
    capabilities TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    removing INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE account_root (
    account INTEGER NOT NULL,
    number INTEGER NOT NULL,
    der BLOB NOT NULL,
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE quirk (
    account INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    name TEXT NOT NULL,
    wire_name TEXT NOT NULL,
    separator TEXT,
    role TEXT,                       -- what the server says, or a guess by name
    role_guessed INTEGER NOT NULL DEFAULT 0,
    role_by_user TEXT,               -- '' is the person's "none"
    selectable INTEGER NOT NULL,
    subscribed INTEGER NOT NULL,
    total INTEGER,                   -- as the server last said
    unread INTEGER,
    uidvalidity INTEGER,
    uidnext INTEGER,
    highestmodseq INTEGER,           -- up to which changes were applied here
    epoch INTEGER NOT NULL DEFAULT 0,  -- rises with each change of UIDVALIDITY
    cached INTEGER NOT NULL DEFAULT 0, -- placements of this epoch
    stale INTEGER NOT NULL DEFAULT 0,  -- placements of earlier epochs, waiting to be bound again
    gone INTEGER NOT NULL DEFAULT 0,   -- no longer in LIST: being swept, or kept for an intent
    heads INTEGER NOT NULL DEFAULT 0,  -- conversations in view
    standing TEXT,                     -- how far its rows were told where they stand; NULL: all of them
    opened INTEGER,                    -- when the person last looked
    audited INTEGER,                   -- when it was last held against the server
    repaired INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, name)
) STRICT;

CREATE TABLE covered (
    mailbox INTEGER NOT NULL,
    uid_low INTEGER NOT NULL,
    uid_high INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid_low)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: a stale id must not name another's mail
    account INTEGER NOT NULL,
    thread INTEGER NOT NULL,
    doc INTEGER NOT NULL,            -- rowid in search: the newer, the smaller
    date INTEGER NOT NULL,           -- INTERNALDATE, seconds since 1970
    size INTEGER NOT NULL,
    header_hash INTEGER NOT NULL,    -- with date and size: the fingerprint
    message_id INTEGER,              -- eight bytes of a hash, as are the references
    refs BLOB,
    server_id BLOB,                  -- 'g' + X-GM-MSGID as 8 bytes, or 'e' + EMAILID
    attachments INTEGER NOT NULL,
    people BLOB NOT NULL,            -- store::pack
    subject TEXT NOT NULL,
    preview TEXT,
    structure BLOB                   -- Structure::pack
) STRICT;

CREATE UNIQUE INDEX message_doc ON message (doc);
CREATE UNIQUE INDEX message_server ON message (account, server_id) WHERE server_id IS NOT NULL;

CREATE TABLE placement (
    mailbox INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    date INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message INTEGER NOT NULL,
    thread INTEGER NOT NULL,         -- as in its message
    head INTEGER,                    -- 1: the newest of its conversation in its mailbox
    unified INTEGER,                 -- 1: stands in an inbox
    base INTEGER NOT NULL,           -- system flags as the server has them
    base_words TEXT,                 -- keywords, a space between them
    local INTEGER,                   -- NULL: as base
    local_words TEXT,
    modseq INTEGER,
    PRIMARY KEY (mailbox, epoch, date DESC, uid DESC)
) STRICT, WITHOUT ROWID;

-- Descending, as mailboxes are read from the server: a tree that is filled from its low end stays half empty.
CREATE UNIQUE INDEX placement_uid ON placement (mailbox, epoch, uid DESC);
CREATE INDEX placement_message ON placement (message);
-- Conversations: over all mailboxes, and the newest in each.
CREATE INDEX placement_thread ON placement (thread, mailbox, epoch, date DESC, uid DESC);
-- Lists that are kept: conversations of a mailbox; the one inbox over all accounts, flat and by conversation.
CREATE INDEX placement_head ON placement (mailbox, epoch, date DESC, uid DESC) WHERE head = 1;
CREATE INDEX placement_inbox ON placement (date DESC, uid DESC, mailbox) WHERE unified = 1;
CREATE INDEX placement_inbox_head ON placement (date DESC, uid DESC, mailbox) WHERE unified = 1 AND head = 1;
CREATE INDEX placement_local ON placement (mailbox) WHERE local IS NOT NULL;

-- Which conversation a Message-ID belongs to, its own message cached or not.
CREATE TABLE header (
    account INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    thread INTEGER NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;

-- Conversations found to be one. `header` may still name the old one; `pending` while messages do.
CREATE TABLE thread_merge (
    old INTEGER PRIMARY KEY,
    new INTEGER NOT NULL,
    pending INTEGER NOT NULL
) STRICT;

CREATE INDEX thread_merge_pending ON thread_merge (old) WHERE pending = 1;

CREATE TABLE part (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    message INTEGER,                 -- NULL: its message has left, the chunks follow
    name TEXT NOT NULL,              -- a section, or HEADER
    kind INTEGER NOT NULL,           -- 0 text, 1 attachment
    expected INTEGER,
    have INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    used INTEGER NOT NULL            -- a clock that counts uses
) STRICT;

CREATE UNIQUE INDEX part_message ON part (message, name) WHERE message IS NOT NULL;
CREATE INDEX part_orphan ON part (id) WHERE message IS NULL;
CREATE INDEX part_used ON part (pinned, used);
CREATE INDEX part_account ON part (account, kind);

CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,          -- part * 65536 + number
    data BLOB NOT NULL
) STRICT;

-- Octets by account and kind: 0 text, 1 attachments (as they lie on disk), 2 header rows, 3 index (weights),
-- 4 the pinned among 0 and 1; 5 and 6 count messages that left their lines behind in
-- `header` and `search`.
CREATE TABLE tally (
    account INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE intent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    mailbox INTEGER,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER,
    error TEXT,
    created INTEGER NOT NULL
) STRICT;

CREATE INDEX intent_account ON intent (account);
CREATE INDEX intent_mailbox ON intent (mailbox) WHERE mailbox IS NOT NULL;

CREATE TABLE intent_message (
    intent INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (intent, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX intent_message_message ON intent_message (message);

-- Words of texts that were opened, as the index has them: for phrases, and to build it again.
CREATE TABLE body (
    message INTEGER PRIMARY KEY,
    words TEXT NOT NULL
) STRICT;

-- Contentless: fed with words made by store::words, so that text and query are cut alike in every language;
-- the ascii tokenizer then only splits at spaces. Rows that leave are not taken out: see store::search.
CREATE VIRTUAL TABLE search USING fts5 (
    sender, recipient, subject, preview, body,
    content = '', columnsize = 0, detail = column, tokenize = 'ascii'
);
INSERT INTO search (search, rank) VALUES ('automerge', 0);
INSERT INTO search (search, rank) VALUES ('crisismerge', 1999);
-- A block of the default 4050 octets does not fit a leaf of SQLCipher's 4096-80 and would spill.
INSERT INTO search (search, rank) VALUES ('pgsz', 3950);
