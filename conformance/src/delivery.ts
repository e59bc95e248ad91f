// Follows docs/spec/delivery.md: the delivery unit, the steps of its verification in their fixed order, and what comes of it.

import { readBundle, type Bundle, type BundledFleet, type ServingFleet } from "./bundle.ts";
import { equal, hex, utf8, type Bytes } from "./bytes.ts";
import { cosignedAt, readCheckpoint, readProof, type Checkpoint, type Proof } from "./checkpoint.ts";
import { Malformed, Untrusted } from "./errors.ts";
import type { Memory } from "./memory.ts";
import { grewInto, includes, leafHash } from "./merkle.ts";
import { digestOf, isBy, lineOf, readCounterSigned, verifies, type CounterSigned, type Note, type VerifierKey } from "./notes.ts";
import { isFinal, revokersOf, verifyRevocation, type Revocation } from "./revocation.ts";
import { readSections, writeSections } from "./sections.ts";
import { readStatus, type Status } from "./status.ts";
import type { TrustRoot } from "./trust-root.ts";

export const UNIT_MAX = 262_144;
const HOUR = 3600;
const FORTNIGHT = 14 * 86_400;

/** What speaks against a fleet without being an error, in the order of the steps. */
export type Concern =
  | "root-expired"
  | "consistency-unchecked"
  | "log-behind"
  | "future"
  | "witnesses-stale"
  | "bundle-expired"
  | "locator-ahead"
  | "status-stale"
  | "revocation-withheld"
  | "revoked-by-one";

/** Told, and not asked. */
const WARNINGS: readonly Concern[] = ["consistency-unchecked", "locator-ahead"];

/** What a device brings. Times are seconds since 1970. */
export interface Device {
  readonly root: TrustRoot;
  readonly clock: number;
  readonly build: number;
  readonly app?: bigint | undefined;
  readonly locator?: bigint | undefined;
  /** The newest epoch that verified in this run, from another node. */
  readonly found?: bigint | undefined;
  readonly memory?: Memory | undefined;
  /** A proof of consistency between the remembered checkpoint and this one. */
  readonly consistency?: readonly Bytes[] | undefined;
}

interface Parts {
  readonly bundle: CounterSigned;
  readonly bundleProof: Proof;
  readonly status: CounterSigned;
  readonly statusProof: Proof;
  readonly revocations: readonly Bytes[];
}

/** A unit that went through every step. */
export interface VerifiedUnit {
  readonly bundle: Bundle;
  readonly status: Status;
  readonly concerns: readonly Concern[];
  readonly revocations: readonly Revocation[];
  /** What the device remembers of it. */
  readonly memory: Memory;
}

export function verifyUnit(bytes: Bytes, device: Device): VerifiedUnit {
  const { root, memory } = device;
  const parts = readParts(bytes);
  checkOperator(parts, root);
  checkAuditor(parts, root);
  const { bundle, status } = readBodies(parts, root);
  if (bundle.trustRoot > root.version || status.trustRoot > root.version) throw new Untrusted("root-outdated");
  const checkpoint = checkCheckpoint(parts, root);
  const cosigned = checkWitnesses(parts.bundleProof.note, root);
  checkInclusion(parts, checkpoint);
  const log = checkConsistency(checkpoint, parts, device);
  const before = Math.max(device.clock, device.build, memory?.witnessed ?? 0);
  const now = Math.max(before, ...cosigned);
  const witnessed = cosigned[root.quorum - 1] ?? 0;
  const epoch = checkEpoch(parts, bundle, now, device);
  const stale = checkStatus(parts, bundle, status, now, memory);
  if (!root.simulation && bundle.fleets.some((fleet) => serves(fleet) && fleet.platform === "simulation")) throw new Untrusted("simulation");
  const revocations = checkRevocations(parts, root);
  const withheld = status.revocations.filter((digest) => !revocations.some((one) => equal(one.digest, digest)));
  const concerns: Concern[] = [];
  if (root.expires <= now) concerns.push("root-expired");
  concerns.push(...log);
  for (const signed of [cosigned[0] ?? 0, bundle.issued, status.issued]) if (signed > before + HOUR) concerns.push("future");
  if (now - witnessed > FORTNIGHT) concerns.push("witnesses-stale");
  concerns.push(...epoch, ...stale, ...withheld.map(() => "revocation-withheld" as const));
  return { bundle, status, concerns, revocations, memory: memoryOf(parts, bundle, status, checkpoint, witnessed) };
}

