//! Each format is what its documentation says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use course::Verdict;
use grade::report::{self, Format, Hidden, Host, Place, Visibility, is_final};
use grade::{Grade, Status};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::records::{random, sample};

pub(crate) const VIEWS: [Visibility; 4] = [
    Visibility::Instructor,
    Visibility::Student(Hidden::Points),
    Visibility::Student(Hidden::Withheld),
    Visibility::Student(Hidden::All),
];

pub(crate) fn place() -> Place {
    Place {
        classroom: "net26".to_owned(),
        assignment: "greeter".to_owned(),
        assignment_type: "individual".to_owned(),
        owner: "ana".to_owned(),
        submission: "submit/2026-11-20T10-00-00Z-1a2b3c4".to_owned(),
        commit: "https://host.invalid/c".to_owned(),
        release: "https://host.invalid/r".to_owned(),
        review: "https://host.invalid/v".to_owned(),
    }
}

fn schema(text: &str) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

fn hold(schema: &Validator, value: &Value) {
    let faults: Vec<String> = schema
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?} in {value:#}");
}

#[test]
fn gradescope_gets_what_it_documents() {
    let schema = schema(include_str!("schemas/gradescope.json"));
    random(|grade| {
        for view in VIEWS {
            for previous in [None, Some(3.5)] {
                if let Some(json) = report::gradescope(grade, view, previous) {
                    hold(&schema, &json);
                }
            }
        }
    });
}

#[test]
fn classroom50_gets_what_it_documents() {
    let schema = schema(include_str!("schemas/classroom50.json"));
    random(|grade| {
        for view in VIEWS {
            let json = report::classroom50(grade, view, &place());
            assert_eq!(json.is_some(), is_final(grade));
            let Some(json) = json else { continue };
            hold(&schema, &json);
            assert!(json["score"].as_u64() <= json["max-score"].as_u64());
            for test in json["tests"].as_array().unwrap() {
                assert!(test["score"].as_u64() <= test["max-score"].as_u64());
            }
        }
    });
}

#[test]
fn the_actions_of_github_classroom_get_what_they_read() {
    let schema = schema(include_str!("schemas/github-classroom.json"));
    random(|grade| {
        for view in VIEWS {
            let outputs = report::github_classroom(grade, view);
            assert_eq!(outputs.is_some(), is_final(grade));
            for (_, output) in outputs.unwrap_or_default() {
                let json = STANDARD.decode(output).unwrap();
                hold(&schema, &serde_json::from_slice(&json).unwrap());
            }
        }
    });
}

#[test]
fn a_schema_sees_a_misspelt_field() {
    let schema = schema(include_str!("schemas/gradescope.json"));
    let grade = sample();
    let mut json =
        report::gradescope(&grade, Visibility::STUDENT, None).unwrap();
    hold(&schema, &json);
    json["tests"][0]["max-score"] = json!(1);
    assert!(!schema.is_valid(&json));
}

#[test]
fn junit_is_xml_whose_counts_are_right() {
    random(|grade| {
        for view in VIEWS {
            let grades = std::slice::from_ref(grade);
            let xml = report::junit(grades, view).unwrap();
            let document = roxmltree::Document::parse(&xml).unwrap();
            let root = document.root_element();
            assert_eq!(root.tag_name().name(), "testsuites");
            let mut all = [0; 3];
            for suite in root.children().filter(roxmltree::Node::is_element) {
                assert_eq!(suite.tag_name().name(), "testsuite");
                let cases: Vec<_> = suite
                    .children()
                    .filter(|n| n.has_tag_name("testcase"))
                    .collect();
                let with = |tag| {
                    let has = |c: &&roxmltree::Node| {
                        c.children().any(|n| n.has_tag_name(tag))
                    };
                    cases.iter().filter(has).count()
                };
                let counted = [cases.len(), with("failure"), with("error")];
                let told: [usize; 3] =
                    ["tests", "failures", "errors"].map(|name| {
                        suite.attribute(name).unwrap().parse().unwrap()
                    });
                assert_eq!(counted, told);
                for (sum, n) in all.iter_mut().zip(counted) {
                    *sum += n;
                }
                for case in cases {
                    assert!(case.attribute("name").is_some());
                    assert!(case.attribute("classname").is_some());
                    let verdicts = case.children().filter(|n| {
                        ["failure", "error", "skipped"]
                            .contains(&n.tag_name().name())
                    });
                    assert!(verdicts.count() <= 1);
                }
            }
            let told: [usize; 3] = ["tests", "failures", "errors"]
                .map(|name| root.attribute(name).unwrap().parse().unwrap());
            assert_eq!(all, told);
        }
    });
}

/// The verdicts of a record, as `JUnit` would count them: checks, the
/// student's failures, the grader's own, skipped.
fn verdicts(grade: &Grade) -> [usize; 4] {
    let all = || grade.exercises.iter().flat_map(|e| &e.checks);
    let with = |verdict| all().filter(|c| c.outcome.verdict == verdict).count();
    [
        all().count(),
        with(Verdict::Failed),
        with(Verdict::GraderError),
        with(Verdict::Skipped),
    ]
}

