// Follows docs/spec/trust-root.md: whose signatures count, and how one root follows from another.

import { equal, hex, type Bytes } from "./bytes.ts";
import { Lines, type Line } from "./bodies.ts";
import { Malformed, Untrusted } from "./errors.ts";
import { lineOf, readNote, readVerifierKey, verifies, type KeyType, type Note, type VerifierKey } from "./notes.ts";
import { readSections, writeSections } from "./sections.ts";

const PARTIES = ["operator", "auditor", "independent"] as const;
export type Party = (typeof PARTIES)[number];

/** The three keys of operator or auditor. */
export interface PartyKeys {
  readonly bundle: VerifierKey;
  readonly status: VerifierKey;
  readonly revocation: VerifierKey;
}

export interface Witness {
  readonly name: string;
  readonly key: VerifierKey;
  readonly party: Party;
}

export interface TrustRoot {
  readonly namespace: string;
  readonly version: bigint;
  readonly issued: number;
  readonly expires: number;
  readonly simulation: boolean;
  readonly threshold: number;
  readonly roots: readonly { readonly party: Party; readonly key: VerifierKey }[];
  readonly operator: PartyKeys;
  readonly auditor: PartyKeys;
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly Witness[];
  readonly quorum: number;
}

/** A root that is believed, with the bytes that it came in. */
export interface BelievedRoot extends TrustRoot {
  readonly bytes: Bytes;
}

/** Reads the body and checks the rules of the page; who signed it is another matter. */
export function readTrustRoot(body: string): TrustRoot {
  const lines = new Lines(body);
  lines.header("strongroom.example/trust-root/v1");
  const namespace = lines.value("namespace", (line) => line.word("namespace"));
  const version = lines.value("version", (line) => line.number("version"));
  const issued = lines.value("issued", (line) => line.time("issued"));
  const expires = lines.value("expires", (line) => readExpires(line, issued));
  const simulation = lines.comes("INSECURE");
  if (simulation) lines.value("INSECURE", (line) => line.exactly("SIMULATION"));
  const [threshold, thresholdLine] = lines.value("threshold", (line) => [line.small("threshold"), line] as const);
  const roots = several(lines, "root", 0, 16, (line) => ({ party: line.oneOf(PARTIES, "party"), key: readKey(line, 1) }));
  const operator = readPartyKeys(lines, "operator");
  const auditor = readPartyKeys(lines, "auditor");
  const logs = several(lines, "log", 1, 8, (line) => readKey(line, 1));
  const witnesses = readWitnesses(lines);
  const quorum = lines.value("group", (line) => readGroup(line, witnesses));
  lines.value("quorum", (line) => line.exactly("witnesses"));
  lines.end();
  const root = { namespace, version, issued, expires, simulation, threshold, roots, operator, auditor, logs, witnesses, quorum };
  thresholdLine.require(thresholdHolds(root), "the threshold");
  thresholdLine.require(!keyStandsTwice(root), "a public key stands twice");
  return root;
}

/** The root that an app or a person says is to be trusted: it needs the threshold of its own root keys. */
export function told(bytes: Bytes): BelievedRoot {
  const { note, root } = readSigned(bytes);
  if (!reaches(note, root)) throw new Untrusted("own-threshold");
  return { ...root, bytes };
}

/** The root that follows `previous`, checked in the page's order. */
export function follow(previous: TrustRoot, bytes: Bytes): BelievedRoot {
  const { note, root } = readSigned(bytes);
  if (!reaches(note, previous)) throw new Untrusted("previous-threshold");
  if (!reaches(note, root)) throw new Untrusted("own-threshold");
  if (root.namespace !== previous.namespace) throw new Untrusted("namespace");
  if (root.version !== previous.version + 1n) throw new Untrusted("version");
  if (root.issued < previous.issued) throw new Untrusted("earlier");
  return { ...root, bytes };
}

/** Follows roots from the newest at hand, passing over that one itself. If one does not follow, none is believed. */
export function followAll(newest: BelievedRoot, roots: readonly Bytes[]): BelievedRoot[] {
  const believed: BelievedRoot[] = [];
  for (const bytes of roots) {
    if (!equal(bytes, newest.bytes)) believed.push(follow(believed.at(-1) ?? newest, bytes));
  }
  return believed;
}