/** Where a new vault goes: refused by the first concern that is no warning, else the first active fleet that nobody revoked. */
export function fleetToRegisterAt(unit: VerifiedUnit): ServingFleet {
  refuseByConcern(unit);
  const active = unit.bundle.fleets.filter((fleet): fleet is ServingFleet => fleet.service === "active");
  const revokers = active.map(({ genesis }) => revokersOf(genesis, unit.revocations));
  const free = active.find((_, at) => revokers[at]?.size === 0);
  if (free !== undefined) return free;
  if (active.length === 0) throw new Untrusted("no-active-fleet");
  const last = revokers.at(-1);
  throw new Untrusted(last !== undefined && isFinal(last) ? "revoked" : "revoked-by-one");
}

/** A fleet that a new password may be set at: nothing is to be asked, and nobody revoked it. */
export function fleetToChangeAt(unit: VerifiedUnit, genesis: Bytes): ServingFleet {
  refuseByConcern(unit);
  const { fleet, concerns } = fleetToRecoverAt(unit, genesis);
  if (concerns.includes("revoked-by-one")) throw new Untrusted("revoked-by-one");
  return fleet;
}

/** Where a vault is opened, and the concerns that the user has to be told first. */
export function fleetToRecoverAt(unit: VerifiedUnit, genesis: Bytes): { fleet: ServingFleet; concerns: readonly Concern[] } {
  const fleet = unit.bundle.fleets.find((one) => equal(one.genesis, genesis));
  if (fleet === undefined) throw new Untrusted("unknown-fleet");
  if (!serves(fleet)) throw new Untrusted("revoked-by-bundle");
  const by = revokersOf(genesis, unit.revocations);
  if (isFinal(by)) throw new Untrusted("revoked");
  const asked = unit.concerns.filter((concern) => !WARNINGS.includes(concern));
  return { fleet, concerns: by.size > 0 ? [...asked, "revoked-by-one"] : asked };
}

export function warningsOf(unit: VerifiedUnit): readonly Concern[] {
  return unit.concerns.filter((concern) => WARNINGS.includes(concern));
}

/** Two statements that exclude each other, whole, for others to see. */
export function conflictingNotes(remembered: Bytes, met: Bytes): Bytes {
  return writeSections("strongroom.example/conflicting-notes/v1", [
    { name: "remembered", bytes: remembered },
    { name: "met", bytes: met },
  ]);
}

function readParts(bytes: Bytes): Parts {
  const sections = naming("unit", () => readSections(bytes, "strongroom.example/delivery/v1", UNIT_MAX));
  const names = sections.map(({ name }) => name).join(" ");
  if (!/^bundle bundle-proof status status-proof( revocation){0,16}$/.test(names)) throw new Untrusted("unit", "other sections");
  const [bundle, bundleProof, status, statusProof, ...revocations] = sections.map((section) => section.bytes) as [Bytes, Bytes, Bytes, Bytes, ...Bytes[]];
  return {
    bundle: naming("note", () => readCounterSigned(bundle)),
    bundleProof: naming("proof", () => readProof(bundleProof)),
    status: naming("note", () => readCounterSigned(status)),
    statusProof: naming("proof", () => readProof(statusProof)),
    revocations,
  };
}

function checkOperator({ bundle, status }: Parts, { operator }: TrustRoot): void {
  const signed = verifies(bundle.operator, operator.bundle, bundle.leaf) && verifies(status.operator, operator.status, status.leaf);
  if (!signed) throw new Untrusted("operator-signature");
}

function checkAuditor({ bundle, status }: Parts, { auditor }: TrustRoot): void {
  const signed = verifies(bundle.auditor, auditor.bundle, bundle.body) && verifies(status.auditor, auditor.status, status.body);
  if (!signed) throw new Untrusted("auditor-signature");
}

function readBodies(parts: Parts, root: TrustRoot): { bundle: Bundle; status: Status } {
  const bundle = naming("form", () => readBundle(parts.bundle.body));
  const status = naming("form", () => readStatus(parts.status.body));
  if (bundle.namespace !== root.namespace || status.namespace !== root.namespace) throw new Untrusted("namespace");
  return { bundle, status };
}

function checkCheckpoint({ bundleProof, statusProof }: Parts, root: TrustRoot): Checkpoint {
  const { note } = bundleProof;
  if (!equal(bundleProof.checkpoint, statusProof.checkpoint)) throw new Untrusted("checkpoints-differ");
  const checkpoint = naming("checkpoint-form", () => readCheckpoint(note.text));
  const logs = root.logs.filter(({ name }) => name === checkpoint.origin);
  if (logs.length === 0) throw new Untrusted("foreign-origin");
  checkLog(note, logs);
  return checkpoint;
}

function checkLog(note: Note, logs: readonly VerifierKey[]): void {
  const refuse = (): never => {
    throw new Untrusted("log-signature");
  };
  const signed = logs.filter((key) => lineOf(note, key, (line) => verifies(line, key, note.text), refuse) !== undefined);
  if (signed.length === 0) throw new Untrusted("log-unsigned");
}

