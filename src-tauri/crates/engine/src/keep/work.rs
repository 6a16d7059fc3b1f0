//! The task that has everything of an account brought here, whenever there may be something: nobody waits for it,
//! and whoever looks at the screen has a connection of its own.

use crate::bring::Reach;
use crate::live::Phase;
use crate::{Engine, Inner};
use model::{AccountId, Code};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// After a failure that is the server's own.
const REST: Duration = Duration::from_secs(30);
/// Without a reason.
const LONG: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn work(inner: Arc<Inner>, account: AccountId) {
    let live = inner.live(account);
    let engine = Engine::within(Arc::clone(&inner));
    loop {
        // Whichever comes first.
        let _ = timeout(LONG, live.work.notified()).await;
        let reachable = !live.is_out_of_reach() || live.state().is_out_of_room();
        if inner.is_suspended() || !reachable {
            continue;
        }
        let reach = Reach { prefetch: true, audit: true };
        let generation = live.generation();
        let Err(error) = engine.bring(account, reach).await else {
            inner.has_room(account);
            continue;
        };
        tracing::info!(%account, code = error.code().as_str(), "the work was left");
        if error.code() == Code::ServerBusy && !live.is_frugal() {
            // A second connection was one too many: from now on there is one.
            live.be_frugal();
            live.close(Duration::ZERO).await;
            continue;
        }
        if error.code() == Code::DiskFull {
            let retry_at = inner.host.now() + REST;
            let trouble = error.trouble(Some(account));
            inner.enter(account, Phase::Waiting { trouble, retry_at });
        }
        tokio::select! {
            () = sleep(REST) => live.work.notify_one(),
            () = live.outlived(generation) => {}
        }
    }
}
