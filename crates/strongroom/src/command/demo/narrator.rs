//! Tells the story, and keeps the score.

use crate::{
    command::seconds,
    error::CommandError,
    print::{json, say},
};
use serde::Serialize;
use std::{future::Future, time::Instant};

/// Columns of a step's words.
const COLUMNS: usize = 84;

/// Tells each step as it ends.
pub(super) struct Narrator {
    is_telling: bool,
    steps: Vec<Step>,
}

/// One step of the story, as the JSON shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Step {
    name: &'static str,
    ok: bool,
    ms: u64,
}

/// The JSON shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Story<'a> {
    ok: bool,
    steps: &'a [Step],
}

impl Narrator {
    /// Tells the story in lines, or in one JSON object at its end.
    pub(super) fn new(is_telling: bool) -> Self {
        Self { is_telling, steps: Vec::new() }
    }

    /// Says something beside the steps.
    pub(super) fn say(&self, line: impl AsRef<str>) {
        if self.is_telling {
            say(line);
        }
    }

    /// Lives through one step; what it gives is its line.
    ///
    /// # Errors
    /// The step's own.
    pub(super) async fn step(
        &mut self,
        name: &'static str,
        step: impl Future<Output = Result<String, CommandError>>,
    ) -> Result<(), CommandError> {
        let begun = Instant::now();
        let ended = step.await;
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.steps.push(Step { name, ok: ended.is_ok(), ms });
        let number = self.steps.len();
        match ended {
            Ok(words) => {
                self.say(format!("{number:2}  {words:<COLUMNS$} {:>7}", seconds(ms)));
                Ok(())
            }
            Err(error) => {
                self.say(format!("{number:2}  DID NOT HOLD: {name}"));
                Err(error)
            }
        }
    }

    /// Prints the JSON object, where that was asked for.
    pub(super) fn finish(&self, ok: bool) {
        if !self.is_telling {
            json(&Story { ok, steps: &self.steps });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_that_does_not_hold_is_in_the_json() {
        let mut narrator = Narrator::new(false);
        narrator.step("start", async { Ok("started".into()) }).await.unwrap();
        let failed = narrator.step("backup", async { Err(CommandError::other("no")) }).await;
        assert_eq!(failed, Err(CommandError::other("no")));
        for step in &mut narrator.steps {
            step.ms = 7;
        }
        assert_eq!(
            serde_json::to_string(&Story { ok: false, steps: &narrator.steps }).unwrap(),
            r#"{"ok":false,"steps":[{"name":"start","ok":true,"ms":7},{"name":"backup","ok":false,"ms":7}]}"#
        );
    }
}
