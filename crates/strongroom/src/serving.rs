//! A service of this command: where it listens, what its log says, and how it ends.

use crate::{
    error::CommandError,
    print::{json, say},
    signals::{end_when_stdin_closes, interrupted},
};
use clap::Args;
use serde::Serialize;
use std::{future::Future, io, net::SocketAddr};
use tokio::{net::TcpListener, sync::watch};
use tracing_subscriber::filter::LevelFilter;

/// What every service of this command takes.
#[derive(Debug, Clone, Args)]
pub struct ServiceOptions {
    /// Print {"url"} once it listens
    #[arg(long)]
    json: bool,
    /// How much the log says: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", env = "STRONGROOM_LOG", default_value = "info")]
    log: LevelFilter,
    /// End when standard input closes, as it does when the process that started this one ends
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

/// The JSON shape.
#[derive(Debug, Serialize)]
struct ServiceJson {
    url: String,
}

impl ServiceOptions {
    /// Serves at an address until the process is told to end; `service` gets the listener, and ends when it is told.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn serve<F: Future<Output = ()>>(
        &self,
        name: &str,
        listen: SocketAddr,
        service: impl FnOnce(TcpListener, watch::Receiver<bool>) -> F,
    ) -> Result<(), CommandError> {
        tracing_subscriber::fmt().with_max_level(self.log).with_writer(io::stderr).with_ansi(false).init();
        // Signals are caught from here on, before anybody can know that it serves.
        let interruption = interrupted();
        let (listener, address) = listen_at(listen).await?;
        if self.until_stdin_closes {
            end_when_stdin_closes()?;
        }
        self.tell(name, format!("http://{address}"));
        let (stop, stopped) = watch::channel(false);
        let serving = service(listener, stopped);
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => return Ok(()),
            () = interruption => {}
        }
        // It fails only where the service has ended.
        let _ = stop.send(true);
        serving.await;
        Ok(())
    }

    fn tell(&self, name: &str, url: String) {
        if self.json {
            return json(&ServiceJson { url });
        }
        say(format!("{name} serves at {url}"));
        say("It speaks plain HTTP: put your own TLS proxy in front. ^C ends it.");
    }
}

async fn listen_at(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), CommandError> {
    let failed = |error: io::Error| {
        CommandError::other(format!(
            "Nothing listens at {listen}: {error}. Give another address by --listen."
        ))
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
