//! Every target holds on its committed corpus, in a build without the fuzzer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::PathBuf};
use strongroom_fuzz::{door::HSM_PROGRAM, targets::TARGETS};

const CORPUS_BYTES_MAX: u64 = 300 * 1024;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(corpus().join(target)).unwrap_or_else(|cause| panic!("{target}: {cause}"));
    let mut inputs: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    inputs
}

#[test]
fn every_target_holds_on_its_corpus() {
    HSM_PROGRAM.set(env!("CARGO_BIN_EXE_fake_hsm").into()).unwrap();
    for target in TARGETS {
        let inputs = inputs(target.name);
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            let run = target.run;
            if std::panic::catch_unwind(|| run(&bytes)).is_err() {
                panic!("the target {} does not hold on {}", target.name, input.display());
            }
        }
    }
}

#[test]
fn every_folder_of_the_corpus_is_a_targets_and_all_together_are_small() {
    let mut bytes = 0;
    for folder in fs::read_dir(corpus()).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name} is no target");
        bytes += inputs(&name).iter().map(|input| fs::metadata(input).unwrap().len()).sum::<u64>();
    }
    assert!(bytes <= CORPUS_BYTES_MAX, "{bytes} bytes");
}

#[test]
fn every_target_has_a_binary() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let mut binaries: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    binaries.sort();
    names.sort_unstable();
    assert_eq!(binaries, names);
}
