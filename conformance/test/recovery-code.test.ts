// docs/spec/recovery-code.md: its sample, every double mistake by position, and what cannot be mended.

import { describe, expect, test } from "vitest";

import { BadRecoveryCode } from "../src/errors.ts";
import { codeOf, makeRecoveryCode, onPaper, readRecoveryCode } from "../src/recovery-code.ts";

const ALPHABET = "ACDEFHJKLMNPQRSTUVWXYZ0123456789";
const SAMPLE = "CCDEF HJKLM NPQRS TUVWX YZ012 34567 89ACD E1R1Q";
const CODE = SAMPLE.replaceAll(" ", "");
const values = [1, ...Array.from({ length: 31 }, (_, at) => at + 1), 0, 1, 2];

function damaged(code: string, places: readonly number[], by: number | "?" = 1): string {
  return [...code].map((character, at) => (!places.includes(at) ? character : by === "?" ? "?" : (ALPHABET[(ALPHABET.indexOf(character) + by) % 32] ?? ""))).join("");
}

function refusal(typed: string): string {
  try {
    return readRecoveryCode(typed).codes.join(" ");
  } catch (error) {
    return error instanceof BadRecoveryCode ? error.why : String(error);
  }
}

test("the sample is made and written", () => {
  expect(onPaper(codeOf(values))).toBe(SAMPLE);
});

test.each([
  SAMPLE,
  "XCDEF HJKLM NPQRS TUVWX YZ012 34567 89ACD E1R1Q",
  "gcdef-hjklm-npqrs-tuvwx-yzo12-34567-89acd-eIr1X",
  "CCDEF HJKLM NPQRS TUVWX YZ012 34567 B9ACD E1R1P",
  "?CDEF H?KLM NPQRS TUVWX YZ012 3456? 89ACD E1R1?",
])("%s is the sample's code", (typed) => {
  expect(readRecoveryCode(typed)).toEqual({ certain: true, codes: [CODE] });
});

test("every double mistake is mended, wherever it stands", () => {
  for (let first = 0; first < 40; first++) {
    for (let second = first + 1; second < 40; second++) {
      const by = 1 + ((first * 7 + second) % 31);
      expect(readRecoveryCode(damaged(CODE, [first, second], by))).toEqual({ certain: true, codes: [CODE] });
    }
  }
});

test("four unreadable characters, and one wrong with two unreadable, are mended", () => {
  for (let first = 0; first < 40; first++) {
    const four = [first, (first + 3) % 40, (first + 11) % 40, (first + 23) % 40];
    expect(readRecoveryCode(damaged(CODE, four, "?"))).toEqual({ certain: true, codes: [CODE] });
    const both = damaged(damaged(CODE, [first]), [(first + 5) % 40, (first + 17) % 40], "?");
    expect(readRecoveryCode(both)).toEqual({ certain: true, codes: [CODE] });
  }
});

test("beyond that the code is among the candidates, and none is certain", () => {
  const texts = [damaged(CODE, [4, 9, 30], 5), damaged(damaged(CODE, [4, 9], 6), [20], "?"), damaged(CODE, [1, 2, 3, 4, 5], "?"), damaged(damaged(CODE, [9], 3), [1, 2, 3, 4], "?")];
  for (const typed of texts) {
    const read = readRecoveryCode(typed);
    if (!read.certain) expect(read.codes).toContain(CODE);
    expect(read.codes.length).toBeLessThanOrEqual(64);
    expect(read.codes.every((code) => code.startsWith("C"))).toBe(true);
  }
  expect(readRecoveryCode(damaged(CODE, [1, 2, 3, 4, 5], "?")).certain).toBe(false);
});

test("fresh codes are read as themselves, and are never the same", () => {
  const codes = Array.from({ length: 20 }, makeRecoveryCode);
  for (const code of codes) expect(readRecoveryCode(onPaper(code))).toEqual({ certain: true, codes: [code] });
  expect(new Set(codes).size).toBe(20);
});

describe("what is no code", () => {
  test.each([
    ["a character that none has", CODE.replace("C", "!"), "character"],
    ["a character outside of ASCII", CODE.replace("C", "ſ"), "character"],
    ["nothing", "", "length"],
    ["one character less", CODE.slice(1), "length"],
    ["one character more", `${CODE}A`, "length"],
    ["six unreadable characters", damaged(CODE, [0, 1, 2, 3, 4, 5], "?"), "damage"],
    ["another version", codeOf([2, ...values.slice(1)]), "version"],
    ["another version with two mistakes", damaged(codeOf([2, ...values.slice(1)]), [3, 8]), "version"],
  ])("%s", (_, typed, why) => expect(refusal(typed)).toBe(why));
});
