//! Binds the target `codes` to libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| strongroom_fuzz::targets::codes::run(bytes));
