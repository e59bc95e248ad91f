//! Secret keys in files of their own: made, opened, and what seals them. Page: `docs/spec/key-file.md`.
//!
//! A key that has no passphrase is sealed under the empty one, so that every key file has one form; its file's mode
//! is all that protects it then.

use crate::{error::CommandError, files::read_at_most};
use clap::Args;
use std::{
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use strongroom_auditor::{
    key::{KeyFileError, Passphrase, SealedKey, Stretching, TextSigner as _},
    limits::KEY_FILE_BYTES_MAX,
};
use strongroom_crypto::{ChaChaRng, sign::SigningKey};
use strongroom_trust::{KeyName, NoteKey, NoteSignature};
use zeroize::Zeroizing;

/// Bytes of a passphrase at most.
const PASSPHRASE_BYTES_MAX: u64 = 1024;
/// Who but its owner may read a key file: nobody.
const SECRET: u32 = 0o600;
/// The work of the empty passphrase, which work does not make better.
const NO_WORK: (u32, u32, u32) = (8, 1, 1);

/// Where the passphrase of key files comes from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Key files")]
pub struct PassphraseOptions {
    /// Read the key files' passphrase from a file; a line feed at its end is no part of it
    #[arg(long, value_name = "F", conflicts_with = "no_passphrase")]
    pub passphrase_file: Option<PathBuf>,
    /// The key files have none, and nothing but their mode protects them
    #[arg(long)]
    pub no_passphrase: bool,
}

/// A secret key, with the public one by which others know it.
pub struct NoteSigner {
    key: NoteKey,
    secret: SigningKey,
}

/// A passphrase that was given once for several key files. It has no `Debug` and is zeroised when dropped.
pub struct GivenPassphrase(Zeroizing<String>);

impl PassphraseOptions {
    /// Gets the passphrase of new key files; at a terminal twice.
    ///
    /// # Errors
    /// There is no terminal, the file cannot be read, it is empty, or the two differ.
    pub fn read_new(&self) -> Result<GivenPassphrase, CommandError> {
        let given = self.read("New passphrase for the key files: ")?;
        if self.is_asked_for() && *ask("Again: ")? != *given.0 {
            return Err(CommandError::usage("The two passphrases differ. Nothing was made; try again."));
        }
        Ok(given)
    }

    /// Gets the passphrase of key files that stand.
    ///
    /// # Errors
    /// As [`Self::read_new`].
    pub fn read_old(&self) -> Result<GivenPassphrase, CommandError> {
        self.read("Passphrase of the key file: ")
    }

    /// Opens what a passphrase seals; what has none opens without a question.
    ///
    /// # Errors
    /// There is no passphrase to be had; within, what `open` says.
    pub fn unseal<T, E>(
        &self,
        open: impl Fn(&Passphrase) -> Result<T, E>,
    ) -> Result<Result<T, E>, CommandError> {
        if self.is_asked_for()
            && let Ok(opened) = open(&Passphrase::new(String::new()))
        {
            return Ok(Ok(opened));
        }
        Ok(open(&self.read_old()?.to_passphrase()))
    }

    fn is_asked_for(&self) -> bool {
        !self.no_passphrase && self.passphrase_file.is_none()
    }

    fn read(&self, prompt: &str) -> Result<GivenPassphrase, CommandError> {
        let text = match &self.passphrase_file {
            Some(path) => read_line(path)?,
            None if self.no_passphrase => return Ok(GivenPassphrase(Zeroizing::new(String::new()))),
            None => ask(prompt)?,
        };
        if text.is_empty() {
            let message =
                "The passphrase is empty. Nothing was done; give --no-passphrase if there is to be none.";
            return Err(CommandError::usage(message));
        }
        Ok(GivenPassphrase(text))
    }
}

/// Fresh randomness for new keys.
///
/// # Errors
/// The system gives none.
pub fn fresh_rng() -> Result<ChaChaRng, CommandError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut())
        .map_err(|error| CommandError::other(format!("The system gives no randomness: {error}.")))?;
    Ok(ChaChaRng::from_seed(*seed))
}

impl GivenPassphrase {
    /// As the key files take it.
    #[must_use]
    pub fn to_passphrase(&self) -> Passphrase {
        Passphrase::new(self.0.as_str().to_owned())
    }

    /// The work that opening such a key file takes.
    #[must_use]
    pub fn stretching(&self) -> Stretching {
        let (kibibytes, passes, lanes) = NO_WORK;
        match self.0.is_empty() {
            true => Stretching::new(kibibytes, passes, lanes).unwrap_or(Stretching::STANDARD),
            false => Stretching::STANDARD,
        }
    }
}

