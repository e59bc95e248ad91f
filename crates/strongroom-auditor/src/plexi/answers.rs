//! plexi's answers, as files: `/info`, `/namespaces` and what is below.

use super::{CIPHERSUITE, PlexiKey, message::signature_message};
use serde::Serialize;
use serde_json::json;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{Epoch, Moment, Namespace};

/// One epoch that the auditor signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlexiEpoch {
    /// Its number.
    pub epoch: Epoch,
    /// The bundle's digest.
    pub digest: Digest,
    /// When the bundle was written.
    pub issued: Moment,
}

/// What is answered about one namespace.
pub struct PlexiAnswers<'a> {
    key: &'a PlexiKey,
    namespace: &'a Namespace,
    origin: &'a str,
}

#[derive(Serialize)]
struct Audit<'a> {
    version: u32,
    ciphersuite: u32,
    namespace: &'a str,
    timestamp: u64,
    epoch: u64,
    digest: String,
    signature: String,
    key_id: u8,
    serialized_message: String,
}

impl<'a> PlexiAnswers<'a> {
    /// Answers for one namespace and one log.
    pub fn new(key: &'a PlexiKey, namespace: &'a Namespace, origin: &'a str) -> Self {
        Self { key, namespace, origin }
    }

    /// Every answer with its path below `plexi/`, for the epochs that there are, in order.
    pub fn files(&self, epochs: &[PlexiEpoch]) -> Vec<(String, String)> {
        let namespace = self.namespace(epochs.first());
        let mut files = vec![
            ("info".into(), self.info()),
            ("namespaces".into(), json!({ "namespaces": [&namespace] }).to_string()),
            ("namespace".into(), namespace.to_string()),
        ];
        files.extend(epochs.iter().map(|epoch| (format!("audits/{}", epoch.epoch), self.audit(epoch))));
        files.extend(epochs.last().map(|last| ("last-verified-epoch".into(), last_epoch(epochs, last))));
        files
    }

    fn info(&self) -> String {
        let key = json!({ "public_key": hex(&self.key.public()), "not_before": 0 });
        json!({ "keys": [key], "logs": [self.origin] }).to_string()
    }

    /// Without a directory of proofs: those of plexi are of another kind of log than this one.
    fn namespace(&self, first: Option<&PlexiEpoch>) -> serde_json::Value {
        let name = self.namespace.as_str();
        json!({
            "name": name,
            "log_directory": null,
            "root": first.map(|first| format!("{}/{}", first.epoch, first.digest)),
            "status": if first.is_some() { "Online" } else { "Initialization" },
            "reports_uri": format!("/namespaces/{name}/reports"),
            "audits_uri": format!("/namespaces/{name}/audits"),
            "signature_version": CIPHERSUITE,
            "ciphersuite": CIPHERSUITE,
        })
    }

    fn audit(&self, epoch: &PlexiEpoch) -> String {
        let timestamp = millis(epoch.issued);
        let message = signature_message(self.namespace.as_str(), timestamp, epoch.epoch, &epoch.digest);
        let [.., key_id] = self.key.public();
        let audit = Audit {
            version: CIPHERSUITE,
            ciphersuite: CIPHERSUITE,
            namespace: self.namespace.as_str(),
            timestamp,
            epoch: epoch.epoch.0,
            digest: epoch.digest.to_hex(),
            signature: hex(&self.key.sign(&message)),
            key_id,
            serialized_message: hex(&message),
        };
        serde_json::to_string(&audit).unwrap_or_default()
    }
}

fn last_epoch(epochs: &[PlexiEpoch], last: &PlexiEpoch) -> String {
    let before = epochs.iter().rev().nth(1).map(|before| before.digest.to_hex());
    json!({
        // plexi names a job that checked the epoch; there is none here.
        "job_id": "00000000-0000-0000-0000-000000000000",
        "epoch": last.epoch.0,
        "start_hash": before.unwrap_or_default(),
        "end_hash": last.digest.to_hex(),
        "timestamp": millis(last.issued),
    })
    .to_string()
}

fn millis(moment: Moment) -> u64 {
    moment.seconds().saturating_mul(1000)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
