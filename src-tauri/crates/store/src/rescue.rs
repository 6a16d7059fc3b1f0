//! A file that is damaged, or newer than this program: the cache is begun anew, and what exists only here is
//! carried over as far as it can be read. The old file stays until the new one is good, and longer where
//! something of it could not be read.

use crate::shared::blocking;
use crate::{Error, Key, open, schema, setting};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::path::{Path, PathBuf};

/// What was carried over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    pub accounts: u64,
    pub intents: u64,
    /// Placements whose flags the server does not have yet.
    pub flags: u64,
    /// What could not be read, in words.
    pub lost: Vec<String>,
    /// The old file, kept because something of it could not be read.
    pub kept: Option<PathBuf>,
}

/// Begins the file anew. The engine must not be running: this takes the lock.
pub async fn rebuild(path: &Path, key: Key) -> Result<Rescued, Error> {
    let path = path.to_owned();
    blocking(move || rebuild_now(&path, &key)).await
}

fn rebuild_now(path: &Path, key: &Key) -> Result<Rescued, Error> {
    let mut lock = open::Lock::take(path)?;
    finish_interrupted(path)?;
    let fresh = open::beside(path, ".new");
    remove_file(&fresh)?;
    let mut rescued = Rescued::default();
    {
        let mut new = open::writer(&fresh, key).map_err(|e| e.at(&fresh))?;
        new.pragma_update(None, "synchronous", "FULL")?;
        schema::upgrade(&mut new).map_err(|e| e.at(&fresh))?;
        match open::salvage(path, key) {
            Ok(old) => Salvage { old: &old, new: &new, rescued: &mut rescued }.run()?,
            Err(error) => rescued.lost.push(format!("everything: {error}")),
        }
        let busy: i64 = new.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Err(Error::Busy);
        }
    }
    // From here to the second rename there is no file at `path`: finish_interrupted() knows.
    let aside = free_name(path);
    move_file(path, &aside)?;
    move_file(&fresh, path)?;
    lock.sign(key).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    if rescued.lost.is_empty() {
        remove_file(&aside)?;
    } else {
        rescued.kept = Some(aside);
    }
    Ok(rescued)
}

/// A rebuild that was killed: its new file counts once the old one was moved away, and not before.
pub(crate) fn finish_interrupted(path: &Path) -> Result<(), Error> {
    let fresh = open::beside(path, ".new");
    if !fresh.exists() {
        return Ok(());
    }
    if path.exists() { remove_file(&fresh) } else { move_file(&fresh, path) }
}

fn free_name(path: &Path) -> PathBuf {
    let names = (1u32..).map(|n| open::beside(path, &format!(".old-{n}")));
    names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| open::beside(path, ".old"))
}

/// A file of SQLite's with its log, where it has one.
const WITH_IT: [&str; 3] = ["", "-wal", "-shm"];

fn move_file(from: &Path, to: &Path) -> Result<(), Error> {
    for suffix in WITH_IT {
        let (from, to) = (open::beside(from, suffix), open::beside(to, suffix));
        if from.exists() {
            std::fs::rename(&from, to).map_err(|source| Error::Io { path: from, source })?;
        }
    }
    Ok(())
}

