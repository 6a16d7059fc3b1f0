//! The rig: real servers, a proxy that counts and cuts, servers that misbehave on purpose, a display and a window.
//! Scenario tests, the demo and the benches stand on it. It knows the programs only from outside (command line,
//! environment, HTTP, the window), so that a test can't pass by reaching behind the door that people use.

pub mod bare;
pub mod certs;
pub mod cli;
pub mod display;
pub mod dovecot;
pub mod lmtp;
pub mod mail;
pub mod minder;
pub mod proxy;
pub mod sample;
pub mod scripted;
pub mod serve;
pub mod stage;
pub mod watched;
pub mod window;

use std::sync::OnceLock;
use tokio::runtime::Runtime;

/// Where the rig's own servers run, whichever test started them.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("rig")
            .enable_all()
            .build()
            .expect("the rig needs a runtime")
    })
}
