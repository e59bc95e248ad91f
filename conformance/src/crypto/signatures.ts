// Follows docs/spec/crypto.md, "Signatures" and "Notes": Ed25519, verified strictly. The curve's arithmetic is a library's; its own
// verification multiplies by the cofactor and lets points of small and of mixed order pass, so the equation stands here.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { concat, equal, type Bytes } from "../bytes.ts";
import { frame } from "../crypto.ts";
import { BadSignature, Malformed } from "../errors.ts";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const order = Point.Fn.ORDER;

export function publicKey(seed: Bytes): Bytes {
  return ed25519.getPublicKey(seed);
}

/** Signs the frame of a label and parts. */
export function sign(seed: Bytes, label: string, parts: readonly Bytes[]): Bytes {
  return signText(seed, frame(label, parts));
}

export function verify(key: Bytes, label: string, parts: readonly Bytes[], signature: Bytes): void {
  if (!signs(key, frame(label, parts), signature)) throw new BadSignature(label);
}

/** Signs a text as it is, the way of notes. */
export function signText(seed: Bytes, message: Bytes): Bytes {
  return ed25519.sign(message, seed);
}

/** Whether `signature` is the key's over a text; one that is empty or holds a zero byte is refused. */
export function signsText(key: Bytes, message: Bytes, signature: Bytes): boolean {
  return message.length > 0 && !message.includes(0) && signs(key, message, signature);
}

/** Refuses what is not a public key: not canonical, no point, or of small order. */
export function checkPublicKey(key: Bytes, what: string): Bytes {
  if (keyPoint(key) === undefined) throw new Malformed(`${what} is no public key`);
  return key;
}

/** The equation without the cofactor: R' = S·B − k·A, and the bytes of R' are those of R. */
export function signs(key: Bytes, message: Bytes, signature: Bytes): boolean {
  const a = keyPoint(key);
  const s = littleEndian(signature.subarray(32));
  if (a === undefined || signature.length !== 64 || s >= order) return false;
  const r = signature.subarray(0, 32);
  const k = littleEndian(sha512(concat(r, key, message))) % order;
  const expected = Point.BASE.multiplyUnsafe(s).add(a.negate().multiplyUnsafe(k));
  return equal(new Uint8Array(expected.toBytes()), r) && !expected.isSmallOrder();
}

function keyPoint(key: Bytes): Point | undefined {
  if (key.length !== 32) return undefined;
  try {
    const point = Point.fromBytes(key, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