#[test]
fn a_failure_is_the_students_and_an_error_the_graders() {
    random(|grade| {
        let xml = report::junit(std::slice::from_ref(grade), VIEWS[0]).unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let count = |tag| {
            let of_check = |node: &roxmltree::Node| {
                node.has_tag_name(tag)
                    && !["missing", "not-graded"]
                        .contains(&node.attribute("type").unwrap_or(""))
            };
            document.descendants().filter(of_check).count()
        };
        let [_, failed, faults, skipped] = verdicts(grade);
        assert_eq!(count("failure"), failed);
        assert_eq!(count("error"), faults);
        assert_eq!(count("skipped"), skipped);
    });
}

#[test]
fn what_is_not_graded_is_nowhere_a_zero() {
    let mut grade = sample();
    grade.status = Status::NotGraded {
        reason: "the machine was switched off".to_owned(),
    };
    for view in VIEWS {
        assert_eq!(report::gradescope(&grade, view, None), None);
        assert_eq!(report::classroom50(&grade, view, &place()), None);
        assert_eq!(report::github_classroom(&grade, view), None);
        for text in [report::html(&grade, view), report::summary(&grade, view)]
        {
            assert!(text.contains("Not graded, which is no zero"));
        }
    }
    let kept = report::gradescope(&grade, VIEWS[1], Some(7.5)).unwrap();
    assert_eq!(kept["score"], 7.5);
    assert_eq!(kept.get("tests"), None);

    let csv = report::class_csv(&[grade.clone()]).unwrap();
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let head = rows.headers().unwrap().clone();
    let row = rows.records().next().unwrap().unwrap();
    for (name, cell) in head.iter().zip(&row) {
        let of_points = ["points", "of", "greeter", "dropped"];
        if of_points.contains(&name) {
            assert_eq!(cell, "", "{name}");
        }
    }
    assert!(csv.contains("the machine was switched off"));

    // Only the check is the grader's fault, whatever the status says.
    let mut grade = sample();
    grade.exercises[0].checks[0].outcome.verdict = Verdict::GraderError;
    assert!(!is_final(&grade));
    assert_eq!(report::gradescope(&grade, VIEWS[1], None), None);
}

#[test]
fn a_check_that_was_skipped_is_neither_passed_nor_failed() {
    let grade = sample();
    let title = "urgent: the same over ipv6";
    let json = report::gradescope(&grade, VIEWS[0], None).unwrap();
    let tests = json["tests"].as_array().unwrap();
    let skipped = tests.iter().find(|t| t["name"] == title).unwrap();
    for field in ["score", "max_score", "status"] {
        assert_eq!(skipped.get(field), None, "{field}");
    }
    assert!(skipped["output"].to_string().contains("has no IPv6"));

    let json = report::classroom50(&grade, VIEWS[0], &place()).unwrap();
    assert!(!json.to_string().contains("ipv6"));
    let summary = report::summary(&grade, VIEWS[0]);
    assert!(summary.contains("the same over ipv6 (not checked)"));
}

#[test]
fn the_score_before_is_the_last_that_an_autograder_gave() {
    let metadata = json!({"previous_submissions": [
        {"submission_time": "2026-11-01T10:00:00.0-07:00", "score": 4.0},
        {"submission_time": "2026-11-03T10:00:00.0-07:00", "score": "6.5"},
        {"submission_time": "2026-11-05T10:00:00.0-07:00", "score": 0.0,
         "autograder_error": true},
        {"submission_time": "2026-11-02T10:00:00.0-07:00", "score": 5.0},
    ]});
    assert_eq!(report::previous_score(&metadata.to_string()), Some(6.5));
    for none in ["", "{}", "[]", "{\"previous_submissions\":[{}]}"] {
        assert_eq!(report::previous_score(none), None, "{none}");
    }
}

#[test]
fn a_format_is_asked_for_by_its_name() {
    let grade = sample();
    let grades = [grade];
    let host = Host {
        previous: None,
        place: Some(Ok(place())),
    };
    for (name, format) in Format::ALL {
        assert_eq!(Format::named(name), Some(format));
        let text = report::render(format, &grades, Visibility::STUDENT, &host);
        assert!(text.unwrap().len() > 100, "{name}");
    }
    assert_eq!(Format::named("tap"), None);
}

#[test]
fn a_format_without_a_mark_says_what_to_do() {
    let mut grade = sample();
    grade.status = Status::NotGraded {
        reason: "not yet".to_owned(),
    };
    let host = Host {
        previous: None,
        place: Some(Ok(place())),
    };
    let say = |format, grades: &[Grade], host: &Host| {
        report::render(format, grades, Visibility::STUDENT, host)
            .unwrap_err()
            .to_string()
    };
    let one = [grade.clone()];
    for format in [
        Format::Gradescope,
        Format::Classroom50,
        Format::GithubClassroom,
    ] {
        assert!(say(format, &one, &host).contains("is not graded"));
    }
    let two = [grade.clone(), grade];
    assert!(say(Format::Html, &two, &host).contains("grade.json of one"));
    let nowhere = Host {
        previous: None,
        place: Some(Place::from(|_| None)),
    };
    let said = say(Format::Classroom50, &one, &nowhere);
    assert!(said.contains("CLASSROOM is not set"), "{said}");
}
