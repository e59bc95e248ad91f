//! Binds the target `http` to libFuzzer. The host in it starts this program again as its HSM.
#![no_main]

libfuzzer_sys::fuzz_target!(init: strongroom_fuzz::door::fake_hsm::play_if_asked(), |bytes: &[u8]| strongroom_fuzz::targets::http::run(bytes));
