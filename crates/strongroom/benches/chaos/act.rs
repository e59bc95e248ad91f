//! One operation of one client through the SDK, and all the ways in which its answer can have come about.

use super::{
    case::Case,
    judge::Account,
    model::{AttemptNumber, Late, PasswordNumber, Step, WRONG},
    tally::Told,
};
use std::time::Instant;
use strongroom_client::{
    BackupKey, Client, ClientError, Confirmation, Credential, Locator, PasswordChanged, Recovered, Transport,
};
use strongroom_protocol::client::{Refusal, VaultStatus};

/// What a client wants of a vault that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Opens it with a password that may be right.
    Recover,
    /// Tries a wrong password.
    Guess,
    Status,
    ChangePassword,
    Erase,
}

impl Wish {
    pub fn name(self) -> &'static str {
        match self {
            Self::Recover => "recover",
            Self::Guess => "wrong password",
            Self::Status => "status",
            Self::ChangePassword => "change password",
            Self::Erase => "erase",
        }
    }
}

/// An operation before it is sent.
pub struct Order {
    wish: Wish,
    given: PasswordNumber,
    attempt: AttemptNumber,
    credential: Credential,
    locator: Locator,
    key: BackupKey,
}

/// An operation that has ended.
pub struct Done {
    pub wish: Wish,
    pub account: Account,
    pub told: Told,
    /// The kind of outcome, for the table.
    pub outcome: &'static str,
    /// What was told, in words.
    pub words: String,
    /// Whether a majority must have been there for it.
    pub is_answered: bool,
    /// What can never be.
    pub violation: Option<String>,
    pub locator: Option<Locator>,
}

/// What is made of an answer.
struct Reading {
    ways: Vec<Vec<Step>>,
    told: Told,
    outcome: &'static str,
    words: String,
    is_answered: bool,
    violation: Option<String>,
}

impl Order {
    /// Draws up an operation with its own attempt and, where it needs one, a new password.
    pub fn of(case: &mut Case, wish: Wish, salt: u64) -> Self {
        let given = match wish {
            Wish::Recover => case.likely_password(),
            Wish::ChangePassword => case.new_password(),
            Wish::Guess | Wish::Status | Wish::Erase => WRONG,
        };
        Self::with_password(case, wish, given, salt)
    }

    /// Draws up an operation with a certain password.
    pub fn with_password(case: &mut Case, wish: Wish, given: PasswordNumber, salt: u64) -> Self {
        case.is_to_be_erased |= wish == Wish::Erase;
        let attempt = case.new_attempt();
        let credential = case.credential(given, salt);
        Self { wish, given, attempt, credential, locator: case.locator.clone(), key: case.key.duplicate() }
    }

    /// Carries the operation out.
    pub async fn carry_out<T: Transport>(self, client: &Client<T>) -> Done {
        let Self { wish, given, attempt, credential, locator, key } = self;
        let (begun, mut moved) = (Instant::now(), None);
        let reading = match wish {
            Wish::Recover | Wish::Guess => {
                read_recovery(client.recover(&locator, credential).await, &key, given, attempt)
            }
            Wish::Status => read_status(client.status(&locator).await),
            Wish::ChangePassword => {
                let changed = client.change_password(&locator, &key, credential).await;
                moved = changed.as_ref().ok().map(|changed| changed.locator.clone());
                read_change(changed, given, attempt)
            }
            Wish::Erase => read_erasure(client.erase(&locator, &key).await),
        };
        let Reading { ways, told, outcome, words, is_answered, violation } = reading;
        let account = Account { begun, ended: Instant::now(), ways };
        Done { wish, account, told, outcome, words, is_answered, violation, locator: moved }
    }
}

impl Reading {
    fn answered(outcome: &'static str, words: impl Into<String>, ways: Vec<Vec<Step>>) -> Self {
        let (words, told) = (words.into(), Told::default());
        Self { ways, told, outcome, words, is_answered: true, violation: None }
    }

    /// Nobody answered: it may take effect late.
    fn unanswered(error: &ClientError, late: Vec<Step>) -> Self {
        let outcome = match error {
            ClientError::NoMajority { .. } => "no majority",
            ClientError::Unreachable { .. } => "unreachable",
            ClientError::Later => "later",
            _ => "busy",
        };
        let (words, told) = (error.to_string(), Told::default());
        Self { ways: vec![late], told, outcome, words, is_answered: false, violation: None }
    }

    fn impossible(words: String) -> Self {
        let violation = Some(format!("an answer that can never be: {words}"));
        Self { violation, ..Self::answered("impossible", words, vec![Vec::new()]) }
    }
}

/// Whether an error says no more than that nobody answered in time.
pub fn is_passing(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::NoMajority { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Busy
            | ClientError::RateLimited { .. }
            | ClientError::Later
    )
}

