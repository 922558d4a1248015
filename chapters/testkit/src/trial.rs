//! A test that can be skipped in sight: libtest counts an early return as
//! passed, libtest-mimic reports it as ignored, with the reason.

use std::{error, fmt};

use anyhow::Result;
use libtest_mimic::{Completion, Failed, Trial};

use crate::machine;

/// The error of a test that finds out on its way that this machine lacks what
/// it needs: it is skipped, and says why.
#[derive(Debug)]
pub struct Skip(pub String);

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Skip {}

/// A test that needs something of the machine; see [`machine::lacks`].
pub fn trial(
    name: &str,
    needs: &'static [&'static str],
    run: impl FnOnce() -> Result<()> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        if let Some(why) = machine::lacks_any(needs) {
            return Ok(Completion::ignored_with(why));
        }
        match run() {
            Ok(()) => Ok(Completion::Completed),
            Err(error) => match error.downcast_ref::<Skip>() {
                Some(why) => Ok(Completion::ignored_with(why)),
                None => Err(Failed::from(format!("{error:#}"))),
            },
        }
    })
}
