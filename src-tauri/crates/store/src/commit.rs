//! A transaction is a closure that can be run again: SQLITE_FULL rolls the whole of it back, room is made in
//! transactions of their own, and the whole closure runs once more. It lies above the writer, which runs
//! one transaction, and above `room`, which takes something away by such transactions.

use crate::tx::{Aftermath, Tx};
use crate::wall::Duty;
use crate::writer::{Met, Writer};
use crate::{Error, room};

/// Rounds of making room: each asks for twice as much.
const ROUNDS: u32 = 12;

/// Runs the caller's closure, again after room was made where the first wall was met.
pub(crate) fn run<T>(
    writer: &mut Writer,
    duty: Duty,
    mut f: impl FnMut(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<(T, Aftermath), Error> {
    writer.flush_touches(64)?;
    let mut wanted = 256;
    for _ in 0..ROUNDS {
        let mut met = Met::default();
        match writer.attempt(duty, &mut met, &mut f) {
            Err(Error::Full) => {
                let freed = room::make(writer, duty, wanted, &met.parts)?;
                if freed == 0 {
                    return Err(Error::Full);
                }
                wanted *= 2;
            }
            Err(Error::HeadersFull) => {
                // Newer mail takes the place of older; older mail does not push out newer.
                let Some(date) = met.refused else { return Err(Error::HeadersFull) };
                if room::forget_older(writer, date)? == 0 {
                    return Err(Error::HeadersFull);
                }
            }
            other => return other,
        }
    }
    Err(Error::Full)
}
