//! The files that an instructor copies, and the project's own for a host.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use saphyr::{LoadableYamlNode, Yaml};

use crate::written::folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(file: &str) -> String {
    let file = root().join(file);
    fs::read_to_string(&file)
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

const WORKFLOWS: [&str; 3] = [
    ".github/workflows/ci.yml",
    "exercises/grade/hosts/actions/class.yml",
    "exercises/grade/hosts/actions/matrix.yml",
];

const SCRIPTS: [&str; 2] = [
    "exercises/grade/hosts/gradescope/setup.sh",
    "exercises/grade/hosts/gradescope/run_autograder",
];

#[test]
fn a_workflow_is_yaml_with_limits_and_few_rights() {
    for file in WORKFLOWS {
        let text = text(file);
        let documents = Yaml::load_from_str(&text).unwrap();
        let [workflow] = &*documents else {
            panic!("{file}: one document");
        };
        let rights = &workflow["permissions"];
        assert_eq!(rights["contents"].as_str(), Some("read"), "{file}");
        assert_eq!(rights.as_mapping().unwrap().len(), 1, "{file}");
        for (name, job) in workflow["jobs"].as_mapping().unwrap() {
            let name = format!("{file}, job {name:?}");
            assert!(job["runs-on"].as_str().is_some(), "{name}");
            assert!(job["timeout-minutes"].as_integer().is_some(), "{name}");
            for step in job["steps"].as_sequence().unwrap() {
                let kinds = ["uses", "run"]
                    .map(|kind| step.as_mapping_get(kind).is_some());
                assert_ne!(kinds[0], kinds[1], "{name}: {step:?}");
                let script = step.as_mapping_get("run");
                // What stands there would be pasted into the script: a name
                // of a branch could run as a command.
                let script = script.and_then(Yaml::as_str).unwrap_or("");
                assert!(!script.contains("${{"), "{name}: {script}");
            }
        }
    }
}

#[test]
fn the_gate_runs_what_the_readme_lists() {
    assert!(text(WORKFLOWS[0]).contains("run: bash .ci/run\n"));
}

#[test]
fn the_dev_container_is_json() {
    let text = text(".devcontainer/devcontainer.json");
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let json: Vec<&str> = text.lines().filter(is_code).collect();
    let json: serde_json::Value =
        serde_json::from_str(&json.join("\n")).unwrap();
    assert!(json["image"].is_string());
    assert!(json["runArgs"].is_array());
}

#[test]
fn a_script_is_one_that_bash_reads_and_may_run() {
    for file in SCRIPTS {
        let file = root().join(file);
        let bash = Command::new("bash").arg("-n").arg(&file).output();
        let bash = bash.unwrap();
        assert!(bash.status.success(), "{bash:?}");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{}", file.display());
    }
}

/// Gradescope's folders, and a `cargo` that plays the grader: `grades` is its
/// exit code for grading, `told` what it prints as a format, if anything.
fn gradescope(name: &str, grades: u8, told: Option<&str>) -> (PathBuf, Output) {
    let host = folder(name);
    for made in ["source", "submission/src", "course", "cargo/bin"] {
        fs::create_dir_all(host.join(made)).unwrap();
    }
    fs::write(host.join("submission/greeter.rs"), "fn main() {}").unwrap();
    fs::write(host.join("source/exercises"), "greeter\n02-listen").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", host.join("submission/link.rs"))
        .unwrap();
    let show = match told {
        Some(text) => format!("echo '{text}'"),
        None => "echo 'submission is not graded' >&2; exit 1".to_owned(),
    };
    let cargo = host.join("cargo/bin/cargo");
    // Its arguments are kept, and whether the link was followed.
    let play = format!(
        "#!/bin/sh\n\
         echo \"$*\" >>'{0}/asked'\n\
         case \"$*\" in\n\
         *--format*) {show} ;;\n\
         *) test -L \"$3/submission/link.rs\" || exit 9\n\
            exit {grades} ;;\n\
         esac\n",
        host.display()
    );
    fs::write(&cargo, play).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let ended = Command::new("bash")
        .arg(root().join(SCRIPTS[1]))
        .env("AUTOGRADER", &host)
        .env("CARGO_HOME", host.join("cargo"))
        .output()
        .unwrap();
    (host, ended)
}

#[test]
fn gradescope_gets_the_results() {
    let (host, ended) = gradescope("marked", 0, Some("{\"score\": 3}"));
    assert!(ended.status.success(), "{ended:?}");
    let results = fs::read_to_string(host.join("results/results.json"));
    assert_eq!(results.unwrap(), "{\"score\": 3}\n");
    let asked = fs::read_to_string(host.join("asked")).unwrap();
    assert!(!asked.contains("--pack"), "{asked}");
    let names = "--exercise greeter 02-listen";
    assert!(asked.contains(names), "{asked}");
}

#[test]
fn gradescope_gets_no_results_where_there_is_no_mark() {
    for (name, grades) in [("unmarked", 1), ("misused", 2)] {
        let (host, ended) = gradescope(name, grades, None);
        assert!(!ended.status.success(), "{ended:?}");
        assert!(!host.join("results/results.json").exists(), "{name}");
    }
    // An earlier score is kept although grading failed.
    let (host, ended) = gradescope("kept", 1, Some("{}"));
    assert!(ended.status.success(), "{ended:?}");
    assert!(host.join("results/results.json").exists());
}
