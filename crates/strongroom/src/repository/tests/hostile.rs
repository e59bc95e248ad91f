//! Snapshots that somebody with the key made to write elsewhere.

use std::io::Cursor;

use rustic_core::repofile::{Metadata, Node, NodeType};
use rustic_core::{BackupOptions, ReadSource, ReadSourceEntry, RusticResult, SnapshotOptions};

use super::*;
use crate::repository::target::{Attributes, Target};

/// A source that hands over whatever nodes it is given.
struct Invented(Vec<(PathBuf, Node)>);

impl ReadSource for Invented {
    type Open = Cursor<&'static [u8]>;
    type Iter = std::vec::IntoIter<RusticResult<ReadSourceEntry<Self::Open>>>;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Self::Iter {
        let entries: Vec<_> = self
            .0
            .iter()
            .map(|(path, node)| {
                let open = Some(Cursor::new(&b"evil"[..]));
                Ok(ReadSourceEntry { path: path.clone(), node: node.clone(), open })
            })
            .collect();
        entries.into_iter()
    }
}

fn node(name: &str, node_type: NodeType) -> Node {
    let meta = Metadata { mode: Some(0o644), ..Metadata::default() };
    let mut node = Node::new_node(std::ffi::OsStr::new("x"), node_type, meta);
    name.clone_into(&mut node.name);
    node
}

fn file(name: &str) -> (PathBuf, Node) {
    (PathBuf::from("x"), node(name, NodeType::File))
}

fn with_snapshot_of(nodes: Vec<(PathBuf, Node)>) -> Bench {
    let bench = Bench::new();
    let session = bench.repository.session(&Progress::silent(), "").unwrap();
    let snapshot = SnapshotOptions::default().to_snapshot().unwrap();
    let indexed = session.to_indexed_ids().unwrap();
    indexed.archive(&BackupOptions::default(), &Invented(nodes), snapshot, &[bench.source()]).unwrap();
    bench
}

/// Restores into `outer/target`, and lists what stands in `outer` then.
fn restored_into_outer(bench: &Bench) -> (Result<(), RepositoryError>, Vec<String>) {
    let target = bench.path("outer/target");
    let result = bench.repository.restore(None, &target, &Progress::silent());
    let mut names: Vec<_> = fs::read_dir(bench.path("outer"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    (result.map(|_| ()), names)
}

#[test]
fn names_that_lead_out_of_the_target_are_refused() {
    for name in
        ["../evil", "/tmp/strongroom-evil", "..", ".", "", "a/evil", "../target/../evil", "\\x2e\\x2e/evil"]
    {
        let bench = with_snapshot_of(vec![file(name), file("good")]);
        let (result, names) = restored_into_outer(&bench);
        assert!(matches!(result, Err(RepositoryError::DamagedFiles { count: 1, .. })), "{name}: {result:?}");
        assert_eq!(names, ["target"], "{name}");
        assert_eq!(fs::read(bench.path("outer/target/good")).unwrap(), b"evil");
        assert!(!Path::new("/tmp/strongroom-evil").exists());
    }
}

#[test]
fn folders_that_lead_out_of_the_target_are_refused() {
    let folder = (PathBuf::from("d"), node("..", NodeType::Dir));
    let inside = (PathBuf::from("d/evil"), node("evil", NodeType::File));
    let bench = with_snapshot_of(vec![folder, inside]);
    let (result, names) = restored_into_outer(&bench);
    assert!(matches!(result, Err(RepositoryError::DamagedFiles { .. })), "{result:?}");
    assert_eq!(names, ["target"]);
}

#[test]
fn a_link_and_a_folder_of_one_name_do_not_lead_out() {
    let out = NodeType::from_link(Path::new(".."));
    let link = (PathBuf::from("d"), node("d", out));
    let folder = (PathBuf::from("d"), node("d", NodeType::Dir));
    let inside = (PathBuf::from("d/evil"), node("evil", NodeType::File));
    for nodes in [vec![link.clone(), folder.clone(), inside.clone()], vec![folder, inside, link]] {
        let bench = with_snapshot_of(nodes);
        let (result, names) = restored_into_outer(&bench);
        assert!(matches!(result, Err(RepositoryError::DamagedFiles { .. })), "{result:?}");
        assert_eq!(names, ["target"]);
    }
}

#[test]
fn links_planted_while_restoring_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "mine").unwrap();
    let target = Target::take(&folder.path().join("target")).unwrap();
    link("../outside", folder.path().join("target/link"));
    link("../outside/file", folder.path().join("target/file link"));
    let attributes = Attributes::of(&Metadata { mode: Some(0o777), ..Metadata::default() }, true);

    assert!(target.make_file(Path::new("link/evil")).is_err());
    assert!(target.make_file(Path::new("file link")).is_err());
    assert!(target.make_file(Path::new("../evil")).is_err());
    assert!(target.make_file(Path::new("/tmp/strongroom-evil")).is_err());
    assert!(target.make_folder(Path::new("link/evil")).is_err());
    assert!(target.make_folder(Path::new("link")).is_err());
    assert!(target.make_link(Path::new("link/evil"), Path::new("x"), attributes).is_err());
    assert!(target.finish_folder(Path::new("link"), attributes).is_err());
    assert!(target.remove_file(Path::new("link/file")).is_err());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"mine");
}

#[test]
fn a_link_may_point_anywhere_but_nothing_is_written_through_it() {
    let bench = Bench::new();
    bench.write("a", "a");
    link("/etc", bench.source().join("etc"));
    link("../../..", bench.source().join("up"));
    bench.back_up();
    let target = bench.restored(None).unwrap();
    assert_eq!(fs::read_link(target.join("etc")).unwrap(), Path::new("/etc"));
    assert_equal(&bench.source(), &target);
}
