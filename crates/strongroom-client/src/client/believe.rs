//! Comes to believe a fleet before anything is sent to it, and stores what was learned.

use super::Client;
use crate::{
    ClientError, Locator, OverTheAir, StateError, Transport,
    limits::{ANSWER_TIMEOUT, LOG_TIMEOUT, TRUST_AGE_MAX},
    trust::{
        Answer, Asked, Believed, Inquiry, InquiryError, NotGiven, Question, Questions, TrustState, Trusted,
        Wanted, Way,
    },
};
use core::time::Duration;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use strongroom_trust::{Concern, Epoch, VerifiedFleet};

/// What a client has come to believe so far.
#[derive(Default)]
pub(super) struct Belief {
    state: Option<TrustState>,
    believed: Option<(Duration, Arc<Believed>)>,
    trusted: Option<Trusted>,
    insisted: Vec<Concern>,
}

impl<T: Transport> Client<T> {
    /// Comes to believe a fleet for a purpose. A pin names it; under a trust root the nodes are asked, unless they
    /// were within the last ten minutes, and the device stores what it learned. Every operation begins with it.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client) -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::trust::Wanted;
    ///
    /// let trusted = client.believe(Wanted::NewVault).await?;
    /// println!("new vaults go to {}", trusted.fleet().id());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ClientError::Untrusted`] where a pin names another fleet; [`ClientError::Trust`], [`ClientError::Roots`] and
    /// [`ClientError::NoUnit`] where nothing may be believed; [`ClientError::Unconfirmed`] where the user has to be asked.
    pub async fn believe(&self, wanted: Wanted) -> Result<Trusted, ClientError> {
        self.believe_at(wanted, None).await
    }

    /// As [`Self::believe`], for the vault of a locator.
    pub(super) async fn believe_vault(&self, locator: &Locator) -> Result<Trusted, ClientError> {
        self.believe_at(Wanted::Vault(locator.fleet()), Some(locator)).await
    }

    pub(super) async fn believe_at(
        &self,
        wanted: Wanted,
        locator: Option<&Locator>,
    ) -> Result<Trusted, ClientError> {
        let rules = match self.trust.way() {
            Way::Fleet(fleet) => return pinned(fleet, wanted),
            Way::Ask(rules) => rules,
        };
        let epoch = locator.map(Locator::bundle_epoch).filter(|epoch| *epoch > 0).map(Epoch);
        let insisted = lock(&self.belief).insisted.clone();
        let known = self.young_belief(epoch).and_then(|believed| believed.give(wanted, &insisted).ok());
        let given = match known {
            Some(trusted) => Ok(trusted),
            None => self.inquire(rules, epoch).await?.give(wanted, &insisted),
        };
        let trusted = given.map_err(not_given)?;
        lock(&self.belief).trusted = Some(trusted.clone());
        Ok(trusted)
    }

    /// Goes on although something speaks against it: the user was told each of the concerns and insists. It holds for
    /// as long as this client lives, and for nothing else that may come up.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator, pin: &str,
    /// # tell: fn(&str) -> bool) -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::{ClientError, Credential, trust::advice_on_concern};
    ///
    /// let recovered = match client.recover(&locator, Credential::password(pin)).await {
    ///     Err(ClientError::Unconfirmed(questions)) => {
    ///         if questions.concerns().iter().all(|concern| tell(advice_on_concern(concern))) {
    ///             client.insist(*questions);
    ///         }
    ///         client.recover(&locator, Credential::password(pin)).await?
    ///     }
    ///     other => other?,
    /// };
    /// # let _ = recovered;
    /// # Ok(()) }
    /// ```
    pub fn insist(&self, questions: Questions) {
        lock(&self.belief).insisted.extend_from_slice(questions.concerns());
    }

    /// The fleet that this client trusts: the pinned one, or the one that it came to believe last.
    pub fn fleet(&self) -> Option<VerifiedFleet> {
        match self.trust.way() {
            Way::Fleet(fleet) => Some(fleet),
            Way::Ask(_) => self.trusted().map(|trusted| trusted.fleet().clone()),
        }
    }

    /// The fleet that the last operation under a trust root came to believe, with the warnings that the user should hear.
    pub fn trusted(&self) -> Option<Trusted> {
        lock(&self.belief).trusted.clone()
    }

    /// The delivery unit that was believed last: bundle, status, checkpoint, every concern.
    pub fn believed(&self) -> Option<Arc<Believed>> {
        lock(&self.belief).believed.as_ref().map(|(_, believed)| believed.clone())
    }

    /// What was believed a short while ago, unless the locator knows of something newer.
    fn young_belief(&self, locator: Option<Epoch>) -> Option<Arc<Believed>> {
        let now = self.transport.now();
        let belief = lock(&self.belief);
        let (at, believed) = belief.believed.as_ref()?;
        let is_young = now.saturating_sub(*at) < TRUST_AGE_MAX;
        let is_known = locator.is_none_or(|epoch| epoch <= believed.delivery().bundle().epoch);
        (is_young && is_known).then(|| believed.clone())
    }

