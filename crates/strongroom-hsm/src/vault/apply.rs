//! The one way in which a record changes.

use super::{Proposal, Record, Rules, Touched, Verdict, change, create, spend, success};

/// Applies a committed entry to the record that it names.
///
/// The record is consumed; where [`Touched::Nothing`] comes back the new one is the same.
pub fn apply(
    rules: &Rules,
    record: Option<Record>,
    proposal: &Proposal,
) -> (Option<Record>, Verdict, Touched) {
    match proposal {
        Proposal::Create(entry) => {
            let (record, verdict, touched) = create::create(rules, record, entry);
            (record, Verdict::Create(verdict), touched)
        }
        Proposal::Change(entry) => {
            let (record, verdict, touched) = change::change(rules, record, entry);
            (record, Verdict::Change(verdict), touched)
        }
        Proposal::Spend(entry) => {
            let (record, verdict, touched) = spend::spend(rules, record, entry);
            (record, Verdict::Spend(verdict), touched)
        }
        Proposal::Success(entry) => {
            let (record, verdict, touched) = success::success(rules, record, entry);
            (record, Verdict::Success(verdict), touched)
        }
    }
}
