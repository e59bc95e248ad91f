// Operator, auditor, root keys, witnesses and a log of a test's own: whatever is signed about fleets, right or wrong.

import { sha256 } from "@noble/hashes/sha2.js";

import { writtenTime } from "../../src/bodies.ts";
import { base64, concat, hex, unsigned, utf8, type Bytes } from "../../src/bytes.ts";
import { publicKey, signText } from "../../src/crypto/signatures.ts";
import { leafHash, nodeHash } from "../../src/merkle.ts";
import { digestOf, keyId, writeVerifierKey, type KeyType } from "../../src/notes.ts";
import { writeSections } from "../../src/sections.ts";

export interface Signer {
  readonly name: string;
  readonly type: KeyType;
  readonly seed: Bytes;
  /** Another public key than the seed's, where a test wants one. */
  readonly key: Bytes;
}

export function signer(name: string, type: KeyType = 1, secret = name): Signer {
  const seed = sha256(utf8(`conformance ${secret}`));
  return { name, type, seed, key: publicKey(seed) };
}

export function line(by: Signer, signature: Bytes): string {
  return `— ${by.name} ${base64(concat(keyId(by.name, by.type, by.key), signature))}\n`;
}

export function signed(by: Signer, text: string): string {
  return line(by, signText(by.seed, utf8(text)));
}

export function note(text: string, ...by: Signer[]): string {
  return `${text}\n${by.map((one) => signed(one, text)).join("")}`;
}

export function cosigned(by: Signer, text: string, seconds: number): string {
  const signature = signText(by.seed, utf8(`cosignature/v1\ntime ${seconds}\n${text}`));
  return line(by, concat(unsigned(seconds, 8), signature));
}

const PARTIES = ["operator", "auditor"] as const;
const USES = ["bundle", "status", "revocation"] as const;

export interface FleetOf {
  readonly label: string;
  readonly service: "active" | "draining";
  readonly genesis: Bytes;
  readonly key: Bytes;
  readonly members?: number;
  readonly guesses?: number;
}

/** Everything that a unit says, in the texts' own terms; a test changes what it wants. */
export class Universe {
  namespace = "conformance.example.v1";
  version = 1;
  now = Math.floor(Date.now() / 1000);
  epoch = 1;
  number = 1;
  simulation = true;
  quorum = 2;
  root = Object.fromEntries(["operator", "auditor", "independent"].map((party) => [party, signer(`root.example/${party}`)])) as Record<string, Signer>;
  keys = Object.fromEntries(PARTIES.flatMap((party) => USES.map((use) => [`${party} ${use}`, signer(`${party}.example/${use}`)]))) as Record<string, Signer>;
  log = signer("auditor.example/log");
  witnesses = [signer("witness-1.example", 4), signer("witness-2.example", 4), signer("witness-3.example", 4)];
  fleets: FleetOf[] = [];
  revocations: string[] = [];
  /** Leaves before the bundle. */
  leaves: string[] = ["first\n", "second\n", "third\n"];

  rootText(): string {
    const party = (name: string) => USES.map((use) => `${name} ${use} ${writeVerifierKey(this.#key(`${name} ${use}`))}\n`).join("");
    const names = this.witnesses.map((_, at) => `witness-${at + 1}`);
    return [
      "strongroom.example/trust-root/v1\n",
      `namespace ${this.namespace}\nversion ${this.version}\nissued 2026-01-01T00:00:00Z\nexpires 2036-01-01T00:00:00Z\n`,
      this.simulation ? "INSECURE SIMULATION\n" : "",
      "threshold 2\n",
      ...Object.entries(this.root).map(([name, key]) => `root ${name} ${writeVerifierKey(key)}\n`),
      party("operator"),
      party("auditor"),
      `log ${writeVerifierKey(this.log)}\n`,
      ...this.witnesses.map((key, at) => `witness ${names[at]} ${writeVerifierKey(key)}\nparty ${names[at]} independent\n`),
      `group witnesses ${this.quorum} ${names.join(" ")}\nquorum witnesses\n`,
    ].join("");
  }

  rootNote(): string {
    return note(this.rootText(), ...Object.values(this.root).slice(0, 2));
  }

  bundleBody(): string {
    const previous = this.epoch === 1 ? "none" : `sha256:${hex(sha256(utf8("the one before")))}`;
    const head = `strongroom.example/fleet-bundle/v1\nnamespace ${this.namespace}\nepoch ${this.epoch}\nprevious ${previous}\n`;
    const times = `issued ${writtenTime(this.now - 3600)}\nexpires ${writtenTime(this.now + 300 * 86_400)}\ntrust-root ${this.version}\n`;
    return head + times + this.fleets.map(fleetLines).join("");
  }