fn remove_file(path: &Path) -> Result<(), Error> {
    for suffix in WITH_IT {
        let path = open::beside(path, suffix);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Tables that exist only here, whole; a column that only one side knows is left out.
const SACRED: [&str; 5] = ["account", "account_root", "quirk", "intent", "intent_message"];

struct Salvage<'s> {
    old: &'s Connection,
    new: &'s Connection,
    rescued: &'s mut Rescued,
}

impl Salvage<'_> {
    fn run(mut self) -> Result<(), Error> {
        self.new.execute_batch("BEGIN IMMEDIATE")?;
        for table in SACRED {
            self.copy(table, "1 = 1", &[])?;
        }
        self.rows_that_are_named()?;
        self.budget()?;
        self.sequences();
        // Rows came past the index: it is built over them by and by.
        self.new.execute(
            "INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)",
            params![setting::INDEX_FROM, "0"],
        )?;
        self.new.execute_batch("COMMIT")?;
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            self.new.query_row(&sql, [], |row| row.get::<_, u64>(0))
        };
        self.rescued.accounts = count("account")?;
        self.rescued.intents = count("intent")?;
        self.rescued.flags = count("placement")?;
        Ok(())
    }

    /// Placements whose flags the server does not have yet, and the messages and mailboxes that these or an
    /// intent name. They come back without coverage: everything around them is fetched again.
    fn rows_that_are_named(&mut self) -> Result<(), Error> {
        self.copy("placement", "local IS NOT NULL", &[])?;
        let ids = |sql: &str| -> Result<Vec<i64>, Error> {
            let mut statement = self.new.prepare(sql)?;
            let ids = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(ids)
        };
        let messages =
            ids("SELECT message FROM placement UNION SELECT message FROM intent_message")?;
        let mailboxes = ids(
            "SELECT mailbox FROM placement UNION SELECT mailbox FROM intent WHERE mailbox IS NOT NULL",
        )?;
        for id in messages {
            self.copy("message", "id = ?1", &[id])?;
        }
        for id in mailboxes {
            self.copy("mailbox", "id = ?1", &[id])?;
        }
        self.new.execute("UPDATE placement SET head = NULL, unified = NULL", [])?;
        self.new.execute(
            "UPDATE mailbox SET highestmodseq = NULL, uidnext = NULL, heads = 0, standing = '',
                 cached = (SELECT count(*) FROM placement p WHERE p.mailbox = mailbox.id AND p.epoch = mailbox.epoch),
                 stale = (SELECT count(*) FROM placement p WHERE p.mailbox = mailbox.id AND p.epoch < mailbox.epoch)",
            [],
        )?;
        self.new.execute(
            "INSERT OR IGNORE INTO header (account, hash, thread)
             SELECT account, message_id, thread FROM message WHERE message_id IS NOT NULL",
            [],
        )?;
        // A flag on a message that could not be read is nobody's.
        self.new.execute(
            "DELETE FROM placement WHERE message NOT IN (SELECT id FROM message)
                 OR mailbox NOT IN (SELECT id FROM mailbox)",
            [],
        )?;
        Ok(())
    }

    fn budget(&mut self) -> Result<(), Error> {
        let sql = "SELECT value FROM setting WHERE key = ?1";
        if let Ok(budget) =
            self.old.query_row(sql, [setting::BUDGET], |row| row.get::<_, String>(0))
        {
            self.new.execute(
                "INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)",
                params![setting::BUDGET, budget],
            )?;
        }
        Ok(())
    }

    /// Ids go on where the old file was, so that none is given twice.
    fn sequences(&self) {
        for table in ["account", "mailbox", "message", "part", "intent"] {
            let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
            let Ok(old) = self.old.query_row(sql, [table], |row| row.get::<_, i64>(0)) else {
                continue;
            };
            // Where this fails, ids begin again: a nuisance, no loss.
            let changed = self.new.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
                params![table, old],
            );
            if changed == Ok(0) {
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
                let _ = self.new.execute(sql, params![table, old]);
            }
        }
    }

    fn columns(&self, conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
        statement.query_map([table], |row| row.get(0))?.collect()
    }

    /// Copies rows one by one; where a page can't be read, goes on behind it.
    fn copy(&mut self, table: &str, filter: &str, args: &[i64]) -> Result<(), Error> {
        let ours = self.columns(self.new, table)?;
        let Ok(theirs) = self.columns(self.old, table) else {
            return self.lose(table, "its description can't be read");
        };
        let shared: Vec<String> = ours.into_iter().filter(|c| theirs.contains(c)).collect();
        if shared.is_empty() {
            return self.lose(table, "it is not there");
        }
        let list = shared.join(", ");
        let holes = vec!["?"; shared.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {table} ({list}) VALUES ({holes})");
        let by_id = shared.iter().any(|c| c == "id");
        let mut after = i64::MIN;
        let mut jump = 1i64;
        loop {
            let select = if by_id {
                format!("SELECT {list} FROM {table} WHERE {filter} AND id > {after} ORDER BY id")
            } else {
                format!("SELECT {list} FROM {table} WHERE {filter}")
            };
            let id_at = shared.iter().position(|c| c == "id");
            let mut last = None;
            let read = (|| {
                let mut statement = self.old.prepare(&select)?;
                let mut rows = statement.query(params_from_iter(args))?;
                while let Some(row) = rows.next()? {
                    let values: Vec<Value> =
                        (0..shared.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                    if let Some(Value::Integer(id)) = id_at.and_then(|at| values.get(at)) {
                        last = Some(*id);
                    }
                    self.new.execute(&insert, params_from_iter(values))?;
                }
                Ok::<_, rusqlite::Error>(())
            })();
            let Err(error) = read else { return Ok(()) };
            if jump == 1 {
                self.lose(table, &error.to_string())?;
            }
            // Behind the page that can't be read, with longer and longer strides.
            after = last.unwrap_or(after.max(0)).saturating_add(jump);
            jump = jump.saturating_mul(2);
            if !by_id || jump > 1 << 40 {
                return Ok(());
            }
        }
    }

    fn lose(&mut self, table: &str, why: &str) -> Result<(), Error> {
        let line = format!("some of {table}: {why}");
        if !self.rescued.lost.contains(&line) {
            self.rescued.lost.push(line);
        }
        Ok(())
    }
}
