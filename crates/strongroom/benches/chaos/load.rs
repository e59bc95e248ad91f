//! Client threads that work at vaults, each vault in the hands of one thread at a time, which lets several clients
//! at it at once.

use super::{
    act::{Done, Order},
    case::Case,
    dice::Dice,
    fleet::Dialler,
    journal::Journal,
    judge::Account,
    model::Standing,
    pulse,
    tally::Told,
    worker::Worker,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};
use strongroom_client::{Client, Transport};
use tokio::{runtime::Handle, task::JoinSet};

/// Client threads.
const THREADS: usize = 12;

/// What the client threads share.
pub struct Load {
    pub journal: Arc<Journal>,
    pub dialler: Dialler,
    /// Vaults that may be worked at.
    pub cases: Mutex<Vec<Case>>,
    /// Vaults that are left alone until the end.
    pub resting: Mutex<Vec<Case>>,
    /// Vaults that were begun to be made.
    pub made: AtomicUsize,
    is_over: AtomicBool,
    pub runtime: Handle,
}

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
    pub fn carry_out<T: Transport>(&self, order: Order, client: &Client<T>) -> Done {
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
