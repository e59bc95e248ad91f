//! Comparing two folders: every name, type, mode, link and byte.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Differences that a comparison names; the others are counted.
const NAMED_DIFFERENCES_MAX: usize = 20;
/// Bytes that are compared at a time.
const BLOCK_BYTES: usize = 64 * 1024;
/// The bits of a mode that are compared.
const MODE_BITS: u32 = 0o7777;

/// What a comparison of two folders found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[must_use = "a comparison that nobody reads proves nothing"]
pub struct TreeComparison {
    /// Files that stand in both and were compared.
    pub files: u64,
    /// Folders that stand in both, without the two roots.
    pub folders: u64,
    /// Symbolic links that stand in both.
    pub links: u64,
    /// Bytes of equal files.
    pub bytes: u64,
    /// How many entries differ.
    pub differing: u64,
    /// The first of the differences.
    pub first: Vec<Difference>,
}

/// One entry that is not the same in both folders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The entry, relative to the two folders.
    pub path: PathBuf,
    /// What differs, in words.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path.display(), self.what)
    }
}

impl TreeComparison {
    /// Says whether the two folders hold the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differing == 0
    }

    fn differ(&mut self, path: &Path, what: impl Into<String>) {
        self.differing = self.differing.saturating_add(1);
        if self.first.len() < NAMED_DIFFERENCES_MAX {
            self.first.push(Difference { path: path.to_path_buf(), what: what.into() });
        }
    }
}

/// Compares every name, type, mode, link target and byte below `a` and `b`.
///
/// The modes of the two folders themselves and all times are left out.
///
/// # Errors
///
/// The first file or folder that cannot be read, with its path.
pub fn compare_trees(a: &Path, b: &Path) -> io::Result<TreeComparison> {
    let mut found = TreeComparison::default();
    let mut pending = vec![PathBuf::new()];
    while let Some(folder) = pending.pop() {
        let mut others = entries(&b.join(&folder))?;
        for (name, ours) in entries(&a.join(&folder))? {
            let path = folder.join(&name);
            match others.remove(&name) {
                None => found.differ(&path, "is missing in the second"),
                Some(theirs) => {
                    compare_entry(&mut found, (a, &ours), (b, &theirs), &path)?;
                    if ours.is_dir() && theirs.is_dir() {
                        pending.push(path);
                    }
                }
            }
        }
        for name in others.into_keys() {
            found.differ(&folder.join(name), "is missing in the first");
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<BTreeMap<OsString, Metadata>> {
    let listed = fs::read_dir(folder).map_err(|error| with_path(folder, &error))?;
    listed
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), entry.metadata()?))
        })
        .collect::<io::Result<_>>()
        .map_err(|error| with_path(folder, &error))
}

fn compare_entry(
    found: &mut TreeComparison,
    (a, ours): (&Path, &Metadata),
    (b, theirs): (&Path, &Metadata),
    path: &Path,
) -> io::Result<()> {
    if ours.file_type() != theirs.file_type() {
        found.differ(path, "is of another type");
        return Ok(());
    }
    if ours.is_symlink() {
        return compare_links(found, &a.join(path), &b.join(path), path);
    }
    let mode = |of: &Metadata| of.permissions().mode() & MODE_BITS;
    if mode(ours) != mode(theirs) {
        found.differ(path, format!("has mode {:o} and {:o}", mode(ours), mode(theirs)));
    } else if ours.is_dir() {
        found.folders = found.folders.saturating_add(1);
    } else if ours.is_file() {
        compare_files(found, (a, ours), (b, theirs), path)?;
    }
    Ok(())
}

fn compare_links(found: &mut TreeComparison, a: &Path, b: &Path, path: &Path) -> io::Result<()> {
    let (ours, theirs) = (fs::read_link(a)?, fs::read_link(b)?);
    if ours == theirs {
        found.links = found.links.saturating_add(1);
    } else {
        let what = format!("points to {} and {}", ours.display(), theirs.display());
        found.differ(path, what);
    }
    Ok(())
}

fn compare_files(
    found: &mut TreeComparison,
    (a, ours): (&Path, &Metadata),
    (b, theirs): (&Path, &Metadata),
    path: &Path,
) -> io::Result<()> {
    if ours.len() != theirs.len() {
        found.differ(path, format!("has {} and {} bytes", ours.len(), theirs.len()));
        return Ok(());
    }
    match first_difference(&a.join(path), &b.join(path))? {
        Some(at) => found.differ(path, format!("differs from byte {at} on")),
        None => {
            found.files = found.files.saturating_add(1);
            found.bytes = found.bytes.saturating_add(ours.len());
        }
    }
    Ok(())
}

