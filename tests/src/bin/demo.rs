//! `make demo`: a mail server of its own with the sample mailbox, and the app on it. Nothing of it outlives the
//! window: no account, no keyring entry, no file but the picture that is taken where there is no display.

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use satchel_tests::cli::{Satchel, program};
use satchel_tests::display::Display;
use satchel_tests::minder::Minded;
use satchel_tests::serve::Served;
use satchel_tests::{lmtp, runtime, sample, stage};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: satchel-demo [--every SECONDS] [--picture FILE.png | --serve | --hold]
  without arguments the app is opened; where there is no display, a picture of it is taken
  --picture FILE  open it on a display of its own and leave a picture
  --serve         open no window, but print an address for the browser
  --hold          only hold the mail server, and say how to sign in
  --every N       let a message arrive every N seconds [default: 60]";

enum Show {
    Window,
    Picture(PathBuf),
    Browser,
    Nothing,
}

fn main() -> ExitCode {
    let (show, every) = match arguments() {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(show, every) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<(Show, Duration)> {
    let mut args = std::env::args().skip(1).peekable();
    let mut every = Duration::from_secs(60);
    if args.next_if(|arg| arg == "--every").is_some() {
        let seconds: u64 = args.next().context("--every wants seconds")?.parse()?;
        ensure!(seconds > 0, "--every wants at least a second");
        every = Duration::from_secs(seconds);
    }
    let show = match args.next().as_deref() {
        Some("--picture") => Show::Picture(args.next().context("--picture wants a file")?.into()),
        Some("--serve") => Show::Browser,
        Some("--hold") => Show::Nothing,
        Some(other) => bail!("{other}?"),
        None if ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|v| std::env::var_os(v).is_some_and(|s| !s.is_empty())) =>
        {
            Show::Window
        }
        None => Show::Picture("build/demo.png".into()),
    };
    ensure!(args.next().is_none(), "too many arguments");
    Ok((show, every))
}

/// Mail goes on coming for as long as the demo runs, as it does in life.
fn postman(address: std::net::SocketAddr, every: Duration) {
    println!("       a message arrives every {} s", every.as_secs());
    std::thread::spawn(move || {
        for n in 0.. {
            std::thread::sleep(every);
            let message = sample::arriving(n, Timestamp::now());
            if let Err(error) = lmtp::deliver(address, sample::KONTOR, &message.bytes) {
                eprintln!("demo: a message could not be delivered: {error:#}");
            }
        }
    });
}

fn run(show: Show, every: Duration) -> Result<()> {
    let satchel = Satchel::new()?;
    clear_on_interrupt(satchel.data_dir().to_owned());
    let steps = Steps { total: 5 };

    let accounts = sample::accounts(Timestamp::now())?;
    steps.tell(1, "starting a mail server of its own (Dovecot, on this machine only)");
    let server = stage::serve(&accounts)?;

    let total = stage::count(&accounts);
    steps.tell(2, &format!("filling it with {total} messages of our own writing"));
    let signed: Vec<_> = accounts.iter().map(|a| (a.email, a.password)).collect();
    let bar = Bar::new(total);
    stage::fill(&server, accounts, &mut |_, mailbox, done| bar.at(done, mailbox))?;
    bar.done();

    steps.tell(3, "signing in to both accounts, with a data folder and a sealed file of their own");
    stage::sign_in(&satchel, &server, &signed)?;

    steps.tell(4, "fetching the first screen of each");
    let report = satchel.json(&["sync", "--until", "first-screen"])?;
    let first = &report["first_screen"];
    println!(
        "       {} rows in {} ms: {} round trips, {} kB down",
        first["rows"],
        first["ms"],
        first["round_trips"],
        first["bytes_in"].as_u64().unwrap_or(0) / 1000
    );

    postman(server.lmtp(), every);
    match show {
        Show::Window => {
            steps.tell(5, "opening Satchel; close its window to end the demo");
            let status = app(&satchel)?.status().context("starting the app")?;
            ensure!(status.success(), "the app ended with {status}");
        }
        Show::Picture(file) => {
            steps.tell(5, "opening Satchel on a display of its own, since there is none here");
            picture(&satchel, &file)?;
            println!("       the picture of it: {}", file.canonicalize().unwrap_or(file).display());
        }
        Show::Browser => {
            steps.tell(5, "serving Satchel to a browser on this machine");
            let served = Served::start(&satchel)?;
            println!("       open {}\n       Ctrl-C ends the demo", served.url());
            wait();
        }
        Show::Nothing => {
            steps.tell(5, "holding the mail server; Ctrl-C ends it");
            println!(
                "       server {}\n       root   {}",
                server.url(),
                server.ca_file().display()
            );
            for (email, password) in signed {
                println!("       {email}   password {password}");
            }
            wait();
        }
    }
    println!("Done. The mail server, its mail and the data folder are gone again.");
    Ok(())
}

/// The app on the demo's folder.
fn app(satchel: &Satchel) -> Result<Command> {
    let mut command = Command::new(program("satchel-app")?);
    command.envs(satchel.environment()).env("SATCHEL_DEMO", "1").stdin(Stdio::null());
    Ok(command)
}

/// Opens it under Xvfb, waits until the list is painted and at rest, and takes the picture.
fn picture(satchel: &Satchel, file: &Path) -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(90);
    let display = Display::start(1280, 832)?;
    let log = tempfile::NamedTempFile::new()?;
    let mut command = app(satchel)?;
    command
        .env("DISPLAY", display.name())
        .env_remove("WAYLAND_DISPLAY")
        .env("GDK_BACKEND", "x11")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("NO_AT_BRIDGE", "1");
    let window = Minded::start(&command, log.path(), None)?;
    let start = Instant::now();
    let (mut before, mut at_rest) = (0, 0);
    // Text paints some hundred shades; an empty window or the outlines of rows, a handful.
    while at_rest < 3 {
        ensure!(window.alive(), "the app ended early:\n{}", window.log());
        ensure!(
            start.elapsed() < PATIENCE,
            "nothing was painted in {PATIENCE:?}:\n{}",
            window.log()
        );
        std::thread::sleep(Duration::from_millis(400));
        let colours = display.colours()?;
        at_rest = if colours > 150 && colours == before { at_rest + 1 } else { 0 };
        before = colours;
    }
    display.picture(file)
}