  statusBody(): string {
    const head = `strongroom.example/fleet-status/v1\nnamespace ${this.namespace}\nnumber ${this.number}\nissued ${writtenTime(this.now - 600)}\n`;
    const named = `bundle ${this.epoch} sha256:${hex(digestOf(this.bundleBody()))}\ntrust-root ${this.version}\n`;
    const digests = this.revocations.map((text) => hex(digestOf(text.slice(0, text.indexOf("\n\n") + 1)))).sort();
    return head + named + digests.map((digest) => `revocation sha256:${digest}\n`).join("");
  }

  /** Body, auditor's line, operator's line. */
  counterSigned(body: string, use: "bundle" | "status"): string {
    return note(note(body, this.#key(`auditor ${use}`)), this.#key(`operator ${use}`));
  }

  revocation(genesis: Bytes, ...by: Signer[]): string {
    const body = `strongroom.example/fleet-revocation/v1\nnamespace ${this.namespace}\ngenesis sha256:${hex(genesis)}\nissued ${writtenTime(this.now - 60)}\nreason key-compromise\n`;
    return note(body, ...by);
  }

  checkpointText(leaves: readonly string[]): string {
    return `${this.log.name}\n${leaves.length}\n${base64(treeRoot(leaves.map((leaf) => leafHash(utf8(leaf)))))}\n`;
  }

  checkpoint(leaves: readonly string[]): string {
    const text = this.checkpointText(leaves);
    return note(text, this.log) + this.witnesses.map((witness, at) => cosigned(witness, text, this.now - 60 * at)).join("");
  }

  unit(changes: Partial<Record<"bundle" | "bundle-proof" | "status" | "status-proof", (text: string) => string>> = {}): Bytes {
    const [bundleBody, statusBody] = [this.bundleBody(), this.statusBody()];
    const leaves = [...this.leaves, note(bundleBody, this.#key("auditor bundle")), note(statusBody, this.#key("auditor status"))];
    const checkpoint = this.checkpoint(leaves);
    const sections = {
      bundle: this.counterSigned(bundleBody, "bundle"),
      "bundle-proof": proof(leaves, leaves.length - 2, checkpoint),
      status: this.counterSigned(statusBody, "status"),
      "status-proof": proof(leaves, leaves.length - 1, checkpoint),
    };
    const changed = Object.entries(sections).map(([name, text]) => ({ name, bytes: utf8((changes[name as keyof typeof sections] ?? ((same) => same))(text)) }));
    return writeSections("strongroom.example/delivery/v1", [...changed, ...this.revocations.map((text) => ({ name: "revocation", bytes: utf8(text) }))]);
  }

  #key(name: string): Signer {
    const key = this.keys[name];
    if (key === undefined) throw new Error(name);
    return key;
  }
}

export function proof(leaves: readonly string[], index: number, checkpoint: string): string {
  const hashes = path(index, leaves.map((leaf) => leafHash(utf8(leaf))));
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes.map((hash) => `${base64(hash)}\n`).join("")}\n${checkpoint}`;
}

export function treeRoot(leaves: readonly Bytes[]): Bytes {
  if (leaves.length <= 1) return leaves[0] ?? sha256(new Uint8Array());
  const middle = split(leaves.length);
  return nodeHash(treeRoot(leaves.slice(0, middle)), treeRoot(leaves.slice(middle)));
}

/** The proof of inclusion of a leaf. */
export function path(index: number, leaves: readonly Bytes[]): Bytes[] {
  if (leaves.length <= 1) return [];
  const middle = split(leaves.length);
  if (index < middle) return [...path(index, leaves.slice(0, middle)), treeRoot(leaves.slice(middle))];
  return [...path(index - middle, leaves.slice(middle)), treeRoot(leaves.slice(0, middle))];
}

/** The proof of consistency from the first `smaller` leaves to all. */
export function consistency(smaller: number, leaves: readonly Bytes[], whole = true): Bytes[] {
  if (smaller === leaves.length) return whole ? [] : [treeRoot(leaves)];
  const middle = split(leaves.length);
  if (smaller <= middle) return [...consistency(smaller, leaves.slice(0, middle), whole), treeRoot(leaves.slice(middle))];
  return [...consistency(smaller - middle, leaves.slice(middle), false), treeRoot(leaves.slice(0, middle))];
}

function split(length: number): number {
  let middle = 1;
  while (2 * middle < length) middle *= 2;
  return middle;
}

function fleetLines({ label, service, genesis, key, members = 3, guesses = 3 }: FleetOf): string {
  const digest = (what: string) => `sha256:${hex(sha256(utf8(what)))}`;
  return [
    `fleet ${label} ${service} members ${members} quorum ${(members + 1) / 2} guesses ${guesses} class orderly platform simulation\n`,
    `genesis ${label} sha256:${hex(genesis)}\n`,
    `key ${label} identity ed25519 ${base64(key)}\n`,
    `image ${label} ${digest("image")}\nevidence ${label} ${digest("evidence")}\n`,
  ].join("");
}
