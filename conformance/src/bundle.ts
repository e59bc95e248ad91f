// Follows docs/spec/bundle.md: every fleet of a namespace with its keys. What is read here nobody verified.

import { hex, type Bytes } from "./bytes.ts";
import { Lines, type Line } from "./bodies.ts";
import { CLASSES, readGuesses, readMembers, readQuorum } from "./pin.ts";

export interface ServingFleet {
  readonly label: string;
  readonly service: "active" | "draining";
  readonly genesis: Bytes;
  readonly key: Bytes;
  readonly guesses: number;
  readonly platform: string;
}

export interface RevokedFleet {
  readonly label: string;
  readonly service: "revoked";
  readonly genesis: Bytes;
  readonly reason: string;
}

export type BundledFleet = ServingFleet | RevokedFleet;

export interface Bundle {
  readonly namespace: string;
  readonly epoch: bigint;
  readonly issued: number;
  readonly expires: number;
  readonly trustRoot: bigint;
  readonly fleets: readonly BundledFleet[];
}

const LIFE_MAX = 397 * 86_400;
const FLEETS_MAX = 16;

export function readBundle(body: string): Bundle {
  const lines = new Lines(body);
  lines.header("strongroom.example/fleet-bundle/v1");
  const namespace = lines.value("namespace", (line) => line.word("namespace"));
  const epoch = lines.value("epoch", (line) => line.number("epoch"));
  lines.value("previous", (line) => readPrevious(line, epoch));
  const issued = lines.value("issued", (line) => line.time("issued"));
  const expires = lines.value("expires", (line) => readExpires(line, issued));
  const trustRoot = lines.value("trust-root", (line) => line.number("trust-root"));
  const seen = new Set<string>();
  const fleets: BundledFleet[] = [];
  do fleets.push(readFleet(lines, epoch, seen, fleets.length));
  while (!lines.done);
  return { namespace, epoch, issued, expires, trustRoot, fleets };
}

function readPrevious(line: Line, epoch: bigint): void {
  if (epoch === 1n) line.exactly("none");
  else line.digest("previous");
}

function readExpires(line: Line, issued: number): number {
  const expires = line.time("expires");
  line.require(expires > issued && expires - issued <= LIFE_MAX, "expires too early or too late");
  return expires;
}

function readFleet(lines: Lines, epoch: bigint, seen: Set<string>, before: number): BundledFleet {
  const line = lines.take("fleet");
  line.require(before < FLEETS_MAX, "too many fleets");
  const label = line.word("label");
  once(line, seen, `label ${label}`);
  const service = line.oneOf(["active", "draining", "revoked"], "service");
  if (service === "revoked") return readRevoked(lines, line, label, epoch, seen);
  const members = readMembers(line.exactly("members"));
  readQuorum(line.exactly("quorum"), members);
  const guesses = readGuesses(line.exactly("guesses"));
  line.exactly("class").oneOf(CLASSES, "class");
  const platform = line.exactly("platform").word("platform");
  line.end();
  const genesis = readGenesis(lines, label, seen);
  const key = lines.value("key", (line) => readKey(line, label, seen));
  lines.value("image", (line) => line.exactly(label).digest("image"));
  lines.value("evidence", (line) => line.exactly(label).digest("evidence"));
  if (lines.comes("configuration")) lines.value("configuration", (line) => readConfiguration(line, label));
  return { label, service, genesis, key, guesses, platform };
}

function readRevoked(lines: Lines, line: Line, label: string, epoch: bigint, seen: Set<string>): RevokedFleet {
  const since = line.exactly("since-epoch").number("since-epoch");
  line.require(since <= epoch, "revoked since a later epoch");
  const reason = line.exactly("reason").word("reason");
  line.end();
  return { label, service: "revoked", genesis: readGenesis(lines, label, seen), reason };
}

function readGenesis(lines: Lines, label: string, seen: Set<string>): Bytes {
  return lines.value("genesis", (line) => {
    const genesis = line.exactly(label).digest("genesis");
    once(line, seen, `genesis ${hex(genesis)}`);
    return genesis;
  });
}

function readKey(line: Line, label: string, seen: Set<string>): Bytes {
  const key = line.exactly(label).exactly("identity").exactly("ed25519").publicKey("key");
  once(line, seen, `key ${hex(key)}`);
  return key;
}

function readConfiguration(line: Line, label: string): void {
  line.require(line.exactly(label).number("configuration") >= 2n, "configuration 1 has no line");
  line.digest("configuration");
}

function once(line: Line, seen: Set<string>, what: string): void {
  line.require(!seen.has(what), `${what.split(" ")[0]} stands twice`);
  seen.add(what);
}
