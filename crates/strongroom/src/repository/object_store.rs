//! An object store as storage: S3 and its like, through opendal.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use opendal::blocking::Operator;
use rustic_backend::OpenDALBackend;
use rustic_core::WriteBackend;
use tokio::runtime::Runtime;

use super::RepositoryError;

/// Options whose values may be printed; any other might be a password.
const PRINTED_OPTIONS: [&str; 4] = ["bucket", "endpoint", "region", "root"];

/// A service and the options that its driver wants.
///
/// Written `SERVICE?OPTION=VALUE&OPTION=VALUE`, as in
/// `s3?bucket=backups&root=/phone&region=eu-central-1`. Names and passwords of
/// the service's account are best left to its usual environment variables.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ObjectStore {
    service: String,
    options: BTreeMap<String, String>,
}

impl ObjectStore {
    /// Reads what follows `opendal:`.
    pub(super) fn parse(text: &str) -> Result<Self, RepositoryError> {
        let (service, rest) = text.split_once('?').unwrap_or((text, ""));
        let mut store = Self { service: service.to_owned(), options: BTreeMap::new() };
        for option in rest.split('&').filter(|option| !option.is_empty()) {
            let Some((name, value)) = option.split_once('=') else {
                return Err(store.unsupported("an option in it has no value; write OPTION=VALUE"));
            };
            store.options.insert(name.to_owned(), value.to_owned());
        }
        Ok(store)
    }

    /// Reaches the store.
    pub(super) fn backend(&self) -> Result<Arc<dyn WriteBackend>, RepositoryError> {
        let backend = OpenDALBackend::new(&self.service, self.options.clone())
            .map_err(|error| self.unsupported(error.display_log()))?;
        Ok(Arc::new(backend))
    }

    /// Reads a file at the store's root, if there is one, of at most `bytes_max` bytes.
    pub(super) fn read(&self, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, RepositoryError> {
        let operator = self.operator()?;
        let length = match operator.stat(name) {
            Ok(found) => found.content_length(),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        if length > bytes_max {
            return Err(RepositoryError::Damaged {
                location: self.to_string(),
                what: format!("{name} is too large"),
            });
        }
        let contents = operator.read(name).map_err(|error| self.failed(error))?;
        Ok(Some(contents.to_vec()))
    }

    /// Writes a file at the store's root.
    pub(super) fn write(&self, name: &str, contents: &[u8]) -> Result<(), RepositoryError> {
        let written = self.operator()?.write(name, contents.to_vec());
        written.map(|_| ()).map_err(|error| self.failed(error))
    }

    fn operator(&self) -> Result<Operator, RepositoryError> {
        let options = self.options.clone();
        let operator = opendal::Operator::via_iter(&self.service, options)
            .map_err(|error| self.unsupported(error.to_string()))?;
        let _context = runtime().map_err(|error| self.failed(error))?.enter();
        Operator::new(operator).map_err(|error| self.unsupported(error.to_string()))
    }

    fn unsupported(&self, why: impl Into<String>) -> RepositoryError {
        RepositoryError::Unsupported { location: self.to_string(), why: why.into() }
    }

    fn failed(&self, error: impl std::error::Error + Send + Sync + 'static) -> RepositoryError {
        RepositoryError::Io { what: format!("Using {self}"), source: io::Error::other(error) }
    }
}

impl fmt::Display for ObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "opendal:{}", self.service)?;
        let printed = self.options.iter().filter(|(name, _)| PRINTED_OPTIONS.contains(&name.as_str()));
        for (number, (name, value)) in printed.enumerate() {
            let separator = if number == 0 { '?' } else { '&' };
            write!(formatter, "{separator}{name}={value}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ObjectStore({self})")
    }
}

/// The runtime that the driver's requests run on; one for the whole program.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(running) = RUNTIME.get() {
        return Ok(running);
    }
    let started = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    Ok(RUNTIME.get_or_init(|| started))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::repository::{Repository, RepositoryKey, RepositoryLocation};

    #[test]
    fn what_might_be_a_password_is_not_printed() {
        let store = ObjectStore::parse("s3?bucket=b&secret_access_key=hush&root=/r").unwrap();
        assert_eq!(store.to_string(), "opendal:s3?bucket=b&root=/r");
        assert_eq!(format!("{store:?}"), "ObjectStore(opendal:s3?bucket=b&root=/r)");
        assert!(ObjectStore::parse("s3?bucket").is_err());
    }

    #[test]
    fn a_service_that_does_not_exist_is_unsupported() {
        let store = ObjectStore::parse("nonsense?root=/").unwrap();
        assert!(matches!(store.backend(), Err(RepositoryError::Unsupported { .. })));
    }

    #[test]
    fn a_backup_goes_into_a_store_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("opendal:fs?root={}/store", folder.path().display());
        let location = RepositoryLocation::parse(&text).unwrap();
        let key = || RepositoryKey::from_hex("0123456789abcdef".repeat(4).into()).unwrap();
        assert!(matches!(Repository::open(&location, &key()), Err(RepositoryError::Missing { .. })));
        assert_eq!(location.read_locator().unwrap(), None);
        location.write_locator(b"{}").unwrap();
        assert_eq!(location.read_locator().unwrap().unwrap(), b"{}");

        let source = folder.path().join("source");
        std::fs::create_dir(&source).unwrap();
        std::fs::write(source.join("message"), "hi").unwrap();
        let repository = Repository::create(&location, &key()).unwrap();
        let _ = repository.backup(&source, &Progress::silent()).unwrap();
        let target = folder.path().join("target");
        let opened = Repository::open(&location, &key()).unwrap();
        opened.check(&Progress::silent()).unwrap();
        opened.restore(None, &target, &Progress::silent()).unwrap();
        assert_eq!(std::fs::read(target.join("message")).unwrap(), b"hi");
    }
}
