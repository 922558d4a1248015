//! Keeps what mdBook logs off the terminal, and its warnings and errors for
//! the builder, which tells each in one line.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Builds run one after another, so one list is enough.
static MESSAGES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Collects from now on what mdBook logs.
pub(crate) fn install() {
    // It fails only where a subscriber is set already; we set it once.
    let _ = tracing::subscriber::set_global_default(Collector);
}

/// The messages since the last call.
pub(crate) fn take() -> Vec<String> {
    std::mem::take(&mut MESSAGES.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // `includes` reports what the links preprocessor would, with the page
        // and the line.
        *metadata.level() <= Level::WARN
            && metadata.target().starts_with("mdbook")
            && !metadata.target().ends_with("::links")
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let mut kept = MESSAGES.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.contains(&text.0) {
            kept.push(text.0);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}
