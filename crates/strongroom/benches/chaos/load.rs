//! Client threads that work at vaults, each vault in the hands of one thread at a time, which lets several clients
//! at it at once.

use super::{
    act::{Done, Order, Wish, is_passing},
    case::{Case, password_text},
    dice::Dice,
    fleet::{Dialler, GUESSES, NODES},
    journal::Journal,
    judge::Account,
    model::Standing,
    pulse,
    tally::Told,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use strongroom_client::{Client, Credential};
use tokio::{runtime::Handle, task::JoinSet};

/// Client threads.
const THREADS: usize = 12;
/// Vaults that one run makes at most.
const VAULTS_MAX: usize = 4_000;
/// Vaults that are there before anything else is done to them.
const VAULTS_MIN: usize = 150;
/// Clients at one vault at once.
const AT_ONCE_MAX: u64 = 4;
/// The longest pause of a thread between two operations.
const PAUSE_MILLIS_MAX: u64 = 120;

/// What the client threads share.
pub struct Load {
    pub journal: Arc<Journal>,
    pub dialler: Dialler,
    /// Vaults that may be worked at.
    pub cases: Mutex<Vec<Case>>,
    /// Vaults that are left alone until the end.
    pub resting: Mutex<Vec<Case>>,
    made: AtomicUsize,
    is_over: AtomicBool,
    runtime: Handle,
}

/// What a thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Register,
    One(Wish),
    /// Several clients at the same vault at once.
    Several,
    /// Every node is asked for the status at once.
    StatusEverywhere,
    /// Wrong passwords until there is nothing left to guess at, and then the right one.
    Exhaust,
}

const TURNS: [(Turn, u64); 9] = [
    (Turn::Register, 8),
    (Turn::One(Wish::Recover), 28),
    (Turn::One(Wish::Guess), 24),
    (Turn::One(Wish::Status), 8),
    (Turn::One(Wish::ChangePassword), 9),
    (Turn::One(Wish::Erase), 1),
    (Turn::Several, 14),
    (Turn::StatusEverywhere, 4),
    (Turn::Exhaust, 2),
];

impl Load {
    pub fn new(journal: Arc<Journal>, dialler: Dialler, runtime: Handle) -> Arc<Self> {
        let (cases, resting) = (Mutex::default(), Mutex::default());
        let (made, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { journal, dialler, cases, resting, made, is_over, runtime })
    }

    /// Starts the client threads.
    pub fn start(self: &Arc<Self>, seed: u64) -> Vec<JoinHandle<()>> {
        let thread = |number: usize| {
            let load = self.clone();
            let work = move || Worker::new(load, seed, number).work();
            thread::Builder::new().name(format!("client {number}")).spawn(work).unwrap()
        };
        (0..THREADS).map(thread).chain([pulse::start(self, seed)]).collect()
    }

    /// Lets every thread end what it has begun.
    pub fn stop(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub fn is_stopped(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Takes a vault out of the others' reach.
    pub fn lease(&self, dice: &mut Dice) -> Option<Case> {
        let mut cases = self.cases.lock().unwrap();
        if cases.is_empty() {
            return None;
        }
        let at = dice.below(cases.len());
        Some(cases.swap_remove(at))
    }

    /// Puts a vault back, or aside where it is finished or too much about it is uncertain.
    pub fn put_back(&self, case: Case) {
        let is_finished = case.surely(Standing::Gone);
        let place =
            if case.is_broken || is_finished || case.is_uncertain() { &self.resting } else { &self.cases };
        place.lock().unwrap().push(case);
    }

    /// Carries operations at one vault out at the same time, each with a client of its own.
    pub fn at_once(&self, case: &mut Case, orders: Vec<(Order, Arc<Client>)>) -> Result<(), ()> {
        let mut running = JoinSet::new();
        for (order, client) in orders {
            running.spawn_on(async move { order.carry_out(&client).await }, &self.runtime);
        }
        let done = self.runtime.block_on(running.join_all());
        self.take_in(case, done)
    }

    /// Carries one operation out.
    pub fn carry_out(&self, order: Order, client: &Client) -> Done {
        self.runtime.block_on(order.carry_out(client))
    }

    /// Takes in what clients were told of a vault.
    pub fn take_in(&self, case: &mut Case, done: Vec<Done>) -> Result<(), ()> {
        let mut told = Told::default();
        let mut accounts: Vec<Account> = Vec::new();
        for done in done {
            let (begun, ended) = (done.account.begun, done.account.ended);
            let kind = done.wish.name();
            self.journal.operation(kind, &done);
            let took = (ended - begun).as_millis();
            case.note(format!("{}  {kind:<16} {}, after {took} ms", self.journal.clock(begun), done.words));
            if let Some(violation) = &done.violation {
                case.is_broken = true;
                self.accuse(case, violation);
                return Err(());
            }
            told.left.extend(&done.told.left);
            told.has_success |= done.told.has_success;
            told.maybe_successes += done.told.maybe_successes;
            if let Some(locator) = done.locator {
                case.locator = locator;
            }
            accounts.push(done.account);
        }
        case.take_in(&accounts, told).map_err(|violation| self.accuse(case, &violation))
    }

    fn accuse(&self, case: &Case, violation: &str) {
        let what = format!("vault {}: {violation}", case.number);
        self.journal.violation_at(what, &case.lines);
    }
}

struct Worker {
    load: Arc<Load>,
    dice: Dice,
    /// Clients that know all nodes, each of another account.
    clients: Vec<Arc<Client>>,
    /// Clients that know one node only.
    clients_of_one: Vec<Arc<Client>>,
}

impl Worker {
    fn new(load: Arc<Load>, seed: u64, number: usize) -> Self {
        let client = |device| Arc::new(load.dialler.client_of_all(&format!("account {number}.{device}")));
        let clients = (0..AT_ONCE_MAX).map(client).collect();
        let of_one = |node| Arc::new(load.dialler.client(&format!("account {number}"), &[node], None));
        let clients_of_one = (0..NODES).map(of_one).collect();
        Self { load, dice: Dice::of(seed, 100 + number as u64), clients, clients_of_one }
    }

    fn work(&mut self) {
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
        let client = &self.clients[self.dice.below(self.clients.len())];
        let (begun, credential) = (Instant::now(), Credential::password(password_text(number, 1)));
        let made = self.load.runtime.block_on(client.register(credential));
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
