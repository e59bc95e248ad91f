//! Errors as JavaScript has them: an `Error` with a `code`, and what belongs to it.

use core::fmt::Display;
use js_sys::{Array, Error, Reflect};
use strongroom_client::{ClientError, trust::advice_on_concern};
use wasm_bindgen::JsValue;

/// An error with a code and nothing more.
pub(crate) fn plain(code: &str, error: &dyn Display) -> JsValue {
    let made = Error::new(&sentence(&error.to_string()));
    made.set_name("StrongroomError");
    set(&made, "code", &code.into());
    made.into()
}

/// An error of the client.
pub(crate) fn of_client(error: &ClientError) -> JsValue {
    let made = plain(code_of(error), error);
    if let Some(advice) = error.advice() {
        set(&made, "advice", &sentence(advice).into());
    }
    match error {
        ClientError::WrongPassword { left, failed, failed_elsewhere } => {
            set(&made, "left", &(*left).into());
            set(&made, "failed", &(*failed).into());
            set(&made, "failedElsewhere", &(*failed_elsewhere).into());
        }
        ClientError::NoMajority { reachable, endpoints } => {
            set(&made, "reachable", &JsValue::from_f64(count(*reachable)));
            set(&made, "endpoints", &JsValue::from_f64(count(*endpoints)));
        }
        ClientError::RateLimited { retry_after } => {
            set(&made, "retryAfterSeconds", &JsValue::from_f64(retry_after.as_secs_f64()));
        }
        ClientError::Untrusted { expected, met, place } => {
            set(&made, "expected", &expected.to_hex().into());
            set(&made, "met", &met.to_hex().into());
            set(&made, "place", &place.as_str().into());
        }
        ClientError::SlotTaken(slot) => set(&made, "slot", &slot.get().into()),
        ClientError::Unconfirmed(questions) => {
            let texts = questions.concerns().iter().map(|concern| {
                JsValue::from(sentence(&format!("{concern}. {}", advice_on_concern(concern))))
            });
            set(&made, "concerns", &texts.collect::<Array>());
        }
        _ => {}
    }
    made
}

/// What a program can tell errors apart by.
fn code_of(error: &ClientError) -> &'static str {
    match error {
        ClientError::WrongPassword { .. } => "wrong-password",
        ClientError::WrongRecoveryCode => "wrong-recovery-code",
        ClientError::WrongPasskey => "wrong-passkey",
        ClientError::NoRecoveryCode => "no-recovery-code",
        ClientError::NoPasskey => "no-passkey",
        ClientError::SlotTaken(_) => "slot-taken",
        ClientError::Full => "full",
        ClientError::Erased => "erased",
        ClientError::NoMajority { .. } => "no-majority",
        ClientError::Unreachable { .. } => "unreachable",
        ClientError::Untrusted { .. } | ClientError::Impostor { .. } => "untrusted",
        ClientError::Trust { .. } | ClientError::Roots(_) | ClientError::Memory(_) | ClientError::NoUnit { .. } => {
            "not-believed"
        }
        ClientError::Unconfirmed(_) => "unconfirmed",
        ClientError::Absent => "absent",
        ClientError::Damaged => "damaged",
        ClientError::NotAuthorised { .. } => "not-authorised",
        ClientError::RateLimited { .. } => "rate-limited",
        ClientError::Busy => "busy",
        ClientError::Later => "later",
        ClientError::Credential(_) => "credential",
        ClientError::Passkey(_) => "passkey",
        _ => "other",
    }
}

/// The text as a sentence: capital, full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    // An object that was just made takes every property.
    let _ = Reflect::set(object, &name.into(), value);
}