struct Steps {
    total: u32,
}

impl Steps {
    fn tell(&self, number: u32, what: &str) {
        println!("{number} of {}: {what}", self.total);
    }
}

/// A bar on a terminal, a line for each mailbox elsewhere.
enum Bar {
    Drawn(ProgressBar),
    Lines { total: usize, last: std::cell::RefCell<String> },
}

impl Bar {
    fn new(total: usize) -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::Lines { total, last: Default::default() };
        }
        let bar = ProgressBar::new(total as u64);
        if let Ok(style) = ProgressStyle::with_template("       {bar:32} {pos} of {len}  {msg}") {
            bar.set_style(style);
        }
        Self::Drawn(bar)
    }

    fn at(&self, done: usize, mailbox: &str) {
        match self {
            Self::Drawn(bar) => {
                bar.set_message(mailbox.to_owned());
                bar.set_position(done as u64);
            }
            Self::Lines { total, last } => {
                let mut last = last.borrow_mut();
                if *last != mailbox || done == *total {
                    println!("       {done} of {total}  {mailbox}");
                    mailbox.clone_into(&mut last);
                }
            }
        }
    }

    fn done(&self) {
        if let Self::Drawn(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// The mail server ends with us however we end; the data folder has to be told.
fn clear_on_interrupt(folder: PathBuf) {
    runtime().spawn(async move {
        let Ok(mut ended) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = ended.recv() => {}
        }
        let _ = std::fs::remove_dir_all(folder);
        println!("\nThe demo is over; nothing of it is left.");
        std::process::exit(130);
    });
}

fn wait() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}
