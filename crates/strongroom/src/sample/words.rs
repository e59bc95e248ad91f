//! Sentences that nobody said.

use super::generator::Generator;

const OPENINGS: [&str; 8] = [
    "Did you see that",
    "I think",
    "Remember when",
    "Maybe tomorrow",
    "Good news:",
    "No worries,",
    "On my way,",
    "By the way,",
];
const SUBJECTS: [&str; 10] = [
    "the train",
    "our bread",
    "the old lamp",
    "a red umbrella",
    "the choir",
    "that long film",
    "the garden",
    "my left shoe",
    "the whole street",
    "the kettle",
];
const VERBS: [&str; 8] = [
    "is late again",
    "smells of summer",
    "fell off the shelf",
    "needs a new name",
    "was better last year",
    "can wait until noon",
    "sings in the rain",
    "costs far too much",
];
const ENDINGS: [&str; 6] = [".", "!", "?", "…", " :)", ", call me later."];

/// Makes one to three sentences.
pub(super) fn message(generator: &mut Generator) -> String {
    let sentences = generator.below(3).saturating_add(1);
    let mut text = String::new();
    for _ in 0..sentences {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(generator.one_of(&OPENINGS));
        text.push(' ');
        text.push_str(generator.one_of(&SUBJECTS));
        text.push(' ');
        text.push_str(generator.one_of(&VERBS));
        text.push_str(generator.one_of(&ENDINGS));
    }
    text
}
