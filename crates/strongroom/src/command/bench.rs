//! `strongroom bench`: how many operations a fleet does, how fast, and at what cost.

mod floor;
mod load;
mod report;

use crate::{
    access::read_pin,
    error::CommandError,
    fleet_status::FleetStatus,
    local_fleet::{Lines, LocalFleet, Programs},
    new_fleet::{NewFleet, PIN_FILE, node_folders, token},
    print::{INSECURE_SIMULATION, json, note, say},
    programs::{HsmOptions, own_program},
    signals::interrupted,
};
use clap::{Args, ValueEnum};
use load::{Load, Target};
use report::Report;
use std::{
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};
use strongroom_client::TrustSource as _;
use strongroom_host::rates::RateLimits;
use tempfile::TempDir;

/// How long the fleet may take to be whole.
const PATIENCE: Duration = Duration::from_secs(40);
/// Vaults that are made at least.
const VAULTS_MIN: u32 = 200;
/// Vaults made for each second of the run, so that each is opened few enough times.
const VAULTS_PER_SECOND: u32 = 60;
/// How long the run's token is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 3600);

const EXAMPLES: &str = "\
Examples:
  strongroom bench
  strongroom bench --clients 1 --seconds 10
  strongroom bench --op register --json
  strongroom bench --fleet fleet                    the fleet in that folder, which must be up

Passwords are not stretched here: stretching is the device's work and would hide the fleet's. A vault remembers
up to 32 attempts between checkpoints, so each is opened 28 times at most: longer runs want more --vaults.";

/// Measure a fleet: operations per second, latency, cost on the processor
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BenchArguments {
    /// How many nodes: 3, 5, 7 or 9
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = super::node_count)]
    nodes: u8,
    /// How many clients at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    clients: u32,
    /// How long
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// What the clients do; mixed is nine recoveries to one registration
    #[arg(long, value_enum, default_value = "recover")]
    op: Operation,
    /// How many vaults are made before [default: 200, or 60 for each second]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    vaults: Option<u32>,
    /// Print {"op", "nodes", "clients", "ops_per_s", "p50_ms", …} in place of the table
    #[arg(long)]
    json: bool,
    /// A fleet's folder on this machine that is up already, in place of a temporary fleet
    #[arg(long, value_name = "FLEET_DIR")]
    fleet: Option<PathBuf>,
    #[command(flatten)]
    hsm: HsmOptions,
}

/// What the clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Operation {
    /// Both messages of a recovery
    Recover,
    /// Make a vault and confirm it
    Register,
    /// Nine recoveries to one registration
    Mixed,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Self::Recover => "recover",
            Self::Register => "register",
            Self::Mixed => "mixed",
        }
    }
}

/// The temporary fleet; fields are dropped in this order.
struct Temporary {
    fleet: LocalFleet,
    _home: TempDir,
}

impl BenchArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let mut interruption = pin!(interrupted());
        let report = tokio::select! {
            measured = self.measure() => measured?,
            () = &mut interruption => return Err(CommandError::other("Interrupted.")),
        };
        if self.json {
            json(&report.shape);
        } else {
            say(report.to_table());
        }
        report.complaint().map_or(Ok(()), |text| Err(CommandError::other(text)))
    }

    async fn measure(&self) -> Result<Report, CommandError> {
        self.tell(INSECURE_SIMULATION);
        let floor = tokio::task::block_in_place(floor::measure)?;
        if let Some(folder) = &self.fleet {
            return self.measure_at(folder, floor).await;
        }
        let home = TempDir::with_prefix("strongroom-bench-")
            .map_err(|error| CommandError::file(&std::env::temp_dir(), "written", &error))?;
        let folder = home.path().join("fleet");
        let fleet = self.found(&folder).await?;
        let mut temporary = Temporary { fleet, _home: home };
        let pin = read_pin(&folder.join(PIN_FILE))?;
        temporary.fleet.start()?;
        temporary.fleet.wait_until(&pin.fleet(), PATIENCE, FleetStatus::is_whole).await?;
        let report = self.measure_at(&folder, floor).await?;
        tokio::task::block_in_place(|| temporary.fleet.stop());
        Ok(report)
    }

    async fn found(&self, folder: &Path) -> Result<LocalFleet, CommandError> {
        let hsm = self.hsm.find()?;
        let plan = NewFleet {
            folder: folder.to_path_buf(),
            nodes: self.nodes,
            guesses: strongroom_protocol::limits::GUESSES_DEFAULT,
            base_port: 0,
            limits: RateLimits::OFF,
            hsm_program: hsm.clone(),
            origins: Vec::new(),
        };
        plan.found(|_| {}).await?;
        LocalFleet::open(folder, Programs { own: own_program()?, hsm }, |_, node| {
            Lines::File(node.join("log"))
        })
    }

    /// Measures the fleet in a folder, which is up.
    async fn measure_at(&self, folder: &Path, floor_us: f64) -> Result<Report, CommandError> {
        let pin = read_pin(&folder.join(PIN_FILE))?;
        let target = Target { pin: pin.clone(), token: token(folder, "bench", TOKEN_LIFETIME)? };
        let vaults =
            self.vaults.unwrap_or_else(|| VAULTS_MIN.max(self.seconds.saturating_mul(VAULTS_PER_SECOND)));
        self.tell(format!("making {vaults} vaults …"));
        let mut load = Load::prepare(&target, vaults, self.clients).await?;
        self.tell(format!("{} clients for {} s …", self.clients, self.seconds));
        let before = FleetStatus::ask(Some(&pin.fleet()), pin.endpoints()).await?;
        let length = Duration::from_secs(u64::from(self.seconds));
        let measured = load.run(&target, self.op, self.clients, length).await?;
        let after = FleetStatus::ask(Some(&pin.fleet()), pin.endpoints()).await?;
        let nodes = u8::try_from(node_folders(folder)?.len()).unwrap_or(u8::MAX);
        Ok(Report::of(self.op, nodes, self.clients, &before, &after, measured, floor_us))
    }

    fn tell(&self, line: impl AsRef<str>) {
        if !self.json {
            note(line);
        }
    }
}
