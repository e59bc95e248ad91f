import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Strongroom, StrongroomError, type Code } from "../src/index.js";
import { Fleet, PROGRAM } from "./fleet.js";
import { Authenticator, pageWith, posted } from "./page.js";

const RP_ID = "localhost";
const PHONE = { rpId: RP_ID, label: "phone", rpName: "App", userName: "Chats of Ada" };

async function codeOf(promise: Promise<unknown>): Promise<Code> {
  const error = await promise.then(() => undefined, (error: unknown) => error);
  expect(error).toBeInstanceOf(StrongroomError);
  return (error as StrongroomError).code;
}

describe.skipIf(PROGRAM === undefined)("a page with a worker and an authenticator", () => {
  let fleet: Fleet;
  let authenticator: Authenticator;
  const started = () => Strongroom.start({ trust: { pin: fleet.pin }, token: fleet.token });

  beforeAll(async () => {
    fleet = await Fleet.start();
  }, 120_000);
  afterAll(async () => await fleet.stop());
  beforeEach(() => {
    authenticator = new Authenticator();
    pageWith(authenticator);
  });

  test("a passkey is made, asked twice, and opens the vault in another visit", async () => {
    const first = await started();
    const { locator, key } = await first.register({ password: "right" });
    await first.addPasskey(locator, key, PHONE);
    // Making it gave no answer, so it was asked twice more.
    expect(authenticator.asked).toHaveLength(3);
    const digits = await key.digits();
    first.close();

    const second = await started();
    const recovered = await second.recoverWithPasskey(locator, RP_ID);
    expect(await recovered.key.digits()).toBe(digits);
    expect(authenticator.asked.every((asked) => JSON.stringify(asked).includes('"required"'))).toBe(true);
    // Nothing of the answers is left on the page, nor in what the browser handed over.
    const handed = authenticator.results.flatMap(({ prf }) => (prf.results ? [new Uint8Array(prf.results.first)] : []));
    expect([posted.length, handed.length]).toEqual([3, 3]);
    expect([...posted, ...handed].every((bytes) => bytes.length === 32 && bytes.every((byte) => byte === 0))).toBe(true);
    await recovered.key.forget();
    expect(await codeOf(recovered.key.digits())).toBe("options");
  }, 60_000);

  test("a vault that a passkey alone makes, with an answer at its creation", async () => {
    authenticator.answersAtCreation = true;
    const page = await started();
    const { locator, key } = await page.registerWithPasskey(PHONE);
    expect(authenticator.asked).toHaveLength(2);
    const recovered = await page.recoverWithPasskey(locator, RP_ID);
    expect(await recovered.key.matches(key)).toBe(true);
    expect((await page.status(locator)).slots.map((slot) => slot.kind)).toEqual(["passkey"]);
  }, 60_000);

  test("an authenticator that could lock somebody out is refused, and a dialogue that is closed is told apart", async () => {
    const page = await started();
    const { locator, key } = await page.register({ password: "right" });
    const attempt = (change: Partial<Authenticator>) => {
      authenticator = Object.assign(new Authenticator(), change);
      pageWith(authenticator);
      return codeOf(page.addPasskey(locator, key, PHONE));
    };
    expect(await attempt({ hasPrf: false })).toBe("passkey");
    expect(await attempt({ verifiesUser: false })).toBe("passkey");
    expect(await attempt({ isStable: false })).toBe("passkey");
    expect(await attempt({ failure: "NotAllowedError" })).toBe("cancelled");
    expect(await attempt({ failure: "InvalidStateError" })).toBe("slot-taken");
    expect(await attempt({ failure: "SecurityError" })).toBe("passkey");
    expect((await page.status(locator)).slots).toHaveLength(1);
    expect(await codeOf(page.recoverWithPasskey(locator, RP_ID))).toBe("no-passkey");
  }, 60_000);

  test("a closed client ends what waits, and a browser without workers is told so", async () => {
    const page = await started();
    const waiting = codeOf(page.register({ password: "right" }));
    page.close();
    expect(await waiting).toBe("other");
    Object.assign(globalThis, { Worker: undefined });
    expect(await codeOf(started())).toBe("unsupported");
  }, 60_000);
});
