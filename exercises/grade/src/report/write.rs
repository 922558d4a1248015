//! Where the reports go.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::class::{Class, class_csv, class_markdown};
use super::gradescope::{gradescope, previous_score};
use super::view::{Hidden, Seen, Visibility, is_final};
use super::{Place, classroom50, github_classroom, html, junit, summary};
use crate::grade::{CheckGrade, Grade, SCHEMA};
use crate::store::safe_names;

/// Everything that can be written without knowing a host: see
/// [`write_all_for`]; students see what [`Visibility::STUDENT`] lets them.
pub fn write_all(out: &Path, grades: &[Grade]) -> Result<()> {
    write_all_for(out, grades, Visibility::STUDENT)
}

/// Into `out`: `class.csv` and `class.md` for the instructor, and in
/// `students/NAME` what may be given to each: `report.html`, `summary.md`,
/// `junit.xml`, and, where there is a mark, `gradescope.json`. Where a pack
/// of hidden checks took part, `instructor/NAME.html` tells of them as well.
pub fn write_all_for(
    out: &Path,
    grades: &[Grade],
    student: Visibility,
) -> Result<()> {
    let class = Class::new(grades);
    put(&out.join("class.csv"), &class.csv()?)?;
    put(&out.join("class.md"), &class.markdown())?;
    drop(class);
    let names: Vec<String> = grades
        .iter()
        .map(|grade| grade.submission.clone())
        .collect();
    let names = safe_names(&names);
    for (grade, name) in grades.iter().zip(names) {
        let told = Seen::new(grade, student);
        let folder = out.join("students").join(&name);
        put(&folder.join("report.html"), &html::page(&told))?;
        put(&folder.join("summary.md"), &summary::text(&told))?;
        let results = folder.join("gradescope.json");
        match gradescope(grade, student, None) {
            Some(json) => put(&results, &pretty(&json)?)?,
            // One of an earlier run would now be a mark that nobody gave.
            None => take_away(&results)?,
        }
        put(&folder.join("junit.xml"), &junit::xml(&[told])?)?;
        let hidden = |check: &CheckGrade| check.hidden;
        if grade.exercises.iter().any(|e| e.checks.iter().any(hidden)) {
            let file = out.join("instructor").join(format!("{name}.html"));
            put(&file, &html::html(grade, Visibility::Instructor))?;
        }
    }
    Ok(())
}

/// Whole or not at all: somebody may read while it is written, and the
/// machine may stop.
fn put(file: &Path, text: &str) -> Result<()> {
    let at = || format!("write {}", file.display());
    let folder = file.parent().with_context(at)?;
    fs::create_dir_all(folder).with_context(at)?;
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, text).with_context(at)?;
    fs::rename(&new, file).with_context(at)
}

fn take_away(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

fn pretty(json: &serde_json::Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(json)? + "\n")
}

/// A format by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The class as a table.
    Csv,
    /// The class to be read.
    Markdown,
    /// The student's page.
    Html,
    /// Gradescope's `results.json`.
    Gradescope,
    /// `JUnit` XML.
    Junit,
    /// The summary of a job on GitHub Actions.
    Summary,
    /// The `result.json` of Classroom 50.
    Classroom50,
    /// The outputs of GitHub Classroom's grader actions, `NAME=BASE64` each.
    GithubClassroom,
}

impl Format {
    /// All of them, by name.
    pub const ALL: [(&str, Format); 8] = [
        ("csv", Format::Csv),
        ("markdown", Format::Markdown),
        ("html", Format::Html),
        ("gradescope", Format::Gradescope),
        ("junit", Format::Junit),
        ("summary", Format::Summary),
        ("classroom50", Format::Classroom50),
        ("github-classroom", Format::GithubClassroom),
    ];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Format> {
        let found = Format::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format)
    }
}

impl Format {
    /// Who reads it, where nobody says otherwise. A host grades while a class
    /// still works.
    fn readers(self) -> Visibility {
        match self {
            Format::Csv | Format::Markdown => Visibility::Instructor,
            Format::Html | Format::Junit => Visibility::STUDENT,
            Format::Gradescope
            | Format::Summary
            | Format::Classroom50
            | Format::GithubClassroom => Visibility::Student(Hidden::Withheld),
        }
    }
}

