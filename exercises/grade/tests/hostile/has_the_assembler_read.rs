//! Tries: to have the assembler read what the compiler may not.

core::arch::global_asm!(
    ".section .rodata",
    ".global stolen",
    "stolen: .incbin \"@PACK@/checks/greeter.rs\"",
    ".byte 0",
);

unsafe extern "C" {
    static stolen: std::ffi::c_char;
}

fn main() {
    // SAFETY: the assembler has put text there, and a zero behind it.
    let text = unsafe { std::ffi::CStr::from_ptr(&raw const stolen) };
    println!("STOLEN: {text:?}");
}
