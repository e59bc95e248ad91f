//! No secret stands in anything that a host keeps, logs or shows, however it is written (G4).

use crate::world::{PASSWORD, World};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

const WRONG: &str = "canary wrong password 9876543210";

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            // A store's own file may go while it is read.
            found.extend(fs::read(&path).ok());
        }
    }
}

/// What a host shows at a path to whoever asks.
fn shown(address: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut body = Vec::new();
    stream.read_to_end(&mut body).unwrap();
    assert!(body.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&body));
    body
}

/// A secret as it is, in hex, and in base64 at each of the three alignments.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_vec(), hex.clone().into_bytes(), hex.to_uppercase().into_bytes()];
    for rest in [secret, &secret[1..], &secret[2..]] {
        let whole = &rest[..rest.len() / 3 * 3];
        forms.push(STANDARD_NO_PAD.encode(whole).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(whole).into_bytes());
    }
    forms
}

fn unhex(digits: &str) -> Vec<u8> {
    let digits: String = digits.chars().filter(char::is_ascii_hexdigit).collect();
    assert_eq!(digits.len(), 64, "{} digits", digits.len());
    (0..32).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn stands_in(haystack: &[Vec<u8>], needle: &[u8]) -> bool {
    haystack.iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

#[test]
fn no_host_keeps_logs_or_shows_a_secret() {
    let mut world = World::new(10);
    world.back_up();
    world.write("wrong", WRONG);
    world.run_on("second", ["restore", "out", "--repo", "repo", "--password-file", "wrong"]).expect_code(3);
    world
        .run_on("second", ["restore", "out", "--repo", "repo", "--password-file", "password"])
        .expect_code(0);
    let backup_key = unhex(&world.run(["key", "--repo", "repo", "--backup-key"]).expect_code(0).out);
    let repository_key = unhex(&world.run(["key", "--repo", "repo"]).expect_code(0).out);
    let locator: serde_json::Value =
        serde_json::from_slice(&fs::read(world.path("repo/strongroom.json")).unwrap()).unwrap();
    let vault = unhex(locator["vault"].as_str().unwrap());
    let fleet = locator["fleet"].as_str().unwrap().as_bytes().to_vec();

    let mut visible = Vec::new();
    for endpoint in locator["endpoints"].as_array().unwrap() {
        let address = endpoint.as_str().unwrap().trim_start_matches("http://");
        visible.extend(["/metrics", "/v1/status", "/v1/keys", "/v1/health"].map(|path| shown(address, path)));
    }
    files(&world.path("fleet"), &mut visible);
    world.wait_until_whole();

    let secrets: [(&str, &[u8]); 5] = [
        ("the password", PASSWORD.as_bytes()),
        ("a wrong password", WRONG.as_bytes()),
        ("the backup key", &backup_key),
        ("the repository key", &repository_key),
        ("the vault id", &vault),
    ];
    for (name, secret) in secrets {
        for form in forms(secret) {
            assert!(!stands_in(&visible, &form), "{name} is visible at a host");
        }
    }
    // The search would find it: the fleet id stands in the status and in every node's configuration.
    assert!(stands_in(&visible, &fleet));
}
