// Follows docs/spec/recovery-code.md: 170 random bits on paper, and how typing errors are mended.

import { ascii, random } from "./bytes.ts";
import { STRETCHING } from "./crypto/stretching.ts";
import { BadRecoveryCode } from "./errors.ts";
import type { Credential } from "./flows/credential.ts";

const ALPHABET = "ACDEFHJKLMNPQRSTUVWXYZ0123456789";
const LOOK_ALIKES: Record<string, string> = { B: "8", G: "C", I: "1", O: "0" };
const LENGTH = 40;
const CHECKS = 5;
const VERSION = 1;
const CANDIDATES_MAX = 64;
/** g(x) without its highest term, from x⁴ down. */
const GENERATOR = [23, 2, 2, 23, 1];

/** What a text may be: one code for certain, or several of which each may be it. */
export interface ReadCode {
  readonly certain: boolean;
  /** Forty characters each, upper case, without spaces. */
  readonly codes: readonly string[];
}

/** A code with fresh random characters. */
export function makeRecoveryCode(): string {
  return codeOf([VERSION, ...random(LENGTH - CHECKS - 1).map((byte) => byte & 31)]);
}

/** The code of a version and its random values. */
export function codeOf(values: readonly number[]): string {
  const checks = unpack(values.reduce((rest, value, at) => rest ^ remainder(at, value), 0));
  return [...values, ...checks].map((value) => ALPHABET[value]).join("");
}

/** Eight groups of five, as on paper. */
export function onPaper(code: string): string {
  return code.match(/.{5}/g)?.join(" ") ?? "";
}

/** Reads what a person typed, and mends it as far as the checks allow. */
export function readRecoveryCode(typed: string): ReadCode {
  const values = valuesOf(typed);
  const unreadable = values.flatMap((value, at) => (value === undefined ? [at] : []));
  const certain = nearby(values, unreadable, 4)[0];
  if (certain !== undefined) {
    if (certain[0] !== VERSION) throw new BadRecoveryCode("of another version: a newer program may read it", "version");
    return { certain: true, codes: [spelled(certain)] };
  }
  const candidates = unreadable.length <= CHECKS ? nearby(values, unreadable, 6).filter((code) => code[0] === VERSION) : [];
  if (candidates.length === 0) throw new BadRecoveryCode("more damage than can be mended", "damage");
  return { certain: false, codes: candidates.map(spelled) };
}

/** OPAQUE's password is the forty characters. */
export function recoveryCodeCredential(code: string): Credential {
  return { kind: { kind: "recovery-code" }, secret: ascii(code), stretching: STRETCHING };
}

type Values = readonly (number | undefined)[];

function valuesOf(typed: string): Values {
  const characters = [...typed].filter((character) => !/[\s-]/u.test(character)).map((character) => (/[a-z]/.test(character) ? character.toUpperCase() : character));
  const values = characters.map((character, at) => {
    if (character === "?") return undefined;
    const value = ALPHABET.indexOf(LOOK_ALIKES[character] ?? character);
    if (value < 0 || character.length !== 1) throw new BadRecoveryCode(`character ${at + 1} is none that a code has`, "character");
    return value;
  });
  if (values.length !== LENGTH) throw new BadRecoveryCode(`${values.length} characters, and a code has ${LENGTH}`, "length");
  return values;
}

/** All codes with e wrong characters, where 2e + s is at most `reach` and s is the number of unreadable ones. */
function nearby(values: Values, unreadable: readonly number[], reach: number): number[][] {
  const syndrome = syndromeOf(values);
  const found = new Map<string, number[]>();
  for (let wrong = 0; 2 * wrong + unreadable.length <= reach; wrong++) {
    for (const change of changes(syndrome, unreadable, wrong)) {
      const code = values.map((value, at) => (value ?? 0) ^ (change.get(at) ?? 0));
      if (found.size < CANDIDATES_MAX && syndromeOf(code) === 0) found.set(spelled(code), code);
    }
  }
  return [...found.values()];
}

/** What is left of the division by g; nothing for a code. */
function syndromeOf(values: Values): number {
  return values.reduce<number>((rest, value, at) => rest ^ remainder(at, value ?? 0), 0);
}

/** What has to be added at the unreadable places, and at `wrong` others, for the rest of the division to vanish. */
function* changes(syndrome: number, unreadable: readonly number[], wrong: number, from = 0): Generator<Map<number, number>> {
  const [place, ...others] = unreadable;
  if (place !== undefined && (others.length > 0 || wrong > 0)) {
    for (let value = 0; value < 32; value++) {
      for (const change of changes(syndrome ^ remainder(place, value), others, wrong, from)) yield change.set(place, value);
    }
  } else if (wrong > 1) {
    yield* wrongOnes(syndrome, wrong, from);
  } else {
    yield* lastOne(syndrome, place, wrong, from);
  }
}

/** Wrong characters at growing places. What comes of one at an unreadable place is no code, and is passed over above. */
function* wrongOnes(syndrome: number, wrong: number, from: number): Generator<Map<number, number>> {
  for (let place = from; place < LENGTH; place++) {
    for (let value = 1; value < 32; value++) {
      for (const change of changes(syndrome ^ remainder(place, value), [], wrong - 1, place + 1)) yield change.set(place, value);
    }
  }
}

/** The last change follows from what is left of the division. */
function* lastOne(syndrome: number, place: number | undefined, wrong: number, from: number): Generator<Map<number, number>> {
  if (place === undefined && wrong === 0) {
    if (syndrome === 0) yield new Map();
    return;
  }
  const single = syndrome === 0 ? undefined : SINGLES.get(syndrome);
  if (place !== undefined) {
    if (syndrome === 0) yield new Map([[place, 0]]);
    else if (single?.place === place) yield new Map([[place, single.value]]);
  } else if (single !== undefined && single.place >= from) {
    yield new Map([[single.place, single.value]]);
  }
}

function spelled(values: readonly number[]): string {
  return values.map((value) => ALPHABET[value]).join("");
}

/** The product in GF(32) = GF(2)[a]/(a⁵ + a² + 1). */
function multiply(one: number, other: number): number {
  let product = 0;
  for (let bit = 4; bit >= 0; bit--) {
    product <<= 1;
    if (product & 32) product ^= 0b100101;
    if ((other >> bit) & 1) product ^= one;
  }
  return product;
}

/** What a value at a place leaves when it is divided by g: five elements, packed, the one of x⁴ the highest. */
function remainder(place: number, value: number): number {
  return REMAINDERS[place * 32 + value] ?? 0;
}

function pack(elements: readonly number[]): number {
  return elements.reduce((packed, element) => (packed << 5) | element, 0);
}

function unpack(packed: number): number[] {
  return [20, 15, 10, 5, 0].map((shift) => (packed >> shift) & 31);
}

/** x to the power of `exponent` times `value`, modulo g. */
function divided(exponent: number, value: number): number[] {
  let rest = [0, 0, 0, 0, value];
  for (let step = 0; step < exponent; step++) {
    const [highest = 0, ...lower] = rest;
    rest = [...lower, 0].map((element, at) => element ^ multiply(highest, GENERATOR[at] ?? 0));
  }
  return rest;
}

const REMAINDERS = Array.from({ length: LENGTH * 32 }, (_, at) => pack(divided(LENGTH - 1 - (at >> 5), at & 31)));
const SINGLES = new Map(REMAINDERS.flatMap((rest, at) => ((at & 31) === 0 ? [] : [[rest, { place: at >> 5, value: at & 31 }] as const])));
