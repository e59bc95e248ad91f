//! Accepts connections, a bounded number of them, and cuts slow clients off.

use crate::limits::{CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_TIMEOUT, STOP_TIMEOUT};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{sleep, timeout},
};

/// Header fields of a request at most.
const HEADERS_MAX: usize = 64;

/// The HTTP server of a node.
pub(crate) struct Server {
    listener: TcpListener,
    router: Router,
    connections: GracefulShutdown,
    places: Arc<Semaphore>,
}

impl Server {
    pub(crate) fn new(listener: TcpListener, router: Router) -> Self {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Self { listener, router, connections: GracefulShutdown::new(), places }
    }

    /// Serves until `stop` is true, then lets the requests that have begun end, for a bounded time.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                // The sender is gone only with the node.
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Some((stream, place)) => self.serve(stream, place),
                None => sleep(Duration::from_millis(20)).await,
            }
        }
        let Self { listener, connections, .. } = self;
        drop(listener);
        if timeout(STOP_TIMEOUT, connections.shutdown()).await.is_err() {
            tracing::warn!("some requests had no answer when the node stopped");
        }
    }

    /// The next connection, once there is a place for it; nothing where no file descriptor is left.
    async fn accept(&self) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let place = self.places.clone().acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, _)) => Some((stream, place)),
            Err(cause) => {
                tracing::warn!(%cause, "a connection could not be accepted");
                None
            }
        }
    }

    fn serve(&self, stream: TcpStream, place: OwnedSemaphorePermit) {
        // It fails only where the connection is gone already.
        let _ = stream.set_nodelay(true);
        let mut server = http1::Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX);
        let service = TowerToHyperService::new(self.router.clone());
        let connection = self.connections.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            let _place = place;
            if let Err(cause) = connection.await {
                tracing::debug!(%cause, "a client's connection ended");
            }
        });
    }
}
