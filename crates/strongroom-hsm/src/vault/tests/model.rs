//! A model of the budget, and long random sequences of all messages that the rules are held against.
//!
//! The model keeps the answers that a password was tried with, in order, and forgives as a person would: a success strikes
//! out its own answer and all before it. It knows nothing of how a vault stores open and closed attempts.

use std::collections::BTreeSet;

use strongroom_protocol::ids::{AttemptId, Digest, Generation, RegistrationId, SlotNumber};

use super::{
    super::{
        Answerable, Proposal, Record, SpendVerdict, SuccessVerdict, Touched, UploadVerdict, Verdict,
        proposal::{Action, Change, Create, NewSlot, Spend, Success},
    },
    world::{World, code, password, slot},
};

/// One KE1 that was answered under a password, or that its upload opened.
struct Try {
    registration: RegistrationId,
    attempt: AttemptId,
    ke1: Digest,
    is_guess: bool,
    is_open: bool,
}

/// The budget as a person counts it.
#[derive(Default)]
struct Model {
    guesses: usize,
    tries: Vec<Try>,
    live: Option<RegistrationId>,
    dead: BTreeSet<RegistrationId>,
    answers_since_success: usize,
}

impl Model {
    fn left(&self) -> usize {
        self.guesses - self.tries.iter().filter(|one| one.is_guess).count()
    }

    fn open(&mut self, attempt: AttemptId) -> Option<&mut Try> {
        self.tries.iter_mut().find(|one| one.is_open && one.attempt == attempt)
    }

    /// A password was put, replaced or taken out.
    fn register(&mut self, new: Option<(RegistrationId, AttemptId, Digest)>) {
        self.tries.iter_mut().for_each(|one| one.is_open = false);
        self.live = new.map(|(registration, attempt, ke1)| {
            self.tries.push(Try { registration, attempt, ke1, is_guess: false, is_open: true });
            registration
        });
    }

    /// The vault says that an attempt may be answered: is it one that was counted?
    fn answer(&mut self, answerable: &Answerable, ke1: Digest) {
        let (registration, attempt) = (answerable.registration(), answerable.attempt());
        assert_eq!(Some(registration), self.live, "only the live password answers");
        assert!(!self.dead.contains(&registration), "nothing answers under an erased password");
        if let Some(known) = self.open(attempt) {
            assert!(known.ke1 == ke1 && known.registration == registration, "one KE1 under one seed");
            return;
        }
        assert!(self.left() > 0, "no answer without a guess");
        self.tries.push(Try { registration, attempt, ke1, is_guess: true, is_open: true });
        self.answers_since_success += 1;
        assert!(self.answers_since_success <= self.guesses, "never more answers between two successes");
    }

    fn erase(&mut self) {
        assert_eq!(self.left(), 0, "only a spent budget erases");
        self.dead.extend(self.live);
        self.register(None);
    }

    fn succeed(&mut self, success: &Success) {
        let known = self.open(success.attempt).expect("only an open attempt succeeds");
        assert_eq!(known.registration, success.registration);
        let at = self.tries.iter().position(|one| one.is_open && one.attempt == success.attempt).unwrap();
        self.tries.drain(..=at);
        self.answers_since_success = 0;
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_be_bytes()[0])
    }
}

/// One vault, what is known of it outside, and every message ever sent to it.
struct Play {
    world: World,
    model: Model,
    sent: Vec<Vec<u8>>,
    answered: Vec<Success>,
}

impl Play {
    fn new(guesses: u8) -> Self {
        let mut world = World::new();
        world.rules.guesses = guesses;
        let model = Model { guesses: guesses.into(), ..Model::default() };
        Self { world, model, sent: Vec::new(), answered: Vec::new() }
    }

