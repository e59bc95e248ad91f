// Follows docs/spec/crypto.md: framing, hash and MAC, key derivation, seals, wrap, and the keys that come from the backup key.
// The rest of that page stands in crypto/: signatures, the OPAQUE profile, key stretching, and HPKE with the channel's keys.

import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";

import { ascii, concat, hex, random, unsigned, type Bytes } from "./bytes.ts";
import { publicKey } from "./crypto/signatures.ts";
import { BadSeal } from "./errors.ts";

/** `frame(label, parts)`; the label is written without its common beginning. */
export function frame(label: string, parts: readonly Bytes[]): Bytes {
  const whole = [ascii(`strongroom/v1/${label}`), ...parts];
  return concat(...whole.flatMap((part) => [unsigned(part.length, 8), part]));
}

export function digest(label: string, parts: readonly Bytes[]): Bytes {
  return sha256(frame(label, parts));
}

export function mac(key: Bytes, label: string, parts: readonly Bytes[]): Bytes {
  return hmac(sha256, key, frame(label, parts));
}

export function derive(key: Bytes, label: string, context: readonly Bytes[], length: number): Bytes {
  return expand(sha512, extract(sha512, key), frame(label, context), length);
}

export function seal(key: Bytes, label: string, associated: readonly Bytes[], plaintext: Bytes, nonce: Bytes = random(24)): Bytes {
  return concat(nonce, xchacha20poly1305(key, nonce, frame(label, associated)).encrypt(plaintext));
}

export function openSeal(key: Bytes, label: string, associated: readonly Bytes[], sealed: Bytes): Bytes {
  return opened(label, () => xchacha20poly1305(key, sealed.subarray(0, 24), frame(label, associated)).decrypt(sealed.subarray(24)));
}

export function sealOnce(key: Bytes, label: string, associated: readonly Bytes[], plaintext: Bytes): Bytes {
  return chacha20poly1305(key, new Uint8Array(12), frame(label, associated)).encrypt(plaintext);
}

export function sealCounted(key: Bytes, label: string, counter: bigint, associated: readonly Bytes[], plaintext: Bytes): Bytes {
  return chacha20poly1305(key, concat(new Uint8Array(4), unsigned(counter, 8)), frame(label, associated)).encrypt(plaintext);
}

/** ChaCha20-Poly1305 as it is, for answers of the channel. */
export function openAead(what: string, key: Bytes, nonce: Bytes, associated: Bytes, sealed: Bytes): Bytes {
  return opened(what, () => chacha20poly1305(key, nonce, associated).decrypt(sealed));
}

/** What a wrap is bound to. */
export interface WrapPlace {
  readonly vault: Bytes;
  readonly fleet: Bytes;
  readonly slot: number;
}

export function wrap(exportKey: Bytes, place: WrapPlace, backupKey: Bytes, nonce?: Bytes): Bytes {
  return seal(wrapKey(exportKey, place), "wrap-seal", [], backupKey, nonce);
}

export function unwrap(exportKey: Bytes, place: WrapPlace, wrapped: Bytes): Bytes {
  return openSeal(wrapKey(exportKey, place), "wrap-seal", [], wrapped);
}

/** The seed of the vault's owner key. */
export function ownerSeed(backupKey: Bytes, fleet: Bytes, vault: Bytes): Bytes {
  return derive(backupKey, "owner-key", [fleet, vault], 32);
}

export function ownerKey(backupKey: Bytes, fleet: Bytes, vault: Bytes): Bytes {
  return publicKey(ownerSeed(backupKey, fleet, vault));
}

/** The repository's password: the repository key in lower-case hex. */
export function repositoryPassword(backupKey: Bytes): string {
  return hex(derive(backupKey, "repository-key", [], 32));
}

function wrapKey(exportKey: Bytes, place: WrapPlace): Bytes {
  return derive(exportKey, "wrap-key", [place.vault, place.fleet, unsigned(place.slot, 1)], 32);
}

function opened(what: string, open: () => Bytes): Bytes {
  try {
    return open();
  } catch {
    throw new BadSeal(what);
  }
}
