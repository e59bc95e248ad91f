use super::*;
use crate::key::TextSigner;
use strongroom_crypto::ChaChaRng;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.into())
}

fn sealed() -> SealedKey<1> {
    let light = Stretching::new(8, 1, 1).unwrap();
    let mut rng = ChaChaRng::from_seed([1; 32]);
    SealedKey::generate("auditor.example/log".parse().unwrap(), &passphrase("correct"), light, &mut rng)
        .unwrap()
}

#[test]
fn a_key_file_is_read_as_written_and_opens_with_its_passphrase_alone() {
    let file = sealed();
    let text = file.to_string();
    assert_eq!(
        text,
        "strongroom.example/key-file/v1\n\
         key auditor.example/log+10a8076c+AU1LGAYvhQJZjeBFyntp8Gf1n5Oxbjr4czqYitwjQfXI\n\
         stretching argon2id 8 1 1\n\
         salt Hsw2hrYO47hLbH0yHXDVwA==\n\
         sealed bp2sY6TQp51zGxfA0E0DDQEnTdHuUhbCI/6gpwfiuJ5vgR7OrmKiQZ7b1yyMVv4BwYTXb9JHubfEj8ckO6ONj94B7pK8+n53\n"
    );
    let read = SealedKey::parse(text.as_bytes()).unwrap();
    assert_eq!(read, file);
    let secret = read.open(&passphrase("correct")).unwrap();
    assert!(secret.line(read.key(), "text\n").is_ok());
    let refused = read.open(&passphrase("wrong")).err().unwrap();
    assert_eq!(refused, KeyFileError::Passphrase("auditor.example/log".into()));
    assert!(!refused.to_string().contains("wrong"), "an error does not repeat what was typed");
}

#[test]
fn every_changed_byte_is_refused() {
    let text = sealed().to_string();
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        let opened =
            SealedKey::<1>::parse(&bytes).and_then(|file| file.open(&passphrase("correct")).map(|_| ()));
        assert!(opened.is_err(), "{place}: {}", &text[place..]);
        assert!(SealedKey::<1>::parse(&text.as_bytes()[..place]).is_err(), "cut at {place}");
    }
}

#[test]
fn a_file_cannot_ask_for_work_without_bound() {
    let text = sealed().to_string();
    for numbers in ["1048577 1 1", "8 17 1", "200 1 17", "7 1 1", "8 0 1", "8 1 0"] {
        let changed = text.replace("argon2id 8 1 1", &format!("argon2id {numbers}"));
        assert!(matches!(SealedKey::<1>::parse(changed.as_bytes()), Err(KeyFileError::Form(_))), "{numbers}");
    }
}

#[test]
fn a_key_of_another_kind_is_not_taken() {
    assert!(matches!(SealedKey::<4>::parse(sealed().to_string().as_bytes()), Err(KeyFileError::Form(_))));
}

#[test]
fn a_signer_with_another_key_is_noticed() {
    let one = sealed();
    let other = SigningKey::generate(&mut ChaChaRng::from_seed([2; 32]));
    assert_eq!(other.line(one.key(), "text\n"), Err(crate::key::SignerError::OtherKey));
}
