//! Public keys on their way into a trust root: the lines that they will be there, in a file or as arguments.
//! Page: `docs/spec/trust-root.md`, "Lines".
//!
//! ```text
//! root operator root.example/operator+9843333c+AUb0…
//! operator bundle operator.example/bundle+00a1648a+AYmO…
//! log auditor.example/log+5cb431f0+Ada…
//! witness witness-1 witness-1.example+6e4035e9+BAkJ…
//! party witness-1 independent
//! ```

use crate::{error::CommandError, files::read_at_most};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};
use strongroom_trust::{
    NoteKey, Party, PartyKeys, Policy, RootContents, RootKey, Witness, WitnessKey, limits::NOTE_BYTES_MAX,
};

/// What one of the three keys of operator or auditor signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Bundles, and the operator's proposals.
    Bundle,
    /// Status notes.
    Status,
    /// Revocations.
    Revocation,
}

/// The keys that were given so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys {
    roots: Vec<RootKey>,
    parties: Vec<(Party, KeyKind, NoteKey)>,
    logs: Vec<NoteKey>,
    witnesses: Vec<(String, WitnessKey)>,
    who: Vec<(String, Party)>,
}

impl KeyKind {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Bundle, Self::Status, Self::Revocation];

    /// The word in a trust root.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Status => "status",
            Self::Revocation => "revocation",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl PublicKeys {
    /// Gathers the keys of files and of lines that stand on the command line.
    ///
    /// # Errors
    /// A file cannot be read, or a line is none of a key.
    pub fn gather(files: &[PathBuf], lines: &[String]) -> Result<Self, CommandError> {
        let mut keys = Self::default();
        for path in files {
            let bytes = read_at_most(path, NOTE_BYTES_MAX)?;
            let text = String::from_utf8(bytes).unwrap_or_default();
            if text.trim().is_empty() {
                return Err(no_key(path, 1, "it holds no line of a key"));
            }
            for (line, number) in text.lines().zip(1..) {
                keys.take(line).map_err(|cause| no_key(path, number, &cause))?;
            }
        }
        for line in lines {
            keys.take(line).map_err(|cause| no_key(Path::new("--key"), 1, &cause))?;
        }
        Ok(keys)
    }

    /// Takes one line.
    ///
    /// # Errors
    /// It is no line of a key.
    pub fn take(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["root", party, key] => {
                self.roots.push(RootKey { party: parse(party)?, key: parse(key)? });
            }
            [party @ ("operator" | "auditor"), kind, key] => {
                let kind =
                    KeyKind::of(kind).ok_or("wants bundle, status or revocation as its second word")?;
                self.parties.push((parse(party)?, kind, parse(key)?));
            }
            ["log", key] => self.logs.push(parse(key)?),
            ["witness", name, key] => self.witnesses.push(((*name).into(), parse(key)?)),
            ["party", name, party] => self.who.push(((*name).into(), parse(party)?)),
            _ => {
                return Err(
                    "is no line of a key: begin it with root, operator, auditor, log, witness or party"
                        .into(),
                );
            }
        }
        Ok(())
    }

    /// The keys of a first trust root.
    ///
    /// # Errors
    /// One is missing, stands twice where one may stand, or a witness's party is not said.
    pub fn first(&self, quorum: u8) -> Result<(Vec<RootKey>, PartyKeys, PartyKeys, Policy), CommandError> {
        let policy = Policy { logs: self.logs.clone(), witnesses: self.new_witnesses()?, quorum };
        if policy.logs.is_empty() {
            return Err(missing("the log's key", "log NAME+ID+KEY"));
        }
        Ok((self.roots.clone(), self.party(Party::Operator)?, self.party(Party::Auditor)?, policy))
    }

    /// Puts the keys into a trust root that follows: they come to those that are there, and replace the one of the
    /// same party and kind, or the root key, log and witness of the same name.
    ///
    /// # Errors
    /// A witness's party is not said.
    pub fn put_into(&self, contents: &mut RootContents) -> Result<(), CommandError> {
        for root in &self.roots {
            contents.root_keys.retain(|old| old.key.name() != root.key.name());
            contents.root_keys.push(root.clone());
        }
        for (party, kind, key) in &self.parties {
            let keys = if *party == Party::Operator { &mut contents.operator } else { &mut contents.auditor };
            *slot(keys, *kind) = key.clone();
        }
        for log in &self.logs {
            contents.policy.logs.retain(|old| old.name() != log.name());
            contents.policy.logs.push(log.clone());
        }
        for witness in self.new_witnesses()? {
            contents.policy.witnesses.retain(|old| old.name != witness.name);
            contents.policy.witnesses.push(witness);
        }
        Ok(())
    }

    fn new_witnesses(&self) -> Result<Vec<Witness>, CommandError> {
        let witness = |(name, key): &(String, WitnessKey)| {
            let party = self.who.iter().find(|(named, _)| named == name).map(|(_, party)| *party);
            let party = party.ok_or_else(|| {
                missing(
                    &format!("who runs the witness {name}"),
                    &format!("party {name} operator|auditor|independent"),
                )
            })?;
            Ok(Witness { name: name.clone(), key: key.clone(), party })
        };
        self.witnesses.iter().map(witness).collect()
    }

    fn party(&self, party: Party) -> Result<PartyKeys, CommandError> {
        let key = |kind: KeyKind| {
            let mut found = self.parties.iter().filter(|(whose, met, _)| (*whose, *met) == (party, kind));
            let what = format!("the {party}'s {} key", kind.word());
            match (found.next(), found.next()) {
                (Some((_, _, key)), None) => Ok(key.clone()),
                (None, _) => Err(missing(&what, &format!("{party} {} NAME+ID+KEY", kind.word()))),
                (Some(_), Some(_)) => Err(CommandError::usage(format!(
                    "{what} was given twice. A trust root has one; leave one out."
                ))),
            }
        };
        Ok(PartyKeys {
            bundle: key(KeyKind::Bundle)?,
            status: key(KeyKind::Status)?,
            revocation: key(KeyKind::Revocation)?,
        })
    }
}

