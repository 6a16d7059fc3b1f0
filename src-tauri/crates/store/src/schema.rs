//! The schema and its steps. A step and its version number are one transaction; a released step never changes.

use crate::Error;
use rusqlite::Connection;

const STEPS: &[&str] =
    &[include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations/0001_initial.sql"))];

pub(crate) const KNOWN: u32 = STEPS.len() as u32;

pub(crate) fn version(conn: &Connection) -> Result<u32, Error> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the file up to what this program knows; a file from the future is refused.
pub(crate) fn upgrade(conn: &mut Connection) -> Result<(), Error> {
    apply(conn, STEPS)
}

fn apply(conn: &mut Connection, steps: &[&str]) -> Result<(), Error> {
    let (found, known) = (version(conn)?, steps.len() as u32);
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for (number, step) in (1u32..).zip(steps).skip(found as usize) {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(conn: &Connection) -> Vec<(String, String)> {
        let mut statement = conn
            .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
            .unwrap();
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[test]
    fn upgraded_step_by_step_equals_fresh() {
        let mut fresh = Connection::open_in_memory().unwrap();
        upgrade(&mut fresh).unwrap();
        let mut old = Connection::open_in_memory().unwrap();
        for known in 1..=STEPS.len() {
            apply(&mut old, &STEPS[..known]).unwrap();
            assert_eq!(version(&old).unwrap(), known as u32);
        }
        assert_eq!(shape(&old), shape(&fresh));
        assert!(shape(&fresh).iter().any(|(name, _)| name == "placement_uid"));
    }

    #[test]
    fn a_step_that_fails_leaves_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x) ;", "CREATE TABLE b (x); CREATE TABLE a (x);"];
        assert!(apply(&mut conn, &steps).is_err());
        assert_eq!(version(&conn).unwrap(), 1);
        assert!(shape(&conn).iter().all(|(name, _)| name != "b"));
    }

    #[test]
    fn the_future_is_refused() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "user_version", KNOWN + 1).unwrap();
        assert!(matches!(
            upgrade(&mut conn),
            Err(Error::NewerSchema { found, known }) if found == known + 1
        ));
    }
}
