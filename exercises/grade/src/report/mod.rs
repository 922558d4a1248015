//! Reports and other people's formats, each a function of the records alone.
//!
//! | function | format | for |
//! |---|---|---|
//! | [`class_csv`], [`class_markdown`] | CSV, Markdown | the instructor |
//! | [`html`] | one page | the student |
//! | [`gradescope`] | `results.json` | Gradescope |
//! | [`junit`] | `JUnit` XML | whatever shows tests |
//! | [`summary`] | Markdown | GitHub Actions, Classroom 50 |
//! | [`classroom50`] | `classroom50/result/v1` | Classroom 50 |
//! | [`github_classroom`] | base64 of JSON | GitHub Classroom's actions |
//!
//! In all of them: a check that failed by itself is never a zero, a check
//! that was skipped is neither lost nor won, and what a student wrote is text
//! and nothing else. Another format is a file beside these.

mod book;
mod class;
mod classroom50;
mod github_classroom;
mod gradescope;
mod html;
mod junit;
mod story;
mod summary;
mod text;
mod view;
mod write;

pub(crate) use class::names_csv;
pub use class::{class_csv, class_markdown};
pub use classroom50::{Place, classroom50};
pub use github_classroom::github_classroom;
pub use gradescope::{gradescope, previous_score};
pub use html::html;
pub use junit::junit;
pub use summary::summary;
pub(crate) use text::count;
pub use view::{Hidden, Points, Visibility, is_final};
pub(crate) use write::records;
pub use write::{Format, Host, render, show, write_all, write_all_for};
