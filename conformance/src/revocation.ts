// Follows docs/spec/revocation.md: a fleet is not to be spoken to.

import { Lines } from "./bodies.ts";
import { equal, type Bytes } from "./bytes.ts";
import { Untrusted } from "./errors.ts";
import { digestOf, lineOf, readNote, verifies, type Note } from "./notes.ts";
import type { TrustRoot } from "./trust-root.ts";

export interface RevocationBody {
  readonly namespace: string;
  readonly genesis: Bytes;
  readonly issued: number;
  readonly reason: string;
}

/** Who revoked: operator, auditor, or the root keys by their threshold. */
export type Revoker = "operator" | "auditor" | "roots";

export interface Revocation extends RevocationBody {
  readonly by: ReadonlySet<Revoker>;
  readonly digest: Bytes;
}

export function readRevocation(body: string): RevocationBody {
  const lines = new Lines(body);
  lines.header("strongroom.example/fleet-revocation/v1");
  const read = {
    namespace: lines.value("namespace", (line) => line.word("namespace")),
    genesis: lines.value("genesis", (line) => line.digest("genesis")),
    issued: lines.value("issued", (line) => line.time("issued")),
    reason: lines.value("reason", (line) => line.word("reason")),
  };
  lines.end();
  return read;
}

/** Verifies a note as a revocation under a trust root; who signed comes first, then form and namespace. */
export function verifyRevocation(bytes: Bytes, root: TrustRoot): Revocation {
  try {
    return verified(readNote(bytes), root);
  } catch (error) {
    throw error instanceof Untrusted ? error : new Untrusted("revocation", String(error));
  }
}

/** All revocations of one fleet count together. */
export function revokersOf(genesis: Bytes, revocations: readonly Revocation[]): ReadonlySet<Revoker> {
  return new Set(revocations.filter((one) => equal(one.genesis, genesis)).flatMap((one) => [...one.by]));
}

/** Both parties, or the root keys: then the fleet is not spoken to at all. */
export function isFinal(by: ReadonlySet<Revoker>): boolean {
  return by.has("roots") || (by.has("operator") && by.has("auditor"));
}

function verified(note: Note, root: TrustRoot): Revocation {
  const refuse = (): never => {
    throw new Untrusted("revocation", "a line of a known key does not verify, or stands twice");
  };
  const signed = (key: TrustRoot["operator"]["bundle"]) => lineOf(note, key, (line) => verifies(line, key, note.text), refuse) !== undefined;
  const by = new Set<Revoker>();
  if (signed(root.operator.revocation)) by.add("operator");
  if (signed(root.auditor.revocation)) by.add("auditor");
  if (root.roots.filter(({ key }) => signed(key)).length >= root.threshold) by.add("roots");
  if (by.size === 0) throw new Untrusted("revocation", "nobody signed who may");
  const body = readRevocation(note.text);
  if (body.namespace !== root.namespace) throw new Untrusted("revocation", "another namespace");
  return { ...body, by, digest: digestOf(note.text) };
}
