//! The keys that were opened, and which of them a trust root names.

use super::{NextKeys, OpenKeys, OwnKey};
use crate::plexi::PlexiKey;
use std::sync::Arc;
use strongroom_trust::{NoteKey, TrustRoot};

/// The keys in use and those that are to follow.
pub(crate) struct KeyRing {
    own: OpenKeys,
    next: NextKeys,
}

/// The keys that a trust root names.
#[derive(Clone)]
pub(crate) struct KeysInUse {
    pub(crate) bundle: OwnKey,
    pub(crate) status: OwnKey,
    pub(crate) revocation: OwnKey,
    pub(crate) log: OwnKey,
    pub(crate) plexi: Arc<PlexiKey>,
}

impl KeyRing {
    pub(crate) fn new(own: OpenKeys, next: NextKeys) -> Self {
        Self { own, next }
    }

    pub(crate) fn with_next(self, next: NextKeys) -> Self {
        Self { next, ..self }
    }

    /// The keys that a trust root names; none where it names one that is not at hand.
    pub(crate) fn under(&self, root: &TrustRoot) -> Option<KeysInUse> {
        let (party, logs) = (&root.contents().auditor, &root.contents().policy.logs);
        let (own, next) = (&self.own, &self.next);
        let is = |named: &NoteKey| {
            let named = named.clone();
            move |key: &NoteKey| *key == named
        };
        let (log, _) = named(&own.log, next.log.as_ref(), |key| logs.contains(key))?;
        let (bundle, follows) = named(&own.bundle, next.bundle.as_ref(), is(&party.bundle))?;
        let (status, _) = named(&own.status, next.status.as_ref(), is(&party.status))?;
        let (revocation, _) = named(&own.revocation, next.revocation.as_ref(), is(&party.revocation))?;
        // No trust root names this one: it goes with the bundle's, or by itself where that stays.
        let plexi = next.plexi.as_ref().filter(|_| follows || next.bundle.is_none()).unwrap_or(&own.plexi);
        Some(KeysInUse { bundle, status, revocation, log, plexi: plexi.clone() })
    }
}

/// The key that is named, and whether it is the one that was to follow.
fn named(own: &OwnKey, next: Option<&OwnKey>, is_named: impl Fn(&NoteKey) -> bool) -> Option<(OwnKey, bool)> {
    match next.filter(|next| is_named(next.key())) {
        Some(next) => Some((next.clone(), true)),
        None => is_named(own.key()).then(|| (own.clone(), false)),
    }
}
