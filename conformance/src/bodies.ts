// Follows docs/spec/notes.md, "Bodies": lines of a key, one space and a value, in the order of their page. docs/spec/pin.md has the same form.

import { unbase64, unhex, type Bytes } from "./bytes.ts";
import { checkPublicKey } from "./crypto/signatures.ts";
import { Malformed } from "./errors.ts";

/** A line on its way to being understood: its words, and the number to refuse it by. */
export class Line {
  /** From one. */
  readonly at: number;
  readonly #words: string[];

  constructor(at: number, words: string[]) {
    this.at = at;
    this.#words = words;
  }

  refuse(cause: string): never {
    throw new Malformed(cause, this.at);
  }

  require(holds: boolean, cause: string): void {
    if (!holds) this.refuse(cause);
  }

  string(cause: string): string {
    return this.#words.shift() ?? this.refuse(`${cause} is missing`);
  }

  exactly(word: string): this {
    this.require(this.string(word) === word, `not ${word}`);
    return this;
  }

  oneOf<const N extends readonly string[]>(names: N, cause: string): N[number] {
    const word = this.string(cause);
    return names.find((name) => name === word) ?? this.refuse(cause);
  }

  word(cause: string): string {
    const word = this.string(cause);
    return isWord(word) ? word : this.refuse(cause);
  }

  number(cause: string): bigint {
    return number(this.string(cause)) ?? this.refuse(`${cause} is no number`);
  }

  small(cause: string): number {
    const value = this.number(cause);
    return value <= 255n ? Number(value) : this.refuse(cause);
  }

  time(cause: string): number {
    return time(this.string(cause)) ?? this.refuse(`${cause} is no time`);
  }

  digest(cause: string): Bytes {
    const [algorithm, digits, more] = this.string(cause).split(":");
    this.require(algorithm === "sha256" && more === undefined, `${cause} is no digest`);
    return this.reading(() => unhex(digits ?? "", 32, cause));
  }

  publicKey(cause: string): Bytes {
    return this.reading(() => checkPublicKey(unbase64(this.string(cause), cause), cause));
  }

  /** Runs a reader that knows no lines. */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      return this.refuse(error instanceof Malformed ? error.what : "unreadable");
    }
  }

  /** Refuses words that nobody took. */
  end(): void {
    this.require(this.#words.length === 0, "more than there should be");
  }
}

/** The lines of a text, in order. */
export class Lines {
  readonly #lines: string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split("\n");
    if (this.#lines.pop() !== "") throw new Malformed("no line feed at the end", this.#lines.length + 1);
  }

  /** The first line, which names format and version. */
  header(header: string): void {
    const line = this.#line();
    line.require(this.#lines[0] === header, `not ${header}`);
  }

  /** The next line, which has to begin with `key`; its other words are the line's. */
  take(key: string): Line {
    return this.#line().exactly(key);
  }

  /** A line with `key` and one value. */
  value<T>(key: string, read: (line: Line) => T): T {
    const line = this.take(key);
    const value = read(line);
    line.end();
    return value;
  }

  /** Whether the next line begins with `key` and a space. */
  comes(key: string): boolean {
    return this.#lines[this.#at]?.startsWith(`${key} `) === true;
  }

  get done(): boolean {
    return this.#at === this.#lines.length;
  }

  end(): void {
    if (!this.done) throw new Malformed("a line after the end", this.#at + 1);
  }

  #line(): Line {
    const text = this.#lines[this.#at];
    this.#at += 1;
    if (text === undefined) throw new Malformed("the line is missing", this.#at);
    return new Line(this.#at, text.split(" "));
  }
}

export function isWord(word: string): boolean {
  return word.length <= 64 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(word);
}

/** A number: decimal from 1 on, without sign and leading zeros, below 2^64. */
export function number(digits: string): bigint | undefined {
  const value = /^[1-9][0-9]{0,19}$/.test(digits) ? BigInt(digits) : 0n;
  return value > 0n && value < 1n << 64n ? value : undefined;
}

/** A time in seconds since 1970. */
export function time(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return milliseconds >= 0 && writtenTime(milliseconds / 1000) === text ? milliseconds / 1000 : undefined;
}

export function writtenTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