fn slot(keys: &mut PartyKeys, kind: KeyKind) -> &mut NoteKey {
    match kind {
        KeyKind::Bundle => &mut keys.bundle,
        KeyKind::Status => &mut keys.status,
        KeyKind::Revocation => &mut keys.revocation,
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// The key of a log, as it stands alone, or in the file that names an auditor's keys.
///
/// # Errors
/// It is no key, and no file that holds one.
pub fn log_key(text: &str) -> Result<NoteKey, CommandError> {
    named(text, "log")
}

/// The key of a witness, as it stands alone, or in a file.
///
/// # Errors
/// It is no key, and no file that holds one.
pub fn witness_key(text: &str) -> Result<WitnessKey, CommandError> {
    named(text, "witness")
}

/// A key as text, or the only one of its kind in a file, alone on its line or behind its word.
fn named<K: FromStr>(text: &str, word: &str) -> Result<K, CommandError> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let no_key = || {
        CommandError::usage(format!(
            "\"{}\" is no {word}'s key and no file with one. Give NAME+ID+KEY, or the file of its holder.",
            text.escape_debug()
        ))
    };
    if !Path::new(text).is_file() {
        return Err(no_key());
    }
    let bytes = read_at_most(Path::new(text), NOTE_BYTES_MAX)?;
    let file = String::from_utf8(bytes).map_err(|_| no_key())?;
    let of_line = |line: &str| match line.split(' ').collect::<Vec<_>>().as_slice() {
        [key] => key.parse().ok(),
        [first, .., key] if *first == word => key.parse().ok(),
        _ => None,
    };
    let mut keys = file.lines().filter_map(of_line);
    keys.next().filter(|_| keys.next().is_none()).ok_or_else(no_key)
}

fn no_key(path: &Path, line: usize, cause: &str) -> CommandError {
    CommandError::usage(format!("{}, line {line}: {cause}. Nothing was made.", path.display()))
}

fn missing(what: &str, line: &str) -> CommandError {
    CommandError::usage(format!(
        "{what} is missing. Its holder's keys file has the line `{line}`; give it by --keys FILE or --key LINE."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_trust::{RootBody, body::Body as _};

    fn golden() -> RootBody {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust/texts/trust-root-golden.txt");
        RootBody::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// The lines of a trust root that are keys.
    fn lines() -> Vec<String> {
        let text = golden().to_string();
        let is_key = |line: &&str| {
            ["root ", "operator ", "auditor ", "log ", "witness ", "party "]
                .iter()
                .any(|word| line.starts_with(word))
        };
        text.lines().filter(is_key).map(ToOwned::to_owned).collect()
    }

    fn first(lines: &[String]) -> Result<RootContents, String> {
        let keys = PublicKeys::gather(&[], lines).map_err(|error| error.to_string())?;
        let (root_keys, operator, auditor, policy) = keys.first(2).map_err(|error| error.to_string())?;
        Ok(RootContents { root_keys, operator, auditor, policy, ..golden().contents().clone() })
    }

    #[test]
    fn the_key_lines_of_a_trust_root_make_it_again() {
        assert_eq!(first(&lines()).unwrap(), *golden().contents());
    }

    #[test]
    fn what_is_missing_or_stands_twice_is_named() {
        let without = |word: &str| {
            let lines: Vec<String> = lines().into_iter().filter(|line| !line.starts_with(word)).collect();
            first(&lines).unwrap_err()
        };
        assert!(without("operator status").starts_with("the operator's status key is missing."));
        assert!(without("log").starts_with("the log's key is missing."));
        assert!(without("party witness-2").starts_with("who runs the witness witness-2 is missing."));
        let mut twice = lines();
        twice.extend(lines().into_iter().filter(|line| line.starts_with("auditor bundle")));
        assert!(first(&twice).unwrap_err().starts_with("the auditor's bundle key was given twice."));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let error = |line: &str| PublicKeys::default().take(line).unwrap_err();
        for line in ["", "hello", "operator bundle", "operator song x", "log x y", "root nobody x"] {
            assert!(!error(line).is_empty(), "{line}");
        }
        assert!(error("operator key x").contains("bundle, status or revocation"));
        assert!(error("log x").contains("name+key id+base64"));
        let witness = lines().into_iter().find(|line| line.starts_with("witness witness-1 ")).unwrap();
        assert!(error(&witness.replace("witness witness-1", "log")).contains("algorithm 4"));
    }

    #[test]
    fn keys_that_come_later_join_or_replace() {
        let mut contents = golden().contents().clone();
        let mut keys = PublicKeys::default();
        let log = contents.policy.logs[0].clone();
        keys.take(&format!("operator bundle {}", contents.root_keys[0].key)).unwrap();
        keys.take(&format!("witness witness-1 {}", contents.policy.witnesses[1].key)).unwrap();
        keys.take("party witness-1 operator").unwrap();
        keys.take(&format!("log {log}")).unwrap();
        let other = NoteKey::new("other.example/log".parse().unwrap(), *log.public()).unwrap();
        keys.take(&format!("log {other}")).unwrap();
        keys.put_into(&mut contents).unwrap();
        assert_eq!(contents.operator.bundle, contents.root_keys[0].key);
        assert_eq!(contents.operator.status, golden().contents().operator.status);
        let names: Vec<&str> =
            contents.policy.witnesses.iter().map(|witness| witness.name.as_str()).collect();
        assert_eq!(names, ["witness-2", "witness-1"]);
        assert_eq!(contents.policy.logs, [log, other], "one of the same name is replaced");
    }
}
