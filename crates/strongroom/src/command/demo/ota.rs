//! `strongroom demo --ota`: the story of a fleet that the device never heard of. Operator, auditor, two witnesses and
//! devices are processes of their own, each in a folder of its own; every act is one that people do by the same commands.

mod announcing;
mod cast;
mod desk;
mod devices;

pub(super) use cast::Impostor;

use super::{
    narrator::Narrator,
    running_fleet::RunningFleet,
    source::prepare_source,
    stage::{TOKEN_LIFETIME, blocking, in_words},
};
use crate::{error::CommandError, exit::Exit, new_fleet::token};
use cast::Cast;
use desk::{Desk, Service};
use std::path::{Path, PathBuf};

/// The password of the story.
const PASSWORD: &str = "correct horse battery staple\n";

/// What the story is played with. Dropping it kills every process.
pub(super) struct Scene<'a> {
    home: &'a Path,
    given: Option<&'a Path>,
    nodes: u8,
    hsm: PathBuf,
    impostor: Option<Impostor>,
    desk: Desk,
    cast: Cast,
    witnesses: Vec<Service>,
    auditor: Option<Service>,
    fleets: Vec<RunningFleet>,
    epoch: u64,
    refusal: String,
}

impl<'a> Scene<'a> {
    /// Sets the scene in the folder `home`; nothing is made yet.
    ///
    /// # Errors
    /// The system does not say where this program is.
    pub(super) fn new(
        home: &'a Path,
        given: Option<&'a Path>,
        nodes: u8,
        hsm: PathBuf,
        impostor: Option<Impostor>,
    ) -> Result<Self, CommandError> {
        Ok(Self {
            home,
            given,
            nodes,
            hsm,
            impostor,
            desk: Desk::new(home)?,
            cast: Cast::of(impostor),
            witnesses: Vec::new(),
            auditor: None,
            fleets: Vec::new(),
            epoch: 0,
            refusal: String::new(),
        })
    }

    /// Tells the story, step by step; the first step that does not hold ends it.
    ///
    /// # Errors
    /// A step does not hold; or there is an impostor, and no step failed to show it.
    pub(super) async fn tell(&mut self, narrator: &mut Narrator) -> Result<(), CommandError> {
        narrator.step("keys", self.make_keys()).await?;
        narrator.step("trust-root", self.make_root()).await?;
        narrator.step("services", self.start_services()).await?;
        narrator.step("fleet", self.start_fleet()).await?;
        narrator.step("announce", self.announce()).await?;
        narrator.step("sample", prepare_source(self.given, self.home)).await?;
        match self.impostor {
            None => self.tell_of_two_fleets(narrator).await,
            Some(impostor) => {
                narrator.step("refused", self.refuse()).await?;
                narrator.step("stop", self.stop()).await?;
                let message = format!("{}. {}", impostor.in_words(), self.refusal);
                Err(CommandError::new(Exit::OtherFleet, message))
            }
        }
    }

    async fn tell_of_two_fleets(&mut self, narrator: &mut Narrator) -> Result<(), CommandError> {
        narrator.step("backup", self.back_up()).await?;
        narrator.step("restore", self.restore_on("second")).await?;
        narrator.step("successor", self.announce_successor()).await?;
        narrator.step("move", self.move_over()).await?;
        narrator.step("restore-moved", self.restore_on("third")).await?;
        narrator.step("revoke", self.revoke()).await?;
        narrator.step("revocation-seen", self.see_the_revocation()).await?;
        narrator.step("verify", self.verify()).await?;
        narrator.step("stop", self.stop()).await
    }

    /// Everybody makes keys, the impostor too.
    async fn make_keys(&mut self) -> Result<String, CommandError> {
        Cast::make_keys(&self.desk, "").await?;
        self.desk.write("password", PASSWORD)?;
        match self.impostor {
            None => Ok("operator, trustee, auditor and two witnesses made their keys".into()),
            Some(impostor) => {
                Cast::make_keys(&self.desk, "impostor/").await?;
                let impostor = impostor.in_words();
                Ok(format!("everybody made their keys. {impostor}"))
            }
        }
    }

    /// The trust root that the app ships; beside it, where there is an impostor, the one that the others are made to go by.
    async fn make_root(&mut self) -> Result<String, CommandError> {
        Cast::of(None).make_root(&self.desk, "").await?;
        if self.impostor.is_some() {
            self.cast.make_root(&self.desk, "impostor/").await?;
        }
        Ok("trust root signed by two of three root keys: it is all that a device will know".into())
    }

    /// Witnesses and auditor serve; the auditor adopts the trust root.
    async fn start_services(&mut self) -> Result<String, CommandError> {
        let auditor = &self.cast.auditor;
        for folder in &self.cast.witnesses {
            self.desk.act(&format!("witness watch {folder} {auditor}/public/keys --no-passphrase")).await?;
            let witness = self.desk.serve("witness", folder).await?;
            self.desk.act(&format!("auditor witness {auditor} {folder}/public/key {}", witness.url)).await?;
            self.witnesses.push(witness);
        }
        self.desk.act(&format!("auditor adopt {auditor} {} --no-passphrase", self.cast.root)).await?;
        self.auditor = Some(self.desk.serve("auditor", auditor).await?);
        Ok("two witnesses and the auditor serve on 127.0.0.1; the log has its first entry".into())
    }

    async fn start_fleet(&mut self) -> Result<String, CommandError> {
        let folder = self.desk.path("fleet-1");
        let fleet = RunningFleet::found(&folder, self.nodes, &self.hsm).await?;
        self.desk.write("token", token(&folder, "demo", TOKEN_LIFETIME)?)?;
        self.fleets.push(fleet);
        let leader = self.start_last().await?;
        Ok(format!("a fleet of {} nodes made and started, {leader} leads", in_words(self.nodes)))
    }

    /// A second fleet, of the same identity provider.
    async fn start_successor(&mut self) -> Result<(), CommandError> {
        let folder = self.desk.path("fleet-2");
        let fleet = RunningFleet::found(&folder, self.nodes, &self.hsm).await?;
        self.desk.write("fleet-2/identity/jwks.json", self.desk.read("fleet-1/identity/jwks.json")?)?;
        self.fleets.push(fleet);
        self.start_last().await?;
        Ok(())
    }

    async fn start_last(&mut self) -> Result<String, CommandError> {
        match self.fleets.last_mut() {
            Some(fleet) => fleet.start().await,
            None => Err(CommandError::other("The fleet was not made.")),
        }
    }

    /// Ends the fleets in order, and the services.
    async fn stop(&mut self) -> Result<String, CommandError> {
        for mut fleet in std::mem::take(&mut self.fleets) {
            blocking(move || {
                fleet.processes.stop();
                Ok(())
            })
            .await?;
        }
        self.auditor = None;
        self.witnesses.clear();
        Ok("nodes, auditor and witnesses ended".into())
    }

    fn auditor(&self) -> Result<&Service, CommandError> {
        self.auditor.as_ref().ok_or_else(|| CommandError::other("The auditor was not started."))
    }
}
