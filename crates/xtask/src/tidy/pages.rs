//! Pages of the specification: each is in the index, and links lead somewhere.

use super::{
    Finding, TidyError,
    tree::{TextFile, text_files, text_of},
};
use std::path::{Component, Path, PathBuf};

const FOLDER: &str = "docs/spec";
const INDEX: &str = "docs/spec/README.md";

/// Checks the index of the specification and every relative link between pages.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let index = text_of(root, INDEX)?;
    let files = text_files(root)?;
    let pages = files.iter().filter(|file| file.is("md"));
    let mut findings = Vec::new();
    for page in pages {
        let name = page.path.file_name().unwrap_or_default().to_string_lossy();
        let is_spec = page.path.parent() == Some(Path::new(FOLDER)) && page.path != index.path;
        if is_spec && !index.text.contains(&format!("]({name})")) {
            findings.push(Finding::new(&page.path, 0, format!("is not in the index, {INDEX}")));
        }
        findings.extend(dead_links(root, page));
    }
    Ok(findings)
}

fn dead_links(root: &Path, page: &TextFile) -> Vec<Finding> {
    let folder = page.path.parent().unwrap_or(Path::new(""));
    let dead = page.lines().flat_map(|(number, line)| {
        let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link));
        let files = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        let targets = files.filter_map(|link| link.split('#').next().filter(|link| !link.is_empty()));
        let lost = targets.filter(|link| !root.join(plain(&folder.join(link))).exists());
        lost.map(|link| Finding::new(&page.path, number, format!("links to `{link}`, which is not there")))
            .collect::<Vec<_>>()
    });
    dead.collect()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
