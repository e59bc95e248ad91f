//! A client that is gone in the middle of what it does: its later messages are not sent, or sent and not answered.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use strongroom_client::{Endpoint, HttpTransport, Moment, Transport, TransportError};

/// Carries so many messages and then nothing more.
pub struct Quitter {
    transport: HttpTransport,
    messages_left: AtomicU32,
    /// Whether the first message after those is sent all the same, without its answer being heard.
    sends_one_more: bool,
}

impl Quitter {
    pub fn after(messages: u32, sends_one_more: bool, token: &str) -> Self {
        let transport = HttpTransport::new(Some(token), Vec::new()).unwrap();
        Self {
            transport,
            messages_left: AtomicU32::new(messages + u32::from(sends_one_more)),
            sends_one_more,
        }
    }
}

impl Transport for Quitter {
    async fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let taken = self
            .messages_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .map_err(|_| TransportError::TimedOut)?;
        let answer = self.transport.exchange(endpoint, frame, timeout).await;
        if taken == 1 && self.sends_one_more { Err(TransportError::TimedOut) } else { answer }
    }

    async fn keys(&self, endpoint: &Endpoint, timeout: Duration) -> Result<Vec<u8>, TransportError> {
        self.transport.keys(endpoint, timeout).await
    }

    async fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        self.transport.fetch(url, bytes_max, timeout).await
    }

    fn clock(&self) -> Moment {
        self.transport.clock()
    }

    fn now(&self) -> Duration {
        self.transport.now()
    }

    async fn pause(&self, duration: Duration) {
        self.transport.pause(duration).await;
    }
}
