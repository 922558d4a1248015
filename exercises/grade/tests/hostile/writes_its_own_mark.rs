//! Tries: to write a record of its own where the grader keeps them.

use std::fs;

fn main() {
    let record = "{\"schema\":\"sockets-with-connections/grade/v1\"}";
    let _ = fs::write("@OUT@/@MARK@", record);
    let _ = fs::write("@OUT@/journal.ndjson", record);
    if let Ok(folders) = fs::read_dir("@OUT@/grades") {
        for folder in folders.flatten() {
            let _ = fs::write(folder.path().join("grade.json"), record);
        }
    }
    let _ = fs::write("@OUTSIDE@/@MARK@-mark", record);
}
