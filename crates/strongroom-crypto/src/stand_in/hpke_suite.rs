//! The HPKE suite with a stand-in beside it, in the place of [`crate::hpke_suite`].
//!
//! An encapsulation is random bytes; the secret is a hash of it, the public key and the info. Sealing
//! stays ChaCha20-Poly1305.

#[path = "../hpke_suite.rs"]
mod real;

use super::stand_in::{hash, is_on};
use crate::rng::Rng;
use crate::seal::{decrypt, encrypt};
use crate::secret::Secret;
use alloc::boxed::Box;
use alloc::vec::Vec;
use hpke::HpkeError;

pub use real::PublicKeyError;
pub(crate) use real::{ENCAPSULATED_LENGTH, Export, PUBLIC_LENGTH, export};

/// One end of a context.
pub(crate) enum End<T> {
    Real(T),
    StandIn(Context),
}

pub(crate) type Sender = End<real::Sender>;
pub(crate) type Receiver = End<real::Receiver>;

/// What both ends of a stand-in's context hold.
pub(crate) struct Context {
    secret: Secret<32>,
    sequence: u64,
}

/// A key pair, or what stands in for one.
pub(crate) enum KeyPair {
    Real(real::KeyPair),
    StandIn(Box<[u8; PUBLIC_LENGTH]>),
}

impl KeyPair {
    pub(crate) fn from_seed(seed: &Secret<32>) -> Self {
        if !is_on() {
            return Self::Real(real::KeyPair::from_seed(seed));
        }
        Self::StandIn(Box::new(public_of(&hash::of("key pair", &[seed.expose()]))))
    }

    pub(crate) fn public(&self) -> &[u8; PUBLIC_LENGTH] {
        match self {
            Self::Real(pair) => pair.public(),
            Self::StandIn(public) => public,
        }
    }

    pub(crate) fn receive(
        &self,
        encapsulated: &[u8; ENCAPSULATED_LENGTH],
        info: &[u8],
    ) -> Result<Receiver, HpkeError> {
        match self {
            Self::Real(pair) => pair.receive(encapsulated, info).map(End::Real),
            Self::StandIn(public) => Ok(End::StandIn(Context::of(public, encapsulated, info))),
        }
    }
}

pub(crate) fn send(
    public: &[u8; PUBLIC_LENGTH],
    info: &[u8],
    rng: &mut dyn Rng,
) -> Result<(Sender, [u8; ENCAPSULATED_LENGTH]), PublicKeyError> {
    if !is_on() {
        return real::send(public, info, rng).map(|(sender, encapsulated)| (End::Real(sender), encapsulated));
    }
    let (name, _) = public.split_first_chunk::<32>().ok_or(PublicKeyError)?;
    if public_of(name) != *public {
        return Err(PublicKeyError);
    }
    let drawn: [u8; 32] = hash::drawn(rng);
    let encapsulated = repeated(&drawn);
    Ok((End::StandIn(Context::of(public, &encapsulated, info)), encapsulated))
}

/// A public key of the real length: 32 bytes, again and again, the highest bit of each part clear.
fn public_of(name: &[u8; 32]) -> [u8; PUBLIC_LENGTH] {
    let mut name = *name;
    name[0] &= 0x7f;
    repeated(&name)
}

fn repeated<const N: usize>(part: &[u8; 32]) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(part.iter().cycle()).for_each(|(to, from)| *to = *from);
    out
}

impl Context {
    fn of(public: &[u8; PUBLIC_LENGTH], encapsulated: &[u8; ENCAPSULATED_LENGTH], info: &[u8]) -> Self {
        // All of a public key that `send` takes lies in its first part.
        let (name, _) = public.split_at(32);
        Self { secret: hash::secret("context", &[name, encapsulated, info]), sequence: 0 }
    }

    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce.iter_mut().zip(self.sequence.to_be_bytes()).for_each(|(to, from)| *to = from);
        nonce
    }
}

impl Sender {
    pub(crate) fn seal(&mut self, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, HpkeError> {
        match self {
            Self::Real(sender) => sender.seal(plaintext, aad),
            Self::StandIn(context) => {
                let sealed = encrypt(context.secret.expose(), &context.nonce(), aad, plaintext);
                context.sequence = context.sequence.saturating_add(1);
                Ok(sealed)
            }
        }
    }
}

impl Receiver {
    pub(crate) fn open(&mut self, ciphertext: &[u8], aad: &[u8]) -> Result<Vec<u8>, HpkeError> {
        match self {
            Self::Real(receiver) => receiver.open(ciphertext, aad),
            Self::StandIn(context) => {
                let opened = decrypt(context.secret.expose(), &context.nonce(), aad, ciphertext)
                    .map_err(|_| HpkeError::OpenError)?;
                context.sequence = context.sequence.saturating_add(1);
                Ok(opened.expose().to_vec())
            }
        }
    }
}

impl<T: Export> Export for End<T> {
    fn export_bytes(&self, context: &[u8], out: &mut [u8]) -> Result<(), HpkeError> {
        match self {
            Self::Real(end) => end.export_bytes(context, out),
            Self::StandIn(own) => {
                hash::fill("export", &[own.secret.expose(), context], out);
                Ok(())
            }
        }
    }
}
