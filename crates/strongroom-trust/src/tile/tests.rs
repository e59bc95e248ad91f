use super::*;
use crate::merkle::MemoryTree;

fn paths(tiles: impl Iterator<Item = TileId>) -> Vec<String> {
    tiles.map(|tile| tile.to_string()).collect()
}

#[test]
fn paths_are_those_of_the_published_specification() {
    let tile = |level, index, width| TileId { level, index, width }.to_string();
    assert_eq!(tile(Some(0), 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(tile(Some(1), 0, 7), "tile/1/000.p/7");
    assert_eq!(tile(None, 999, 256), "tile/entries/999");
    assert_eq!(tile(None, 1000, 255), "tile/entries/x001/000.p/255");
}

#[test]
fn a_log_of_seventy_thousand_lies_in_the_published_tiles() {
    let all: Vec<TileId> = TileId::all(70_000).filter(|tile| tile.level.is_some()).collect();
    let of = |level: u8, is_full: bool| {
        all.iter().filter(move |tile| tile.level == Some(level) && tile.is_full() == is_full)
    };
    assert_eq!(of(0, true).count(), 273);
    assert_eq!(of(0, false).map(|tile| tile.width).collect::<Vec<_>>(), [112]);
    assert_eq!(of(1, true).count(), 1);
    assert_eq!(of(1, false).map(|tile| tile.width).collect::<Vec<_>>(), [17]);
    assert_eq!(of(2, false).map(|tile| tile.width).collect::<Vec<_>>(), [1]);
    assert_eq!(all.len(), 273 + 1 + 1 + 1 + 1);
    assert_eq!(paths(TileId::all(256)), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(paths(TileId::all(0)), Vec::<String>::new());
}

#[test]
fn growth_names_what_is_new_and_nothing_else() {
    assert_eq!(paths(TileId::grown(5, 7)), ["tile/entries/000.p/7", "tile/0/000.p/7"]);
    assert_eq!(
        paths(TileId::grown(255, 258)),
        ["tile/entries/000", "tile/entries/001.p/2", "tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1"]
    );
    assert_eq!(paths(TileId::grown(7, 7)), Vec::<String>::new());
    assert_eq!(paths(TileId::grown(256, 257)), ["tile/entries/001.p/1", "tile/0/001.p/1"]);
}

#[test]
fn entries_are_read_as_they_were_written_and_no_other_number_of_them() {
    let entries = [&b"a"[..], b"", &[7; 65_535]];
    let bytes = write_entries(&entries).unwrap();
    assert_eq!(bytes.get(..3), Some(&[0, 1, b'a'][..]));
    assert_eq!(read_entries(&bytes, 3), Ok(entries.to_vec()));
    assert_eq!(read_entries(&bytes, 2), Err(EntriesError::Count));
    assert_eq!(read_entries(&bytes, 4), Err(EntriesError::Count));
    assert_eq!(read_entries(&bytes[..bytes.len() - 1], 3), Err(EntriesError::Cut));
    assert_eq!(read_entries(&[&bytes[..], &[0]].concat(), 3), Err(EntriesError::Cut));
    assert_eq!(write_entries(&[vec![0; 65_536]]), Err(EntriesError::TooLong));
}

#[test]
fn a_tile_holds_the_hashes_of_its_level() {
    let mut tree = MemoryTree::default();
    (0..600u64).for_each(|leaf| tree.push(&leaf.to_be_bytes()));
    let tile = TileId { level: Some(1), index: 0, width: 2 };
    let bytes = tile.bytes(&tree).unwrap();
    let level: Vec<Digest> = hashes(&bytes).collect();
    assert_eq!(level, [tree.subtree(8, 0).unwrap(), tree.subtree(8, 1).unwrap()]);
    let leaves: Vec<Digest> = (256..512).map(|index| tree.subtree(0, index).unwrap()).collect();
    assert_eq!(fold(&leaves), Some(level[1]));
}