/** The times of all cosignatures by known witnesses, the newest first. */
function checkWitnesses(note: Note, root: TrustRoot): number[] {
  const times = root.witnesses.flatMap(({ key }) => {
    const lines = note.signatures.filter((line) => isBy(line, key)).map((line) => cosignedAt(line, key, note.text));
    if (lines.length > 1 || lines.includes(undefined)) throw new Untrusted("cosignature");
    return lines.filter((time) => time !== undefined);
  });
  if (times.length < root.quorum) throw new Untrusted("too-few-witnesses");
  return times.sort((one, other) => other - one);
}

function checkInclusion({ bundle, bundleProof, status, statusProof }: Parts, { size, root }: Checkpoint): void {
  const stands = (note: CounterSigned, proof: Proof) => includes(leafHash(utf8(note.leaf)), proof.index, size, root, proof.hashes);
  if (!stands(bundle, bundleProof) || !stands(status, statusProof)) throw new Untrusted("inclusion");
}

function checkConsistency(checkpoint: Checkpoint, { bundleProof }: Parts, { memory, consistency }: Device): Concern[] {
  const seen = memory?.checkpoint;
  if (seen === undefined || seen.body.origin !== checkpoint.origin) return [];
  if (seen.body.size === checkpoint.size) {
    if (equal(seen.body.root, checkpoint.root)) return [];
    throw new Untrusted("log-equivocation", "", conflictingCheckpoints(seen.note, bundleProof.checkpoint));
  }
  const behind = checkpoint.size < seen.body.size;
  const [smaller, larger] = behind ? [checkpoint, seen.body] : [seen.body, checkpoint];
  if (consistency !== undefined && !grewInto(smaller, larger, consistency)) throw new Untrusted("log-inconsistent");
  const unchecked: Concern[] = consistency === undefined ? ["consistency-unchecked"] : [];
  return behind ? [...unchecked, "log-behind"] : unchecked;
}

function checkEpoch(parts: Parts, bundle: Bundle, now: number, { app, locator, found, memory }: Device): Concern[] {
  const remembered = memory?.bundle;
  const floors = [app, remembered?.body.epoch, found !== undefined && locator !== undefined && found >= locator ? locator : undefined];
  if (floors.some((floor) => floor !== undefined && bundle.epoch < floor)) throw new Untrusted("epoch-below");
  if (remembered?.body.epoch === bundle.epoch && remembered.note.body !== parts.bundle.body) {
    throw new Untrusted("equivocation", "two bundles of one epoch", conflictingNotes(remembered.note.whole, parts.bundle.whole));
  }
  const concerns: Concern[] = bundle.expires <= now ? ["bundle-expired"] : [];
  return locator !== undefined && bundle.epoch < locator ? [...concerns, "locator-ahead"] : concerns;
}

function checkStatus(parts: Parts, bundle: Bundle, status: Status, now: number, memory: Memory | undefined): Concern[] {
  const remembered = memory?.status;
  if (remembered !== undefined && status.number < remembered.body.number) throw new Untrusted("status-back");
  if (remembered?.body.number === status.number && remembered.note.body !== parts.status.body) {
    throw new Untrusted("equivocation", "two statuses of one number", conflictingNotes(remembered.note.whole, parts.status.whole));
  }
  if (status.epoch !== bundle.epoch || !equal(status.bundle, digestOf(parts.bundle.body))) throw new Untrusted("status-other-bundle");
  return now - status.issued > FORTNIGHT ? ["status-stale"] : [];
}

function checkRevocations({ revocations }: Parts, root: TrustRoot): Revocation[] {
  if (new Set(revocations.map(hex)).size !== revocations.length) throw new Untrusted("revocation-repeated");
  return revocations.map((bytes) => verifyRevocation(bytes, root));
}

function memoryOf(parts: Parts, bundle: Bundle, status: Status, checkpoint: Checkpoint, witnessed: number): Memory {
  return {
    bundle: { note: parts.bundle, body: bundle },
    status: { note: parts.status, body: status },
    checkpoint: { note: parts.bundleProof.checkpoint, body: checkpoint },
    witnessed,
  };
}

function conflictingCheckpoints(first: Bytes, second: Bytes): Bytes {
  return writeSections("strongroom.example/equivocation/v1", [
    { name: "first", bytes: first },
    { name: "second", bytes: second },
  ]);
}

function refuseByConcern({ concerns }: VerifiedUnit): void {
  const first = concerns.find((concern) => !WARNINGS.includes(concern));
  if (first !== undefined) throw new Untrusted(first);
}

function serves(fleet: BundledFleet): fleet is ServingFleet {
  return fleet.service !== "revoked";
}

/** Gives a refusal of form the name of its step. */
function naming<T>(step: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) throw new Untrusted(step, error.message);
    throw error;
  }
}
