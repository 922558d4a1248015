//! Many programs in one binary: it is started under the name of the one that
//! shall run, as `arg0`. Links in a moment where a binary each would take long.

use std::process::ExitCode;

/// Makes `main` of the modules that it names.
#[macro_export]
macro_rules! main {
    [$($program:ident),* $(,)?] => {
        fn main() -> ::std::process::ExitCode {
            $crate::pick(&[$((stringify!($program), $program::main)),*])
        }
    };
}

/// The `main` of one program.
pub type Program = fn() -> ExitCode;

/// Runs the program under whose name this process was started; 2 is the exit
/// code where there is no such one.
pub fn pick(programs: &[(&str, Program)]) -> ExitCode {
    let path = std::env::args().next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some((_, main)) = programs.iter().find(|(known, _)| *known == name) {
        return main();
    }
    let known: Vec<_> = programs.iter().map(|(name, _)| *name).collect();
    eprintln!("no program {name:?}; there are {}", known.join(", "));
    ExitCode::from(2)
}
