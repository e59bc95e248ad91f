//! The devices of the story: each begins with the trust root that the app shipped, a password, and nothing else.

use super::{Scene, cast::SHIPPED, desk::Act};
use crate::{
    access::locator_beside,
    command::demo::source::{compare_and_remove, source_folder},
    error::CommandError,
    exit::Exit,
    fleet_status::NodeReport,
    print::short,
    repository::RepositoryLocation,
};
use std::ffi::OsString;
use strongroom_client::TrustSource as _;
use strongroom_protocol::ids::FleetId;

impl Scene<'_> {
    /// Makes two vaults and two backups: one will move in time, the other will not.
    pub(super) async fn back_up(&mut self) -> Result<String, CommandError> {
        let made = self.backup("first", "backup").await?.done()?;
        self.desk.write("late/notes", "whoever was away when the fleets changed\n")?;
        let late = self.run("late", vec!["backup".into(), "late".into()], "late-backup", &[]).await?;
        late.done()?;
        self.must_be_at(1, "backup")?;
        let fleet = made.split(" and checked").next().and_then(|said| said.strip_prefix("Vault made at "));
        let fleet = fleet.ok_or_else(|| CommandError::other(format!("No vault was made: {made}")))?;
        Ok(format!("a device with the trust root alone registers at {fleet}"))
    }

    /// Restores on a device that knows nothing, and compares every byte.
    pub(super) async fn restore_on(&mut self, device: &str) -> Result<String, CommandError> {
        self.restore(device, "backup", &[]).await?.done()?;
        compare_and_remove(&source_folder(self.given, self.home), &self.desk.path("restored"))?;
        Ok(format!("{device} device, trust root and password: restored, every byte equal"))
    }

    /// The first device's next backup asks for the password, and the vault moves.
    pub(super) async fn move_over(&mut self) -> Result<String, CommandError> {
        let said = self.backup("first", "backup").await?.done()?;
        if !said.contains("The old one is erased.") {
            return Err(CommandError::other(format!("The vault did not move: {said}")));
        }
        self.must_be_at(2, "backup")?;
        Ok("the next backup moves the vault to the new fleet; the old one is erased".into())
    }

    /// Whose vault is still at the revoked fleet is asked, and moves at once.
    pub(super) async fn see_the_revocation(&mut self) -> Result<String, CommandError> {
        let asked = self.restore("fourth", "late-backup", &[]).await?;
        if asked.exit != Exit::OtherFleet || !asked.err.contains("revoked") {
            return Err(CommandError::other(format!(
                "The revocation was not seen: {}{}",
                asked.out, asked.err
            )));
        }
        self.restore("fourth", "late-backup", &["--insist"]).await?.done()?;
        compare_and_remove(&self.desk.path("late"), &self.desk.path("restored"))?;
        self.run("late", vec!["backup".into(), "late".into()], "late-backup", &[]).await?.done()?;
        self.must_be_at(2, "late-backup")?;
        Ok("who recovers at the old fleet is told and asked; its vault moves, too".into())
    }

    /// The device meets an impostor: it sends nothing, and says why in a sentence.
    pub(super) async fn refuse(&mut self) -> Result<String, CommandError> {
        let refused = self.backup("first", "backup").await?;
        if refused.exit != Exit::OtherFleet {
            return Err(CommandError::other(format!(
                "An impostor was not seen: {}{}",
                refused.out, refused.err
            )));
        }
        if self.desk.path("backup").join("strongroom.json").exists() {
            return Err(CommandError::other("A vault was begun with an impostor."));
        }
        self.must_hold_no_vault().await?;
        self.refusal = refused.err.lines().next().unwrap_or_default().to_owned();
        Ok("the device believes nothing of it, and sends nothing".into())
    }

    /// No node of any fleet may hold a vault.
    async fn must_hold_no_vault(&mut self) -> Result<(), CommandError> {
        for fleet in &mut self.fleets {
            let status = fleet.status().await?;
            let holds_none = |node: &NodeReport| node.said.as_ref().is_ok_and(|said| said.vaults == 0);
            if !status.nodes.iter().all(holds_none) {
                return Err(CommandError::other("A node holds a vault, or does not say that it holds none."));
            }
        }
        Ok(())
    }

    async fn backup(&self, device: &str, repository: &str) -> Result<Act, CommandError> {
        let source = source_folder(self.given, self.home);
        let source = std::path::absolute(&source).unwrap_or(source);
        self.run(device, vec!["backup".into(), source.into()], repository, &[]).await
    }

    async fn restore(&self, device: &str, repository: &str, more: &[&str]) -> Result<Act, CommandError> {
        self.run(device, vec!["restore".into(), "restored".into()], repository, more).await
    }

    /// Runs a command on a device, which asks every node of both fleets.
    async fn run(
        &self,
        device: &str,
        mut words: Vec<OsString>,
        repository: &str,
        more: &[&str],
    ) -> Result<Act, CommandError> {
        words.extend(
            ["--repo", repository, "--password-file", "password", "--trust", SHIPPED].map(Into::into),
        );
        words.extend(more.iter().map(Into::into));
        let endpoints = self.fleets.iter().flat_map(|fleet| fleet.processes.endpoints());
        let endpoints: Vec<String> = endpoints.map(|endpoint| endpoint.to_string()).collect();
        let variables = [
            ("STRONGROOM_ENDPOINTS", endpoints.join(",")),
            ("STRONGROOM_TOKEN_FILE", "token".into()),
            ("STRONGROOM_STATE_DIR", format!("devices/{device}")),
            ("STRONGROOM_AUDIT_LOG", self.auditor()?.url.clone()),
        ];
        self.desk.run(words, &variables).await
    }

    /// The backup's vault must be at the first or the second fleet.
    fn must_be_at(&self, number: usize, repository: &str) -> Result<(), CommandError> {
        let met = locator_beside(&RepositoryLocation::folder(self.desk.path(repository)))?.fleet();
        let fleet = number.checked_sub(1).and_then(|place| self.fleets.get(place));
        let expected: Option<FleetId> = fleet.map(|fleet| fleet.pin.fleet().id());
        if expected == Some(met) {
            return Ok(());
        }
        Err(CommandError::other(format!("The vault is at the fleet {}, not at fleet {number}.", short(met))))
    }
}

impl Act {
    /// What it said, if it did what it should.
    fn done(self) -> Result<String, CommandError> {
        match self.exit {
            Exit::Done => Ok(self.out),
            exit => Err(CommandError::new(exit, self.err)),
        }
    }
}
