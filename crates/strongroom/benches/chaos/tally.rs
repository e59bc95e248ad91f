//! The plainest count of guesses, beside the model and without it: what one pencil stroke for each answer would show.

/// The count of one vault.
pub struct Tally {
    guesses: u32,
    /// Answers to wrong passwords since the guesses were last known to be refilled.
    answered: u32,
    /// How many there may be: another budget for each success that may have counted since.
    allowed: u32,
    /// What was told last to be left, while nothing can have refilled it.
    told: Option<u8>,
}

/// What clients were told that bears on guesses, of operations that were made at the same time.
#[derive(Default)]
pub struct Told {
    /// What was left after each wrong password.
    pub left: Vec<u8>,
    /// Whether a success counted for sure.
    pub has_success: bool,
    /// How many successes may have counted or may yet.
    pub maybe_successes: u32,
}

impl Tally {
    pub fn new(guesses: u8) -> Self {
        // A confirmation of the making that comes late forgives nothing that was taken after it.
        Self { guesses: u32::from(guesses), answered: 0, allowed: u32::from(guesses), told: None }
    }

    /// Counts; says what is wrong where something is.
    pub fn count(&mut self, mut told: Told) -> Result<(), String> {
        told.left.sort_unstable_by(|one, other| other.cmp(one));
        self.answered += u32::try_from(told.left.len()).unwrap();
        self.allowed += self.guesses * (told.maybe_successes + u32::from(told.has_success));
        if self.answered > self.allowed {
            return Err(format!(
                "{} guesses were answered since the last success, {} are allowed",
                self.answered, self.allowed
            ));
        }
        if told.has_success || told.maybe_successes > 0 {
            self.told = None;
        } else if let Some(least) = told.left.last() {
            // The last of those guesses left at least as many fewer as there were; an earlier one that was
            // repeated may have been told the same.
            let count = u8::try_from(told.left.len()).unwrap();
            let most = told.left[0];
            if let Some(before) = self.told.filter(|before| least + count > *before || most >= *before) {
                let told = &told.left;
                return Err(format!("{told:?} guesses left were told after {before}, without a success"));
            }
            self.told = Some(*least);
        }
        if told.has_success {
            (self.answered, self.allowed) = (0, self.guesses * (1 + told.maybe_successes));
        }
        Ok(())
    }
}
