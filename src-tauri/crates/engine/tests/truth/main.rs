//! The model: the engine against a server in the same process, on paused time, with other clients at work, faults by
//! seed, and the app dropped in the middle of anything and opened again on the store as it was. At rest the view on
//! the device is the server's.
//!
//! `SATCHEL_RUNS` says how many seeds are run, `SATCHEL_SEED` replays one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// The kit and the server are shared with the scenarios.
#![allow(dead_code)]

extern crate satchel_engine as engine;

#[path = "../scenarios/kit.rs"]
mod kit;
#[path = "../model/mod.rs"]
mod model;
mod script;
mod view;

use crate::model::Mutant;
use script::{Script, Tally};
use std::time::Duration;

/// Seeds of one run where nobody says how many.
const SAMPLE: u64 = 120;

/// Octets that a server of three messages says in a first sync, and some more.
const FIRST_SYNC: usize = 4_200;

/// One seed on a clock of its own, bounded: a run that hangs is a failed one.
fn run(seed: u64, mutant: Option<Mutant>) -> (Result<(), String>, Tally) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let outcome = runtime.block_on(async {
        let script = Script::new(seed, mutant).await;
        let week = Duration::from_secs(7 * 24 * 3_600);
        tokio::time::timeout(week, script.play()).await
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    outcome.unwrap_or_else(|_| (Err("it hangs".to_owned()), Tally::default()))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn at_rest_the_view_is_the_servers() {
    let seeds: Vec<u64> = match number("SATCHEL_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SATCHEL_RUNS").unwrap_or(SAMPLE)).collect(),
    };
    let mut all = Tally::default();
    let mut failed = Vec::new();
    for seed in &seeds {
        let (outcome, tally) = run(*seed, None);
        all.add(&tally);
        if let Err(why) = outcome {
            println!("seed {seed}: {why}\n  replay it with SATCHEL_SEED={seed}");
            failed.push(*seed);
        }
    }
    println!(
        "{} runs: {} acts of other clients, {} faults, {} restarts in the middle; {} failed",
        seeds.len(),
        all.acts,
        all.faults,
        all.restarts,
        failed.len()
    );
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}

/// Servers that show something else than they hold: whoever compares views has to see it.
#[test]
fn planted_mutants_are_caught() {
    let mutants = [
        Mutant::Subject,
        Mutant::Date,
        Mutant::Unread,
        Mutant::HidesNewest,
        Mutant::SkipsOne,
        Mutant::StaleFlags,
        Mutant::Misnames,
    ];
    let mut escaped = Vec::new();
    for mutant in mutants {
        let caught = (0..40).find(|seed| run(*seed, Some(mutant)).0.is_err());
        match caught {
            Some(seed) => println!("{mutant:?} is caught by seed {seed}"),
            None => escaped.push(mutant),
        }
    }
    assert!(escaped.is_empty(), "not caught: {escaped:?}");
}

/// A server that never tells what left is found out all the same: counts are compared whenever it is asked.
#[test]
fn what_is_not_told_is_found() {
    for seed in 0..8 {
        let (outcome, _) = run(seed, Some(Mutant::KeepsGone));
        assert_eq!(outcome, Ok(()), "seed {seed}");
    }
}

/// A first sync of few messages, cut after every octet that the server sends.
#[test]
fn a_first_sync_survives_a_cut_at_every_octet() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let step = if number("SATCHEL_RUNS").is_some() { 1 } else { 37 };
    let (mut cuts, mut felt) = (0, 0);
    for at in (0..FIRST_SYNC).step_by(step) {
        felt += u32::from(runtime().block_on(script::cut_at(at)).unwrap());
        cuts += 1;
    }
    println!("{cuts} cuts of a first sync, {felt} of them felt, each with the same view after it");
    assert!(felt > 10);
}
