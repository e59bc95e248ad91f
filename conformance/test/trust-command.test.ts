// The verification of a unit beside that of the command `strongroom verify bundle`: single faults, and two at a time.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { writtenTime } from "../src/bodies.ts";
import { utf8 } from "../src/bytes.ts";
import { verifyUnit } from "../src/delivery.ts";
import { Untrusted } from "../src/errors.ts";
import { told } from "../src/trust-root.ts";
import { Faulty, FAULTS } from "./support/faults.ts";
import { PROGRAM, run } from "./support/fleet.ts";

/** Every how many of all pairs are tried; 1 tries all of them. */
const STRIDE = Number(process.env["STRONGROOM_PAIRS_STRIDE"] ?? 9);

if (PROGRAM === undefined) console.warn("STRONGROOM_BIN names no program: the comparison with the command is skipped.");

describe.skipIf(PROGRAM === undefined)("beside the command", { timeout: 300_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "conformance-trust-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  const theirs = async (faulty: Faulty): Promise<string> => {
    await writeFile(join(folder, "unit"), faulty.unit);
    await writeFile(join(folder, "root"), faulty.rootNote);
    const said = await run(["verify", "bundle", join(folder, "unit"), "--trust", join(folder, "root"), "--at", writtenTime(faulty.universe.now), "--json"]);
    const { error, concerns } = JSON.parse(said.stdout) as { error: string | null; concerns: string[] };
    return error ?? `accepted ${concerns.join(" ")}`;
  };
  const ours = (faulty: Faulty): string => {
    const root = told(utf8(faulty.rootNote));
    try {
      return `accepted ${verifyUnit(faulty.unit, { root, clock: faulty.universe.now, build: root.issued }).concerns.join(" ")}`;
    } catch (error) {
      if (error instanceof Untrusted) return error.step;
      throw error;
    }
  };

  const names = Object.keys(FAULTS);

  test("a unit without a fault is accepted by both", async () => {
    const faulty = new Faulty([]);
    expect([ours(faulty), await theirs(faulty)]).toEqual(["accepted ", "accepted "]);
  });

  test("each fault alone comes to the same", async () => {
    for (const name of names) {
      const faulty = new Faulty([name]);
      expect(ours(faulty), name).toBe(await theirs(faulty));
    }
  });

  test("two faults come to the same: the steps run in one order", async () => {
    const pairs = names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]));
    for (const pair of pairs.filter((_, at) => at % STRIDE === 0)) {
      const faulty = new Faulty(pair);
      expect(ours(faulty), pair.join(" and ")).toBe(await theirs(faulty));
    }
  });
});
