//! Binds the target `rules` to libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| strongroom_fuzz::targets::rules::run(bytes));