    fn step(&mut self, dice: &mut Dice) {
        if dice.below(40) == 0 {
            self.world.rules.checkpoint += 1;
        }
        let proposal = match dice.below(100) {
            0..30 if !self.sent.is_empty() => {
                let recorded = &self.sent[dice.below(self.sent.len())];
                Proposal::decode(recorded).unwrap()
            }
            30..38 if !self.answered.is_empty() => {
                // Answers are kept or lost at random, so old and new ones are used in any order.
                Proposal::Success(self.answered[dice.below(self.answered.len())])
            }
            38..50 => self.a_change(dice),
            50..52 => {
                let entry =
                    Create { upload: Digest::new(dice.bytes()), owner_key: [9; 32], slot: self.a_slot(dice) };
                Proposal::Create(entry)
            }
            _ => {
                let number = self.model.live.and_then(|_| self.password_slot()).unwrap_or(slot(1));
                let number = if dice.below(10) == 0 { any_slot(dice) } else { number };
                let attempt = self.an_attempt(dice);
                Proposal::Spend(Spend { slot: number, attempt, ke1: Digest::new(dice.bytes()) })
            }
        };
        self.sent.push(proposal.encode().expose().to_vec());
        self.send(&proposal, dice);
    }

    fn password_slot(&self) -> Option<SlotNumber> {
        let Some(Record::Vault(vault)) = &self.world.record else { return None };
        vault.slots().iter().find(|slot| slot.is_password()).map(|slot| slot.number())
    }

    fn a_change(&self, dice: &mut Dice) -> Proposal {
        let generation = match &self.world.record {
            Some(Record::Vault(vault)) => vault.generation(),
            _ => Generation(1),
        };
        let generation = if dice.below(10) == 0 { Generation(generation.0 - 1) } else { generation };
        let action = match dice.below(60) {
            0..20 => Action::Add(self.a_slot(dice)),
            20..45 => Action::Replace(self.a_slot(dice)),
            45..59 => Action::Remove(any_slot(dice)),
            _ => Action::Erase,
        };
        Proposal::Change(Change { change: Digest::new(dice.bytes()), generation, action })
    }

    /// A new attempt's name or, now and then, one that was used before.
    fn an_attempt(&self, dice: &mut Dice) -> AttemptId {
        match self.answered.len() {
            used if used > 0 && dice.below(6) == 0 => self.answered[dice.below(used)].attempt,
            _ => AttemptId::new(dice.bytes()),
        }
    }

    fn a_slot(&self, dice: &mut Dice) -> NewSlot {
        let number = any_slot(dice).get();
        let name = dice.bytes::<1>()[0];
        let mut new = if dice.below(4) == 0 { code(number, name) } else { password(number, name, name) };
        new.registration = RegistrationId::new(dice.bytes());
        if let Some(confirmation) = &mut new.confirmation {
            confirmation.attempt = self.an_attempt(dice);
            confirmation.ke1 = Digest::new(dice.bytes());
        }
        new
    }

    fn send(&mut self, proposal: &Proposal, dice: &mut Dice) {
        let password_before = self.password_slot();
        let verdict = self.world.apply(proposal);
        match (&verdict, proposal) {
            (Verdict::Create(UploadVerdict::Done { .. }), Proposal::Create(entry)) => {
                self.put(&entry.slot, None)
            }
            (Verdict::Change(UploadVerdict::Done { .. }), Proposal::Change(entry)) => match &entry.action {
                Action::Add(new) | Action::Replace(new) => self.put(new, password_before),
                Action::Remove(number) if Some(*number) == password_before => self.model.register(None),
                Action::Remove(_) => {}
                Action::Erase => self.model.register(None),
            },
            (Verdict::Spend(SpendVerdict::Erased), _) if self.world.touched == Touched::Erased => {
                self.model.erase()
            }
            (Verdict::Success(SuccessVerdict::Succeeded { .. }), Proposal::Success(entry)) => {
                self.model.succeed(entry)
            }
            _ => assert_eq!(
                self.world.touched == Touched::Nothing,
                !matches!(verdict, Verdict::Spend(SpendVerdict::Spent { .. })),
                "{verdict:?}"
            ),
        }
        if let Some((answerable, ke1)) = answered(&verdict, proposal) {
            self.model.answer(answerable, ke1);
            let Some(Record::Vault(vault)) = &self.world.record else { panic!("an answer without a vault") };
            assert!(vault.answering(answerable).is_some());
            if dice.below(4) != 0 {
                let (slot, registration) = (answerable.slot(), answerable.registration());
                self.answered.push(Success { slot, registration, attempt: answerable.attempt() });
            }
        }
        if let Some(Record::Vault(vault)) = &self.world.record {
            assert_eq!(usize::from(vault.budget().left()), self.model.left(), "{verdict:?}");
        }
    }

