//! What the server answers, and to whom.

use std::convert::Infallible;
use std::sync::Arc;

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
use tokio::sync::{Semaphore, mpsc, watch};

use crate::events::{self, Edition};
use crate::guard::Guard;
use crate::origin::Door;
use crate::place::Place;
use crate::{commands, pages, run};

/// How many programs may run at the same time. A browser keeps six
/// connections to one server; the pages need some of them.
pub(crate) const MOST_RUNS: usize = 4;
/// How many messages of a program may wait for its page.
const QUEUE: usize = 16;
/// The longest command line, in bytes.
const LONGEST_LINE: usize = 1024;

/// What the answers are made from.
pub(crate) struct App {
    pub editions: watch::Receiver<Edition>,
    pub door: Door,
    pub place: Place,
    pub guard: Arc<Guard>,
    pub runs: Arc<Semaphore>,
}

/// What the server answers to.
pub(crate) fn router(app: Arc<App>) -> Router {
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
