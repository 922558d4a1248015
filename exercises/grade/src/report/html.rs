//! The page that a student gets: it looks like the book, needs nothing but
//! itself, and runs nothing.

use course::{Kind, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::book;
use super::story;
use super::text::{count, number, points as points_of, sentence};
use super::view::{Points, Seen, Visibility};
use crate::grade::{Build, CheckGrade, ExerciseGrade, Grade, Source, Status};

/// The looks. Colours and sizes are those of the book's light theme, and of
/// its navy one where the reader's system is dark.
const STYLE: &str = include_str!("page.css");

/// Should a name ever get through as markup: nothing of it may run or load.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// The report on one submission as one page.
pub fn html(grade: &Grade, visibility: Visibility) -> String {
    page(&Seen::new(grade, visibility))
}

pub(crate) fn page(seen: &Seen) -> String {
    let title = format!("{}: Sockets with Connections", seen.name());
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport"
                    content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(seen))
                main {
                    @if !seen.grade.exercises.is_empty() {
                        (overview(seen))
                    }
                    @for exercise in &seen.grade.exercises {
                        @if exercise.source != Source::Missing {
                            (section(exercise))
                        }
                    }
                }
                (footer(seen))
            }
        }
    };
    page.into_string()
}

fn header(seen: &Seen) -> Markup {
    let grade = &seen.grade;
    let is_mark = seen.is_final() && grade.status == Status::Graded;
    let points = seen.points();
    markup! {
        header {
            p.book { "Sockets with Connections" }
            h1 { bdi { (seen.name()) } }
            @if grade.student.is_some() {
                p.quiet { "Submission " bdi { (grade.submission) } }
            }
            @if is_mark {
                p.total {
                    strong { (points.got) } " of "
                    (points_of(points.of))
                }
                @if points.open > 0 {
                    p { (points_of(points.open))
                        " could not be checked on the machine that graded: \
                         neither lost nor won." }
                }
                @if seen.withheld > 0 {
                    p { (count(seen.withheld, "hidden check")) " for "
                        (points_of(seen.withheld_points))
                        " " @if seen.withheld == 1 { "is" } @else { "are" }
                        " not counted here, and told after the due date." }
                }
            } @else {
                p.notice role="status" { (seen.standing()) }
            }
            @if seen.visibility == Visibility::Instructor
                && !grade.notes.is_empty()
            {
                section.notice aria-label="Notes for the instructor" {
                    h2 { "For the instructor" }
                    ul { @for note in &grade.notes { li { (note) } } }
                }
            }
        }
    }
}

/// A row for each exercise.
fn overview(seen: &Seen) -> Markup {
    let all = seen.points();
    markup! {
        nav aria-labelledby="overview" {
            h2 #overview { "Overview" }
            table {
                thead { tr {
                    th scope="col" { "Exercise" }
                    th scope="col" { "Topic" }
                    th.n scope="col" { "Points" }
                    th scope="col" { "Checks passed" }
                } }
                tbody {
                    @for exercise in &seen.grade.exercises {
                        @let points = Points::of_exercise(exercise);
                        tr {
                            th scope="row" {
                                @if exercise.source == Source::Missing {
                                    (exercise.name)
                                } @else {
                                    a href={ "#" (exercise.name) } {
                                        (exercise.name)
                                    }
                                }
                            }
                            td.quiet { (exercise.topic) }
                            td.n { (points.got) " / " (points.of) }
                            td {
                                @if exercise.source == Source::Missing {
                                    span.quiet { "no file" }
                                } @else { (bar(exercise)) }
                            }
                        }
                    }
                }
                tfoot { tr {
                    th scope="row" {
                        @if seen.is_final() { "All" } @else { "So far" }
                    }
                    td {}
                    td.n { (all.got) " / " (all.of) }
                    td {}
                } }
            }
        }
    }
}

/// One mark for each check, and the same in words for who can't see them.
fn bar(exercise: &ExerciseGrade) -> Markup {
    let passed = exercise
        .checks
        .iter()
        .filter(|check| check.outcome.verdict == Verdict::Passed)
        .count();
    let told = format!("{passed} of {}", exercise.checks.len());
    markup! {
        span.bar role="img" aria-label=(told) {
            @for check in &exercise.checks {
                span class=(class(check)) { (mark(check)) }
            }
        }
    }
}

fn section(exercise: &ExerciseGrade) -> Markup {
    let points = Points::of_exercise(exercise);
    markup! {
        section.exercise aria-labelledby=(exercise.name) {
            h2 id=(exercise.name) {
                (exercise.name) " "
                span.points { (points.told()) }
            }
            p.quiet {
                (exercise.topic) ", " (kind(exercise.kind))
                ". " (source(exercise))
            }
            @if let Some((why, said)) = story::no_program(exercise) {
                p.notice { (why) }
                @if let Some(said) = said {
                    pre tabindex="0" aria-label="What the compiler says" {
                        code { (said) }
                    }
                }
            }
            ol.checks {
                @for check in &exercise.checks {
                    li class=(class(check)) {
                        (item(check, exercise))
                    }
                }
            }
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Make => "a program to write",
        Kind::Mend => "a program to mend",
        Kind::Break => "a client that tells right servers from wrong ones",
    }
}

fn source(exercise: &ExerciseGrade) -> Markup {
    markup! {
        @match &exercise.source {
            Source::Taken { sha256, bytes } => {
                "The file: " (number(usize::try_from(*bytes).unwrap_or(0)))
                " bytes, SHA-256 " code title=(sha256) {
                    (sha256.get(..12).unwrap_or(sha256)) "…"
                }
            }
            Source::Untouched => { "The file is the stub as it was given out." }
            Source::Missing | Source::Refused { .. } => {}
        }
    }
}

fn mark(check: &CheckGrade) -> &'static str {
    match check.outcome.verdict {
        Verdict::Passed => "✓",
        Verdict::Failed => "✗",
        Verdict::Skipped => "–",
        Verdict::GraderError => "!",
    }
}

