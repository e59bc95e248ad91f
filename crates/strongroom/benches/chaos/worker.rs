//! One client thread: what it does next, and with which clients.

use super::{
    act::{Done, Order, Wish, is_passing},
    case::{Case, password_text},
    dice::Dice,
    fleet::{GUESSES, NODES},
    judge::Account,
    load::Load,
    model::Standing,
    quitter::Quitter,
    tally::Told,
};
use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};
use strongroom_client::{Client, Credential};

/// Vaults that one run makes at most.
const VAULTS_MAX: usize = 4_000;
/// Vaults that are there before anything else is done to them.
const VAULTS_MIN: usize = 150;
/// Clients at one vault at once.
const AT_ONCE_MAX: u64 = 4;
/// The longest pause of a thread between two operations.
const PAUSE_MILLIS_MAX: u64 = 120;

/// What a thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Register,
    One(Wish),
    /// Something that the client does not bring to its end.
    Quit(Wish),
    /// Several clients at the same vault at once.
    Several,
    /// Every node is asked for the status at once.
    StatusEverywhere,
    /// Wrong passwords until there is nothing left to guess at, and then the right one.
    Exhaust,
}

const TURNS: [(Turn, u64); 12] = [
    (Turn::Register, 8),
    (Turn::One(Wish::Recover), 28),
    (Turn::One(Wish::Guess), 24),
    (Turn::One(Wish::Status), 8),
    (Turn::One(Wish::ChangePassword), 9),
    (Turn::One(Wish::Erase), 1),
    (Turn::Quit(Wish::Recover), 4),
    (Turn::Quit(Wish::Guess), 1),
    (Turn::Quit(Wish::ChangePassword), 5),
    (Turn::Several, 14),
    (Turn::StatusEverywhere, 4),
    (Turn::Exhaust, 2),
];

/// One client thread.
pub struct Worker {
    load: Arc<Load>,
    dice: Dice,
    /// Clients that know all nodes, each of another account.
    clients: Vec<Arc<Client>>,
    /// Clients that know one node only.
    clients_of_one: Vec<Arc<Client>>,
}

impl Worker {
    pub fn new(load: Arc<Load>, seed: u64, number: usize) -> Self {
        let client = |device| Arc::new(load.dialler.client_of_all(&format!("account {number}.{device}")));
        let clients = (0..AT_ONCE_MAX).map(client).collect();
        let of_one = |node| Arc::new(load.dialler.client(&format!("account {number}"), &[node], None));
        let clients_of_one = (0..NODES).map(of_one).collect();
        Self { load, dice: Dice::of(seed, 100 + number as u64), clients, clients_of_one }
    }

    /// Works until the load is stopped.
    pub fn work(&mut self) {
        while !self.load.is_stopped() {
            let turn = match self.load.made.load(Ordering::SeqCst) {
                ..VAULTS_MIN => Turn::Register,
                _ => self.dice.weighted(&TURNS),
            };
            if turn == Turn::Register {
                self.register();
            } else if let Some(mut case) = self.load.lease(&mut self.dice) {
                // What went wrong is in the journal.
                let _ = self.take_turn(turn, &mut case);
                self.load.put_back(case);
            }
            thread::sleep(Duration::from_millis(self.dice.between(0, PAUSE_MILLIS_MAX)));
        }
    }

    fn take_turn(&mut self, turn: Turn, case: &mut Case) -> Result<(), ()> {
        // An erasure that was not acknowledged is repeated before anything else.
        if case.is_to_be_erased {
            return self.one(case, Wish::Erase);
        }
        match turn {
            Turn::Register => Ok(()),
            Turn::One(wish) => self.one(case, wish),
            Turn::Quit(wish) => self.quit(case, wish),
            Turn::Several => self.several(case),
            Turn::StatusEverywhere => {
                let orders = (0..NODES)
                    .map(|node| (Order::of(case, Wish::Status, 0), self.clients_of_one[node].clone()));
                let orders = orders.collect();
                self.load.at_once(case, orders)
            }
            Turn::Exhaust => self.exhaust(case),
        }
    }

    fn one(&mut self, case: &mut Case, wish: Wish) -> Result<(), ()> {
        let order = Order::of(case, wish, self.dice.number());
        let client = self.clients[self.dice.below(self.clients.len())].clone();
        self.load.at_once(case, vec![(order, client)])
    }

    /// The client is gone after a few messages; what became of the rest shows when the next one looks.
    fn quit(&mut self, case: &mut Case, wish: Wish) -> Result<(), ()> {
        let order = Order::of(case, wish, self.dice.number());
        let client = self.quitter();
        let done = self.load.carry_out(order, &client);
        self.load.take_in(case, vec![done])?;
        self.one(case, Wish::Status)
    }

    fn quitter(&mut self) -> Client<Quitter> {
        let messages = u32::try_from(self.dice.between(0, 3)).unwrap();
        self.load.dialler.quitter("quitter", messages, self.dice.below(2) == 0)
    }

    fn several(&mut self, case: &mut Case) -> Result<(), ()> {
        let count = usize::try_from(self.dice.between(2, AT_ONCE_MAX)).unwrap();
        let wishes = [(Wish::Guess, 6), (Wish::Recover, 2), (Wish::Status, 1), (Wish::ChangePassword, 1)];
        let mut orders = Vec::new();
        for client in self.clients.iter().take(count) {
            let order = Order::of(case, self.dice.weighted(&wishes), self.dice.number());
            orders.push((order, client.clone()));
        }
        self.load.at_once(case, orders)
    }

    fn exhaust(&mut self, case: &mut Case) -> Result<(), ()> {
        for _ in 0..2 * GUESSES {
            if case.surely(Standing::SlotErased) || self.load.is_stopped() {
                break;
            }
            self.one(case, Wish::Guess)?;
            if case.is_uncertain() {
                return Ok(());
            }
        }
        self.one(case, Wish::Recover)?;
        // Sometimes the owner is there with the backup key and sets a new password; else it stays erased.
        if self.dice.below(3) == 0 { self.one(case, Wish::ChangePassword) } else { Ok(()) }
    }

    /// Makes a vault; one whose making was not acknowledged is nobody's.
    fn register(&mut self) {
        let number = self.load.made.fetch_add(1, Ordering::SeqCst);
        if number >= VAULTS_MAX {
            return;
        }
        let client = self.clients[self.dice.below(self.clients.len())].clone();
        let (begun, credential) = (Instant::now(), Credential::password(password_text(number, 1)));
        let made = match self.dice.below(4) {
            // Where only its confirmation is missing, a vault counts as made.
            0 => {
                let quitter = self.quitter();
                self.load.runtime.block_on(quitter.register(credential))
            }
            _ => self.load.runtime.block_on(client.register(credential)),
        };
        let (outcome, words, violation) = match &made {
            Ok(_) => ("done", String::from("made"), None),
            Err(error) if is_passing(error) => ("no majority", error.to_string(), None),
            Err(error) => ("impossible", error.to_string(), Some(format!("a registration: {error}"))),
        };
        let account = Account { begun, ended: Instant::now(), ways: Vec::new() };
        let (is_answered, told) = (made.is_ok(), Told::default());
        let done =
            Done { wish: Wish::Status, account, told, outcome, words, is_answered, violation, locator: None };
        self.load.journal.operation("register", &done);
        if let Some(violation) = &done.violation {
            self.load.journal.violation(violation);
        }
        if let Ok((locator, key)) = made {
            let mut case = Case::made(number, locator, key, GUESSES);
            case.note(format!("{}  register         made", self.load.journal.clock(begun)));
            self.load.put_back(case);
        }
    }
}
