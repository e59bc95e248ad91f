// Follows docs/spec/audit-log.md, "Witnesses": how a witness decides on a request `add-checkpoint` (C2SP tlog-witness).

import { text, utf8, type Bytes } from "./bytes.ts";
import { readCheckpoint, readCount, readHash } from "./checkpoint.ts";
import { Malformed } from "./errors.ts";
import { grewInto, type Tree } from "./merkle.ts";
import { CHECKPOINT_MAX, isBy, readNote, verifies, type VerifierKey } from "./notes.ts";

export type WitnessStatus = 200 | 400 | 403 | 404 | 409 | 422;

/** The status of the answer; what is remembered of a log that was never seen is the empty tree. */
export function decide(request: Bytes, log: VerifierKey, remembered: Tree | undefined): WitnessStatus {
  try {
    return decided(request, log, remembered?.size ?? 0n, remembered);
  } catch (error) {
    if (error instanceof Malformed) return 400;
    throw error;
  }
}

function decided(request: Bytes, log: VerifierKey, known: bigint, remembered: Tree | undefined): WitnessStatus {
  const whole = text(request, "a request");
  const end = whole.indexOf("\n\n");
  const [first = "", ...proof] = whole.slice(0, Math.max(end, 0)).split("\n");
  if (!first.startsWith("old ") || proof.length > 63) return 400;
  const [old, hashes] = [readCount(first.slice(4)), proof.map(readHash)];
  const note = readNote(utf8(whole.slice(end + 2)), CHECKPOINT_MAX);
  const checkpoint = readCheckpoint(note.text);
  if (checkpoint.origin !== log.name) return 404;
  const lines = note.signatures.filter((line) => isBy(line, log));
  if (lines.length !== 1 || !lines.every((line) => verifies(line, log, note.text))) return 403;
  if (old > checkpoint.size) return 400;
  if (old !== known) return 409;
  const grew = remembered === undefined ? hashes.length === 0 : grewInto(remembered, checkpoint, hashes);
  return grew ? 200 : 422;
}
