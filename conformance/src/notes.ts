// Follows docs/spec/notes.md: signed texts, keys, counter-signed notes and digests.

import { sha256 } from "@noble/hashes/sha2.js";

import { ascii, base64, concat, equal, hex, text as decode, unbase64, utf8, type Bytes } from "./bytes.ts";
import { checkPublicKey, signsText } from "./crypto/signatures.ts";
import { Malformed } from "./errors.ts";

export const NOTE_MAX = 32_768;
export const CHECKPOINT_MAX = 65_536;

/** The two types of keys: of notes, and of cosignatures. */
export type KeyType = 1 | 4;

export interface SignatureLine {
  readonly name: string;
  readonly id: Bytes;
  readonly signature: Bytes;
}

/** A text and the lines under it; nobody verified them. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

export interface VerifierKey {
  readonly name: string;
  readonly id: Bytes;
  readonly type: KeyType;
  readonly key: Bytes;
}

export function readNote(bytes: Bytes, max = NOTE_MAX): Note {
  if (bytes.length > max) throw new Malformed("the note is too long");
  return readNoteText(decode(bytes, "the note"));
}

/** A counter-signed note: its text is the body with the auditor's line, and is itself a note. */
export interface CounterSigned {
  readonly whole: Bytes;
  readonly body: string;
  /** Body, empty line and the auditor's line: what the operator signed and what stands in the log. */
  readonly leaf: string;
  readonly auditor: SignatureLine;
  readonly operator: SignatureLine;
}

export function readCounterSigned(bytes: Bytes): CounterSigned {
  const outer = readNote(bytes);
  const inner = readNoteText(outer.text);
  return { whole: bytes, body: inner.text, leaf: outer.text, auditor: onlyLine(inner), operator: onlyLine(outer) };
}

/** The verifier key `name+key id+base64(type ‖ public key)`. Other types than the two are refused. */
export function readVerifierKey(line: string): VerifierKey {
  const [name = "", id = "", ...rest] = line.split("+");
  checkName(name);
  const typed = unbase64(rest.join("+"), "a key's base64");
  const type = typed[0];
  if (type !== 1 && type !== 4) throw new Malformed("a key of an unknown type");
  const key = checkPublicKey(typed.subarray(1), "a key");
  const expected = keyId(name, type, key);
  if (hex(expected) !== id) throw new Malformed("a key id that is not the key's");
  return { name, id: expected, type, key };
}

export function writeVerifierKey({ name, type, key }: Omit<VerifierKey, "id">): string {
  return `${name}+${hex(keyId(name, type, key))}+${base64(concat(Uint8Array.of(type), key))}`;
}

export function keyId(name: string, type: KeyType, key: Bytes): Bytes {
  return new Uint8Array(sha256(concat(utf8(name), Uint8Array.of(0x0a, type), key)).subarray(0, 4));
}

/** Whether the line bears the key's name and id; then it has to verify. */
export function isBy(line: SignatureLine, key: VerifierKey): boolean {
  return line.name === key.name && equal(line.id, key.id);
}

/** Whether a line is a key's of type 1 over a text. */
export function verifies(line: SignatureLine, key: VerifierKey, text: string): boolean {
  return key.type === 1 && isBy(line, key) && signsText(key.key, utf8(text), line.signature);
}

/** The one line of a known key, verified by `check`. Two lines of it, and one that does not verify, are refused with `refuse`. */
export function lineOf(note: Note, key: VerifierKey, check: (line: SignatureLine) => boolean, refuse: () => never): SignatureLine | undefined {
  const lines = note.signatures.filter((line) => isBy(line, key));
  if (lines.length > 1 || !lines.every(check)) refuse();
  return lines[0];
}

/** SHA-256 of a text without any signature line. */
export function digestOf(text: string): Bytes {
  return sha256(utf8(text));
}

function readNoteText(text: string): Note {
  if (/[^\P{Cc}\n]/u.test(text)) throw new Malformed("a control character in a note");
  const end = text.lastIndexOf("\n\n");
  if (end < 1 || !text.endsWith("\n")) throw new Malformed("a note without a blank line or a line feed at the end");
  const lines = text.slice(end + 2, -1).split("\n");
  if (lines.length > 32) throw new Malformed("too many signatures");
  return { text: text.slice(0, end + 1), signatures: lines.map(readSignatureLine) };
}

function readSignatureLine(line: string): SignatureLine {
  const [dash, name, signature, more] = line.split(" ");
  if (dash !== "—" || name === undefined || signature === undefined || more !== undefined) throw new Malformed("a signature line");
  checkName(name);
  const bytes = unbase64(signature, "a signature's base64");
  if (bytes.length < 5 || bytes.length > 5004) throw new Malformed("a signature's length");
  return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function onlyLine(note: Note): SignatureLine {
  const [line, more] = note.signatures;
  if (line === undefined || more !== undefined) throw new Malformed("more than one line of a counter-signed note");
  return line;
}

function checkName(name: string): void {
  const length = ascii(name).length;
  if (length < 1 || length > 128 || /[\p{White_Space}\p{Cc}+]/u.test(name)) throw new Malformed("a key's name");
}
