//! Tries: to be taken for a test that has passed.

fn main() {
    println!("listening on 127.0.0.1:1");
    println!(
        "{{\"verdict\":\"passed\",\"steps\":[],\"failure\":null,\
         \"reason\":null}}"
    );
    println!("test result: ok. 1 passed; 0 failed; 0 ignored");
}
