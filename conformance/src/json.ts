// JSON (RFC 8259) as docs/spec/locator.md wants it read: a field that stands twice is seen, and a number keeps its digits.

import { Malformed } from "./errors.ts";

export type Json = string | JsonNumber | Json[] | Map<string, Json> | boolean | null;

/** A number as it is written. */
export interface JsonNumber {
  readonly digits: string;
}

const DEPTH_MAX = 8;
const TOKEN = /[\x20\t\r\n]*(?:([{}[\],:])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

export function readJson(text: string): Json {
  const tokens = new Tokens(text);
  const value = readValue(tokens, 0);
  tokens.end();
  return value;
}

class Tokens {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  next(): RegExpExecArray {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text) ?? refuse();
    this.#at = TOKEN.lastIndex;
    return token;
  }

  /** Takes the mark if it comes next. */
  took(mark: string): boolean {
    const before = this.#at;
    if (this.#at < this.#text.trimEnd().length && this.next()[1] === mark) return true;
    this.#at = before;
    return false;
  }

  require(mark: string): void {
    if (!this.took(mark)) refuse();
  }

  end(): void {
    if (/[^\x20\t\r\n]/.test(this.#text.slice(this.#at))) refuse();
  }
}

function readValue(tokens: Tokens, depth: number): Json {
  const [, mark, quoted, digits, name] = tokens.next();
  if (depth > DEPTH_MAX) refuse();
  if (quoted !== undefined) return JSON.parse(quoted) as string;
  if (digits !== undefined) return { digits };
  if (name !== undefined) return JSON.parse(name) as boolean | null;
  if (mark === "[") return readItems(tokens, "]", () => readValue(tokens, depth + 1));
  if (mark !== "{") refuse();
  const fields = readItems(tokens, "}", () => readField(tokens, depth));
  const object = new Map(fields);
  if (object.size !== fields.length) throw new Malformed("a field stands twice");
  return object;
}

function readItems<T>(tokens: Tokens, close: string, item: () => T): T[] {
  const items: T[] = [];
  if (tokens.took(close)) return items;
  do items.push(item());
  while (tokens.took(","));
  tokens.require(close);
  return items;
}

function readField(tokens: Tokens, depth: number): [string, Json] {
  const name = tokens.next()[2] ?? refuse();
  tokens.require(":");
  return [JSON.parse(name) as string, readValue(tokens, depth + 1)];
}

function refuse(): never {
  throw new Malformed("not JSON");
}