/// The records of an earlier grading (its folder, or one `grade.json`) in a
/// format, for `cargo lab grade RESULTS --format NAME`.
pub fn show(
    results: &Path,
    format: Format,
    visibility: Option<Visibility>,
    host: &Host,
) -> Result<String> {
    let grades: Vec<Grade> = records(results)?
        .into_iter()
        .map(|(_, grade)| grade)
        .collect();
    render(
        format,
        &grades,
        visibility.unwrap_or(format.readers()),
        host,
    )
}

/// The records of an earlier grading and the name of each one's folder, in
/// the order of the folders; or the record in one `grade.json`.
pub(crate) fn records(results: &Path) -> Result<Vec<(String, Grade)>> {
    let mut files = Vec::new();
    if results.is_dir() {
        let folder = results.join("grades");
        let at = || format!("read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(at)? {
            let entry = entry.with_context(at)?;
            let file = entry.path().join("grade.json");
            if file.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push((name, file));
            }
        }
        files.sort();
    } else {
        files.push((String::new(), results.to_owned()));
    }
    if files.is_empty() {
        bail!("no results in {}", results.display());
    }
    files
        .into_iter()
        .map(|(name, file)| Ok((name, record(&file)?)))
        .collect()
}

fn record(file: &Path) -> Result<Grade> {
    let at = || format!("read {}", file.display());
    let text = fs::read(file).with_context(at)?;
    let grade: Grade = serde_json::from_slice(&text).with_context(at)?;
    if grade.schema != SCHEMA {
        bail!(
            "{} is no record that this version knows: {:?}; grade the \
             submission again",
            file.display(),
            grade.schema
        );
    }
    Ok(grade)
}

/// What a host tells beside the submission.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Host {
    /// Gradescope: the score that is kept if there is no mark.
    pub previous: Option<f64>,
    /// Classroom 50: whose result it is, or the variable that is missing.
    pub place: Option<Result<Place, &'static str>>,
}

impl Host {
    /// From the environment and, on Gradescope, from the file that it puts
    /// beside a submission (`SUBMISSION_METADATA` names another one).
    pub fn from_env() -> Host {
        let file = std::env::var_os("SUBMISSION_METADATA")
            .unwrap_or_else(|| "/autograder/submission_metadata.json".into());
        let metadata = fs::read_to_string(file).ok();
        Host {
            previous: metadata.as_deref().and_then(previous_score),
            place: Some(Place::from(|name| std::env::var(name).ok())),
        }
    }
}

/// The text of one format. Those for one submission take one record; where
/// there is no mark, Gradescope (without an earlier score), Classroom 50 and
/// GitHub Classroom get none, and this says so.
pub fn render(
    format: Format,
    grades: &[Grade],
    visibility: Visibility,
    host: &Host,
) -> Result<String> {
    match format {
        Format::Csv => return class_csv(grades),
        Format::Markdown => return Ok(class_markdown(grades)),
        Format::Junit => return junit::junit(grades, visibility),
        _ => {}
    }
    let [grade] = grades else {
        bail!(
            "this format is for one submission and there are {}; name the \
             grade.json of one",
            grades.len()
        );
    };
    let text = match format {
        Format::Html => Some(html::html(grade, visibility)),
        Format::Summary => Some(summary::summary(grade, visibility)),
        Format::Gradescope => gradescope(grade, visibility, host.previous)
            .map(|json| pretty(&json))
            .transpose()?,
        Format::Classroom50 => {
            let place = match &host.place {
                Some(Ok(place)) => place,
                Some(Err(name)) => bail!(
                    "{name} is not set; Classroom 50 sets it for its graders"
                ),
                None => bail!("Classroom 50 is not the host"),
            };
            classroom50(grade, visibility, place)
                .map(|json| pretty(&json))
                .transpose()?
        }
        Format::GithubClassroom => {
            let outputs = github_classroom(grade, visibility);
            outputs.map(|outputs| {
                let line = |(name, value)| format!("{name}={value}\n");
                let lines: Vec<String> =
                    outputs.into_iter().map(line).collect();
                lines.concat()
            })
        }
        Format::Csv | Format::Markdown | Format::Junit => None,
    };
    if let Some(text) = text {
        return Ok(text);
    }
    debug_assert!(!is_final(grade));
    bail!(
        "{} is not graded: grade it again; this format has no word for it, \
         and a zero would be wrong",
        grade.submission
    )
}