/** The version that a root claims to be. */
export function claimedVersion(bytes: Bytes): bigint {
  return readSigned(bytes).root.version;
}

/** The sections of a file of roots, the oldest first. */
export function readRoots(file: Bytes): Bytes[] {
  const sections = readSections(file, "strongroom.example/trust-roots/v1", 524_288);
  if (sections.length > 64 || sections.some(({ name }) => name !== "root")) throw new Malformed("a file of trust roots");
  return sections.map((section) => section.bytes);
}

export function writeRoots(roots: readonly BelievedRoot[]): Bytes {
  return writeSections("strongroom.example/trust-roots/v1", roots.map(({ bytes }) => ({ name: "root", bytes })));
}

function readSigned(bytes: Bytes): { note: Note; root: TrustRoot } {
  const note = readNote(bytes);
  return { note, root: readTrustRoot(note.text) };
}

/** Whether as many root keys of `root` as its threshold signed the note; a line of one that does not verify spoils it. */
function reaches(note: Note, root: TrustRoot): boolean {
  const refuse = (): never => {
    throw new Untrusted("signature", "a root key's line does not verify, or stands twice");
  };
  const signed = root.roots.filter(({ key }) => lineOf(note, key, (line) => verifies(line, key, note.text), refuse) !== undefined);
  return signed.length >= root.threshold;
}

function readExpires(line: Line, issued: number): number {
  const expires = line.time("expires");
  line.require(expires > issued, "expires too early");
  return expires;
}

function readKey(line: Line, type: KeyType): VerifierKey {
  const key = line.reading(() => readVerifierKey(line.string("key")));
  line.require(key.type === type, "a key of the other type");
  return key;
}

function readPartyKeys(lines: Lines, party: string): PartyKeys {
  const key = (use: string) => lines.value(party, (line) => readKey(line.exactly(use), 1));
  return { bundle: key("bundle"), status: key("status"), revocation: key("revocation") };
}

function readWitnesses(lines: Lines): Witness[] {
  const witnesses: Witness[] = [];
  while (lines.comes("witness")) {
    const { name, key } = lines.value("witness", (line) => readWitness(line, witnesses));
    const party = lines.value("party", (line) => line.exactly(name).oneOf(PARTIES, "party"));
    witnesses.push({ name, key, party });
  }
  return witnesses;
}

function readWitness(line: Line, before: readonly Witness[]): { name: string; key: VerifierKey } {
  const name = line.word("witness");
  line.require(name !== "none" && name !== "witnesses" && before.length < 32, "a witness's name, or too many");
  line.require(!before.some((witness) => witness.name === name), "a witness's name stands twice");
  return { name, key: readKey(line, 4) };
}

function readGroup(line: Line, witnesses: readonly Witness[]): number {
  const quorum = line.exactly("witnesses").small("quorum");
  for (const { name } of witnesses) line.exactly(name);
  const own = witnesses.filter(({ party }) => party !== "independent").length;
  line.require(quorum <= witnesses.length && quorum > own, "the quorum");
  return quorum;
}

function several<T>(lines: Lines, key: string, min: number, max: number, read: (line: Line) => T): T[] {
  const items: T[] = [];
  while (items.length < min || lines.comes(key)) {
    items.push(
      lines.value(key, (line) => {
        line.require(items.length < max, `too many lines ${key}`);
        return read(line);
      }),
    );
  }
  return items;
}

function thresholdHolds({ threshold, roots }: TrustRoot): boolean {
  const held = (party: Party) => roots.filter((root) => root.party === party).length;
  const alone = (party: Party) => held(party) >= threshold || roots.length - held(party) < threshold;
  return threshold <= roots.length && !alone("operator") && !alone("auditor");
}

function keyStandsTwice(root: TrustRoot): boolean {
  const parties = [root.operator, root.auditor].flatMap((keys) => [keys.bundle, keys.status, keys.revocation]);
  const all = [...root.roots.map(({ key }) => key), ...parties, ...root.logs, ...root.witnesses.map(({ key }) => key)];
  return new Set(all.map(({ key }) => hex(key))).size !== all.length;
}

