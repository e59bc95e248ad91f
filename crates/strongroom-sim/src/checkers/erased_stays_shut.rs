//! G3: nothing that members hold, once two checkpoints have passed, opens a slot that was erased or replaced, from
//! anything that hosts ever saw. And what a thief took out of one HSM opens nothing that came eras later.
//!
//! All that hosts see is kept and opened by brute force at the end, which takes time: some seeds do it. Members that
//! lag behind the newest checkpoint hold older keys, as `THREATS.md` says, and are left out.

use super::answers::{upload_of, vault_of, window};
use crate::{
    checker::{Checker, Violation},
    observation::{AnswerLeft, Observation, Phase},
    plan::Plan,
    view::WorldView,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use strongroom_hsm::{
    anchor::Anchor,
    closure::{Closure, RawKey, Seen},
};
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, ChangeAction, Outcome, RequestBody},
    decode,
    ids::{NodeNumber, RegistrationId, VaultId},
    pipe::HsmMessage,
};

/// One seed in so many is judged.
const SEEDS: u64 = 6;
/// Checkpoints after which what was erased is shut.
const CHECKPOINTS: usize = 2;
/// Checkpoints after which a thief's keys are worth nothing: those of the next era travel under the present one's,
/// and a session may outlive its era by one. The robbed member counts them, as it records them, and only where it
/// lags behind nobody: until it has caught up it goes on with the state key that was stolen, and keeps under it the
/// keys of all eras that it is sent.
const THIEF_CHECKPOINTS: usize = 5;

/// What a thief took, and when.
struct Theft {
    node: NodeNumber,
    anchors: Vec<Anchor>,
    keys: Vec<RawKey>,
    checkpoint: u64,
    /// Checkpoints that the robbed member has recorded since, when nobody had recorded a newer one.
    recorded: usize,
    /// The last of them.
    last: u64,
}

/// How things stood when an upload was sent.
struct Sent {
    /// The last entry that anybody had applied: the upload's own comes after it.
    after: u64,
    /// Checkpoints that the robbed member had recorded since the theft, lagging behind nobody.
    since_theft: usize,
}

/// See the module.
pub(crate) struct ErasedStaysShut {
    judges: bool,
    messages: Vec<Rc<Vec<u8>>>,
    seen: Seen,
    checkpoints: BTreeSet<u64>,
    recorded: BTreeMap<NodeNumber, u64>,
    /// Uploads that were done, by vault: the registration, and entries that its own lies between.
    live: BTreeMap<VaultId, BTreeMap<RegistrationId, (u64, u64)>>,
    /// Every upload that was sent.
    sent: BTreeMap<RegistrationId, Sent>,
    /// Registrations that somebody has begun again: another seed may stand under their name.
    begun_again: BTreeSet<RegistrationId>,
    /// Every upload that was done.
    made: BTreeSet<RegistrationId>,
    /// The last entry that anybody has applied.
    applied: u64,
    /// What was erased or replaced, by an entry no later than this.
    dead: BTreeMap<RegistrationId, u64>,
    theft: Option<Theft>,
}

