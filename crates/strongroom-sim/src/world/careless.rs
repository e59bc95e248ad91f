//! Mistakes that can be planted in hosts, as [`strongroom_hsm::planted`] plants them in HSMs.

/// Whether hosts report batches that they have not made durable; never outside builds for the judge.
#[cfg(strongroom_sim)]
pub(super) fn skips_fsync() -> bool {
    strongroom_hsm::planted::is_planted(strongroom_hsm::planted::Bug::SkipsFsync)
}

/// Whether hosts report batches that they have not made durable; never outside builds for the judge.
#[cfg(not(strongroom_sim))]
pub(super) fn skips_fsync() -> bool {
    false
}
