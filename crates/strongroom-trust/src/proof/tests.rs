use super::*;

/// The published example, its signatures made whole.
const TEXT: &str = "c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

\u{2014} example.com/fancylog AAAAAAAA
";

#[test]
fn a_proof_is_read_and_written() {
    let proof = LogProof::parse(TEXT.as_bytes()).unwrap();
    assert_eq!(proof.extra.as_deref(), Some(&b"age-v1.2.1-darwin-arm64.tar.gz"[..]));
    assert_eq!((proof.index, proof.path.len()), (73_894, 2));
    assert_eq!(proof.to_string(), TEXT);
    let lines: Vec<&str> = TEXT.split_inclusive('\n').collect();
    let bare = [&lines[..1], &["index 0\n"], &lines[5..]].concat().concat();
    let proof = LogProof::parse(bare.as_bytes()).unwrap();
    assert_eq!((proof.index, proof.path.len(), proof.extra.is_none()), (0, 0, true));
    assert_eq!(proof.to_string(), bare);
}

#[test]
fn other_texts_are_refused() {
    let error = |from: &str, to: &str| {
        let text = TEXT.replacen(from, to, 1);
        assert_ne!(text, TEXT);
        LogProof::parse(text.as_bytes()).unwrap_err()
    };
    assert_eq!(error("@v1", "@v2"), LogProofError::Header);
    assert_eq!(error("index 73894", "index 073894"), LogProofError::Line("index"));
    assert_eq!(error("index 73894", "index -1"), LogProofError::Line("index"));
    assert_eq!(error("index 73894\n", ""), LogProofError::Line("index"));
    assert_eq!(error("extra Y", "extra -"), LogProofError::Line("extra data"));
    assert_eq!(error("extra Y", "Extra Y"), LogProofError::Line("index"));
    assert_eq!(error("PlQ=\n", "PlQ\n"), LogProofError::Line("path"));
    assert_eq!(error("PlQ=\n", "PlQ= \n"), LogProofError::Line("path"));
    assert_eq!(error("XmA=\n\n", "XmA=\n"), LogProofError::Line("path"));
    assert!(matches!(error("AAAAAAAA\n", "AAAAAAA\n"), LogProofError::Checkpoint(_)));
    let hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
    assert_eq!(error(hash, &hash.repeat(63)), LogProofError::Line("path"), "64 hashes");
    let text = "a\n\nb";
    assert_eq!(LogProof::parse(text.as_bytes()), Err(LogProofError::Header));
    assert_eq!(LogProof::parse(b"\xff"), Err(LogProofError::NoText));
    assert_eq!(LogProof::parse(b"a\n"), Err(LogProofError::Line("blank line")));
}
