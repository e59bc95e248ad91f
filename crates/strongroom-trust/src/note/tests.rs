use super::*;
use crate::limits::NOTE_BYTES_MAX;

const TEXT: &str = "a\n\nb\n";

fn key() -> NoteKey {
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse().unwrap()
}

fn signature(length: usize) -> NoteSignature {
    NoteSignature::new(&key(), vec![7; length])
}

fn error(bytes: &[u8]) -> NoteError {
    ClaimedNote::parse(bytes, NOTE_BYTES_MAX).unwrap_err()
}

#[test]
fn the_last_empty_line_parts_text_and_signatures() {
    let note = ClaimedNote::compose(TEXT, &[signature(64), signature(2424)]).unwrap();
    assert_eq!(note.text(), TEXT);
    assert_eq!(note.signatures().len(), 2);
    assert_eq!(ClaimedNote::parse(note.as_str().as_bytes(), NOTE_BYTES_MAX), Ok(note));
}

#[test]
fn what_is_no_note_is_refused() {
    let line = signature(64).to_string();
    assert_eq!(error(b""), NoteError::NoSignatures);
    assert_eq!(error(b"a\n"), NoteError::NoSignatures);
    assert_eq!(error(b"a\n\n"), NoteError::NoSignatures);
    assert_eq!(error(format!("a\n\n{line}").as_bytes()), NoteError::NoSignatures, "no line feed at the end");
    assert_eq!(error(format!("a\n{line}\n").as_bytes()), NoteError::NoSignatures);
    assert_eq!(error(format!("a\n\n{line}\nb\n").as_bytes()), NoteError::SignatureLine(2));
    for broken in [
        line.replace('\u{2014}', "-"),
        line.replace("\u{2014} ", "\u{2014}"),
        line.replace("foo ", "foo  "),
        line.replace("com/foo", "com+foo"),
        line.replace("example.com/foo", ""),
        line.trim_end_matches('=').into(),
        format!("{line}="),
        format!("{line} "),
        "\u{2014} a AAAAAA==".into(),
    ] {
        assert_eq!(error(format!("a\n\n{broken}\n").as_bytes()), NoteError::SignatureLine(1), "{broken}");
    }
    assert_eq!(error(format!("a\tb\n\n{line}\n").as_bytes()), NoteError::NoText);
    assert_eq!(error(format!("a\r\n\n{line}\n").as_bytes()), NoteError::NoText);
    assert_eq!(error(b"\xff\n\n"), NoteError::NoText);
    let met = NOTE_BYTES_MAX + 1;
    assert_eq!(error(&vec![b'a'; met]), NoteError::TooLong { max: NOTE_BYTES_MAX, met });
}

#[test]
fn thirty_two_signatures_may_stand_and_no_more() {
    assert!(ClaimedNote::compose(TEXT, &vec![signature(64); 32]).is_ok());
    let error = ClaimedNote::compose(TEXT, &vec![signature(64); 33]).unwrap_err();
    assert_eq!(error, NoteError::TooManySignatures { max: 32, met: 33 });
}

#[test]
fn a_line_of_another_name_or_key_id_is_passed_over() {
    let note = ClaimedNote::compose(TEXT, &[signature(64)]).unwrap();
    assert_eq!(note.is_signed_by(&key()), Err(NoteError::BadSignature(key().name().clone())));
    let other_name = NoteKey::new("example.com/bar".parse().unwrap(), *key().public()).unwrap();
    assert_eq!(note.is_signed_by(&other_name), Ok(false));
    assert_eq!(note.verify(&other_name), Err(NoteError::Missing(other_name.name().clone())));
    let short = ClaimedNote::compose(TEXT, &[signature(63)]).unwrap();
    assert_eq!(short.is_signed_by(&key()), Err(NoteError::BadSignature(key().name().clone())));
}

#[test]
fn a_countersigned_note_has_one_line_of_each() {
    let whole = countersigned("body\n", signature(64), signature(65)).unwrap();
    assert_eq!(whole.body(), "body\n");
    assert!(whole.as_str().starts_with(whole.leaf()));
    assert_eq!(CountersignedNote::parse(whole.as_str().as_bytes()), Ok(whole.clone()));
    let two = ClaimedNote::compose(whole.leaf(), &[signature(64), signature(65)]).unwrap();
    let several = Err(NoteError::TooManySignatures { max: 1, met: 2 });
    assert_eq!(CountersignedNote::parse(two.as_str().as_bytes()), several);
    let inner = ClaimedNote::compose("body\n", &[signature(64), signature(65)]).unwrap();
    assert_eq!(CountersignedNote::compose(inner.as_str(), signature(64)), several);
    assert_eq!(CountersignedNote::compose("body\n", signature(64)), Err(NoteError::NoSignatures));
}
