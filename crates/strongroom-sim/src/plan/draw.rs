//! Draws a plan from a seed.
//!
//! Whole classes of faults are switched off in some runs ("swarm testing"): what is always on hides what
//! only shows in its absence.

use super::Plan;
use crate::{
    fault::{Fault, Manner},
    random::{Random, Stream},
    trace::hash_of,
};
use strongroom_hsm::replica::Pace;

impl Plan {
    /// Draws the plan of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let mut random = Random::of(seed, Stream::Plan);
        let nodes = match random.below(10) {
            0 | 1 => 3,
            2 => 7,
            _ => 5,
        };
        let guesses = [2, 3, 3, 5, 10, 10].get(random.place(6)).copied().unwrap_or(10);
        let clients = u16::try_from(random.between(4, 9)).unwrap_or(4);
        let operations = u32::try_from(random.between(50, 70)).unwrap_or(50);
        let stand_ins = random.below(20) != 0;
        let breaks_majority = random.below(10) == 0;
        let calmness = [1, 1, 2, 4].get(random.place(4)).copied().unwrap_or(1);
        Self {
            seed,
            nodes,
            guesses,
            clients,
            operations,
            vaults_max: u32::try_from(random.between(3, 12)).unwrap_or(3),
            pace: with_little_room(pace(&mut random), seed),
            chaos_ticks: random.between(400, 1000),
            calm_ticks_max: 12_000,
            mischief_ticks: random.between(20, 90),
            mischief_max: 200,
            latency_max: [5, 20, 90, 250].get(random.place(4)).copied().unwrap_or(20),
            disk_latency_max: [2, 20, 80, 200].get(random.place(4)).copied().unwrap_or(20),
            breaks_majority,
            stand_ins,
            rates: Fault::ALL.iter().map(|fault| rate(*fault, calmness, seed)).collect(),
        }
    }
}

/// Short eras in most runs, so that several go by; hardly more than one for the whole run in some.
fn pace(random: &mut Random) -> Pace {
    match random.below(4) {
        0 => Pace { ticks_min: 60, ticks_to_forget: 80, ticks_max: 200, ..Pace::STANDARD },
        1 => Pace { ticks_min: 150, ticks_to_forget: 250, ticks_max: 700, ..Pace::STANDARD },
        2 => Pace { ticks_min: 20, ticks_to_forget: 300, ticks_max: 300, ..Pace::STANDARD },
        _ => Pace { ticks_min: 900, ticks_to_forget: 1_200, ticks_max: 4_000, ..Pace::STANDARD },
    }
}

/// Little room for the log, or for the open tree, in some runs, so that both are full again and again.
fn with_little_room(pace: Pace, seed: u64) -> Pace {
    let mut random = Random::of(seed ^ hash_of(b"room"), Stream::Plan);
    let mut drawn = pace;
    if random.below(6) == 0 {
        drawn.log_bytes_max = random.between(20_000, 80_000);
    }
    if random.below(4) == 0 {
        drawn.tree_bytes_max = random.place(30_000);
    }
    drawn
}

/// Each class draws from a stream of its own name, so that a class that is added later leaves the others as they are.
fn rate(fault: Fault, calmness: u32, seed: u64) -> u32 {
    let mut random = Random::of(seed ^ hash_of(fault.word().as_bytes()), Stream::Plan);
    let is_on = random.below(5) < 2;
    let share = u32::try_from(random.between(1, 8)).unwrap_or(1);
    if !is_on {
        return 0;
    }
    match fault.manner() {
        Manner::NowAndThen => weight(fault) * share,
        Manner::EachTime => usual(fault) * share / 4 / calmness,
    }
}

/// How heavy a class weighs among the mischief.
fn weight(fault: Fault) -> u32 {
    match fault {
        Fault::PowerLossOfAll | Fault::NodeLost => 1,
        Fault::Kill | Fault::PowerLoss | Fault::Partition | Fault::EnemyGuesses | Fault::EnemyForges => 4,
        _ => 2,
    }
}

/// Times in a million that a class happens in an ordinary run.
fn usual(fault: Fault) -> u32 {
    match fault {
        Fault::CrashInStep => 150,
        Fault::CrashInPlatform => 1_500,
        Fault::SlowPlatform => 20_000,
        Fault::PeerLost | Fault::PeerDelayed => 2_500,
        Fault::PeerDuplicated | Fault::PeerReordered | Fault::PeerOldSession => 1_200,
        Fault::PeerTruncated | Fault::PeerSpliced | Fault::PeerFlipped => 700,
        Fault::ClientLost | Fault::ClientDelayed => 60_000,
        Fault::ClientDuplicated => 60_000,
        Fault::ClientTruncated | Fault::ClientSpliced | Fault::ClientFlipped => 25_000,
        Fault::WriteDelayed => 10_000,
        Fault::WriteFailed | Fault::ReadFailed => 800,
        Fault::WriteTorn => 400_000,
        Fault::WriteMisdirected | Fault::WriteLost => 1_500,
        Fault::HostInvents => 900,
        Fault::HostClaims => 100_000,
        Fault::HostWithholds | Fault::HostReorders => 2_500,
        Fault::ClientCrash => 40_000,
        Fault::ClientImpatient => 60_000,
        Fault::ClientRace => 120_000,
        _ => 0,
    }
}
