//! No program can have mistakes planted in it: neither the switch nor their names are in what is built.
#![cfg(feature = "program")]
#![allow(clippy::unwrap_used)]

/// Words of `planted.rs`, from its beginning, its middle and its end.
const NAMES: [&str; 3] = ["answers-before-commit", "one-guess-too-many", "reads-without-confirmation"];

#[test]
fn the_program_knows_no_planted_mistake() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/planted.rs")).unwrap();
    let program = std::fs::read(env!("CARGO_BIN_EXE_strongroom-hsm")).unwrap();
    let holds = |text: &str| program.windows(text.len()).any(|window| window == text.as_bytes());
    for name in NAMES {
        assert!(source.contains(name), "{name} is a planted mistake");
        assert!(!holds(name), "the program knows {name}");
    }
    // The search would find it.
    assert!(holds("a second batch was begun before the first was complete"));
}

#[test]
fn the_program_does_not_compile_with_the_simulators_switch() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let refusal = "#[cfg(all(strongroom_sim, feature = \"program\"))]\ncompile_error!(";
    assert!(source.contains(refusal));
    // This very build is one with the feature, so not one with the switch.
    const { assert!(!cfg!(strongroom_sim)) };
}
