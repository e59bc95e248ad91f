use super::*;

/// The published example.
const TEXT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

#[test]
fn the_published_example_is_read_and_written() {
    let body = CheckpointBody::parse(TEXT).unwrap();
    assert_eq!((body.origin.as_str(), body.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(body.to_string(), TEXT);
    let extended = format!("{TEXT}an extension\n");
    let body = CheckpointBody::parse(&extended).unwrap();
    assert_eq!(body.extensions, ["an extension"]);
    assert_eq!(body.to_string(), extended);
}

#[test]
fn an_empty_log_has_the_root_of_nothing() {
    let empty = "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    assert_eq!(CheckpointBody::parse(empty).unwrap().root, merkle::EMPTY_ROOT);
    let other = TEXT.replace("20852163", "0");
    assert_eq!(CheckpointBody::parse(&other), Err(CheckpointError::EmptyRoot));
}

#[test]
fn other_texts_are_refused() {
    for text in [
        String::new(),
        "\n".into(),
        "a\n1\n".into(),
        TEXT.trim_end().into(),
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "+20852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "9223372036854775808"),
        TEXT.replace("20852163", ""),
        TEXT.replace("q2I=", "q2I"),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("CsUY", "Cs=Y"),
        TEXT.replace("example.com/behind-the-sofa", ""),
        TEXT.replace("example.com", &"a".repeat(200)),
        format!("{TEXT}\n"),
        format!("{TEXT}a\n\nb\n"),
        format!("{TEXT}{}", "a\n".repeat(17)),
    ] {
        assert!(matches!(CheckpointBody::parse(&text), Err(CheckpointError::Form(_))), "{text}");
    }
}
