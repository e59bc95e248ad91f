//! The network and the clock, as the page gives them.

use core::time::Duration;
use js_sys::{Reflect, Uint8Array};
use send_wrapper::SendWrapper;
use strongroom_client::{Endpoint, Moment, Transport, TransportError};
use strongroom_protocol::limits::EXCHANGE_BYTES_MAX;
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// What the page brings: `fetch` with a bound on bytes and time, and a clock.
    pub type PageTransport;

    /// Sends bytes (or asks, where there are none) and gives at most so many; `null` where there is no such thing.
    #[wasm_bindgen(method, catch)]
    async fn send(
        this: &PageTransport,
        url: &str,
        body: Option<Uint8Array>,
        bytes_max: u32,
        timeout_ms: f64,
    ) -> Result<JsValue, JsValue>;

    /// Seconds since 1970.
    #[wasm_bindgen(method)]
    fn seconds(this: &PageTransport) -> f64;

    /// Milliseconds since some moment; they never go back.
    #[wasm_bindgen(method)]
    fn now(this: &PageTransport) -> f64;

    /// Lets milliseconds pass.
    #[wasm_bindgen(method)]
    async fn pause(this: &PageTransport, milliseconds: f64);
}

/// The page's transport as the client wants it. WebAssembly has one thread here, which the wrapper watches over.
pub(crate) struct Page(SendWrapper<PageTransport>);

impl Page {
    pub(crate) fn new(transport: PageTransport) -> Self {
        Self(SendWrapper::new(transport))
    }

    fn ask(
        &self,
        url: String,
        body: Option<Vec<u8>>,
        bytes_max: usize,
        timeout: Duration,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, TransportError>> + Send + '_ {
        SendWrapper::new(async move {
            let body = body.map(|bytes| Uint8Array::from(bytes.as_slice()));
            let bytes_max_told = u32::try_from(bytes_max).unwrap_or(u32::MAX);
            let answer = self.0.send(&url, body, bytes_max_told, milliseconds(timeout)).await;
            match answer.map_err(|error| fault(&error))? {
                none if none.is_null() || none.is_undefined() => Ok(None),
                some => {
                    let bytes = some.dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec());
                    let bytes = bytes.map_err(|_| TransportError::Unexpected("no bytes".into()))?;
                    let fits = bytes.len() <= bytes_max;
                    fits.then_some(Some(bytes)).ok_or_else(|| TransportError::Unexpected("too long".into()))
                }
            }
        })
    }

    async fn must(
        &self,
        url: String,
        body: Option<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let answer = self.ask(url, body, EXCHANGE_BYTES_MAX, timeout).await?;
        answer.ok_or_else(|| TransportError::Unexpected("HTTP 404".into()))
    }
}

impl Transport for Page {
    fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Vec<u8>,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, TransportError>> + Send {
        self.must(format!("{endpoint}/v1/exchange"), Some(frame), timeout)
    }

    fn keys(
        &self,
        endpoint: &Endpoint,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<u8>, TransportError>> + Send {
        self.must(format!("{endpoint}/v1/keys"), None, timeout)
    }

    fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        timeout: Duration,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, TransportError>> + Send {
        self.ask(url.to_owned(), None, bytes_max, timeout)
    }

    fn clock(&self) -> Moment {
        // By a clock that is beyond all texts everything is too old.
        Moment::from_seconds(whole(self.0.seconds())).unwrap_or(Moment::LAST)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(whole(self.0.now()))
    }

    fn pause(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        SendWrapper::new(self.0.pause(milliseconds(duration)))
    }
}

/// What the page threw: an object with `kind`, and perhaps `status` and `retryAfter` (seconds).
fn fault(error: &JsValue) -> TransportError {
    let field = |name: &str| Reflect::get(error, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let number = |name: &str| field(name).as_f64();
    let text = field("message").as_string().unwrap_or_default();
    match field("kind").as_string().as_deref() {
        Some("timed-out") => TransportError::TimedOut,
        Some("not-authorised") => {
            let status = u16::try_from(whole(number("status").unwrap_or(401.0))).unwrap_or(401);
            TransportError::NotAuthorised(status)
        }
        Some("rate-limited") => {
            let retry_after = number("retryAfter").map(|seconds| Duration::from_secs(whole(seconds)));
            TransportError::RateLimited { retry_after }
        }
        Some("no-majority") => TransportError::NoMajority,
        Some("not-serving") => TransportError::NotServing,
        Some("unexpected") => TransportError::Unexpected(text),
        _ => TransportError::Unreachable(text),
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A number of JavaScript as a whole one; what is none, or below zero, is zero.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u64 {
    // The conversion of Rust ends at its bounds, and takes what is no number for zero.
    number as u64
}
