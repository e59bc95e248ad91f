// Follows docs/spec/audit-log.md and docs/spec/delivery.md: the log's checkpoint, its cosignatures, and the proof that a leaf stands under it.
// The forms are those of C2SP tlog-checkpoint, tlog-cosignature and tlog-proof.

import { concat, text as decode, unbase64, utf8, type Bytes } from "./bytes.ts";
import { signsText } from "./crypto/signatures.ts";
import { Malformed } from "./errors.ts";
import type { Tree } from "./merkle.ts";
import { CHECKPOINT_MAX, isBy, readNote, type Note, type SignatureLine, type VerifierKey } from "./notes.ts";

const HASHES_MAX = 63;

export interface Checkpoint extends Tree {
  readonly origin: string;
}

/** A leaf's proof: nobody verified it. Its extra line, which may stand, says nothing. */
export interface Proof {
  readonly index: bigint;
  readonly hashes: readonly Bytes[];
  /** The checkpoint with its signatures, as it came. */
  readonly checkpoint: Bytes;
  /** The same, taken apart. */
  readonly note: Note;
}

/** Reads a checkpoint's text: origin, size and root, a line each. */
export function readCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  if (rest.pop() !== "" || rest.includes("") || origin === "") throw new Malformed("a checkpoint's lines");
  return { origin, size: readCount(size), root: readHash(root) };
}

export function readProof(bytes: Bytes): Proof {
  const text = decode(bytes, "a proof");
  const end = text.indexOf("\n\n");
  const [header, ...lines] = text.slice(0, Math.max(end, 0)).split("\n");
  if (lines[0]?.startsWith("extra ")) unbase64(lines.shift()?.slice(6) ?? "", "a proof's extra line");
  const [index, ...hashes] = lines;
  if (header !== "c2sp.org/tlog-proof@v1" || !index?.startsWith("index ") || hashes.length > HASHES_MAX) throw new Malformed("a proof");
  const checkpoint = utf8(text.slice(end + 2));
  return { index: readCount(index.slice(6)), hashes: hashes.map(readHash), checkpoint, note: readNote(checkpoint, CHECKPOINT_MAX) };
}

/** A hash in base64. */
export function readHash(digits: string): Bytes {
  const hash = unbase64(digits, "a hash");
  if (hash.length !== 32) throw new Malformed("a hash's length");
  return hash;
}

/** A number from 0 on, without leading zeros. */
export function readCount(digits: string): bigint {
  const count = /^(0|[1-9][0-9]{0,19})$/.test(digits) ? BigInt(digits) : 1n << 64n;
  if (count >= 1n << 64n) throw new Malformed("a count");
  return count;
}

/** The time of a witness's line, if it verifies over the checkpoint's text. */
export function cosignedAt(line: SignatureLine, key: VerifierKey, text: string): number | undefined {
  if (key.type !== 4 || !isBy(line, key) || line.signature.length !== 72) return undefined;
  const seconds = line.signature.subarray(0, 8).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const message = concat(utf8(`cosignature/v1\ntime ${seconds}\n`), utf8(text));
  return signsText(key.key, message, line.signature.subarray(8)) ? Number(seconds) : undefined;
}
