// Against a real simulated fleet, both ways: vaults of the command opened by this client, and vaults of this client opened by the command.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { hex, random, type Bytes } from "../src/bytes.ts";
import { mac, repositoryPassword } from "../src/crypto.ts";
import { Client, Erased, FolderDevice, ForeignFleet, NoSuchVault, password, PinnedTrust, readLocator, Refused, Unauthorised, Unreachable, writeLocator, WrongPassword, type Locator } from "../src/index.ts";
import { formatState, readKey, readState, stateName, writtenBackupKey } from "../src/flows/device.ts";
import { newPasskey, prfInput } from "../src/passkey.ts";
import { makeRecoveryCode, recoveryCodeCredential } from "../src/recovery-code.ts";
import { Fleet, PROGRAM, run } from "./support/fleet.ts";
import { Relay } from "./support/relay.ts";

if (PROGRAM === undefined) console.warn("STRONGROOM_BIN names no program: the tests against a real fleet are skipped.");

const GUESSES = 3;
const keepNothing = async (): Promise<void> => {};

describe.skipIf(PROGRAM === undefined)("a real fleet", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  let token: string;
  beforeAll(async () => {
    fleet = await Fleet.start(GUESSES);
    token = await fleet.token("conformance");
  }, 60_000);
  afterAll(async () => fleet?.remove());

  const client = async (endpoints?: readonly string[]): Promise<Client> => {
    const pin = await fleet.pin();
    return new Client({ trust: new PinnedTrust(pin), endpoints: endpoints ?? pin.endpoints, token });
  };

  /** Runs the command as a device of its own. */
  const command = async (device: string, args: string[], typed?: string) => {
    await writeFile(join(fleet.folder, "token"), token);
    const common = ["--fleet", fleet.pinFile, "--token-file", join(fleet.folder, "token"), "--state-dir", join(fleet.folder, device)];
    return run([...args, ...common, ...(typed === undefined ? [] : ["--password-stdin"])], typed);
  };
  const folder = async (name: string): Promise<string> => {
    await mkdir(join(fleet.folder, name), { recursive: true });
    return join(fleet.folder, name);
  };
  const locatorIn = async (repository: string): Promise<Locator> => readLocator(new Uint8Array(await readFile(join(repository, "strongroom.json"))));

  test("a vault of the command is opened by this client", async () => {
    const [files, repository] = [await folder("chats-1"), await folder("repository-1")];
    await writeFile(join(files, "hello"), "hello");
    expect(await command("phone-1", ["backup", files, "--repo", repository], "pässword one\n")).toMatchObject({ code: 0 });
    const locator = await locatorIn(repository);
    const { backupKey, delivery, elsewhere } = await (await client()).recover(locator, password("pa\u0308ssword one"));
    expect(delivery).toEqual({ delivered: "counted", left: GUESSES });
    expect(elsewhere).toBe(0);
    expect((await command("phone-1", ["key", "--repo", repository, "--backup-key"])).stdout).toBe(`${writtenBackupKey(backupKey)}\n`);
    expect((await command("phone-1", ["key", "--repo", repository])).stdout.trim()).toBe(repositoryPassword(backupKey));
    expect(writeLocator(locator)).toEqual(new Uint8Array(await readFile(join(repository, "strongroom.json"))));

    const phone = new FolderDevice(join(fleet.folder, "phone-1"));
    expect(await readKey(phone, locator.vault)).toEqual(backupKey);
    const state = await phone.read(stateName(locator.vault));
    expect(formatState(await readState(phone, locator.fleet, locator.vault))).toEqual(state);

    const changed = await (await client()).changePassword(locator, backupKey, password("password two"));
    expect(changed.delivery.delivered).toBe("counted");
    expect((await command("tablet-1", ["restore", join(fleet.folder, "wrong-1"), "--repo", repository], "pässword one\n")).code).toBe(3);
    expect(await command("tablet-1", ["restore", join(fleet.folder, "right-1"), "--repo", repository], "password two\n")).toMatchObject({ code: 0 });
    expect(await readFile(join(fleet.folder, "right-1", "hello"), "utf8")).toBe("hello");
  });

  test("a vault of this client is opened by the command", async () => {
    const [files, repository] = [await folder("chats-2"), await folder("repository-2")];
    await writeFile(join(files, "hello"), "hello again");
    expect(await command("phone-2", ["backup", files, "--repo", repository], "of the command\n")).toMatchObject({ code: 0 });
    const { backupKey } = await (await client()).recover(await locatorIn(repository), password("of the command"));
    const keep = async (locator: Locator) => writeFile(join(repository, "strongroom.json"), writeLocator(locator));
    const made = await (await client()).register(password("of the client"), keep, backupKey);
    expect(made).toMatchObject({ generation: 1n, left: GUESSES, delivery: { delivered: "counted", left: GUESSES } });
    const status = await command("tablet-2", ["vault", "status", "--repo", repository, "--json"]);
    expect(JSON.parse(status.stdout)).toEqual({ generation: 1, slots: [{ kind: "password", guesses_left: GUESSES, failed_since_success: 0 }] });
    expect((await command("tablet-2", ["restore", join(fleet.folder, "wrong-2"), "--repo", repository], "of the command\n")).code).toBe(3);
    expect(await command("tablet-2", ["restore", join(fleet.folder, "restored-2"), "--repo", repository], "of the client\n")).toMatchObject({ code: 0 });
    expect(await readFile(join(fleet.folder, "restored-2", "hello"), "utf8")).toBe("hello again");

    const other = join(fleet.folder, "new-password");
    await writeFile(other, "by the command\n");
    const change = ["vault", "change-password", "--repo", repository, "--new-password-file", other];
    expect(await command("tablet-2", change, "of the client\n")).toMatchObject({ code: 0 });
    const recovered = await (await client()).recover(made.locator, password("by the command"));
    expect([hex(recovered.backupKey), recovered.generation]).toEqual([hex(backupKey), 2n]);
    expect(await command("tablet-2", ["vault", "erase", "--repo", repository, "--yes"])).toMatchObject({ code: 0 });
    await expect((await client()).status(made.locator)).rejects.toThrow(Erased);
  });

  test("wrong passwords count down and say who guessed, and the last erases", async () => {
    const mine = await client();
    const { locator, backupKey } = await mine.register(password("right"), keepNothing);
    await expect(mine.recover(locator, password("wrong"))).rejects.toMatchObject({ kind: "wrong-password", left: 2, elsewhere: 0 });
    const stranger = await client();
    await expect(stranger.recover(locator, password("wrong"))).rejects.toMatchObject({ kind: "wrong-password", left: 1, elsewhere: 1 });
    await expect(mine.recover(locator, password("wrong"))).rejects.toMatchObject({ kind: "wrong-password", left: 0, elsewhere: 1 });
    await expect(mine.recover(locator, password("right"))).rejects.toThrow(Erased);
    expect(await mine.status(locator)).toMatchObject({ left: 0, failed: GUESSES, slots: [{ slot: 1, erased: true }] });

    const again = await mine.changePassword(locator, backupKey, password("new"));
    expect(again).toMatchObject({ left: 0, delivery: { delivered: "counted", left: GUESSES }, locator: { slot: 1 } });
    expect(hex((await mine.recover(locator, password("new"))).backupKey)).toBe(hex(backupKey));
  });

  test("a success gives the guesses back, and a device's own wrong ones are not somebody's", async () => {
    const mine = await client();
    const { locator } = await mine.register(password("right"), keepNothing);
    await expect(mine.recover(locator, password("wrong"))).rejects.toThrow(WrongPassword);
    expect(await mine.recover(locator, password("right"))).toMatchObject({ left: 1, elsewhere: 0, delivery: { delivered: "counted", left: GUESSES } });
    expect(await mine.status(locator)).toMatchObject({ left: GUESSES, failed: 0 });
  });

  test("the only slot is not removed, one that does not stand counts as done, and an erased vault stays erased", async () => {
    const mine = await client();
    const { locator, backupKey } = await mine.register(password("right"), keepNothing);
    await expect(mine.removeSlot(locator, backupKey, 1)).rejects.toMatchObject({ kind: "refused", refusal: "wrong-slot" });
    await mine.removeSlot(locator, backupKey, 5);
    await expect(mine.erase(locator, new Uint8Array(32))).rejects.toMatchObject({ kind: "refused", refusal: "foreign-signature" });
    await mine.erase(locator, backupKey);
    await mine.erase(locator, backupKey);
    await expect(mine.recover(locator, password("right"))).rejects.toThrow(Erased);
    await expect(mine.changePassword(locator, backupKey, password("new"))).rejects.toThrow(Erased);
    const nowhere = { ...locator, vault: new Uint8Array(32).fill(7) };
    await expect(mine.recover(nowhere, password("right"))).rejects.toThrow(NoSuchVault);
    await expect(mine.recover({ ...locator, slot: 2 }, password("right"))).rejects.toThrow(Erased);
  });

  test("a slot that holds nothing is the wrong one", async () => {
    const mine = await client();
    const { locator } = await mine.register(password("right"), keepNothing);
    await expect(mine.recover({ ...locator, slot: 2 }, password("right"))).rejects.toThrow(Refused);
    expect(await mine.status(locator)).toMatchObject({ left: GUESSES, failed: 0 });
  });

  test("a foreign fleet, a foreign token and a dead endpoint are told apart", async () => {
    const pin = await fleet.pin();
    const mine = await client();
    const { locator } = await mine.register(password("right"), keepNothing);
    await expect(mine.recover({ ...locator, fleet: new Uint8Array(32) }, password("right"))).rejects.toThrow(ForeignFleet);
    const otherFleet = Client.pinned({ ...pin, fleet: new Uint8Array(32).fill(1) }, token);
    await expect(otherFleet.register(password("right"), keepNothing)).rejects.toThrow(ForeignFleet);
    const otherKey = Client.pinned({ ...pin, key: (await import("../src/crypto/signatures.ts")).publicKey(new Uint8Array(32).fill(1)) }, token);
    await expect(otherKey.register(password("right"), keepNothing)).rejects.toThrow(ForeignFleet);
    await expect(Client.pinned(pin, "no-token").status(locator)).rejects.toThrow(Unauthorised);
    const nobody = new Client({ trust: new PinnedTrust(pin), endpoints: ["http://127.0.0.1:1"], token });
    await expect(nobody.status(locator)).rejects.toMatchObject({ kind: "unreachable", why: "no-node", reached: 0 });
  });

  describe("a recovery code", () => {
    test("of the command opens the vault here, with two typing errors too, and costs no guess", async () => {
      const [files, repository] = [await folder("chats-3"), await folder("repository-3")];
      await writeFile(join(files, "hello"), "hello");
      expect(await command("phone-3", ["backup", files, "--repo", repository], "a long password\n")).toMatchObject({ code: 0 });
      const added = await command("phone-3", ["vault", "add", "recovery-code", "--repo", repository]);
      expect(added.code).toBe(0);
      const code = /(?:[A-Z0-9]{5}[ -]?){8}/.exec(added.stdout)?.[0] ?? "";
      const locator = await locatorIn(repository);
      const mine = await client();
      const { backupKey, failed } = await mine.recoverByCode(locator, code);
      expect(failed).toBe(0);
      expect((await command("phone-3", ["key", "--repo", repository])).stdout.trim()).toBe(repositoryPassword(backupKey));
      const [third = "", last = ""] = [code[2], code.trimEnd().at(-1)];
      const mistaken = `${code.slice(0, 2)}${third === "D" ? "E" : "D"}${code.slice(3).trimEnd().slice(0, -1)}${last === "Q" ? "R" : "Q"}`;
      expect((await mine.recoverByCode(locator, mistaken)).backupKey).toEqual(backupKey);
      expect(await mine.status(locator)).toMatchObject({ left: GUESSES, failed: 0 });
      await expect(mine.addRecoveryCode(locator, backupKey)).rejects.toMatchObject({ kind: "held-already" });
    });

    test("of this client opens the vault at the command, and goes on doing so where guesses erased the password", async () => {
      const [files, repository] = [await folder("chats-4"), await folder("repository-4")];
      await writeFile(join(files, "hello"), "hello");
      expect(await command("phone-4", ["backup", files, "--repo", repository], "a long password\n")).toMatchObject({ code: 0 });
      const locator = await locatorIn(repository);
      const mine = await client();
      const { backupKey } = await mine.recover(locator, password("a long password"));
      const { code, slot } = await mine.addRecoveryCode(locator, backupKey);
      expect(slot).toBe(2);
      for (let guess = 0; guess < GUESSES; guess++) await expect(mine.recover(locator, password("wrong"))).rejects.toThrow(WrongPassword);
      await expect(mine.recover(locator, password("a long password"))).rejects.toThrow(Erased);
      const sheet = join(fleet.folder, "sheet");
      await writeFile(sheet, `${code.slice(0, 4)}?${code.slice(5)}\n`);
      const restored = ["restore", join(fleet.folder, "restored-4"), "--repo", repository, "--recovery-code-file", sheet];
      expect(await command("tablet-4", restored)).toMatchObject({ code: 0 });
      expect(await readFile(join(fleet.folder, "restored-4", "hello"), "utf8")).toBe("hello");

      const again = await mine.addRecoveryCode(locator, backupKey, slot);
      await expect(mine.recoverByCode(locator, code)).rejects.toMatchObject({ kind: "wrong-recovery-code" });
      expect(await mine.recoverByCode(locator, again.code)).toMatchObject({ backupKey, failed: GUESSES });
      await mine.removeSlot(locator, backupKey, slot);
      await expect(mine.recoverByCode(locator, again.code)).rejects.toMatchObject({ kind: "no-such-slot" });
    });
  });

  test("a passkey opens the vault, is listed by the command, and opens nothing once it is removed", async () => {
    const repository = await folder("repository-5");
    const mine = await client();
    const { locator, backupKey } = await mine.register(password("right"), async (made) => writeFile(join(repository, "strongroom.json"), writeLocator(made)));
    const passkey = { credentialId: Uint8Array.of(1, 2, 3), rpId: "localhost", label: "a phone" };
    const authenticator = (input: Bytes) => ({ credentialId: passkey.credentialId, userVerified: true, answer: mac(new Uint8Array(32).fill(9), "record-id", [input]) });
    const registration = new Uint8Array(16).fill(5);
    const input = prfInput(locator.fleet, locator.vault, registration);
    await mine.addPasskey(locator, backupKey, registration, passkey, [authenticator(input), authenticator(input)]);
    await expect(mine.addPasskey(locator, backupKey, new Uint8Array(16).fill(6), passkey, [authenticator(input), authenticator(input)])).rejects.toMatchObject({ kind: "held-already" });
    const listed = JSON.parse((await command("phone-5", ["vault", "list", "--repo", repository, "--json"])).stdout);
    expect(listed).toContainEqual(expect.objectContaining({ slot: 2, kind: "passkey", label: "a phone", rp_id: "localhost" }));
    const opened = await mine.recoverByPasskey(locator, async ([asked]) => {
      if (asked === undefined) throw new Error("no passkey is asked for");
      return { asked, ceremony: authenticator(asked.input) };
    });
    expect(opened).toMatchObject({ backupKey, slot: 2 });
    const other = mine.recoverByPasskey(locator, async ([asked]) => {
      if (asked === undefined) throw new Error("no passkey is asked for");
      return { asked, ceremony: { ...authenticator(asked.input), answer: new Uint8Array(32) } };
    });
    await expect(other).rejects.toMatchObject({ kind: "wrong-passkey" });
    expect(await mine.status(locator)).toMatchObject({ left: GUESSES, failed: 0 });
    expect(await command("phone-5", ["vault", "status", "--repo", repository])).toMatchObject({ code: 0 });
    await mine.removeSlot(locator, backupKey, 2);
    await expect(mine.recoverByPasskey(locator, async () => Promise.reject(new Error("nothing is to be asked")))).rejects.toMatchObject({ kind: "no-such-slot" });
  });

  test("a vault may begin with a recovery code or a passkey, without a password", async () => {
    const mine = await client();
    const code = makeRecoveryCode();
    const byCode = await mine.registerWith({ vault: random(32), credential: recoveryCodeCredential(code) }, keepNothing);
    expect((await mine.recoverByCode(byCode.locator, code)).backupKey).toEqual(byCode.backupKey);
    await expect(mine.recover(byCode.locator, password("none"))).rejects.toMatchObject({ kind: "refused", refusal: "wrong-slot" });
    expect((await mine.changePassword(byCode.locator, byCode.backupKey, password("first"))).locator.slot).toBe(2);

    const [vault, registration] = [random(32), random(16)];
    const passkey = { credentialId: random(20), rpId: "localhost", label: "a key" };
    const { fleet: id } = await fleet.pin();
    const ceremony = { credentialId: passkey.credentialId, userVerified: true, answer: mac(new Uint8Array(32).fill(9), "record-id", [prfInput(id, vault, registration)]) };
    const byPasskey = await mine.registerWith({ vault, registration, credential: newPasskey(passkey, [ceremony, ceremony]) }, keepNothing);
    expect(await mine.status(byPasskey.locator)).toMatchObject({ generation: 1n, slots: [{ slot: 1, kind: { kind: "passkey", passkey } }] });
  });

  describe("with answers that are lost", () => {
    let relay: Relay;
    beforeEach(async () => {
      relay = await Relay.to((await fleet.pin()).endpoints[0] ?? "");
    });
    afterEach(() => relay.close());

    test("the same message again costs no guess", async () => {
      const { locator, backupKey } = await (await client()).register(password("right"), keepNothing);
      relay.lose.set("attempt", 3);
      const recovered = await (await client([relay.endpoint])).recover(locator, password("right"));
      expect(recovered).toMatchObject({ backupKey, left: GUESSES - 1, delivery: { delivered: "counted", left: GUESSES } });
      expect(relay.seen).toEqual(["attempt", "attempt", "attempt", "attempt", "success"]);
    });

    test("a whole registration is made once, whichever answers are lost", async () => {
      for (const kind of ["register", "create", "success"] as const) relay.lose.set(kind, 1);
      const made = await (await client([relay.endpoint])).register(password("right"), keepNothing);
      expect(made).toMatchObject({ generation: 1n, delivery: { delivered: "counted", left: GUESSES } });
      expect(relay.seen).toEqual(["register", "register", "create", "create", "success", "success"]);
      relay.lose.set("change", 1);
      const changed = await (await client([relay.endpoint])).changePassword(made.locator, made.backupKey, password("new"));
      expect(changed).toMatchObject({ generation: 2n, delivery: { delivered: "counted" } });
    });

    test("a run that was cut off goes on later: an attempt with the password, message 2 without", async () => {
      const { locator, backupKey } = await (await client()).register(password("right"), keepNothing);
      const pin = await fleet.pin();
      const device = new FolderDevice(join(fleet.folder, "device"));
      const through = (endpoints: readonly string[]) => new Client({ trust: new PinnedTrust(pin), endpoints, token, device });
      relay.lose.set("attempt", 1000);
      await expect(through([relay.endpoint]).recover(locator, password("right"))).rejects.toThrow(Unreachable);
      relay.lose.set("attempt", 0);
      relay.lose.set("success", 1000);
      const recovered = await through([relay.endpoint]).recover(locator, password("right"));
      expect(recovered).toMatchObject({ backupKey, left: GUESSES - 1, delivery: { delivered: "pending" } });
      expect(await (await client()).status(locator)).toMatchObject({ left: GUESSES, failed: 0 });
      expect(await through(pin.endpoints).resume(locator)).toEqual({ delivered: "counted", left: GUESSES });
      expect(await through(pin.endpoints).resume(locator)).toBeUndefined();
    });

    test("an upload that was cut off goes on with the same password, and with no other", async () => {
      const pin = await fleet.pin();
      const device = new FolderDevice(join(fleet.folder, "device-of-upload"));
      const through = (endpoints: readonly string[]) => new Client({ trust: new PinnedTrust(pin), endpoints, token, device });
      let kept: Locator | undefined;
      relay.lose.set("create", 1000);
      const cut = through([relay.endpoint]).register(password("right"), async (locator) => void (kept = locator));
      await expect(cut).rejects.toThrow(Unreachable);
      const locator = kept as unknown as Locator;
      await expect(through(pin.endpoints).resume(locator, password("another"))).rejects.toMatchObject({ kind: "other-password" });
      expect(await through(pin.endpoints).resume(locator, password("right"))).toMatchObject({ delivery: { delivered: "counted", left: GUESSES } });
      expect(await (await client()).recover(locator, password("right"))).toMatchObject({ left: GUESSES - 1 });
    });
  });

  test("a recovery goes on while a minority of nodes is away, and says so when the majority is", async () => {
    const pin = await fleet.pin();
    const { locator, backupKey } = await (await client()).register(password("right"), keepNothing);
    const withDead: readonly string[] = ["http://127.0.0.1:1", ...pin.endpoints];
    expect(hex((await (await client(withDead)).recover(locator, password("right"))).backupKey)).toBe(hex(backupKey));
    await fleet.down();
    await expect((await client()).recover(locator, password("right"))).rejects.toMatchObject({ kind: "unreachable", why: "no-node" });
    await fleet.up();
    expect(await (await client()).recover(locator, password("right"))).toMatchObject({ backupKey });
  });
});