    async fn inquire(
        &self,
        rules: &OverTheAir,
        locator: Option<Epoch>,
    ) -> Result<Arc<Believed>, ClientError> {
        let state = self.trust_state(rules)?;
        let nodes = self.endpoints.len();
        let first = usize::from(self.random_byte()).checked_rem(nodes).unwrap_or(0);
        let deadline = self.transport.now().saturating_add(self.deadline);
        let mut inquiry =
            Inquiry::begin(rules.clone(), self.transport.clock(), locator, state.clone(), nodes);
        loop {
            let answer = self.ask(rules, inquiry.question(), first, deadline).await;
            match inquiry.answered(answer) {
                Asked::Next(next) => inquiry = next,
                Asked::Believed(believed, learned) => {
                    self.keep_trust(&state, learned)?;
                    let believed = Arc::new(*believed);
                    lock(&self.belief).believed = Some((self.transport.now(), believed.clone()));
                    return Ok(believed);
                }
                Asked::Failed(error, learned) => {
                    lock(&self.belief).believed = None;
                    // What was learned counts less than what to tell: a full disk must not hide a lie.
                    let _ = self.keep_trust(&state, learned);
                    return Err(self.inquiry_failed(error));
                }
            }
        }
    }

    async fn ask(&self, rules: &OverTheAir, question: Question, first: usize, deadline: Duration) -> Answer {
        let (url, bytes_max, timeout) = match question {
            Question::Node { node, path, bytes_max } => {
                let place = first.saturating_add(node).checked_rem(self.endpoints.len()).unwrap_or(0);
                let Some(endpoint) = self.endpoints.get(place) else {
                    return Answer::Unheard("no endpoint".into());
                };
                (format!("{endpoint}{path}"), bytes_max, ANSWER_TIMEOUT)
            }
            Question::Log { path, bytes_max } => match rules.log_url() {
                Some(log) => (format!("{log}/{path}"), bytes_max, LOG_TIMEOUT),
                None => return Answer::Unheard("no log".into()),
            },
        };
        let left = deadline.saturating_sub(self.transport.now());
        if left.is_zero() {
            return Answer::Unheard("no answer in time".into());
        }
        match self.transport.fetch(&url, bytes_max, timeout.min(left)).await {
            Ok(Some(bytes)) => Answer::Bytes(bytes),
            Ok(None) => Answer::Absent,
            Err(error) => Answer::Unheard(error.to_string()),
        }
    }

    fn inquiry_failed(&self, error: InquiryError) -> ClientError {
        let evidence = match &error {
            InquiryError::Unit { evidence: Some(evidence), .. } => self.keep_evidence(evidence),
            _ => None,
        };
        ClientError::of_inquiry(error, evidence, self.endpoints.len())
    }

    fn keep_evidence(&self, evidence: &str) -> Option<PathBuf> {
        self.device.as_ref().and_then(|device| device.save_evidence(evidence).ok())
    }

    /// What the device keeps, or what this client learned where it has no folder.
    fn trust_state(&self, rules: &OverTheAir) -> Result<TrustState, StateError> {
        match &self.device {
            Some(device) => device.load_trust(rules.root()),
            None => {
                let known = lock(&self.belief).state.clone();
                Ok(known.unwrap_or_else(|| TrustState::new(rules.root().clone())))
            }
        }
    }

    fn keep_trust(&self, before: &TrustState, learned: TrustState) -> Result<(), StateError> {
        if let Some(device) = self.device.as_ref().filter(|_| *before != learned) {
            device.save_trust(&learned)?;
        }
        lock(&self.belief).state = Some(learned);
        Ok(())
    }
}

/// A pin names one fleet, and a locator of another is refused: it lies in storage that nobody trusts.
fn pinned(fleet: VerifiedFleet, wanted: Wanted) -> Result<Trusted, ClientError> {
    match wanted {
        Wanted::NewPassword(met) | Wanted::Vault(met) if met != fleet.id() => {
            Err(ClientError::Untrusted { expected: fleet.id(), met, place: "the locator".into() })
        }
        _ => Ok(Trusted::pinned(fleet)),
    }
}

fn not_given(cause: NotGiven) -> ClientError {
    match cause {
        NotGiven::Refused(cause) => ClientError::Trust { cause: Box::new(cause), evidence: None },
        NotGiven::Ask(questions) => ClientError::Unconfirmed(Box::new(questions)),
    }
}

fn lock(belief: &Mutex<Belief>) -> std::sync::MutexGuard<'_, Belief> {
    belief.lock().unwrap_or_else(PoisonError::into_inner)
}
