//! The HSM program: one process, one pipe to its host, no network, no files but its platform's.
//!
//! `strongroom-hsm --platform simulation --folder FOLDER`; the pipe is a socket at standard
//! input, read and written. It is started by a host and is of no use by hand. Exit codes: 0 the
//! host closed the pipe; 1 a fault, which standard error names; 2 usage.

mod confine;

use std::{
    os::{fd::AsFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitCode,
};
use strongroom_hsm::{
    platform::simulation::Simulation,
    program::{self, ProgramError},
    replica::Pace,
};
use zeroizing_alloc::ZeroAlloc;

/// What is freed is overwritten, so that no secret outlives its owner in the heap.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

const USAGE: &str = "usage: strongroom-hsm --platform simulation --folder FOLDER [--checkpoint-seconds N]

It is started by `strongroom node run` with a socket as its standard input.
INSECURE SIMULATION: this platform keeps its keys in files. Good for a demo, never for people's keys.";

struct Arguments {
    folder: PathBuf,
    pace: Pace,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    std::panic::set_hook(Box::new(|panic| {
        // The place and nothing else: what a panic says may hold what nobody may read.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("stopped by a panic at {place}");
        std::process::abort();
    }));
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let pipe = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let mut platform = Simulation::open(&arguments.folder).map_err(ProgramError::from)?;
    confine::confine(&arguments.folder)?;
    let input = pipe.try_clone()?;
    Ok(program::run(&mut platform, arguments.pace, input, pipe)?)
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut folder = None;
    let mut pace = Pace::default();
    while let Some(name) = given.next() {
        let value = given.next()?;
        match name.as_str() {
            "--platform" if value == "simulation" => {}
            "--folder" => folder = Some(PathBuf::from(value)),
            "--checkpoint-seconds" => {
                pace = Pace::of_seconds(value.parse().ok().filter(|seconds| *seconds > 0)?)
            }
            _ => return None,
        }
    }
    Some(Arguments { folder: folder?, pace })
}
