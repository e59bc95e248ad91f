// Follows docs/spec/audit-log.md, "Two views": a proof that a log told two histories.

import { text, type Bytes } from "./bytes.ts";
import { readCheckpoint, readHash, readProof, type Checkpoint } from "./checkpoint.ts";
import { Malformed } from "./errors.ts";
import { equal } from "./bytes.ts";
import { grewInto, includes } from "./merkle.ts";
import { CHECKPOINT_MAX, readNote, verifies } from "./notes.ts";
import { readSections } from "./sections.ts";
import type { TrustRoot } from "./trust-root.ts";

const MAX = 262_144;

/** Whether the file proves it against a log of the trust root, by the log's own signatures. */
export function provesEquivocation(file: Bytes, root: TrustRoot): boolean {
  try {
    return proves(file, root);
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

function proves(file: Bytes, root: TrustRoot): boolean {
  const sections = readSections(file, "strongroom.example/equivocation/v1", MAX);
  const [a, b, c, d] = sections.map((section) => section.bytes);
  if (a === undefined || b === undefined) return false;
  const names = sections.map(({ name }) => name).join(" ");
  if (names === "first second") return ofRoots(signedCheckpoint(a, root), signedCheckpoint(b, root));
  if (c === undefined || d === undefined) return false;
  if (names === "first-leaf first-proof second-leaf second-proof") return ofLeaves(a, b, c, d, root);
  if (names === "first second root consistency") return ofBeginnings(a, b, c, d, root);
  return false;
}

function ofRoots(first: Checkpoint, second: Checkpoint): boolean {
  return first.origin === second.origin && first.size === second.size && !equal(first.root, second.root);
}

function ofLeaves(firstLeaf: Bytes, firstProof: Bytes, secondLeaf: Bytes, secondProof: Bytes, root: TrustRoot): boolean {
  const [leaf, other] = [hashLine(firstLeaf), hashLine(secondLeaf)];
  const [proof, otherProof] = [readProof(firstProof), readProof(secondProof)];
  const [checkpoint, otherCheckpoint] = [signedCheckpoint(proof.checkpoint, root), signedCheckpoint(otherProof.checkpoint, root)];
  return (
    checkpoint.origin === otherCheckpoint.origin &&
    proof.index === otherProof.index &&
    !equal(leaf, other) &&
    includes(leaf, proof.index, checkpoint.size, checkpoint.root, proof.hashes) &&
    includes(other, otherProof.index, otherCheckpoint.size, otherCheckpoint.root, otherProof.hashes)
  );
}

function ofBeginnings(firstNote: Bytes, secondNote: Bytes, rootLine: Bytes, consistency: Bytes, root: TrustRoot): boolean {
  const [first, second] = [signedCheckpoint(firstNote, root), signedCheckpoint(secondNote, root)];
  const made = hashLine(rootLine);
  const hashes = lines(consistency).map(readHash);
  return (
    first.origin === second.origin &&
    first.size > 0n &&
    first.size < second.size &&
    !equal(made, first.root) &&
    hashes.length >= 1 &&
    hashes.length <= 63 &&
    grewInto({ size: first.size, root: made }, second, hashes)
  );
}

function signedCheckpoint(bytes: Bytes, root: TrustRoot): Checkpoint {
  const note = readNote(bytes, CHECKPOINT_MAX);
  const checkpoint = readCheckpoint(note.text);
  const keys = root.logs.filter(({ name }) => name === checkpoint.origin);
  if (!note.signatures.some((line) => keys.some((key) => verifies(line, key, note.text)))) throw new Malformed("a checkpoint that the log did not sign");
  return checkpoint;
}

function hashLine(bytes: Bytes): Bytes {
  const [hash, more] = lines(bytes);
  if (hash === undefined || more !== undefined) throw new Malformed("a hash and a line feed");
  return readHash(hash);
}

function lines(bytes: Bytes): string[] {
  const whole = text(bytes, "lines");
  if (!whole.endsWith("\n")) throw new Malformed("no line feed at the end");
  return whole.slice(0, -1).split("\n");
}
