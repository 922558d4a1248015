//! Serves the book on localhost until Ctrl-C.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::builder::{self, Built};
use crate::events::Edition;
use crate::guard::Guard;
use crate::origin::{self, Door};
use crate::place::{self, Place};
use crate::routes::{self, App, MOST_RUNS};
use crate::{mdbook_log, pages, print, terminal, watch as watching};

/// Builds and serves the book on `port`; returns after Ctrl-C.
pub(crate) fn serve(port: u16, open: bool) -> Result<()> {
    mdbook_log::install();
    let place = place::find()?;
    let listener = bind(port)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the server")?;
    let served = runtime.block_on(until_signal(place, listener, open));
    // A build that is under way need not be waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

fn bind(port: u16) -> Result<TcpListener> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bound.map_err(|err| match err.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} is in use, perhaps by another `cargo book`; stop \
             that one, or choose another port with `--port {}` or `--port 0`",
            if port == 3001 { 3002 } else { 3001 }
        ),
        io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "no permission for port {port}: ports below 1024 belong to root; \
             choose another with `--port 3001` or `--port 0`"
        ),
        _ => anyhow::anyhow!("cannot listen on 127.0.0.1:{port}: {err}"),
    })
}

async fn until_signal(
    place: Place,
    listener: TcpListener,
    open: bool,
) -> Result<()> {
    // From here on, Ctrl-C ends the server in good order.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let guard = Arc::new(Guard::start()?);
    let served = tokio::select! {
        served = build_and_serve(place, listener, open, &guard) => served,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        _ = hangup.recv() => Ok(()),
    };
    guard.close();
    if served.is_ok() {
        terminal::step("stopped", "nothing is left running");
    }
    served
}

async fn build_and_serve(
    place: Place,
    listener: TcpListener,
    open: bool,
    guard: &Arc<Guard>,
) -> Result<()> {
    let port = listener.local_addr()?.port();
    let door = Door::new(port)?;
    // A name that no earlier start had. Not the token: it is told to others.
    let start = origin::random()?;
    // Watching begins before the first build, so that no change is missed.
    let changes = match watching::watch(&place, &builder::config(&place)?) {
        Ok(changes) => Some(changes),
        Err(err) => {
            let what = "changes are not noticed, start again to see them";
            terminal::warning(&format!("{what}: {err:#}"));
            None
        }
    };
    let (folder, built) = build(&place).await?;
    tell(&built);
    let edition = Edition {
        folder: Arc::new(folder),
        name: format!("{start}-1"),
        problems: built.problems,
    };
    let (editions, newest) = watch::channel(edition);

    let url = format!("http://localhost:{port}");
    print(&format!(
        "listening on 127.0.0.1:{port}\nread {url} (Ctrl-C ends)\n"
    ))?;
    if open && let Err(err) = open::that_detached(&url) {
        terminal::warning(&format!(
            "cannot open a browser ({err}): visit {url}"
        ));
    }
    let app = Arc::new(App {
        editions: newest,
        door,
        place: place.clone(),
        guard: Arc::clone(guard),
        runs: Arc::new(Semaphore::new(MOST_RUNS)),
    });
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let endless = axum::serve(listener, routes::router(app)).into_future();
    tokio::select! {
        served = endless => served.context("the server failed"),
        never = rebuild(&place, changes, &editions, &start) => match never {},
    }
}

/// Builds into a folder of its own, which is deleted with the returned value.
async fn build(place: &Place) -> Result<(TempDir, Built)> {
    let folder = tempfile::Builder::new()
        .prefix("cargo-book-")
        .tempdir()
        .context("cannot make a folder for the pages")?;
    let place = place.clone();
    let dest = folder.path().to_path_buf();
    let task = spawn_blocking(move || builder::build_to_serve(&place, &dest));
    match task.await {
        Ok(built) => Ok((folder, built?)),
        Err(_) => bail!("mdBook gave up; the line above says where"),
    }
}

fn tell(built: &Built) {
    for text in built.problems.iter().chain(&built.warnings) {
        terminal::warning(text);
    }
}

/// Builds again after each change, for ever. A failed build leaves the last
/// good pages in place.
async fn rebuild(
    place: &Place,
    changes: Option<watching::Changes>,
    editions: &watch::Sender<Edition>,
    start: &str,
) -> Infallible {
    let mut number = 1;
    if let Some(mut changes) = changes {
        while let Some(path) = changes.next().await {
            terminal::step("changed", &builder::shown(place, &path));
            let built = build(place).await;
            editions.send_if_modified(|edition| {
                let before = (edition.name.clone(), edition.problems.clone());
                number += 1;
                take_over(edition, built, &format!("{start}-{number}"));
                before.0 != edition.name || before.1 != edition.problems
            });
        }
    }
    std::future::pending().await
}

/// Makes a build the new edition, under `name`, if its pages differ.
fn take_over(
    edition: &mut Edition,
    built: Result<(TempDir, Built)>,
    name: &str,
) {
    match built {
        Ok((folder, built)) => {
            tell(&built);
            edition.problems = built.problems;
            // A file that is on no page need not disturb a reader.
            if !pages::same(folder.path(), edition.folder.path()) {
                name.clone_into(&mut edition.name);
                edition.folder = Arc::new(folder);
            }
        }
        Err(err) => {
            let text = terminal::one_line(&format!("{err:#}"));
            terminal::failed(&format!("{text}; the last good pages stay"));
            edition.problems = vec![text];
        }
    }
}
