// vectors/trust: each positive passes, each negative fails at the step that its list names.

import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { time } from "../src/bodies.ts";
import { readBundle } from "../src/bundle.ts";
import { hex, text, unhex, type Bytes } from "../src/bytes.ts";
import { readHash } from "../src/checkpoint.ts";
import { fleetToRecoverAt, fleetToRegisterAt, verifyUnit, type Device, type VerifiedUnit } from "../src/delivery.ts";
import { Malformed, Untrusted } from "../src/errors.ts";
import { provesEquivocation } from "../src/gossip.ts";
import { readMemory, writeMemory } from "../src/memory.ts";
import { readVerifierKey } from "../src/notes.ts";
import { readRevocation } from "../src/revocation.ts";
import { readStatus } from "../src/status.ts";
import { followAll, readRoots, readTrustRoot, told } from "../src/trust-root.ts";
import { decide } from "../src/witness.ts";

const folder = new URL("../../vectors/trust/", import.meta.url);
const file = (name: string): Bytes => new Uint8Array(readFileSync(new URL(name, folder)));
const index = JSON.parse(text(file("index.json"), "index"));

interface UnitVector {
  name: string;
  file: string;
  root: string;
  clock: string;
  build: string;
  app?: number;
  locator?: number;
  found?: number;
  memory?: string;
  consistency?: string[];
  verify: string;
  register?: string;
  recover?: string;
  fleet?: string;
}

const READERS: Record<string, (body: string) => unknown> = { bundle: readBundle, status: readStatus, revocation: readRevocation, "trust-root": readTrustRoot };

test("every list of the index is known and none is empty", () => {
  expect(Object.keys(index).sort()).toEqual(["chains", "equivocations", "requests", "texts", "units"]);
  for (const list of Object.values(index)) expect((list as unknown[]).length).toBeGreaterThan(5);
});

describe("texts", () => {
  test.each(index.texts as { name: string; file: string; kind: string; line: number | null }[])("$name", (vector) => {
    const read = READERS[vector.kind];
    expect(read).toBeDefined();
    expect(refusedLine(() => read?.(text(file(vector.file), vector.name)))).toBe(vector.line);
  });
});

describe("units", () => {
  test.each(index.units as UnitVector[])("$name", (vector) => {
    const verified = outcome(() => verifyUnit(file(vector.file), deviceOf(vector)));
    expect(verified.name).toBe(vector.verify);
    const unit = verified.value;
    if (unit === undefined) return;
    expect(outcome(() => fleetToRegisterAt(unit), ({ genesis }) => ` ${hex(genesis)}`).name).toBe(vector.register);
    expect(recovered(unit, vector.fleet ?? "")).toBe(vector.recover);
    expect(readMemory(writeMemory(unit.memory))).toEqual(unit.memory);
  });
});

describe("chains", () => {
  test.each(index.chains as { name: string; file: string; root: string; result: string; newest: number }[])("$name", (vector) => {
    const root = told(file(vector.root));
    const followed = outcome(() => followAll(root, readRoots(file(vector.file))));
    expect(followed.name).toBe(vector.result);
    expect((followed.value?.at(-1) ?? root).version).toBe(BigInt(vector.newest));
  });
});

interface RequestVector {
  name: string;
  file: string;
  log: string;
  status: number;
  "remembered-size"?: number;
  "remembered-root"?: string;
}

describe("requests", () => {
  test.each(index.requests as RequestVector[])("$name", (vector) => {
    const { "remembered-size": size, "remembered-root": root } = vector;
    const remembered = size === undefined || root === undefined ? undefined : { size: BigInt(size), root: readHash(root) };
    expect(decide(file(vector.file), readVerifierKey(vector.log), remembered)).toBe(vector.status);
  });
});

describe("equivocations", () => {
  test.each(index.equivocations as { name: string; file: string; root: string; valid: boolean }[])("$name", (vector) => {
    expect(provesEquivocation(file(vector.file), told(file(vector.root)))).toBe(vector.valid);
  });
});

test("a unit with any one byte changed is refused, or comes to the same", () => {
  const device = deviceOf(index.units[0]);
  const golden = file(index.units[0].file);
  const expected = verifyUnit(golden, device);
  for (let at = 0; at < golden.length; at += 7) {
    const changed = golden.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    expect(outcome(() => verifyUnit(changed, device)).name, `byte ${at}`).not.toBe("accepted");
    expect(() => verifyUnit(golden.subarray(0, at), device)).toThrow(Untrusted);
  }
  expect(expected.concerns).toEqual([]);
});

function deviceOf(vector: UnitVector): Device {
  const at = (written: string): number => time(written) ?? Number.NaN;
  return {
    root: told(file(vector.root)),
    clock: at(vector.clock),
    build: at(vector.build),
    app: vector.app === undefined ? undefined : BigInt(vector.app),
    locator: vector.locator === undefined ? undefined : BigInt(vector.locator),
    found: vector.found === undefined ? undefined : BigInt(vector.found),
    memory: vector.memory === undefined ? undefined : readMemory(file(vector.memory)),
    consistency: vector.consistency?.map(readHash),
  };
}

function recovered(unit: VerifiedUnit, fleet: string): string {
  const opened = outcome(() => fleetToRecoverAt(unit, unhex(fleet, 32, "fleet")));
  if (opened.value === undefined || opened.value.concerns.length === 0) return opened.name;
  return `ask ${opened.value.concerns.join(" ")}`;
}

function outcome<T>(run: () => T, rest: (value: T) => string = () => ""): { name: string; value?: T } {
  try {
    const value = run();
    return { name: `accepted${rest(value)}`, value };
  } catch (error) {
    if (error instanceof Untrusted) return { name: error.step };
    throw error;
  }
}

function refusedLine(run: () => unknown): number | null {
  try {
    run();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(Malformed);
    return (error as Malformed).line ?? 0;
  }
}
