//! Opens the real window on hostile documents, in a network namespace of its own whose only name
//! server and only host is a sink that writes down who called.
//!
//! Three windows, one after the other: an open one (the control: the same documents must call, or the
//! test proves nothing), one that `platform` has shut and nothing else protects (nothing may call),
//! and the app's own page with its own policy (a styled mail must be styled in it, and get no more).

// Without libtest clippy takes this for a program.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod sink;
mod vectors;
mod window;

use anyhow::{Context, bail, ensure};
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

const STAGE: &str = "SATCHEL_LEAKS_STAGE";

fn main() -> anyhow::Result<()> {
    match std::env::var(STAGE).as_deref() {
        Err(_) => enter(),
        Ok("inside") => judge(),
        Ok(mode) => window::open(mode),
    }
}

/// The same program again, without a network and under a screen of its own.
fn enter() -> anyhow::Result<()> {
    let failed = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount"])
        .args(["xvfb-run", "-a", "-s", "-screen 0 1280x900x24"])
        .arg(std::env::current_exe()?)
        .env(STAGE, "inside")
        // A session's helpers would come along, and speak for others.
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .exec();
    bail!("unshare (util-linux) could not be started: {failed}")
}

fn judge() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    run("ip", &["link", "set", "lo", "up"])?;
    // Resolvers ask for nothing where there is no address but loopback's (AI_ADDRCONFIG).
    run("ip", &["address", "add", "192.0.2.1/32", "dev", "lo"])?;
    // Every other address is this host, too: also what needs no name arrives.
    run("ip", &["route", "add", "local", "default", "dev", "lo"])?;
    let names = folder.path().join("resolv.conf");
    std::fs::write(&names, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")?;
    run("mount", &["--bind", &names.to_string_lossy(), "/etc/resolv.conf"])?;
    let sink = sink::Sink::open()?;
    let all: BTreeSet<String> = vectors::read()?.into_iter().map(|v| v.id).collect();

    let (control, parts) = watch("open", &sink, &all)?;
    println!(
        "open: {} of {} documents called, {parts} showed their part",
        control.len(),
        all.len()
    );
    // 220 of 437 were seen to; an engine learns and forgets a few.
    ensure!(control.len() >= 120, "the control does not call: {control:?}");
    ensure!(parts * 10 >= all.len() * 8, "the documents were not shown");

    let (leaks, parts) = watch("shut", &sink, &all)?;
    println!("shut: {} of {} documents called, {parts} showed their part", leaks.len(), all.len());
    ensure!(parts * 10 >= all.len() * 8, "the documents were not shown");
    ensure!(leaks.is_empty(), "these got out of a shut window: {leaks:?}");

    let (leaks, _) = watch("app", &sink, &all)?;
    ensure!(leaks.is_empty(), "these got out of the app's page: {leaks:?}");
    println!("app: a styled mail is styled, and gets nothing else");
    Ok(())
}

/// Who called while this window was open, and how many parts it loaded.
fn watch(
    mode: &str,
    sink: &sink::Sink,
    all: &BTreeSet<String>,
) -> anyhow::Result<(BTreeSet<String>, usize)> {
    sink.forget();
    let output = Command::new(std::env::current_exe()?).env(STAGE, mode).output()?;
    // Hints are followed late.
    std::thread::sleep(Duration::from_secs(2));
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "the window `{mode}` failed: {told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let parts = told.lines().last().and_then(|line| line.parse().ok()).unwrap_or(0);
    let heard = sink.heard();
    let called = all.iter().filter(|id| heard.iter().any(|call| vectors::names(call, id)));
    let called: BTreeSet<String> = called.cloned().collect();
    if called.is_empty() && !heard.is_empty() {
        bail!("calls of nobody's: {heard:?}");
    }
    Ok((called, parts))
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(program).args(arguments).status().context(program.to_owned())?;
    ensure!(status.success(), "{program} {arguments:?}: {status}");
    Ok(())
}
