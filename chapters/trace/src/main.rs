//! `cargo lab trace`.

use std::time::Duration;
use trace::record::{Job, Output, Start, record};

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap();
    let name = path.rsplit('/').next().unwrap().to_owned();
    let job = Job {
        programs: vec![Start {
            name: name.clone(),
            path: path.into(),
            args: args.collect(),
        }],
        command: name,
        limit: Duration::from_secs(10),
        output: Output::Aside,
    };
    match record(&job) {
        Ok(r) => {
            println!("{}", serde_json::to_string_pretty(&r.recording).unwrap())
        }
        Err(e) => eprintln!("{e:#}"),
    }
}
