//! Tells open pages which build is the newest, and what is wrong with it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

/// The newest pages.
#[derive(Clone)]
pub(crate) struct Edition {
    /// Where they are. The folder is deleted when the last request that reads
    /// from it is answered.
    pub folder: Arc<TempDir>,
    /// Names the start of the server and the build: a page that carries
    /// another name is outdated, also after a restart.
    pub name: String,
    /// What the open pages shall show in their banner.
    pub problems: Vec<String>,
}

/// The stream for one open page: the newest edition at once, and each later
/// one.
pub(crate) fn stream(
    editions: watch::Receiver<Edition>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events =
        stream::unfold((editions, true), |(mut editions, first)| async move {
            if !first {
                editions.changed().await.ok()?;
            }
            let event = event(&editions.borrow_and_update());
            Some((Ok(event), (editions, false)))
        });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn event(edition: &Edition) -> Event {
    let Edition { name, problems, .. } = edition;
    let text = json!({ "edition": name, "problems": problems });
    Event::default().data(text.to_string())
}