impl ErasedStaysShut {
    /// Judges in some seeds.
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            judges: plan.seed % SEEDS == 3,
            messages: Vec::new(),
            seen: Seen::default(),
            checkpoints: BTreeSet::new(),
            recorded: BTreeMap::new(),
            live: BTreeMap::new(),
            sent: BTreeMap::new(),
            begun_again: BTreeSet::new(),
            made: BTreeSet::new(),
            applied: 0,
            dead: BTreeMap::new(),
            theft: None,
        }
    }

    /// All that stood in a vault before an entry is dead.
    fn bury(&mut self, vault: VaultId, first: u64, last: u64) {
        let live = self.live.entry(vault).or_default();
        let (buried, left) = core::mem::take(live).into_iter().partition(|(_, (_, made))| *made < first);
        *live = left;
        let buried: BTreeMap<RegistrationId, (u64, u64)> = buried;
        self.dead.extend(buried.into_keys().map(|registration| (registration, last)));
    }

    fn note(&mut self, left: &AnswerLeft) {
        let (first, last) = window(left);
        match &left.answer.body {
            AnswerBody::Attempt(AttemptAnswer::Erased) => {
                self.bury(vault_of(&left.request, left.vault), first, last)
            }
            AnswerBody::Create(Outcome::Done(_)) | AnswerBody::Change(Outcome::Done(_)) => {
                let Some(upload) = upload_of(&left.request.body) else {
                    let is_erase = matches!(&left.request.body, RequestBody::Change(change)
                        if matches!(change.action, ChangeAction::Erase));
                    if is_erase {
                        self.bury(vault_of(&left.request, left.vault), first, last);
                    }
                    return;
                };
                if self.dead.contains_key(&upload.registration) || !self.made.insert(upload.registration) {
                    return;
                }
                self.bury(vault_of(&left.request, left.vault), first, last);
                self.live
                    .entry(vault_of(&left.request, left.vault))
                    .or_default()
                    .insert(upload.registration, (first, last));
            }
            _ => {}
        }
    }

    fn note_states(&mut self, world: &WorldView<'_>, node: NodeNumber) {
        if let Some(platform) = world.platform(node) {
            platform.image().states().iter().for_each(|state| self.seen.state(state));
        }
    }

    fn steal(&mut self, world: &WorldView<'_>, node: NodeNumber, checkpoint: u64) {
        let keys = members(world, |own| own == node).flat_map(|member| member.held_keys()).collect();
        let anchors = anchors(world, |own| own == node);
        self.theft = Some(Theft { node, anchors, keys, checkpoint, recorded: 0, last: checkpoint });
    }

    fn passed(&self, after: u64, until: u64) -> usize {
        self.checkpoints.iter().filter(|checkpoint| **checkpoint > after && **checkpoint <= until).count()
    }

    fn judge(&mut self, world: &WorldView<'_>) -> Result<(), Violation> {
        for bytes in core::mem::take(&mut self.messages) {
            if let Ok(message) = decode::<HsmMessage>(&bytes) {
                self.seen.message(&message);
            }
        }
        let newest = self.recorded.values().copied().max().unwrap_or(0);
        let is_new = |node: NodeNumber| self.recorded.get(&node) == Some(&newest);
        let is_due = |(registration, last): &(&RegistrationId, &u64)| {
            self.passed(**last, newest) >= CHECKPOINTS && !self.begun_again.contains(*registration)
        };
        let due: Vec<_> = self.dead.iter().filter(is_due).collect();
        if !due.is_empty() {
            let keys: Vec<RawKey> = members(world, is_new).flat_map(|member| member.held_keys()).collect();
            let closure = Closure::of(world.fleet(), &self.seen, &anchors(world, is_new), &keys, &[]);
            let mut found =
                due.iter().filter_map(|(registration, last)| Some((last, closure.found_in(registration)?)));
            if let Some((last, place)) = found.next() {
                let what = format!(
                    "a slot erased at entry {last} opens after checkpoint {newest}: {place} holds its seed"
                );
                return Err(Violation::new(self.name(), what));
            }
        }
        self.judge_theft(world)
    }

    fn judge_theft(&self, world: &WorldView<'_>) -> Result<(), Violation> {
        let Some(theft) = &self.theft else { return Ok(()) };
        let closure = Closure::of(world.fleet(), &self.seen, &theft.anchors, &theft.keys, &[]);
        if closure.a_hash_is_a_key() {
            return Err(Violation::new(self.name(), "a checkpoint entry holds a key where a hash belongs"));
        }
        let is_later = |(registration, sent): &(&RegistrationId, &Sent)| {
            sent.since_theft >= THIEF_CHECKPOINTS && !self.begun_again.contains(*registration)
        };
        let later = self.sent.iter().filter(is_later);
        let mut found =
            later.filter_map(|(registration, sent)| Some((sent.after, closure.found_in(registration)?)));
        match found.next() {
            Some((after, place)) => {
                let stolen = theft.checkpoint;
                let what = format!(
                    "what was held at checkpoint {stolen} opens a slot made after entry {after}: {place}"
                );
                Err(Violation::new(self.name(), what))
            }
            None => Ok(()),
        }
    }
}

fn members<'a>(
    world: &WorldView<'a>,
    is: impl Fn(NodeNumber) -> bool,
) -> impl Iterator<Item = &'a strongroom_hsm::member::Member> {
    let machines = world.machines().iter().filter(move |machine| !machine.is_second() && is(machine.node()));
    machines.filter_map(|machine| machine.program()?.hsm().member())
}

fn anchors(world: &WorldView<'_>, is: impl Fn(NodeNumber) -> bool) -> Vec<Anchor> {
    let nodes = (1..=world.plan().nodes).map(NodeNumber).filter(|node| is(*node));
    let copies = nodes.filter_map(|node| world.platform(node)).flat_map(|platform| platform.image().copies());
    copies.filter_map(|copy| Anchor::decode(&copy).ok()).collect()
}

impl Checker for ErasedStaysShut {
    fn name(&self) -> &'static str {
        "erased_stays_shut"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        if !self.judges {
            return Ok(());
        }
        match observation {
            Observation::HostSaw { bytes, .. } => self.messages.push(bytes.clone()),
            Observation::AnchorSwapped { program, both: true, .. } => self.note_states(world, program.node),
            Observation::CheckpointRecorded { program, index, .. } => {
                self.checkpoints.insert(index.0);
                self.recorded.insert(program.node, index.0);
                if let Some(theft) = self.theft.as_mut().filter(|theft| theft.node == program.node)
                    && self.checkpoints.last() == Some(&index.0)
                    && index.0 > theft.last
                {
                    theft.recorded = theft.recorded.saturating_add(1);
                    theft.last = index.0;
                }
                if self.theft.is_none() && world.phase() == Phase::Chaos {
                    self.steal(world, program.node, index.0);
                }
            }
            Observation::Applied { to, .. } => self.applied = self.applied.max(to.0),
            Observation::RequestLeft { request, .. } => {
                if let RequestBody::Register(register) = &request.body
                    && self.sent.contains_key(&register.registration)
                {
                    self.begun_again.insert(register.registration);
                }
                if let Some(upload) = upload_of(&request.body) {
                    let since_theft = self.theft.as_ref().map_or(0, |theft| theft.recorded);
                    self.sent.entry(upload.registration).or_insert(Sent { after: self.applied, since_theft });
                }
            }
            Observation::AnswerLeft(left) => self.note(left),
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, world: &WorldView<'_>) -> Result<(), Violation> {
        if self.judges { self.judge(world) } else { Ok(()) }
    }

    fn wants_host_bytes(&self) -> bool {
        self.judges
    }
}
