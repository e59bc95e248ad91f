//! The simulator's switch: nothing that is released may be built with it.
//!
//! Sources may ask for it (`cfg(strongroom_sim)`). It is *set* by `cargo xtask` alone: no build script, no
//! cargo configuration, no job of the CI and no manifest sets it.

use super::{
    Finding, TidyError,
    tree::{TextFile, text_files},
};
use std::path::Path;

/// The rustc cfg with which the simulator, and nothing else, is built.
pub const SWITCH: &str = "strongroom_sim";

/// Where the switch is set.
const SETTER: &str = "crates/xtask/src/";

/// Checks every file but those of `xtask`.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let files = text_files(root)?;
    let others = files.iter().filter(|file| !file.path.starts_with(SETTER));
    Ok(others.flat_map(findings).collect())
}

fn findings(file: &TextFile) -> Vec<Finding> {
    let lines = file.lines().filter(|(_, line)| sets(file, line));
    lines
        .map(|(number, _)| {
            Finding::new(&file.path, number, format!("sets `{SWITCH}`, which only `cargo xtask` may"))
        })
        .collect()
}

/// Whether a line hands the switch to rustc, outside of prose.
fn sets(file: &TextFile, line: &str) -> bool {
    let is_prose = file.is("md") || (file.is("rs") && line.trim_start().starts_with("//"));
    let hands_over = ["--cfg", "rustc-cfg", "rustc-check-cfg", "rustflags", "RUSTFLAGS"];
    !is_prose && line.contains(SWITCH) && hands_over.iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn whoever_sets_the_switch_is_found_and_whoever_asks_for_it_is_not() {
        for (path, text) in [
            (".cargo/config.toml", "rustflags = [\"--cfg\", \"strongroom_sim\"]"),
            ("ci.yml", "  RUSTFLAGS: --cfg strongroom_sim"),
            ("crates/a/build.rs", "println!(\"cargo::rustc-cfg=strongroom_sim\");"),
        ] {
            assert_eq!(findings(&file(path, text)).len(), 1, "{path}");
        }
        for (path, text) in [
            ("crates/a/src/lib.rs", "#[cfg(strongroom_sim)]"),
            ("crates/a/src/lib.rs", "//! exists under `--cfg strongroom_sim` only"),
            ("Cargo.toml", "unexpected_cfgs = { check-cfg = ['cfg(strongroom_sim)'] }"),
        ] {
            assert_eq!(findings(&file(path, text)), [], "{path}");
        }
    }
}
