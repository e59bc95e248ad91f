// Follows docs/spec/client.md, "Encoding": the presentation language of TLS with four differences. There is one encoding of each value.

import { concat, text as decodeText, unsigned, type Bytes } from "./bytes.ts";
import { Malformed } from "./errors.ts";

/** Reads one value from the front to the end; every refusal names the field. */
export class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  take(length: number, field: string): Bytes {
    if (this.#bytes.length - this.#at < length) throw new Malformed(`${field} is truncated`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  u8(field: string): number {
    return Number(this.#integer(1, field));
  }

  u16(field: string): number {
    return Number(this.#integer(2, field));
  }

  u32(field: string): number {
    return Number(this.#integer(4, field));
  }

  u64(field: string): bigint {
    return this.#integer(8, field);
  }

  version(field: string): void {
    if (this.u8(field) !== 1) throw new Malformed(`${field} is of another version`);
  }

  /** A tag out of `names`, which are numbered from one. */
  tag<const N extends readonly string[]>(names: N, field: string): N[number] {
    const name: N[number] | undefined = names[this.u8(field) - 1];
    if (name === undefined) throw new Malformed(`${field} is of an unknown variant`);
    return name;
  }

  opaque(max: number, field: string): Bytes {
    return this.take(this.#count(max, field), field);
  }

  text(max: number, field: string): string {
    return decodeText(this.opaque(max, field), field);
  }

  list<T>(max: number, field: string, item: () => T): T[] {
    return Array.from({ length: this.#count(max, field) }, item);
  }

  optional<T>(field: string, value: () => T): T | undefined {
    const present = this.u8(field);
    if (present > 1) throw new Malformed(`${field} is neither there nor not`);
    return present === 1 ? value() : undefined;
  }

  /** Refuses bytes after the end. */
  end(what: string): void {
    if (this.#at !== this.#bytes.length) throw new Malformed(`bytes after the end of ${what}`);
  }

  #count(max: number, field: string): number {
    const count = this.u32(field);
    if (count > max) throw new Malformed(`${field} is too long`);
    return count;
  }

  #integer(length: number, field: string): bigint {
    return this.take(length, field).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
}

/** `opaque name<<MAX>>`: the bytes behind their count. */
export function opaque(bytes: Bytes, max: number, field: string): Bytes {
  if (bytes.length > max) throw new Malformed(`${field} is too long`);
  return concat(unsigned(bytes.length, 4), bytes);
}

/** Bytes of a fixed length; another length is refused. */
export function fixed(bytes: Bytes, length: number, field: string): Bytes {
  if (bytes.length !== length) throw new Malformed(`${field} has another length`);
  return bytes;
}

/** The tag of a variant: its place in `names`, from one. */
export function tag<const N extends readonly string[]>(names: N, name: N[number]): Bytes {
  return unsigned(names.indexOf(name) + 1, 1);
}
