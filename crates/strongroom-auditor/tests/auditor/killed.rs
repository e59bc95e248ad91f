//! The auditor as a process that is killed at random points while it signs.

use crate::{storage::Fate, world::*};
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use strongroom_auditor::storage::{Directory, PublicFiles, Storage};
use strongroom_trust::{
    CheckpointBody, ClaimedNote, RootChain, Service, body::Body, log::verify_log, text_digest,
};

const FOLDER: &str = "STRONGROOM_TEST_FOLDER";

/// What the process that is killed does: signs one bundle after the other, each with its counter-signature and its
/// status, on folders of its own and of three witnesses, for as long as it lives.
fn sign_until_killed(folder: &Path) {
    let world = World::on(folder);
    let office =
        world.office_on(Arc::new(Directory::open(&folder.join("auditor")).unwrap()), &Fate::immortal());
    office.adopt().unwrap();
    loop {
        let next = match office.last_signed() {
            None => first_bundle(),
            Some(last) => after(&last, vec![serving("f2023a", Service::Active)]),
        };
        office.enforce(&next).unwrap();
    }
}

impl Office<'_> {
    /// The last bundle that the auditor signed, out of its own log.
    fn last_signed(&self) -> Option<strongroom_trust::BundleContents> {
        let files = PublicFiles::of(self.auditor.storage());
        let report = verify_log(&files, &RootChain::new(self.world.root()), None).unwrap();
        let last = report.epochs.last()?;
        let from = last.index / 256;
        let size = report.checkpoint.body().size;
        let width = u16::try_from((size - from * 256).min(256)).unwrap();
        let id = strongroom_trust::tile::TileId { level: None, index: from, width };
        let bytes = self.auditor.storage().read(&format!("public/{id}"), 1 << 24).unwrap().unwrap();
        let entries = strongroom_trust::tile::read_entries(&bytes, width).unwrap();
        let leaf = ClaimedNote::parse(entries[(last.index % 256) as usize], 65_535).unwrap();
        Some(strongroom_trust::BundleBody::parse(leaf.text()).unwrap().contents().clone())
    }
}

fn checkpoint(folder: &Directory) -> Option<CheckpointBody> {
    let bytes = folder.read("public/checkpoint", 65_536).unwrap()?;
    Some(CheckpointBody::parse(ClaimedNote::parse(&bytes, 65_536).unwrap().text()).unwrap())
}

/// With `STRONGROOM_KILLS=200` it takes half a minute.
#[test]
fn killed_at_random_points_again_and_again_it_tells_one_history() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return sign_until_killed(Path::new(&folder));
    }
    let kills: u32 =
        std::env::var("STRONGROOM_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20);
    let folder = tempfile::tempdir().unwrap();
    for name in ["auditor", "witness-1.example", "witness-2.example", "witness-3.example"] {
        Directory::create(&folder.path().join(name)).unwrap();
    }
    let world = World::on(folder.path());
    let directory = Directory::open(&folder.path().join("auditor")).unwrap();
    let chain = RootChain::new(world.root());
    let mut stored: Option<CheckpointBody> = None;
    let (mut grown, mut begun) = (0, 0);
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::killed_at_random_points_again_and_again_it_tells_one_history"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread over starts and many rounds of signing, by the number of the kill.
        let spread = u64::from_be_bytes(text_digest(&kill.to_string()).as_bytes()[..8].try_into().unwrap());
        std::thread::sleep(Duration::from_micros(50_000 + spread % 250_000));
        assert!(child.try_wait().unwrap().is_none(), "it failed by itself at kill {kill}");
        child.kill().unwrap();
        child.wait().unwrap();
        begun += u32::from(directory.read("private/next", 1 << 21).unwrap().is_some());
        let Some(now) = checkpoint(&directory) else { continue };
        let files = PublicFiles::of(Arc::new(directory.clone()));
        verify_log(&files, &chain, stored.as_ref()).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        grown += u32::from(stored.as_ref().is_some_and(|stored| stored.size < now.size));
        stored = Some(now);
    }
    let size = stored.unwrap().size;
    println!(
        "{kills} kills: {grown} times the log had grown, {begun} times a batch was on its way, {size} leaves"
    );
    assert!(grown > kills / 10 && begun > kills / 40, "the kills hit nothing: {grown} {begun}");
}
