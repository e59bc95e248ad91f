//! Binds the target `storage` to libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| strongroom_fuzz::targets::hsm::storage(bytes));
