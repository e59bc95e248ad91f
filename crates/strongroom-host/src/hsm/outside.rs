//! What becomes of an HSM's effects that are not for the store, while the node serves.

use super::{
    Shared, lock,
    session::{Effect, Elsewhere, Outside},
};
use crate::peers::Peers;
use std::{sync::Arc, time::Instant};
use strongroom_protocol::{
    encode,
    pipe::{HsmStatus, PeerBytes, ToClient},
};

/// Carries the effects of a serving HSM.
pub(super) struct Serving(pub(super) Arc<Shared>);

impl Outside for Serving {
    fn take(&self, effect: Effect) {
        match effect {
            Effect::Send(frame) => self.send(frame),
            Effect::Answer(answer) => self.answer(answer),
            Effect::Status(status) => self.report(status),
            Effect::Keys(keys) => *lock(&self.0.keys) = Some(encode(&keys)),
            Effect::Elsewhere(elsewhere) => self.find_elsewhere(elsewhere),
            Effect::Born(_) | Effect::Adopted(_) | Effect::Signed(_) => {
                tracing::warn!("the HSM spoke of its founding while it serves; ignored");
            }
        }
    }
}

impl Serving {
    fn send(&self, frame: PeerBytes) {
        if let Some(peers) = self.0.peers.get() {
            peers.send(frame.node, frame.frame);
        }
    }

    fn answer(&self, answer: ToClient) {
        // A client that has gone away has nobody waiting for the answer.
        if let Some(waiting) = lock(&self.0.waiting).remove(&answer.id) {
            let _ = waiting.send(answer.frame.into_vec());
        }
    }

    fn report(&self, status: HsmStatus) {
        let mut report = lock(&self.0.report);
        if let Some((_, before)) = report.as_ref().filter(|(_, before)| before.role != status.role) {
            tracing::info!(from = before.role.word(), to = status.role.word(), term = status.term.0, "role");
        }
        *report = Some((Instant::now(), status));
    }

    /// Asks the other hosts, beside the pump; where too many fetches run, nothing is the answer.
    fn find_elsewhere(&self, elsewhere: Elsewhere) {
        let shared = self.0.clone();
        self.0.runtime.spawn(async move {
            let Elsewhere { fetch, missing, input } = elsewhere;
            let mut found = Vec::new();
            let permit = shared.shipments.clone().try_acquire_owned();
            if let (Ok(_permit), Some(peers)) = (permit, shared.peers.get()) {
                found = Peers::fetch(peers, missing).await;
            }
            for message in super::desk::shipped(fetch, found) {
                if input.tell(&message).await.is_err() {
                    return;
                }
            }
        });
    }
}
