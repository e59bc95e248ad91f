//! The files of the workspace, as text.

use super::TidyError;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that begin with a dot and are the project's all the same.
const DOT_FOLDERS: [&str; 2] = [".cargo", ".ci"];

/// Folders of what cargo and npm bring and make.
const MADE: [&str; 4] = ["target", "node_modules", "dist", "wasm"];

/// One file, by its path below the root.
pub(super) struct TextFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl TextFile {
    /// Whether the path ends in this extension.
    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.extension().is_some_and(|found| found == extension)
    }

    /// The lines with their numbers, from one.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at.saturating_add(1), line))
    }

    /// The lines of a Rust file before its inline tests; none of a file that holds only tests.
    pub(super) fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.path.components().any(|part| {
            let part = part.as_os_str();
            let ends_in_tests = part.to_string_lossy().ends_with("tests.rs");
            ends_in_tests || part == "tests" || part == "examples" || part == "benches"
        });
        let lines: Vec<&str> = self.text.lines().collect();
        let begins_tests = |pair: &[&str]| match pair {
            [attribute, module] => attribute.trim() == "#[cfg(test)]" && module.trim() == "mod tests {",
            _ => false,
        };
        let end = if is_test { Some(0) } else { lines.windows(2).position(begins_tests) };
        self.lines().take(end.unwrap_or(lines.len()))
    }
}

/// Every text file of the workspace, in the order of the paths.
pub(super) fn text_files(root: &Path) -> Result<Vec<TextFile>, TidyError> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let unreadable = |cause| TidyError::Read { path: folder.clone(), cause };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && is_own(&entry.file_name().to_string_lossy()) {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.extend(read(root, &entry.path())?);
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// Reads one file that must be there.
pub(super) fn text_of(root: &Path, path: &str) -> Result<TextFile, TidyError> {
    let whole = root.join(path);
    let text = fs::read_to_string(&whole).map_err(|cause| TidyError::Read { path: whole, cause })?;
    Ok(TextFile { path: path.into(), text })
}

fn is_own(folder: &str) -> bool {
    let is_build = MADE.contains(&folder) || folder.starts_with("target-");
    let is_hidden = folder.starts_with('.') && !DOT_FOLDERS.contains(&folder);
    !is_build && !is_hidden
}

/// Reads a file; nothing where its bytes are no text, or where it vanished meanwhile.
fn read(root: &Path, path: &Path) -> Result<Option<TextFile>, TidyError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok().map(|text| {
            let path = path.strip_prefix(root).unwrap_or(path).into();
            TextFile { path, text }
        })),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(TidyError::Read { path: path.into(), cause }),
    }
}
