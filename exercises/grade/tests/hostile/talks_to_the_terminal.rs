//! Tries: to write to whatever shows its output: escape sequences, directions
//! of writing, bytes that are no text, HTML, a formula.

use std::io::Write;

fn main() {
    let said = b"listening on \x1b]0;owned\x07\x1b[2J\x9b31m\xff\xfe\0 \
        \xe2\x80\xae txt.exe <script>alert(1)</script> =1+1\r\n";
    let _ = std::io::stdout().write_all(said);
    let _ = std::io::stderr().write_all(said);
    if let Ok(mut terminal) = std::fs::File::create("/dev/tty") {
        let _ = terminal.write_all(said);
        println!("STOLEN: the terminal");
    }
}
