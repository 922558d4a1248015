//! All formats tell the same points.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grade::Grade;
use grade::report::{self, Hidden, Points, Visibility, is_final};
use serde_json::Value;

use crate::formats::{VIEWS, place};
use crate::records::{random, sample};

/// What a reader of a format takes for the points got and to be got.
type Told = (u64, u64);

fn gradescope(grade: &Grade, view: Visibility) -> Told {
    let json = report::gradescope(grade, view, None).unwrap();
    let tests = json["tests"].as_array().unwrap();
    if tests.is_empty() {
        return (json["score"].as_u64().unwrap(), 0);
    }
    assert_eq!(json.get("score"), None, "it would hide the sum");
    let sum = |field| {
        let of = |test: &Value| test.get(field)?.as_u64();
        tests.iter().filter_map(of).sum()
    };
    (sum("score"), sum("max_score"))
}

fn classroom50(grade: &Grade, view: Visibility) -> Told {
    let json = report::classroom50(grade, view, &place()).unwrap();
    let told = ["score", "max-score"].map(|f| json[f].as_u64().unwrap());
    let tests = json["tests"].as_array().unwrap();
    let summed: [u64; 2] = ["score", "max-score"]
        .map(|f| tests.iter().map(|t| t[f].as_u64().unwrap()).sum());
    assert_eq!(told, summed);
    told.into()
}

fn github_classroom(grade: &Grade, view: Visibility) -> Told {
    let outputs = report::github_classroom(grade, view).unwrap();
    let mut told = (0, 0);
    for (_, output) in outputs {
        let json = STANDARD.decode(output).unwrap();
        let json: Value = serde_json::from_slice(&json).unwrap();
        told.1 += json["max_score"].as_u64().unwrap();
        let tests = json["tests"].as_array().unwrap();
        told.0 += tests
            .iter()
            .map(|t| t["score"].as_u64().unwrap())
            .sum::<u64>();
    }
    told
}

/// The properties of the test cases, and of the suites.
fn junit(grade: &Grade, view: Visibility) -> [Told; 2] {
    let xml = report::junit(std::slice::from_ref(grade), view).unwrap();
    let document = roxmltree::Document::parse(&xml).unwrap();
    ["testcase", "testsuite"].map(|tag| {
        let sum = |name: &str| {
            document
                .descendants()
                .filter(|n| n.has_tag_name("property"))
                .filter(|n| {
                    let around = n.parent().and_then(|p| p.parent());
                    around.is_some_and(|a| a.has_tag_name(tag))
                })
                .filter(|n| n.attribute("name") == Some(name))
                .map(|n| n.attribute("value").unwrap())
                .map(|value| value.parse::<u64>().unwrap())
                .sum()
        };
        (sum("points"), sum("of"))
    })
}

/// The columns of the points, and the sum of the exercises' columns.
fn csv(grade: &Grade) -> (Told, u64) {
    let csv = report::class_csv(std::slice::from_ref(grade)).unwrap();
    assert!(csv.ends_with("\r\n"));
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let head = rows.headers().unwrap().clone();
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    let at = |name: &str| {
        let place = head.iter().position(|n| n == name).unwrap();
        rows[0][place].parse::<u64>().unwrap()
    };
    let exercises = grade.exercises.iter();
    let sum = exercises.map(|exercise| at(&exercise.name)).sum();
    ((at("points"), at("of")), sum)
}

/// Cells of a table of Markdown, escapes kept apart from what divides them.
fn cells(row: &str) -> Vec<String> {
    let row = row.replace("\\|", "\u{1}");
    let cells = row.trim_matches('|').split('|');
    cells.map(|cell| cell.trim().to_owned()).collect()
}

fn summary(grade: &Grade, view: Visibility) -> Told {
    let text = report::summary(grade, view);
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| exercise "))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut told = (0, 0);
    for row in rows {
        let cells = cells(row);
        assert_eq!(cells.len(), 4, "{row}");
        told.0 += cells[1].parse::<u64>().unwrap();
        told.1 += cells[2].parse::<u64>().unwrap();
    }
    told
}

