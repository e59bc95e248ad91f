//! Binds the target `peer_session` to libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| strongroom_fuzz::targets::hsm::peer_session(bytes));
