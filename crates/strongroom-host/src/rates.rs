//! How often accounts may ask.
//!
//! Message 2 of a recovery is never refused: the guess it belongs to is spent, and a person
//! must not be stranded between the two messages.

use crate::accounts::Account;
use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use serde::{Deserialize, Serialize};
use std::{num::NonZeroU32, time::Duration};
use strongroom_protocol::client::RequestKind;

/// Accounts above which idle ones are forgotten.
const ACCOUNTS_KEPT: usize = 100_000;

/// Requests a second and at once; a zero switches the limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Requests of one account a second.
    pub per_account_per_second: u32,
    /// Requests of one account at once.
    pub per_account_burst: u32,
    /// Requests of all accounts a second.
    pub total_per_second: u32,
    /// Requests of all accounts at once.
    pub total_burst: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            per_account_per_second: 100,
            per_account_burst: 500,
            total_per_second: 20_000,
            total_burst: 40_000,
        }
    }
}

impl RateLimits {
    /// No limit at all.
    pub const OFF: Self =
        Self { per_account_per_second: 0, per_account_burst: 0, total_per_second: 0, total_burst: 0 };
}

/// Asked too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// Whether the account's own limit was met, and not that of all.
    pub is_account: bool,
    /// When the next request is taken.
    pub wait: Duration,
}

/// The limits of one node.
pub struct Rates {
    account: Option<DefaultKeyedRateLimiter<Account>>,
    total: Option<DefaultDirectRateLimiter>,
    clock: DefaultClock,
}

impl Rates {
    /// Begins to count.
    pub fn new(limits: &RateLimits) -> Self {
        Self {
            account: quota(limits.per_account_per_second, limits.per_account_burst).map(RateLimiter::keyed),
            total: quota(limits.total_per_second, limits.total_burst).map(RateLimiter::direct),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of an account.
    ///
    /// # Errors
    /// The account, or all of them, asked too often; nothing was counted for it.
    pub fn check(&self, account: &Account, kind: RequestKind) -> Result<(), TooOften> {
        match kind {
            RequestKind::Success => return Ok(()),
            RequestKind::Register
            | RequestKind::Create
            | RequestKind::Change
            | RequestKind::Attempt
            | RequestKind::Status => {}
        }
        if let Some(Err(until)) = self.account.as_ref().map(|limit| limit.check_key(account)) {
            return Err(TooOften { is_account: true, wait: until.wait_time_from(self.clock.now()) });
        }
        if let Some(Err(until)) = self.total.as_ref().map(RateLimiter::check) {
            return Err(TooOften { is_account: false, wait: until.wait_time_from(self.clock.now()) });
        }
        Ok(())
    }

    /// Forgets accounts that have not asked for a while, where there are many.
    pub fn forget_idle(&self) {
        if let Some(limit) = self.account.as_ref().filter(|limit| limit.len() > ACCOUNTS_KEPT) {
            limit.retain_recent();
        }
    }
}

fn quota(per_second: u32, burst: u32) -> Option<Quota> {
    let per_second = NonZeroU32::new(per_second)?;
    Some(Quota::per_second(per_second).allow_burst(NonZeroU32::new(burst).unwrap_or(per_second)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::tests::account;

    fn limits() -> RateLimits {
        RateLimits { per_account_per_second: 1, per_account_burst: 2, total_per_second: 1, total_burst: 3 }
    }

    #[test]
    fn an_account_is_held_to_its_own_limit_and_all_to_theirs() {
        let rates = Rates::new(&limits());
        let (anna, ben) = (account("anna"), account("ben"));
        assert!(rates.check(&anna, RequestKind::Attempt).is_ok());
        assert!(rates.check(&anna, RequestKind::Register).is_ok());
        let refused = rates.check(&anna, RequestKind::Create).unwrap_err();
        assert!(refused.is_account && refused.wait <= Duration::from_secs(1));
        assert!(rates.check(&ben, RequestKind::Status).is_ok());
        assert!(!rates.check(&ben, RequestKind::Change).unwrap_err().is_account);
    }

    #[test]
    fn message_2_of_a_recovery_is_never_refused() {
        let rates = Rates::new(&limits());
        let anna = account("anna");
        while rates.check(&anna, RequestKind::Attempt).is_ok() {}
        assert!((0..1000).all(|_| rates.check(&anna, RequestKind::Success).is_ok()));
    }

    #[test]
    fn zero_switches_a_limit_off() {
        let rates = Rates::new(&RateLimits::OFF);
        let anna = account("anna");
        assert!((0..100_000).all(|_| rates.check(&anna, RequestKind::Attempt).is_ok()));
    }
}