fn markdown(grade: &Grade) -> Told {
    let text = report::class_markdown(std::slice::from_ref(grade));
    let mut rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| submission "))
        .skip(2);
    let cells = cells(rows.next().unwrap());
    assert_eq!(cells.len(), 5 + grade.exercises.len());
    let number = |at: usize| cells[at].parse::<u64>().unwrap();
    let sum: u64 = (5..cells.len()).map(number).sum();
    assert_eq!(sum, number(3));
    (number(3), number(4))
}

/// The last row of the page's overview, and the sum of the others.
fn html(grade: &Grade, view: Visibility) -> Told {
    let page = report::html(grade, view);
    // A table is XML but for the marks of HTML, which stand elsewhere.
    let Some(begin) = page.find("<table>") else {
        return (0, 0);
    };
    let end = page.find("</table>").unwrap() + "</table>".len();
    let table = roxmltree::Document::parse(&page[begin..end]).unwrap();
    let told: Vec<Told> = table
        .descendants()
        .filter(|n| n.has_tag_name("td") && n.attribute("class") == Some("n"))
        .map(|n| {
            let texts = n.descendants().filter(roxmltree::Node::is_text);
            let text: String = texts.filter_map(|n| n.text()).collect();
            let (got, of) = text.split_once(" / ").unwrap();
            (got.parse().unwrap(), of.parse().unwrap())
        })
        .collect();
    let (all, each) = told.split_last().unwrap();
    let sum = each
        .iter()
        .fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
    assert_eq!(*all, sum);
    sum
}

/// The points of a record as this test counts them: of all checks, or
/// without the hidden ones.
fn points(grade: &Grade, with_hidden: bool) -> Told {
    use course::Verdict::{Failed, Passed};
    let checks = grade.exercises.iter().flat_map(|e| &e.checks);
    checks
        .filter(|check| with_hidden || !check.hidden)
        .filter(|check| matches!(check.outcome.verdict, Passed | Failed))
        .fold((0, 0), |sum, check| {
            let outcome = &check.outcome;
            (
                sum.0 + u64::from(outcome.points),
                sum.1 + u64::from(outcome.of),
            )
        })
}

fn agree(grade: &Grade) {
    let all = points(grade, true);
    assert_eq!(u64::from(grade.points()), all.0, "the record's own sum");
    if !is_final(grade) {
        return;
    }
    assert_eq!(csv(grade), (all, all.0), "CSV");
    assert_eq!(markdown(grade), all, "Markdown");
    for view in VIEWS {
        let withheld = view == Visibility::Student(Hidden::Withheld);
        let told = points(grade, !withheld);
        // The one that knows the due date itself.
        assert_eq!(gradescope(grade, view), all, "Gradescope {view:?}");
        assert_eq!(classroom50(grade, view), told, "{view:?}");
        assert_eq!(github_classroom(grade, view), told, "{view:?}");
        assert_eq!(junit(grade, view), [told; 2], "{view:?}");
        assert_eq!(summary(grade, view), told, "{view:?}");
        assert_eq!(html(grade, view), told, "{view:?}");
    }
}

#[test]
fn all_formats_tell_the_same_points() {
    agree(&sample());
    random(agree);
}

#[test]
fn a_check_that_passes_never_lowers_the_points() {
    use course::Verdict::{Failed, Passed};
    random(|grade| {
        let mut better = grade.clone();
        let checks = better.exercises.iter_mut().flat_map(|e| &mut e.checks);
        let mut failed = checks.filter(|check| check.outcome.verdict == Failed);
        let Some(check) = failed.next() else { return };
        check.outcome.verdict = Passed;
        check.outcome.points = check.outcome.of;
        let (before, after) =
            (Points::of_grade(grade), Points::of_grade(&better));
        assert!(before.got <= after.got && before.of == after.of);
    });
}