impl NoteSigner {
    /// Makes a key of this name in a new file that only its owner may read.
    ///
    /// # Errors
    /// The name cannot be a key's, something lies there already, or the system refuses.
    pub fn create(path: &Path, name: &str, passphrase: &GivenPassphrase) -> Result<NoteKey, CommandError> {
        let name: KeyName = name.parse().map_err(|error| {
            CommandError::usage(format!("\"{}\" names no key: {error}.", name.escape_debug()))
        })?;
        let mut rng = fresh_rng()?;
        let sealed =
            SealedKey::generate(name, &passphrase.to_passphrase(), passphrase.stretching(), &mut rng);
        let sealed = sealed.map_err(|error| unusable(path, &error))?;
        write_secret(path, &sealed.to_string()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CommandError::usage(format!(
                "{} is there already, and a key is never written over. Choose another folder, or move it away.",
                path.display()
            )),
            _ => CommandError::file(path, "written", &error),
        })?;
        Ok(sealed.key().clone())
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// It cannot be read, is none, or has another passphrase.
    pub fn open(path: &Path, options: &PassphraseOptions) -> Result<Self, CommandError> {
        let bytes = read_at_most(path, KEY_FILE_BYTES_MAX)?;
        let sealed: SealedKey<1> = SealedKey::parse(&bytes).map_err(|error| unusable(path, &error))?;
        let opened = options.unseal(|passphrase| sealed.open(passphrase))?;
        let secret = opened.map_err(|error| unusable(path, &error))?;
        Ok(Self { key: sealed.key().clone(), secret })
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// Signs a text as it stands.
    ///
    /// # Errors
    /// The text is none that is ever signed.
    pub fn sign(&self, text: &str) -> Result<NoteSignature, CommandError> {
        self.secret
            .line(&self.key, text)
            .map_err(|error| CommandError::other(format!("{} did not sign: {error}.", self.key.name())))
    }
}

fn unusable(path: &Path, error: &KeyFileError) -> CommandError {
    let what_to_do = match error {
        KeyFileError::Form(_) => "Give a file that `strongroom trust keys` or `strongroom auditor init` made",
        KeyFileError::Passphrase(_) => "Try again; a changed file cannot be told from a wrong passphrase",
        KeyFileError::Memory => "Close other programs and try again",
        KeyFileError::OtherKey(_) => "Somebody put the file together out of two: get it from its copy",
    };
    CommandError::usage(format!("The key file {} cannot be used: {error}. {what_to_do}.", path.display()))
}

fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(SECRET).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, CommandError> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| {
        let message = "A passphrase is needed, and there is no terminal to ask at. Give --passphrase-file F, or \
                       --no-passphrase where the key files have none.";
        CommandError::usage(message)
    })
}

fn read_line(path: &Path) -> Result<Zeroizing<String>, CommandError> {
    // One buffer that never grows leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(2048));
    let file = std::fs::File::open(path).map_err(|error| CommandError::file(path, "read", &error))?;
    let read = file.take(PASSPHRASE_BYTES_MAX.saturating_add(1)).read_to_string(&mut text);
    let length = read.map_err(|error| CommandError::file(path, "read", &error))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > PASSPHRASE_BYTES_MAX {
        return Err(CommandError::usage(format!("{} is too long for a passphrase.", path.display())));
    }
    let line = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt as _};

    fn given(text: &str) -> GivenPassphrase {
        GivenPassphrase(Zeroizing::new(text.into()))
    }

    fn from_file(folder: &Path, text: &str) -> PassphraseOptions {
        let path = folder.join("passphrase");
        fs::write(&path, text).unwrap();
        PassphraseOptions { passphrase_file: Some(path), no_passphrase: false }
    }

    #[test]
    fn a_key_file_is_its_owners_alone_and_opens_with_its_passphrase_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let key = NoteSigner::create(&path, "root.example", &given("correct")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let signer = NoteSigner::open(&path, &from_file(folder.path(), "correct\n")).unwrap();
        assert_eq!(signer.key(), &key);
        assert!(signer.sign("a text\n").unwrap().is_of(&key));
        for options in [
            from_file(folder.path(), "wrong"),
            PassphraseOptions { no_passphrase: true, ..Default::default() },
        ] {
            let error = NoteSigner::open(&path, &options).err().unwrap();
            assert_eq!(error.exit().code(), 2);
            assert!(
                error.to_string().contains("the passphrase does not open the key root.example"),
                "{error}"
            );
            assert!(
                !error.to_string().contains("wrong\n") && !error.to_string().contains("correct"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_key_without_a_passphrase_needs_none_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let key = NoteSigner::create(&path, "root.example", &given("")).unwrap();
        assert_eq!(NoteSigner::open(&path, &PassphraseOptions::default()).unwrap().key(), &key);
        let again = NoteSigner::create(&path, "root.example", &given("")).unwrap_err();
        assert!(again.to_string().contains("a key is never written over"), "{again}");
        assert_eq!(NoteSigner::create(&path, "a b", &given("")).unwrap_err().exit().code(), 2);
    }

    #[test]
    fn an_empty_or_too_long_passphrase_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "\n", &"a".repeat(1025)] {
            assert_eq!(from_file(folder.path(), text).read_new().err().unwrap().exit().code(), 2);
        }
        assert!(from_file(folder.path(), &"a".repeat(1024)).read_new().is_ok());
    }

    #[test]
    fn what_is_no_key_file_says_what_makes_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "hello\n").unwrap();
        let error = NoteSigner::open(&path, &PassphraseOptions::default()).err().unwrap();
        assert!(error.to_string().contains("`strongroom trust keys`"), "{error}");
    }
}
