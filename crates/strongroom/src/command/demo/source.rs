//! What the demo backs up, and whether it came back byte for byte.

use super::stage::{SAMPLE_SEED, blocking};
use crate::{
    error::CommandError,
    print::grouped,
    progress::bytes_in_words,
    sample::{compare_trees, write_sample},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder that is backed up: the given one, or the sample history in the demo's own folder.
pub(super) fn source_folder(given: Option<&Path>, home: &Path) -> PathBuf {
    given.map_or_else(|| home.join("history"), Path::to_path_buf)
}

/// Writes the sample history, or takes the given folder.
pub(super) async fn prepare_source(given: Option<&Path>, home: &Path) -> Result<String, CommandError> {
    let Some(given) = given else {
        let folder = source_folder(None, home);
        let sample = blocking(move || Ok(write_sample(&folder, SAMPLE_SEED)?)).await?;
        return Ok(format!(
            "sample history: {} chats, {} messages, {} photos, {}",
            grouped(sample.chats),
            grouped(sample.messages),
            grouped(sample.media),
            bytes_in_words(sample.bytes)
        ));
    };
    let name = given.file_name().unwrap_or(given.as_os_str());
    Ok(format!("your folder {}, which is only read", name.to_string_lossy()))
}

/// Compares what was restored with what was backed up, and removes it again.
pub(super) fn compare_and_remove(source: &Path, restored: &Path) -> Result<(), CommandError> {
    let compared = compare_trees(source, restored)
        .map_err(|error| CommandError::other(format!("The two folders cannot be compared: {error}.")))?;
    fs::remove_dir_all(restored).map_err(|error| CommandError::file(restored, "removed", &error))?;
    match compared.first.first() {
        None => Ok(()),
        Some(first) => Err(CommandError::other(format!(
            "{} entries differ from the original, first {first}.",
            compared.differing
        ))),
    }
}