fn class(check: &CheckGrade) -> &'static str {
    match check.outcome.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Skipped => "skipped",
        Verdict::GraderError => "error",
    }
}

fn item(check: &CheckGrade, exercise: &ExerciseGrade) -> Markup {
    let outcome = &check.outcome;
    let is_counted =
        matches!(outcome.verdict, Verdict::Passed | Verdict::Failed);
    markup! {
        h3 {
            span.mark aria-hidden="true" { (mark(check)) }
            span.name { (sentence(&outcome.check)) }
            span.points {
                @if is_counted { (outcome.points) " / " (outcome.of) }
                @else { (story::word(outcome.verdict)) }
                @if is_counted {
                    span.unseen { ", " (story::word(outcome.verdict)) }
                }
            }
        }
        @if let Some(remark) = story::remark(check) { p.remark { (remark) } }
        @if outcome.verdict == Verdict::Passed {
            @if !outcome.steps.is_empty() {
                details {
                    summary { "What was done" }
                    (list(&outcome.steps, 1))
                }
            }
        } @else if story::is_secret(check) {
            p.remark { (outcome.why) }
        } @else if story::tells_more(check, exercise) {
            (steps(&outcome.steps))
            (account(check))
        }
    }
}

/// Steps of a failure: the last ones are what matters.
fn steps(steps: &[String]) -> Markup {
    const SHOWN: usize = 8;

    // A fold that hides one or two is not worth a click.
    let folded = match steps.len().saturating_sub(SHOWN) {
        0..=2 => 0,
        many => many,
    };
    let (before, last) = steps.split_at(folded);
    markup! {
        @if !before.is_empty() {
            details {
                summary { (number(before.len())) " steps before" }
                (list(before, 1))
            }
        }
        @if !last.is_empty() { (list(last, folded + 1)) }
    }
}

fn list(steps: &[String], start: usize) -> Markup {
    markup! {
        ol.steps start=(start) { @for step in steps { li { (step) } } }
    }
}

/// What should have come and what came, and what to do about it.
fn account(check: &CheckGrade) -> Markup {
    let outcome = &check.outcome;
    markup! {
        dl {
            @if let Some(failure) = &outcome.failure {
                dt { "Expected" } dd.expected { (failure.expected) }
                dt { "Got" } dd.got { (failure.got) }
                @for program in &failure.programs {
                    dt { "Where" } dd { (program) }
                }
            }
            @if let Some(reason) = &outcome.reason {
                dt { "Reason" } dd { (reason) }
            }
            dt { "Why" } dd { (outcome.why) }
            @if let Some(address) = book::address(&outcome.page) {
                dt { "Read" }
                dd { a href=(address) { (book::name(&outcome.page)) } }
            }
            @if let Some(again) = story::again(check) {
                dt { "Again" } dd { code { (command(&again)) } }
            }
        }
    }
}

/// A command whose flags no line break divides.
fn command(command: &str) -> Markup {
    markup! {
        @for (at, word) in command.split(' ').enumerate() {
            @if at > 0 { " " }
            @if word.starts_with("--") { span.flag { (word) } }
            @else { (word) }
        }
    }
}

fn footer(seen: &Seen) -> Markup {
    let grade = &seen.grade;
    let grader = &grade.grader;
    markup! {
        footer {
            h2 { "How this was graded" }
            dl {
                dt { "When" } dd { (grade.started) ", in "
                    (seconds(grade.milliseconds)) ", "
                    (seconds(grade.build_milliseconds)) " of it to build" }
                dt { "Seed" } dd { code { (grade.seed) } }
                dt { "Isolation" } dd {
                    (grade.isolation.name)
                    " (level " (grade.isolation.level) " of 3)"
                    @if !grade.isolation.details.is_empty() {
                        ul {
                            @for told in &grade.isolation.details {
                                li { (told) }
                            }
                        }
                    }
                }
                dt { "Checks" } dd { "version " (grader.version)
                    ", SHA-256 " code { (grader.checks) } }
                @if let Some(pack) = &grader.pack {
                    dt { "Hidden checks" } dd { (pack.name) ", SHA-256 "
                        code { (pack.sha256) } }
                }
                dt { "Compiler" } dd { (grader.toolchain) }
                dt { "System" } dd { (grader.system) }
            }
            @if seen.grade.exercises.iter().any(is_checked) {
                p {
                    "The same seed gives the same inputs. In a clone of the \
                     course, the command behind "
                    em { "Again" }
                    " repeats one check on your own machine; "
                    code { "cargo lab trace" }
                    " shows what your program and the kernels did."
                }
            }
        }
    }
}

fn is_checked(exercise: &ExerciseGrade) -> bool {
    !exercise.checks.is_empty() && exercise.build != Build::NotTried
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}
