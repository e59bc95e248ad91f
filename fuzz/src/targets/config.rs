//! A node's `node.toml`. What is taken is written, and read again as the same.

use strongroom_host::node::NodeConfig;

std::thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a folder");
}

/// Checks one input.
pub fn run(bytes: &[u8]) {
    FOLDER.with(|folder| {
        std::fs::write(folder.path().join("node.toml"), bytes).expect("a file");
        let Ok(config) = NodeConfig::read(folder.path()) else { return };
        config.write().expect("a configuration that was taken can be written");
        let again = NodeConfig::read(folder.path()).expect("its own text");
        assert!(again == config, "a configuration means something else when it is written again");
    });
}