fn read_recovery(
    answer: Result<Recovered, ClientError>,
    key: &BackupKey,
    given: PasswordNumber,
    attempt: AttemptNumber,
) -> Reading {
    let spend = Step::Spend(attempt);
    match answer {
        Ok(recovered) if !recovered.key.matches(key) => Reading::impossible("another key came out".into()),
        Ok(recovered) => read_recovered(&recovered, given, attempt),
        Err(ClientError::WrongPassword { left, failed, .. }) => {
            let answered = Step::Answered { attempt, given, is_right: false, left: Some(left), failed };
            let words = format!("wrong, {left} left, {failed} failed before");
            let told = Told { left: vec![left], ..Told::default() };
            Reading { told, ..Reading::answered("wrong password", words, vec![vec![spend, answered]]) }
        }
        Err(ClientError::Erased) => {
            let ways = vec![vec![Step::FoundErased], vec![spend, Step::FoundErased]];
            Reading::answered("erased", "erased", ways)
        }
        Err(ClientError::Refused(Refusal::AttemptClosed)) => {
            let ways = vec![vec![spend, Step::Closed(attempt)]];
            Reading::answered("attempt closed", "attempt closed", ways)
        }
        Err(error) if is_passing(&error) => {
            Reading::unanswered(&error, vec![Step::Late(Late::Spend(attempt))])
        }
        Err(error) => Reading::impossible(error.to_string()),
    }
}

fn read_recovered(recovered: &Recovered, given: PasswordNumber, attempt: AttemptNumber) -> Reading {
    let failed = recovered.failed;
    let answered = Step::Answered { attempt, given, is_right: true, left: None, failed };
    let begun = vec![Step::Spend(attempt), answered];
    let late = Step::Late(Late::Success(attempt));
    let (ends, has_success) = match recovered.confirmation {
        Confirmation::Confirmed { left } => (vec![Step::Success(attempt), Step::Left(left)], true),
        Confirmation::Undelivered
        | Confirmation::Uncounted
        | Confirmation::Refused(Refusal::TokenDead | Refusal::Busy) => (vec![late], false),
        Confirmation::Refused(_) => (vec![late, Step::Closed(attempt)], false),
    };
    let words = format!("opened, {failed} failed before, {:?}", recovered.confirmation);
    let told = Told { has_success, maybe_successes: u32::from(!has_success), ..Told::default() };
    let outcome = if has_success { "opened" } else { "opened, unconfirmed" };
    Reading { told, ..Reading::answered(outcome, words, vec![[begun, ends].concat()]) }
}

fn read_change(
    answer: Result<PasswordChanged, ClientError>,
    password: PasswordNumber,
    attempt: AttemptNumber,
) -> Reading {
    let late = Step::LateChange { password, attempt };
    match answer {
        Ok(PasswordChanged { generation, left, is_confirmed, .. }) => {
            let change = Step::Change { password, attempt, generation: generation.0 };
            let late = Step::Late(Late::Success(attempt));
            let counted = vec![change.clone(), Step::Success(attempt), Step::Left(left)];
            let mut uncounted = vec![change, Step::Left(left), late];
            let told = Told {
                has_success: is_confirmed,
                maybe_successes: u32::from(!is_confirmed),
                ..Told::default()
            };
            let words = format!("generation {}, {left} left, confirmed: {is_confirmed}", generation.0);
            if !is_confirmed {
                return Reading { told, ..Reading::answered("unconfirmed", words, vec![uncounted]) };
            }
            // A confirmation is also over where the attempt is closed; then what was left before it is told.
            uncounted.push(Step::Closed(attempt));
            Reading { told, ..Reading::answered("done", words, vec![counted, uncounted]) }
        }
        Err(ClientError::Erased) => Reading::answered("erased", "erased", vec![vec![late, Step::FoundGone]]),
        Err(ClientError::Refused(Refusal::GenerationConflict)) => {
            let ways = vec![vec![late, Step::Overtaken(attempt)]];
            Reading::answered("overtaken", "the vault was changed meanwhile", ways)
        }
        Err(error) if is_passing(&error) => Reading::unanswered(&error, vec![late]),
        Err(error) => Reading::impossible(error.to_string()),
    }
}

fn read_status(answer: Result<VaultStatus, ClientError>) -> Reading {
    match answer {
        Ok(status) => {
            let VaultStatus { generation, left, failed, .. } = status;
            let is_erased = status.slots.as_slice().iter().any(|slot| slot.erased == 1);
            let words =
                format!("generation {}, {left} left, {failed} failed, erased: {is_erased}", generation.0);
            let step = Step::Status { generation: generation.0, left, failed, is_erased };
            Reading::answered("done", words, vec![vec![step]])
        }
        Err(ClientError::Erased) => Reading::answered("erased", "erased", vec![vec![Step::FoundGone]]),
        Err(error) if is_passing(&error) => Reading::unanswered(&error, Vec::new()),
        Err(error) => Reading::impossible(error.to_string()),
    }
}

fn read_erasure(answer: Result<(), ClientError>) -> Reading {
    match answer {
        Ok(()) => Reading::answered("done", "erased", vec![vec![Step::Erase]]),
        Err(error) if is_passing(&error) => Reading::unanswered(&error, vec![Step::Late(Late::Erase)]),
        Err(error) => Reading::impossible(error.to_string()),
    }
}
