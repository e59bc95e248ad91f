//! A made-up message history for the demo, and a comparison of two folders.
//!
//! The history is made from a seed, the same for the same seed but for file
//! times: chats and messages in an SQLite database, and media files of random
//! bytes, which no compression makes smaller. Nobody in it is real.

mod compare;
mod generator;
mod history;
mod words;

pub use compare::{Difference, TreeComparison, compare_trees};
pub use history::{SampleError, SampleSummary, write_sample};
