//! The small program around the step: it reads frames, carries effects out, writes frames.
//! Page: `docs/spec/pipe.md`.
//!
//! It decides nothing. Platform tasks are carried out in the order of the effects, and their
//! completions are stepped before the next frame is read. Frames for the host are
//! buffered while more frames are waiting to be read, so that a burst is answered in one write.

use crate::{
    anchor::Anchor,
    effect::{Effect, Effects, Input, PlatformDone, PlatformTask},
    fault::Fault,
    hsm::{Boot, Hsm},
    platform::{Platform, PlatformError},
    replica::Pace,
};
use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
};
use strongroom_crypto::{ChaChaRng, Rng, Secret};
use strongroom_protocol::{
    decode, encode,
    limits::FRAME_BYTES_MAX,
    pipe::{HostMessage, HsmMessage},
};

/// Inputs after which the generator is seeded anew.
const INPUTS_PER_SEED: u32 = 4096;
/// Bytes for the host after which they are written even while more frames wait.
const WRITTEN_AT_ONCE: usize = 256 * 1024;

/// Why the program ends other than by its host closing the pipe.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// A broken invariant.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The platform failed before the step began.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The pipe failed, or the host wrote what is no frame.
    #[error("pipe: {0}")]
    Pipe(#[from] io::Error),
}

/// Takes the anchor over and runs until the host closes the pipe.
///
/// # Errors
/// See [`ProgramError`]. A [`Fault`] was told to the host before.
pub fn run(
    platform: &mut dyn Platform,
    pace: Pace,
    input: impl Read,
    output: impl Write,
) -> Result<(), ProgramError> {
    let mut rng = ChaChaRng::from_seed(*platform.draw_seed()?.expose());
    let mut writer = Writer { output, buffer: Vec::new() };
    let mut hsm = match boot(platform, pace, &mut rng) {
        Ok(hsm) => hsm,
        Err(error) => {
            writer.push(&HsmMessage::Stop(strongroom_protocol::bytes::Text::shortened(&error.to_string())));
            writer.flush()?;
            return Err(error);
        }
    };
    let mut reader = BufReader::with_capacity(2 * WRITTEN_AT_ONCE, input);
    let mut inputs = 0u32;
    while let Some(message) = next_frame(&mut reader)? {
        inputs = inputs.wrapping_add(1);
        if inputs.is_multiple_of(INPUTS_PER_SEED) {
            rng.reseed(*platform.draw_seed()?.expose());
        }
        let outcome = take(&mut hsm, platform, Input::Host(message), &mut rng, &mut writer);
        let more_waits = has_whole_frame(reader.buffer()) && writer.buffer.len() < WRITTEN_AT_ONCE;
        if outcome.is_err() || !more_waits {
            writer.flush()?;
        }
        outcome?;
    }
    Ok(())
}

fn boot(platform: &mut dyn Platform, pace: Pace, rng: &mut dyn Rng) -> Result<Hsm, ProgramError> {
    let mut incarnation = [0; 16];
    rng.fill(&mut incarnation);
    let boot = Boot {
        anchor: platform.take_over(incarnation)?,
        states: platform.read_states()?,
        first_anchor: Anchor::first(incarnation, Secret::random(rng)),
        device: platform.device(),
        measurement: platform.measurement(),
        platform: platform.kind(),
        class: platform.class(),
        pace,
    };
    Ok(Hsm::boot(boot)?)
}

/// Steps one input and all completions that follow from it.
fn take<W: Write>(
    hsm: &mut Hsm,
    platform: &mut dyn Platform,
    input: Input,
    rng: &mut dyn Rng,
    writer: &mut Writer<W>,
) -> Result<(), ProgramError> {
    let mut inputs = VecDeque::from([input]);
    while let Some(input) = inputs.pop_front() {
        let mut effects = Effects::default();
        let outcome = hsm.step(input, rng, &mut effects);
        for effect in effects.take() {
            match effect {
                Effect::Host(message) => writer.push(&message),
                Effect::Platform(task) => inputs.push_back(Input::Platform(carry_out(platform, hsm, task))),
            }
        }
        outcome?;
    }
    Ok(())
}

fn carry_out(platform: &mut dyn Platform, hsm: &Hsm, task: PlatformTask) -> PlatformDone {
    let done = match task {
        PlatformTask::WriteState(sealed) => {
            platform.write_state(&sealed).map(|()| PlatformDone::StateWritten)
        }
        PlatformTask::SwapAnchor { anchor, both } => {
            platform.swap_anchor(&anchor, both).map(|()| PlatformDone::Swapped)
        }
        PlatformTask::ForgetOldStates => {
            platform.forget_old_states().map(|()| PlatformDone::OldStatesForgotten)
        }
        PlatformTask::CheckAnchor(check) => check_anchor(platform, hsm, check),
    };
    match done {
        Ok(done) => done,
        Err(PlatformError::Superseded) => PlatformDone::Superseded,
        Err(error) => PlatformDone::Failed(error.to_string()),
    }
}

fn check_anchor(platform: &mut dyn Platform, hsm: &Hsm, check: u64) -> Result<PlatformDone, PlatformError> {
    let held = platform.read_anchor()?.map(|anchor| anchor.incarnation);
    let own = hsm.member().map(|member| member.incarnation());
    if held.is_some() && held == own {
        Ok(PlatformDone::AnchorHolds(check))
    } else {
        Err(PlatformError::Superseded)
    }
}

struct Writer<W> {
    output: W,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn push(&mut self, message: &HsmMessage) {
        let encoded = encode(message);
        let length = u32::try_from(encoded.len()).unwrap_or(0);
        self.buffer.extend_from_slice(&length.to_be_bytes());
        self.buffer.extend_from_slice(&encoded);
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.output.write_all(&self.buffer)?;
            self.output.flush()?;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// Reads one frame; none where the host has closed the pipe between two.
fn next_frame(reader: &mut BufReader<impl Read>) -> io::Result<Option<HostMessage>> {
    if reader.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut length = [0; 4];
    reader.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame longer than any may be"));
    }
    let mut frame = vec![0; length];
    reader.read_exact(&mut frame)?;
    decode(&frame).map(Some).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause.to_string()))
}

fn has_whole_frame(buffered: &[u8]) -> bool {
    match buffered.split_first_chunk::<4>() {
        Some((length, rest)) => {
            usize::try_from(u32::from_be_bytes(*length)).is_ok_and(|length| rest.len() >= length)
        }
        None => false,
    }
}
