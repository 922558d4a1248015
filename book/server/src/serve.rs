//! Serves the book on localhost until Ctrl-C.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_FRAME_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde_json::Value;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::spawn_blocking;

use crate::builder::{self, Built};
use crate::commands;
use crate::events::{self, Edition};
use crate::guard::Guard;
use crate::origin::Door;
use crate::place::{self, Place};
use crate::{
    mdbook_log, origin, pages, print, run, terminal, watch as watching,
};

/// How many programs may run at the same time. A browser keeps six
/// connections to one server; the pages need some of them.
const MOST_RUNS: usize = 4;
/// How many messages of a program may wait for its page.
const QUEUE: usize = 16;
/// The longest command line, in bytes.
const LONGEST_LINE: usize = 1024;

struct App {
    editions: watch::Receiver<Edition>,
    door: Door,
    place: Place,
    guard: Arc<Guard>,
    runs: Arc<Semaphore>,
}

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
    let server = axum::serve(listener, router(app));
    tokio::select! {
        served = server.into_future() => served.context("the server failed"),
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
            editions.send_modify(|edition| match built {
                Ok((folder, built)) => {
                    tell(&built);
                    edition.problems = built.problems;
                    // A file that is on no page need not disturb a reader.
                    if !pages::same(folder.path(), edition.folder.path()) {
                        number += 1;
                        edition.name = format!("{start}-{number}");
                        edition.folder = Arc::new(folder);
                    }
                }
                Err(err) => {
                    let text = terminal::one_line(&format!("{err:#}"));
                    terminal::failed(&format!(
                        "{text}; the last good pages stay"
                    ));
                    edition.problems = vec![text];
                }
            });
        }
    }
    std::future::pending().await
}

fn router(app: Arc<App>) -> Router {
    let script = "text/javascript; charset=utf-8";
    let style = "text/css; charset=utf-8";
    let asset = |kind: &'static str, text: &'static str| {
        get(move || async move {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text)
        })
    };
    Router::new()
        .route(
            "/_book/run.js",
            asset(script, include_str!("assets/run.js")),
        )
        .route(
            "/_book/run.css",
            asset(style, include_str!("assets/run.css")),
        )
        .route(
            "/_book/reload.js",
            asset(script, include_str!("assets/reload.js")),
        )
        .route(
            "/_book/reload.css",
            asset(style, include_str!("assets/reload.css")),
        )
        .route("/_book/events", get(send_events))
        .route("/_book/commands", post(send_commands))
        .route("/_book/run", post(start_run))
        .fallback(send_page)
        .layer(DefaultBodyLimit::max(LONGEST_LINE))
        .layer(from_fn_with_state(Arc::clone(&app), check_host))
        .with_state(app)
}

async fn check_host(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    if !app.door.knows_host(request.headers()) {
        let text = "This server answers to localhost and its port alone.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let mut response = next.run(request).await;
    // A page of another site must not show ours and steal clicks on it.
    let same = HeaderValue::from_static("SAMEORIGIN");
    response.headers_mut().insert(X_FRAME_OPTIONS, same);
    response
}

async fn send_page(State(app): State<Arc<App>>, request: Request) -> Response {
    let edition = app.editions.borrow().clone();
    match pages::answer(request, &edition, &app.door.token).await {
        Ok(response) => response,
        Err(err) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{err:#}\n"))
            .into_response(),
    }
}

async fn send_events(State(app): State<Arc<App>>) -> Response {
    events::stream(app.editions.clone()).into_response()
}

/// The command lines that get a Run button.
async fn send_commands(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Response {
    if !app.door.knows_page(&headers) {
        return refuse();
    }
    let lines = commands::all(&app.place.root);
    let json = Value::from_iter(lines).to_string();
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

/// Runs the program whose recorded command line is the body, and streams what
/// it prints, a JSON object a line, until it ends.
async fn start_run(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !app.door.knows_page(&headers) {
        return refuse();
    }
    let line = str::from_utf8(&body).ok();
    let root = app.place.root.clone();
    let program = line.and_then(|line| commands::find(&root, line));
    let Some(program) = program else {
        let text = "No recording starts with this command line.";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let Ok(permit) = Arc::clone(&app.runs).try_acquire_owned() else {
        let text =
            format!("{MOST_RUNS} programs are running; stop one of them.");
        return (StatusCode::TOO_MANY_REQUESTS, text).into_response();
    };
    let (page, messages) = mpsc::channel(QUEUE);
    let guard = Arc::clone(&app.guard);
    tokio::spawn(async move {
        run::run(program, root, guard, page).await;
        drop(permit);
    });
    let lines = stream::unfold(messages, |mut messages| async {
        let message: Value = messages.recv().await?;
        let line = Ok::<_, Infallible>(format!("{message}\n"));
        Some((line, messages))
    });
    let kind = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CACHE_CONTROL, "no-store"),
    ];
    (kind, Body::from_stream(lines)).into_response()
}

fn refuse() -> Response {
    let text = "Only a page of this server may ask this; reload the page.";
    (StatusCode::FORBIDDEN, text).into_response()
}
