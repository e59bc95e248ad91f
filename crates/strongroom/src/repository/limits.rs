//! Every bound on what is read from storage that nobody trusts.

/// Bytes of the file `config`; a real one has a few hundred.
pub(super) const CONFIG_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of a key file; a real one has a few hundred.
pub(super) const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Key files in a repository; each costs one key derivation to try.
pub(super) const KEY_FILES_MAX: usize = 64;
/// Bytes of memory that a key file may ask for to derive its key; restic's and rustic's ask for 128 MiB at most.
pub(super) const KDF_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Passes that a key file may ask for over that memory.
pub(super) const KDF_PASSES_MAX: u64 = 16;
/// Bytes of a snapshot file.
pub(super) const SNAPSHOT_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of an index file; a full one has about 8 MiB.
pub(super) const INDEX_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of a pack file: offsets in the format have 32 bits.
pub(super) const PACK_FILE_BYTES_MAX: u64 = u32::MAX as u64;
/// Bytes of a file kept beside the repository.
pub(super) const BESIDE_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Folders inside one another at restore; a path of 4,096 bytes cannot have more.
pub(super) const DEPTH_MAX: usize = 2_048;
/// Files, folders and links of one snapshot at restore.
pub(super) const ENTRIES_MAX: u64 = 100_000_000;
/// Threads that write files at restore; each holds one blob of at most 8 MiB.
pub(super) const WRITERS_MAX: usize = 4;
/// Files that wait for a writer at restore.
pub(super) const WAITING_FILES_MAX: usize = 256;
/// Paths that a summary or an error names; all others are counted.
pub(super) const NAMED_PATHS_MAX: usize = 20;
