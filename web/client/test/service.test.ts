import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StrongroomError, toMessage, type Code } from "../src/errors.js";
import { Service } from "../src/service.js";
import { initSync } from "../wasm/strongroom_web.js";
import { Fleet, PROGRAM } from "./fleet.js";

const WASM = new URL("../wasm/strongroom_web_bg.wasm", import.meta.url);
const RP_ID = "localhost";

/** What an error says to the page. */
async function codeOf(promise: Promise<unknown>): Promise<Code> {
  try {
    await promise;
  } catch (error) {
    return toMessage(error).code;
  }
  throw new Error("it did not fail");
}

/** An authenticator: its answer depends on its own secret and on what it is asked for. */
function answer(secret: number, input: Uint8Array): Uint8Array {
  return input.map((byte) => byte ^ secret);
}

describe.skipIf(PROGRAM === undefined)("against a fleet", () => {
  let fleet: Fleet;
  const client = (): Service => new Service({ trust: { pin: fleet.pin }, token: fleet.token });

  beforeAll(async () => {
    initSync({ module: readFileSync(WASM) });
    fleet = await Fleet.start();
    writeFileSync(join(fleet.folder, "token"), fleet.token);
  }, 120_000);
  afterAll(async () => await fleet.stop());

  test("a key comes back on another device, and a wrong password says what is left", async () => {
    const made = await client().call("register", { credential: { password: "right" } });
    const other = client();
    const failed = other.call("recover", { locator: made.locator, credential: { password: "wrong" } });
    const error = await failed.then(() => undefined, toMessage);
    expect(error).toMatchObject({ code: "wrong-password", details: { left: 2, failed: 0 } });
    const recovered = await other.call("recover", { locator: made.locator, credential: { password: "right" } });
    expect(recovered).toMatchObject({ failed: 1, isCounted: true, mended: 0 });
    expect(await other.call("keyDigits", { key: recovered.key })).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/);
  }, 60_000);

  test("a vault of the command line opens here, and one of ours there", async () => {
    const { folder } = fleet;
    mkdirSync(join(folder, "source"));
    writeFileSync(join(folder, "source/notes"), "first of all\n");
    writeFileSync(join(folder, "password"), "right");
    fleet.runAt("first", "backup", "source", "--repo", "repo", "--password-file", "password");
    const locator = readFileSync(join(folder, "repo/strongroom.json"), "utf8");
    const here = client();
    const { key } = await here.call("recover", { locator, credential: { password: "right" } });
    const digits = fleet.runAt("first", "key", "--repo", "repo", "--backup-key").trim();
    expect(await here.call("keyDigits", { key })).toBe(digits);

    const code = await here.call("addRecoveryCode", { locator, key, replaceSlot: undefined });
    writeFileSync(join(folder, "code"), `${code.slice(0, 3)}?${code.slice(4)}`);
    fleet.runAt("second", "restore", "out", "--repo", "repo", "--recovery-code-file", "code");
    expect(readFileSync(join(folder, "out/notes"), "utf8")).toBe("first of all\n");
  }, 120_000);

  test("a recovery code opens after the guesses are gone, two mistakes are mended, and a new password follows", async () => {
    const owner = client();
    const { locator, key } = await owner.call("register", { credential: { password: "right" } });
    const code = await owner.call("addRecoveryCode", { locator, key, replaceSlot: undefined });
    expect(code).toMatch(/^C[A-Z0-9]{4}( [A-Z0-9]{5}){7}$/);
    expect(await codeOf(owner.call("addRecoveryCode", { locator, key, replaceSlot: undefined }))).toBe("slot-taken");
    const thief = client();
    for (const guess of ["1", "2", "3"]) {
      expect(await codeOf(thief.call("recover", { locator, credential: { password: guess } }))).toBe("wrong-password");
    }
    expect(await codeOf(thief.call("recover", { locator, credential: { password: "right" } }))).toBe("erased");
    const typed = code.replace(/^.(.)/, (_, second: string) => `X${second === "Y" ? "Z" : "Y"}`).toLowerCase();
    const back = await client().call("recover", { locator, credential: { recoveryCode: typed } });
    expect(back).toMatchObject({ failed: 3, isCounted: false, mended: 2 });
    const changed = await owner.call("changePassword", { locator, key, password: "new" });
    expect(changed).toMatchObject({ left: 3, isConfirmed: true });
    await client().call("recover", { locator: changed.locator, credential: { password: "new" } });
  }, 120_000);

  test("passkeys: made, listed, answered, changed, removed", async () => {
    const owner = client();
    const { locator, key } = await owner.call("register", { credential: { password: "right" } });
    const offer = await owner.call("offerPasskey", { locator, rpId: RP_ID });
    expect([offer.prfInput.length, offer.userHandle.length, offer.exclude.length]).toEqual([32, 32, 0]);
    const credentialId = new Uint8Array(32).fill(7);
    const made = { offer: offer.offer, credentialId, label: "phone", isUserVerified: true };
    const both = { first: answer(1, offer.prfInput), second: answer(1, offer.prfInput) };
    const slot = await owner.call("addPasskey", { locator, key, made: { ...made, ...both } });
    expect([...both.first, ...both.second].every((byte) => byte === 0), "answers are zeroised").toBe(true);

    const device = client();
    const [known] = await device.call("passkeys", { locator });
    expect(known).toMatchObject({ slot, rpId: RP_ID, label: "phone" });
    const answered = (secret: number, more: object = {}) => ({
      locator,
      credential: { answered: { slot, credentialId, isUserVerified: true, answer: answer(secret, known!.prfInput), ...more } },
    });
    expect(await codeOf(device.call("recover", answered(2)))).toBe("wrong-passkey");
    expect(await codeOf(device.call("recover", answered(1, { isUserVerified: false })))).toBe("passkey");
    expect(await codeOf(device.call("recover", answered(1, { answer: undefined })))).toBe("passkey");
    expect(await codeOf(device.call("recover", answered(1, { answer: new Uint8Array(31) })))).toBe("passkey");
    const recovered = await device.call("recover", answered(1));
    expect(recovered).toMatchObject({ failed: 0, isCounted: false });
    expect((await owner.call("status", { locator })).left).toBe(3);
    await owner.call("removeSlot", { locator, key, slot });
    expect(await codeOf(device.call("recover", answered(1)))).toBe("no-passkey");
  }, 120_000);

  test("an authenticator that could lock somebody out makes no slot", async () => {
    const owner = client();
    const { locator, key } = await owner.call("register", { credential: { password: "right" } });
    const attempt = async (change: object) => {
      const offer = await owner.call("offerPasskey", { locator, rpId: RP_ID });
      const [first, second] = [answer(1, offer.prfInput), answer(1, offer.prfInput)];
      const made = { offer: offer.offer, credentialId: new Uint8Array(16), label: "stick", isUserVerified: true, first, second };
      return await codeOf(owner.call("addPasskey", { locator, key, made: { ...made, ...change } }));
    };
    for (const change of [
      { first: undefined, second: undefined },
      { second: new Uint8Array(32) },
      { isUserVerified: false },
      { credentialId: new Uint8Array() },
      { label: "" },
    ]) {
      expect(await attempt(change), JSON.stringify(change)).toBe("passkey");
    }
    expect((await owner.call("status", { locator })).slots).toHaveLength(1);
  }, 120_000);

  test("another fleet's pin ends before anything is sent", async () => {
    const { locator } = await client().call("register", { credential: { password: "right" } });
    const foreign = new Service({
      trust: { pin: fleet.pin.replace(/^fleet [0-9a-f]/m, (line) => line.slice(0, -1) + (line.endsWith("0") ? "1" : "0")) },
      token: fleet.token,
    });
    expect(await codeOf(foreign.call("recover", { locator, credential: { password: "right" } }))).toBe("untrusted");
    expect(await codeOf(foreign.call("register", { credential: { password: "right" } }))).toBe("untrusted");
  }, 60_000);
});

