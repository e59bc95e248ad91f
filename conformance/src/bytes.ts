// Follows docs/spec/README.md, "Notation", and docs/spec/notes.md, "Form": bytes and the texts that stand for them.

import { randomBytes } from "node:crypto";

import { Malformed } from "./errors.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export function concat(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Compares without branching on the bytes. */
export function equal(one: Bytes, other: Bytes): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return difference === 0;
}

export function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

export const utf8 = ascii;

/** Decodes UTF-8 and refuses whatever is not; a byte order mark is text like any other. */
export function text(bytes: Bytes, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed(`${what} is not UTF-8`);
  }
}

export function hex(bytes: Bytes): string {
  return Buffer.from(bytes).toString("hex");
}

/** Reads lower-case hex of exactly `length` bytes. */
export function unhex(digits: string, length: number, what: string): Bytes {
  if (digits.length !== 2 * length || !/^[0-9a-f]*$/.test(digits)) throw new Malformed(what);
  return new Uint8Array(Buffer.from(digits, "hex"));
}

export function base64(bytes: Bytes): string {
  return Buffer.from(bytes).toString("base64");
}

/** Reads base64 with padding and without stray bits: what is read is written again as the same text. */
export function unbase64(digits: string, what: string): Bytes {
  const bytes = new Uint8Array(Buffer.from(digits, "base64"));
  if (base64(bytes) !== digits) throw new Malformed(what);
  return bytes;
}

export function random(length: number): Bytes {
  return new Uint8Array(randomBytes(length));
}

/** An unsigned integer of `length` bytes, the most significant first. */
export function unsigned(value: number | bigint, length: number): Bytes {
  const bytes = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new Malformed(`${value} does not fit into ${length} bytes`);
  return bytes;
}
