//! Writes what everybody may read: the delivery unit, the log page, plexi's answers, and what waits for the
//! operator.

use super::{
    Auditor, AuditorError,
    desk::{Desk, revocations_beside},
};
use crate::{
    page::{Page, PageNotes},
    plexi::{PlexiAnswers, PlexiEpoch},
    storage::public,
};
use strongroom_trust::{
    ClaimedDelivery, ClaimedEpochs, CountersignedNote, DeviceView, Moment, TrustRoot, WitnessedCheckpoint,
    body::Body, log::verify_log, verify_delivery,
};

/// For what was published last, so that nothing is done twice.
const MARK: &str = "private/published";
/// What an own file is at most, to be compared with what it should be.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Auditor {
    /// Writes what follows from the log and the counter-signed notes as they are now, unless that was done.
    pub(super) fn publish(&self, desk: &Desk, now: Moment) -> Result<(), AuditorError> {
        let witnessed = desk.log.witnessed(&desk.root().contents().policy)?;
        let mark = self.mark(desk, &witnessed)?;
        if self.storage.read(MARK, FILE_BYTES_MAX)?.is_some_and(|done| done == mark.as_bytes()) {
            return Ok(());
        }
        if let Some(unit) = self.unit(desk, &witnessed)? {
            self.publish_unit(desk, &unit, now)?;
        }
        self.publish_waiting(desk)?;
        self.publish_plexi(desk)?;
        self.publish_page(desk, now)?;
        Ok(self.storage.replace(MARK, mark.as_bytes())?)
    }

    /// What was published for: the checkpoint with its cosignatures, and the newest notes that both signed.
    fn mark(&self, desk: &Desk, witnessed: &WitnessedCheckpoint) -> Result<String, AuditorError> {
        let bundle = self.newest_agreed(desk)?.map_or(0, |bundle| bundle.body.contents().epoch.0);
        let status = self.agreed_status(desk)?.map_or(0, |status| status.body.contents().number.0);
        Ok(format!("bundle {bundle}\nstatus {status}\n\n{}", witnessed.note()))
    }

    /// Bundle and status are proved anew under one checkpoint, so that both proofs carry it byte for byte. Where they
    /// bear keys that the newest trust root does not name any more, the last unit stays until both are signed anew.
    fn unit(&self, desk: &Desk, witnessed: &WitnessedCheckpoint) -> Result<Option<String>, AuditorError> {
        let Some(status) = self.agreed_status(desk)? else { return Ok(None) };
        let Some(logged) = desk.ledger.bundle(status.body.contents().bundle) else { return Ok(None) };
        let Some(bundle) = self.agreed(logged)? else { return Ok(None) };
        if !bears_named_keys(desk.root(), &bundle.note, &status.note) {
            return Ok(None);
        }
        let revocations = revocations_beside(desk, &bundle.body);
        let unit = ClaimedDelivery::compose(
            bundle.note,
            desk.log.prove(bundle.index, witnessed)?,
            status.note,
            desk.log.prove(status.index, witnessed)?,
            revocations.into_iter().map(|(_, text)| text.into()).collect(),
        );
        Ok(Some(unit.to_string()))
    }

    /// A unit that a device with this trust root would refuse is not put in the place of the last one.
    fn publish_unit(&self, desk: &Desk, unit: &str, now: Moment) -> Result<(), AuditorError> {
        let view = DeviceView {
            clock: now,
            build: Moment::FIRST,
            epochs: ClaimedEpochs::default(),
            memory: None,
            consistency: None,
        };
        verify_delivery(ClaimedDelivery::parse(unit.as_bytes())?, desk.root(), &view)?;
        self.put("delivery", unit)
    }

    /// What the operator has not counter-signed yet.
    fn publish_waiting(&self, desk: &Desk) -> Result<(), AuditorError> {
        let bundle = match desk.ledger.bundles.last() {
            Some(last) if self.agreed(last)?.is_none() => Some(last.leaf.as_str()),
            _ => None,
        };
        self.put_or_remove("to-countersign/bundle", bundle)?;
        let agreed = self.agreed_status(desk)?.map(|agreed| agreed.index);
        let last = desk.ledger.statuses.last().filter(|last| agreed != Some(last.index));
        self.put_or_remove("to-countersign/status", last.map(|last| last.leaf.as_str()))
    }

    fn publish_plexi(&self, desk: &Desk) -> Result<(), AuditorError> {
        let epoch = |logged: &crate::ledger::Logged<strongroom_trust::BundleBody>| PlexiEpoch {
            epoch: logged.body.contents().epoch,
            digest: logged.body.digest(),
            issued: logged.body.contents().issued,
        };
        let epochs: Vec<PlexiEpoch> = desk.ledger.bundles.iter().map(epoch).collect();
        let origin = desk.keys.log.key().name().as_str();
        let answers = PlexiAnswers::new(&desk.keys.plexi, &self.namespace, origin);
        let files = answers.files(&epochs);
        files.iter().try_for_each(|(path, text)| self.put(&format!("plexi/{path}"), text))
    }

    fn publish_page(&self, desk: &Desk, now: Moment) -> Result<(), AuditorError> {
        let report = verify_log(&desk.log.files(), &desk.roots, None);
        let report = report.map_err(|cause| AuditorError::Broken(cause.to_string()))?;
        let mut notes = PageNotes { now, status: None, countersigned: Vec::new() };
        notes.status = self.agreed_status(desk)?.map(|status| status.body.contents().clone());
        for logged in &desk.ledger.bundles {
            if self.agreed(logged)?.is_some() {
                notes.countersigned.push(logged.body.contents().epoch);
            }
        }
        self.put("index.html", &Page::new(desk.root(), &report, &notes).to_string())
    }

    fn put(&self, path: &str, text: &str) -> Result<(), AuditorError> {
        let path = public(path);
        let is_there =
            self.storage.read(&path, FILE_BYTES_MAX)?.is_some_and(|bytes| bytes == text.as_bytes());
        if is_there { Ok(()) } else { Ok(self.storage.replace(&path, text.as_bytes())?) }
    }

    fn put_or_remove(&self, path: &str, text: Option<&str>) -> Result<(), AuditorError> {
        match text {
            Some(text) => self.put(path, text),
            None => Ok(self.storage.remove(&public(path))?),
        }
    }
}

/// Whether devices that follow a trust root find its keys under both notes.
fn bears_named_keys(root: &TrustRoot, bundle: &CountersignedNote, status: &CountersignedNote) -> bool {
    let (operator, auditor) = (&root.contents().operator, &root.contents().auditor);
    let is_signed = |note: &CountersignedNote, operator, auditor| {
        note.verify_operator(operator).and_then(|()| note.verify_auditor(auditor)).is_ok()
    };
    is_signed(bundle, &operator.bundle, &auditor.bundle)
        && is_signed(status, &operator.status, &auditor.status)
}