/// Finds the first byte in which two files differ, or in which one of them ends.
fn first_difference(a: &Path, b: &Path) -> io::Result<Option<u64>> {
    let open = |path: &Path| {
        let file = File::open(path).map_err(|error| with_path(path, &error))?;
        Ok::<_, io::Error>(BufReader::with_capacity(BLOCK_BYTES, file))
    };
    let (mut a, mut b) = (open(a)?, open(b)?);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut at = 0_u64;
    let block = u64::try_from(BLOCK_BYTES).unwrap_or(u64::MAX);
    loop {
        ours.clear();
        theirs.clear();
        a.by_ref().take(block).read_to_end(&mut ours)?;
        b.by_ref().take(block).read_to_end(&mut theirs)?;
        if ours != theirs {
            let same = ours.iter().zip(&theirs).take_while(|(x, y)| x == y).count();
            return Ok(Some(at.saturating_add(u64::try_from(same).unwrap_or(u64::MAX))));
        }
        if ours.is_empty() {
            return Ok(None);
        }
        at = at.saturating_add(u64::try_from(ours.len()).unwrap_or(u64::MAX));
    }
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn two_trees() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        for root in [&a, &b] {
            fs::create_dir_all(root.join("deep/er")).unwrap();
            fs::write(root.join("deep/er/file"), vec![7; 200_000]).unwrap();
            fs::write(root.join("empty"), "").unwrap();
            symlink("deep/er", root.join("link")).unwrap();
        }
        (folder, a, b)
    }

    fn only_difference(a: &Path, b: &Path) -> String {
        let found = compare_trees(a, b).unwrap();
        assert_eq!(found.differing, 1, "{found:?}");
        found.first[0].to_string()
    }

    #[test]
    fn equal_trees_are_counted() {
        let (_folder, a, b) = two_trees();
        let found = compare_trees(&a, &b).unwrap();
        assert!(found.is_equal());
        assert_eq!((found.files, found.folders, found.links), (2, 2, 1));
        assert_eq!(found.bytes, 200_000);
    }

    #[test]
    fn one_byte_is_noticed() {
        let (_folder, a, b) = two_trees();
        let mut contents = vec![7; 200_000];
        contents[131_073] = 8;
        fs::write(b.join("deep/er/file"), contents).unwrap();
        assert_eq!(only_difference(&a, &b), "deep/er/file: differs from byte 131073 on");
    }

    #[test]
    fn another_length_mode_type_or_link_is_noticed() {
        let (_folder, a, b) = two_trees();
        fs::write(b.join("empty"), "x").unwrap();
        assert_eq!(only_difference(&a, &b), "empty: has 0 and 1 bytes");

        let (_folder, a, b) = two_trees();
        for (root, mode) in [(&a, 0o640), (&b, 0o600)] {
            fs::set_permissions(root.join("empty"), fs::Permissions::from_mode(mode)).unwrap();
        }
        assert_eq!(only_difference(&a, &b), "empty: has mode 640 and 600");

        let (_folder, a, b) = two_trees();
        fs::remove_file(b.join("link")).unwrap();
        symlink("deep", b.join("link")).unwrap();
        assert_eq!(only_difference(&a, &b), "link: points to deep/er and deep");

        fs::remove_file(b.join("link")).unwrap();
        fs::create_dir(b.join("link")).unwrap();
        assert_eq!(only_difference(&a, &b), "link: is of another type");
    }

    #[test]
    fn what_is_missing_on_either_side_is_noticed() {
        let (_folder, a, b) = two_trees();
        fs::remove_dir_all(b.join("deep/er")).unwrap();
        assert_eq!(only_difference(&a, &b), "deep/er: is missing in the second");
        assert_eq!(only_difference(&b, &a), "deep/er: is missing in the first");
    }

    #[test]
    fn many_differences_are_counted_and_the_first_named() {
        let (_folder, a, b) = two_trees();
        for number in 0..50 {
            fs::write(a.join(format!("extra-{number}")), "").unwrap();
        }
        let found = compare_trees(&a, &b).unwrap();
        assert_eq!((found.differing, found.first.len()), (50, 20));
    }
}
