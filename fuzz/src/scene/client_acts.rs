//! What clients ask, well formed under the channel key or not.

use super::Scene;
use crate::{home::HOME, tape::Tape, twist::twist, world::client::Try};
use strongroom_crypto::opaque::ClientRegistration;
use strongroom_protocol::{
    bytes::Bytes,
    client::{Attempt, ChangeAction, Register, Request, RequestBody, Status, Success},
    decode, encode,
    ids::{AttemptId, Generation, RegistrationId, SlotNumber, VaultId},
    pipe::{FromClient, HostMessage},
};

/// Requests that the scene numbers itself begin here; the world's own stay below.
const RAW_FIRST: u64 = 1 << 32;

/// A request that opens at its node; what stands in it is honest, twisted, or the tape's.
pub fn client_request(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = tape.byte() % 3 + 1;
    if scene.world.node(number).keys.is_none() {
        return;
    }
    let Some((body, tried)) = scene.body(tape) else { return };
    let sent = scene.world.seal(number, body);
    let id = scene.world.ask(number, sent.frame.clone());
    if tape.byte() & 3 == 3 {
        // The same frame again: a client that repeats.
        scene.world.ask(number, sent.frame.clone());
    }
    scene.sent.insert(id, (sent, tried));
}

/// A frame that no honest client sends.
pub fn raw_request(scene: &mut Scene, tape: &mut Tape<'_>) {
    let number = tape.byte() % 3 + 1;
    let mut frame = if tape.byte().is_multiple_of(2) { HOME.request.clone() } else { tape.chunk().to_vec() };
    twist(&mut frame, tape);
    let id = RAW_FIRST + tape.eight() % RAW_FIRST;
    if let Some(frame) = Bytes::new(frame) {
        scene.world.tell(number, HostMessage::Client(FromClient { id, frame }));
    }
}

impl Scene {
    fn body(&mut self, tape: &mut Tape<'_>) -> Option<(RequestBody, Option<Try>)> {
        let kind = tape.byte();
        Some(match kind % 9 {
            0 => (RequestBody::Status(Status { vault: self.vault(tape) }), None),
            1 => self.new_attempt(tape),
            2 => (RequestBody::Success(self.right_success()?), None),
            3 => (RequestBody::Success(self.twisted_success(tape)?), None),
            4 => (RequestBody::Attempt(self.foreign_attempt(tape)), None),
            5 => (self.register(tape), None),
            6 => (self.signed_change(tape), None),
            7 => {
                let mut bytes = encode(&Request::new(self.signed_change(tape)));
                twist(&mut bytes, tape);
                (decode::<Request>(&bytes).ok()?.body, None)
            }
            _ => (decode::<Request>(tape.chunk()).ok()?.body, None),
        })
    }

    /// The one vault, or one that is not there.
    fn vault(&self, tape: &mut Tape<'_>) -> VaultId {
        if tape.byte() < 224 { self.owner.vault } else { VaultId::new(tape.array()) }
    }

    fn new_attempt(&mut self, tape: &mut Tape<'_>) -> (RequestBody, Option<Try>) {
        let password: &[u8] = if tape.byte().is_multiple_of(2) { &self.owner.password } else { b"wrong" };
        let password = password.to_vec();
        let tried = self.world.attempt(self.owner.vault, &password);
        (RequestBody::Attempt(tried.attempt.clone()), Some(tried))
    }

    fn foreign_attempt(&mut self, tape: &mut Tape<'_>) -> Attempt {
        let mut tried = self.world.attempt(self.owner.vault, b"pw").attempt;
        tried.slot = SlotNumber::new(tape.byte()).unwrap_or(SlotNumber::FIRST);
        tried.attempt = AttemptId::new([tape.byte(); 16]);
        let mut ke1 = tried.ke1.to_vec();
        twist(&mut ke1, tape);
        tried.ke1 = ke1.try_into().unwrap_or(tried.ke1);
        tried
    }

    fn right_success(&mut self) -> Option<Success> {
        let (tried, answered) = self.answered.as_ref()?;
        let (_, success) = self.world.finish_attempt(&self.owner, tried, answered)?;
        Some(success)
    }

    fn twisted_success(&mut self, tape: &mut Tape<'_>) -> Option<Success> {
        let (_, answered) = self.answered.as_ref()?;
        let mut token = answered.token.as_slice().to_vec();
        if tape.byte().is_multiple_of(2) {
            twist(&mut token, tape);
        }
        let token = Bytes::new(token)?;
        Some(Success { token, ke3: tape.array(), signature: tape.array() })
    }

    fn register(&mut self, tape: &mut Tape<'_>) -> RequestBody {
        let (_, mut request) = ClientRegistration::start(b"new", &mut self.world.rng).expect("a start");
        if tape.byte() >= 128 {
            request = tape.array();
        }
        RequestBody::Register(Register {
            vault: self.vault(tape),
            slot: SlotNumber::new(tape.byte() % 10).unwrap_or(SlotNumber::FIRST),
            registration: RegistrationId::new([tape.byte(); 16]),
            generation: Generation(u64::from(tape.byte() % 4)),
            request,
        })
    }

    fn signed_change(&mut self, tape: &mut Tape<'_>) -> RequestBody {
        let slot = SlotNumber::new(tape.byte() % 10).unwrap_or(SlotNumber::FIRST);
        let action = if tape.byte() < 32 { ChangeAction::Erase } else { ChangeAction::Remove(slot) };
        let generation = u64::from(tape.byte() % 4);
        RequestBody::Change(self.world.signed_change(&self.owner, generation, action))
    }
}
