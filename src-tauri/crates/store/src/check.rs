//! Is the file what was written? Asked by `doctor`, not on the way to a list.

use crate::tx::Read;
use crate::wall::Duty;
use crate::writer::Writer;
use crate::{Error, schema};
use rusqlite::Connection;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity {
    pub schema: u32,
    pub sqlcipher: String,
    pub intact: bool,
    /// What was found, in SQLite's words; at most some twenty.
    pub problems: Vec<String>,
    /// Every page was looked at. Beside a running engine there is no time for that.
    pub thorough: bool,
}

const MOST: usize = 20;

/// Every page's checksum, then the structure of every tree.
pub(crate) fn check(writer: &mut Writer) -> Result<Integrity, Error> {
    writer.empty_log()?;
    let mut problems = lines(&writer.conn, "PRAGMA cipher_integrity_check");
    if problems.is_empty() {
        problems = lines(&writer.conn, "PRAGMA integrity_check(20)");
        problems.retain(|line| line != "ok");
    }
    if problems.is_empty() {
        let index = writer.step(Duty::Room, |tx| {
            tx.run("INSERT INTO search (search) VALUES ('integrity-check')", [])
        });
        problems.extend(index.err().map(|error| format!("search index: {error}")));
    }
    found(&writer.conn, problems, true)
}

/// As far as one short read can tell.
pub(crate) fn glance(read: &Read<'_>) -> Result<Integrity, Error> {
    found(read.conn, Vec::new(), false)
}

fn found(conn: &Connection, problems: Vec<String>, thorough: bool) -> Result<Integrity, Error> {
    Ok(Integrity {
        schema: schema::version(conn).unwrap_or(0),
        sqlcipher: conn.query_row("PRAGMA cipher_version", [], |row| row.get(0))?,
        intact: problems.is_empty(),
        problems,
        thorough,
    })
}

fn lines(conn: &Connection, sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let looked = (|| {
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if found.len() < MOST {
                found.push(row.get(0)?);
            }
        }
        Ok::<_, rusqlite::Error>(())
    })();
    found.extend(looked.err().map(|error| error.to_string()));
    found
}
