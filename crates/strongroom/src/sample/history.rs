//! Writing the made-up history into a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::generator::Generator;
use super::words;

const CHATS: u64 = 41;
const MESSAGES: u64 = 12_480;
const MEDIA_FILES: u64 = 96;
const MEDIA_BYTES_MIN: u64 = 250_000;
const MEDIA_BYTES_MAX: u64 = 500_000;
/// The first message's time, in seconds since 1970: the beginning of 2024.
const FIRST_SENT: u64 = 1_704_067_200;
/// Seconds between two messages, at most.
const PAUSE_MAX: u64 = 9_000;

const TABLES: &str = "
    CREATE TABLE chats (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        chat INTEGER NOT NULL REFERENCES chats (id),
        sent INTEGER NOT NULL,
        author TEXT NOT NULL,
        body TEXT NOT NULL,
        media TEXT
    );
    CREATE INDEX messages_by_chat ON messages (chat, sent);
";

/// What a sample history holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SampleSummary {
    /// Chats in the database.
    pub chats: u64,
    /// Messages in the database.
    pub messages: u64,
    /// Media files beside the database.
    pub media: u64,
    /// Bytes of the database and the media files.
    pub bytes: u64,
}

/// Why a sample history could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The folder holds something already.
    #[error("{} is not empty. The sample overwrites nothing: give a new or an empty folder.", .0.display())]
    NotEmpty(PathBuf),
    /// The system refused to write a file.
    #[error("{} cannot be written: {source}. Free some space or choose another folder.", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused.
    #[error("{} cannot be written as a database: {source}. Free some space or choose another folder.", .path.display())]
    Database {
        /// The database's file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
}

/// Writes a sample history into `folder`, which must be missing or empty.
///
/// 41 chats, 12,480 messages and 96 media files of 30 to 40 MB in all; the
/// same bytes for the same seed.
///
/// # Errors
///
/// [`SampleError`] says which file, and what to do.
pub fn write_sample(folder: &Path, seed: u64) -> Result<SampleSummary, SampleError> {
    make_empty(folder)?;
    let mut generator = Generator::new(seed);
    let media = write_media(folder, &mut generator)?;
    let database = folder.join("messages.db");
    write_database(&database, &media, &mut generator)
        .map_err(|source| SampleError::Database { path: database.clone(), source })?;
    let written = fs::metadata(&database).map_err(at(&database))?.len();
    Ok(SampleSummary {
        chats: CHATS,
        messages: MESSAGES,
        media: MEDIA_FILES,
        bytes: media.iter().map(|file| file.bytes).fold(written, u64::saturating_add),
    })
}

/// A media file, by its path inside the folder.
struct Media {
    name: String,
    bytes: u64,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SampleError {
    let path = path.to_path_buf();
    |source| SampleError::Io { path, source }
}

fn make_empty(folder: &Path) -> Result<(), SampleError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    match fs::read_dir(folder).map_err(at(folder))?.next() {
        None => Ok(()),
        Some(_) => Err(SampleError::NotEmpty(folder.to_path_buf())),
    }
}

fn write_media(folder: &Path, generator: &mut Generator) -> Result<Vec<Media>, SampleError> {
    let mut media = Vec::new();
    for number in 1..=MEDIA_FILES {
        let year = if number <= MEDIA_FILES / 2 { 2024 } else { 2025 };
        let kind = if number % 8 == 0 { "clip" } else { "photo" };
        let name = format!("media/{year}/{kind}-{number:04}.bin");
        let path = folder.join(&name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        let bytes = MEDIA_BYTES_MIN + generator.below(MEDIA_BYTES_MAX - MEDIA_BYTES_MIN);
        let contents = generator.bytes(usize::try_from(bytes).unwrap_or(0));
        fs::write(&path, contents).map_err(at(&path))?;
        media.push(Media { name, bytes });
    }
    Ok(media)
}

fn write_database(path: &Path, media: &[Media], generator: &mut Generator) -> Result<(), rusqlite::Error> {
    let mut database = Connection::open(path)?;
    database.execute_batch(TABLES)?;
    let transaction = database.transaction()?;
    write_chats(&transaction)?;
    write_messages(&transaction, media, generator)?;
    transaction.commit()?;
    database.close().map_err(|(_, error)| error)
}

fn write_chats(transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    let mut insert = transaction.prepare("INSERT INTO chats (id, title) VALUES (?1, ?2)")?;
    for chat in 1..=CHATS {
        insert.execute(params![chat, format!("chat {chat}")])?;
    }
    Ok(())
}

fn write_messages(
    transaction: &Transaction<'_>,
    media: &[Media],
    generator: &mut Generator,
) -> Result<(), rusqlite::Error> {
    let mut insert = transaction.prepare(
        "INSERT INTO messages (id, chat, sent, author, body, media) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut sent = FIRST_SENT;
    let mut waiting = media.iter();
    for message in 1..=MESSAGES {
        let chat = generator.below(CHATS).saturating_add(1);
        sent = sent.saturating_add(generator.below(PAUSE_MAX));
        let author = generator.one_of(&["me", "them"]);
        let attached = if message % (MESSAGES / MEDIA_FILES) == 0 {
            waiting.next().map(|file| file.name.as_str())
        } else {
            None
        };
        let body = words::message(generator);
        insert.execute(params![message, chat, sent, author, body, attached])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::compare_trees;

    #[test]
    fn the_history_is_as_large_as_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let summary = write_sample(folder.path(), 7).unwrap();
        assert_eq!((summary.chats, summary.messages, summary.media), (41, 12_480, 96));
        assert!((30_000_000..40_000_000).contains(&summary.bytes), "{summary:?}");

        let database = Connection::open(folder.path().join("messages.db")).unwrap();
        let count = |query: &str| database.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM chats"), 41);
        assert_eq!(count("SELECT count(*) FROM messages"), 12_480);
        assert_eq!(count("SELECT count(DISTINCT media) FROM messages"), 96);
        let (names, _) = database
            .query_row("SELECT title, id FROM chats WHERE id = 7", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))
            })
            .unwrap();
        assert_eq!(names, "chat 7");
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b, c) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
        write_sample(&a, 1).unwrap();
        write_sample(&b, 1).unwrap();
        write_sample(&c, 2).unwrap();
        assert!(compare_trees(&a, &b).unwrap().is_equal());
        assert!(!compare_trees(&a, &c).unwrap().is_equal());
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "mine").unwrap();
        let refused = write_sample(folder.path(), 1).unwrap_err();
        assert!(matches!(refused, SampleError::NotEmpty(_)));
    }
}