describe("without a fleet", () => {
  beforeAll(() => {
    initSync({ module: readFileSync(WASM) });
  });
  const PIN = readFileSync(new URL("./dead.pin", import.meta.url), "utf8");

  test("what cannot be used is refused with its own code", async () => {
    expect(() => new Service({ trust: { pin: "version 2\n" } })).toThrow(/version 1/);
    expect(() => new Service({ trust: { root: "no root" }, endpoints: ["http://127.0.0.1:1"] })).toThrow();
    const service = new Service({ trust: { pin: PIN } });
    expect(await codeOf(service.call("status", { locator: "{}" }))).toBe("locator");
    const credential = { recoveryCode: "ABC" };
    expect(await codeOf(service.call("recover", { locator: "{}", credential }))).toBe("recovery-code");
    expect(await codeOf(service.call("keyDigits", { key: 99 }))).toBe("options");
  });

  test("an error of JavaScript's own says nothing of what it holds", () => {
    const message = toMessage(new TypeError("secret inside"));
    expect(message).toEqual({ code: "other", message: expect.not.stringContaining("secret"), details: {} });
    const ours = new StrongroomError("wrong-password", "Wrong.", { left: 2 });
    expect(toMessage(ours)).toEqual({ code: "wrong-password", message: "Wrong.", details: { left: 2 } });
  });

  test("a fleet that cannot be reached is told apart from one without a majority", async () => {
    const service = new Service({ trust: { pin: PIN } });
    const failed = await service.call("register", { credential: { password: "right" } }).then(() => undefined, toMessage);
    expect(failed?.code).toBe("unreachable");
  }, 30_000);
});
