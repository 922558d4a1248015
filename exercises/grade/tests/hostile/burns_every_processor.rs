//! Tries: to make others miss their deadlines.

fn main() {
    for _ in 0..8 {
        let _ = std::thread::Builder::new().spawn(|| {
            loop {
                std::hint::spin_loop();
            }
        });
    }
    loop {
        std::hint::spin_loop();
    }
}
