//! Operator and auditor bring a bundle into force: proposal, signature, log, witnesses, counter-signature, status.

use super::{Scene, cast::publish_evidence};
use crate::{command::demo::stage::blocking, error::CommandError};
use std::time::Duration;
use strongroom_auditor::web::WebClient;
use strongroom_trust::limits::{NOTE_BYTES_MAX, UNIT_BYTES_MAX};

/// How long the auditor may take to answer; it waits for its witnesses.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Scene<'_> {
    /// The first fleet is announced.
    pub(super) async fn announce(&mut self) -> Result<String, CommandError> {
        publish_evidence(&self.desk, "evidence/first", "What is published about the fleet f2026a.\n")?;
        self.bring_into_force("--fleet f2026a=fleet-1 --evidence f2026a=evidence/first").await?;
        self.publish("--fleet fleet-1").await?;
        self.desk.write("first.checkpoint", self.fetch("/checkpoint").await?)?;
        Ok("epoch 1 signed, logged, cosigned by both witnesses, counter-signed, served".into())
    }

    /// The second fleet is announced, and the first drains.
    pub(super) async fn announce_successor(&mut self) -> Result<String, CommandError> {
        publish_evidence(&self.desk, "evidence/second", "What is published about the fleet f2027a.\n")?;
        self.start_successor().await?;
        self.bring_into_force(
            "--previous delivery --successor f2027a=fleet-2 --evidence f2027a=evidence/second",
        )
        .await?;
        self.publish("--fleet fleet-1 --fleet fleet-2").await?;
        Ok("epoch 2: a new fleet takes new vaults, the old one drains".into())
    }

    /// The auditor revokes the old fleet; nobody else has a hand in it.
    pub(super) async fn revoke(&mut self) -> Result<String, CommandError> {
        let auditor = &self.cast.auditor;
        self.desk
            .act(&format!("auditor revoke {auditor} fleet-1 --reason key-compromise --no-passphrase"))
            .await?;
        self.publish("--fleet fleet-1 --fleet fleet-2").await?;
        Ok("the auditor alone revokes the old fleet; it stands in the log and in the unit".into())
    }

    async fn bring_into_force(&mut self, fleets: &str) -> Result<(), CommandError> {
        self.epoch = self.epoch.saturating_add(1);
        let (epoch, root) = (self.epoch, self.cast.root);
        let (operator, auditor) = (self.cast.operator.clone(), self.cast.auditor.clone());
        let proposal = format!("proposal-{epoch}.note");
        self.desk
            .act(&format!(
                "bundle propose --trust {root} --key {operator}/bundle.key --out {proposal} {fleets} --no-passphrase"
            ))
            .await?;
        self.desk
            .act(&format!("auditor sign {auditor} {proposal} --evidence evidence --no-passphrase"))
            .await?;
        self.countersign("bundle", &format!("--proposal {proposal}")).await?;
        let previous = match epoch {
            1 => String::new(),
            _ => format!("--previous status-{}.note", epoch.saturating_sub(1)),
        };
        self.countersign("status", &format!("--bundle bundle-{epoch}.note {previous}")).await
    }

    /// The operator fetches what waits, puts its line under it, and brings it back.
    async fn countersign(&self, kind: &str, beside: &str) -> Result<(), CommandError> {
        let (epoch, root, operator) = (self.epoch, self.cast.root, &self.cast.operator);
        let (signed, both) = (format!("signed-{kind}-{epoch}.note"), format!("{kind}-{epoch}.note"));
        self.desk.write(&signed, self.fetch(&format!("/to-countersign/{kind}")).await?)?;
        self.desk
            .act(&format!(
                "bundle countersign {signed} --trust {root} --key {operator}/{kind}.key --out {both} {beside} \
                 --no-passphrase"
            ))
            .await?;
        self.post(self.desk.read(&both)?).await
    }

    /// The operator gives the auditor's newest unit to its nodes.
    async fn publish(&self, fleets: &str) -> Result<(), CommandError> {
        self.desk.write("delivery", self.fetch("/delivery").await?)?;
        self.desk.act(&format!("bundle publish delivery --trust {} {fleets}", self.cast.root)).await?;
        Ok(())
    }

    /// Everything once more, by somebody who believes nobody.
    pub(super) async fn verify(&mut self) -> Result<String, CommandError> {
        let root = self.cast.root;
        self.desk.write("delivery", self.fetch("/delivery").await?)?;
        self.desk.act(&format!("verify bundle delivery --trust {root}")).await?;
        let url = self.auditor()?.url.clone();
        let line = format!("verify log {url} --trust {root} --since first.checkpoint --json");
        let report = self.desk.act(&line).await?;
        let report: serde_json::Value = serde_json::from_str(&report)
            .map_err(|error| CommandError::other(format!("`strongroom {line}` prints no JSON: {error}.")))?;
        let size = report.get("size").and_then(serde_json::Value::as_u64).unwrap_or_default();
        Ok(format!("verify bundle: every step holds; verify log: all {size} entries hold, one history"))
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, CommandError> {
        let url = format!("{}{path}", self.auditor()?.url);
        blocking(move || {
            let answer = WebClient::new().and_then(|web| web.fetch(&url, UNIT_BYTES_MAX, TIMEOUT));
            match answer {
                Ok(answer) if answer.status == 200 => Ok(answer.body),
                Ok(answer) => Err(CommandError::other(format!("{url} answers HTTP {}.", answer.status))),
                Err(error) => Err(CommandError::other(format!("{url}: {error}."))),
            }
        })
        .await
    }

    async fn post(&self, note: String) -> Result<(), CommandError> {
        let url = format!("{}/notes", self.auditor()?.url);
        blocking(move || {
            let sent =
                WebClient::new().and_then(|web| web.post(&url, note.into_bytes(), NOTE_BYTES_MAX, TIMEOUT));
            match sent {
                Ok(answer) if answer.status == 200 => Ok(()),
                Ok(answer) => Err(CommandError::other(format!(
                    "{url} answers HTTP {}: {}",
                    answer.status,
                    String::from_utf8_lossy(&answer.body).trim_end()
                ))),
                Err(error) => Err(CommandError::other(format!("{url}: {error}."))),
            }
        })
        .await
    }
}
