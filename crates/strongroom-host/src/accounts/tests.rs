use super::*;

pub(crate) fn account(name: &str) -> Account {
    Account(name.into())
}
