//! Mistakes that can be planted in hosts and in the program around the step, as [`strongroom_hsm::planted`] plants
//! them in HSMs. No build but the judge's own knows any.

/// Whether hosts report batches that they have not made durable.
pub(super) fn skips_fsync() -> bool {
    #[cfg(strongroom_sim)]
    return strongroom_hsm::planted::is_planted(strongroom_hsm::planted::Bug::SkipsFsync);
    #[cfg(not(strongroom_sim))]
    false
}

/// Whether programs say that the anchor is still theirs without reading it.
pub(super) fn skips_anchor_check() -> bool {
    #[cfg(strongroom_sim)]
    return strongroom_hsm::planted::is_planted(strongroom_hsm::planted::Bug::SkipsAnchorCheck);
    #[cfg(not(strongroom_sim))]
    false
}