    fn put(&mut self, new: &NewSlot, password_before: Option<SlotNumber>) {
        if let Some(confirmation) = new.confirmation {
            self.model.register(Some((new.registration, confirmation.attempt, confirmation.ke1)));
        } else if password_before == Some(new.number) {
            self.model.register(None);
        }
    }
}

/// The attempt that a verdict lets be answered, with the KE1 that came with it.
fn answered<'v>(verdict: &'v Verdict, proposal: &Proposal) -> Option<(&'v Answerable, Digest)> {
    let ke1 = match proposal {
        Proposal::Create(entry) => entry.slot.confirmation?.ke1,
        Proposal::Change(Change { action: Action::Add(new) | Action::Replace(new), .. }) => {
            new.confirmation?.ke1
        }
        Proposal::Change(_) | Proposal::Success(_) => return None,
        Proposal::Spend(entry) => entry.ke1,
    };
    match verdict {
        Verdict::Create(
            UploadVerdict::Done { confirming, .. } | UploadVerdict::Repeated { confirming, .. },
        )
        | Verdict::Change(
            UploadVerdict::Done { confirming, .. } | UploadVerdict::Repeated { confirming, .. },
        ) => confirming.as_ref().map(|answerable| (answerable, ke1)),
        Verdict::Spend(SpendVerdict::Spent { answerable, .. } | SpendVerdict::Again { answerable, .. }) => {
            Some((answerable, ke1))
        }
        _ => None,
    }
}

fn any_slot(dice: &mut Dice) -> SlotNumber {
    slot(u8::try_from(dice.below(3)).unwrap() + 1)
}

#[test]
fn no_sequence_of_messages_gives_more_answers_than_the_budget() {
    let mut dice = Dice(20_260_731);
    let mut seen = [0_u32; 4];
    for guesses in [1, 2, 3, 10, 30] {
        let mut plays: Vec<Play> = (0..3).map(|_| Play::new(guesses)).collect();
        for _ in 0..9_000 {
            let which = dice.below(plays.len());
            let play = &mut plays[which];
            let dead_before = play.model.dead.len();
            let since_before = play.model.answers_since_success;
            play.step(&mut dice);
            seen[0] += u32::from(play.model.left() == 0);
            seen[1] += u32::from(play.model.dead.len() > dead_before);
            seen[2] += u32::from(play.model.answers_since_success < since_before);
            if matches!(play.world.record, Some(Record::Tombstone(_))) && dice.below(20) == 0 {
                *play = Play::new(guesses);
                seen[3] += 1;
            }
        }
    }
    assert!(seen.iter().all(|times| *times >= 20), "the sequences reach what they are to test: {seen:?}");
}

#[test]
fn the_model_holds_with_successes_that_are_rare() {
    let mut dice = Dice(7);
    let mut play = Play::new(10);
    play.world.create(1, password(1, 1, 101));
    let (registration, attempt) = (super::world::registration(1), super::world::attempt(101));
    play.model.register(Some((registration, attempt, super::world::ke1(101))));
    let mut answers = 0;
    for _ in 0..2_000 {
        let spend =
            Spend { slot: slot(1), attempt: AttemptId::new(dice.bytes()), ke1: Digest::new(dice.bytes()) };
        if matches!(play.world.apply(&Proposal::Spend(spend)), Verdict::Spend(SpendVerdict::Spent { .. })) {
            answers += 1;
        }
    }
    assert_eq!(answers, 10);
}
