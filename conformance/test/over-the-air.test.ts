// Trust over the air: nodes hand out what operator and auditor signed. First nodes of this process, then a real fleet and the command beside it.

import { createServer, type Server } from "node:http";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { hex, utf8, type Bytes } from "../src/bytes.ts";
import { publicKey } from "../src/crypto/signatures.ts";
import { OverTheAir as Air, type Chosen, type Shipped, type Wanted } from "../src/flows/trust.ts";
import { Client, MemoryDevice, OverTheAir, password, readLocator, told, Unconfirmed, Unreachable, Untrusted, writeLocator } from "../src/index.ts";
import { readDeviceTrust, writeDeviceTrust } from "../src/memory.ts";
import { writeSections } from "../src/sections.ts";
import { Fleet, PROGRAM, run } from "./support/fleet.ts";
import { note, signer, Universe } from "./support/universe.ts";

const roots = (...notes: string[]): Bytes => writeSections("strongroom.example/trust-roots/v1", notes.map((root) => ({ name: "root", bytes: utf8(root) })));

/** The next version of a universe, with new keys for bundles and status notes, signed as the page wants it. */
function nextRoot(universe: Universe): string {
  universe.version = 2;
  for (const name of ["operator bundle", "auditor bundle", "operator status", "auditor status"]) {
    universe.keys[name] = signer(universe.keys[name]?.name ?? "", 1, `${name} of version 2`);
  }
  return universe.rootNote();
}

class Door {
  unit: Bytes | undefined;
  roots: Bytes | undefined;
  readonly asked: string[] = [];
  readonly tokens: (string | undefined)[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.asked.push(request.url ?? "");
    this.tokens.push(request.headers.authorization);
    const said = request.url === "/v1/trust" ? this.unit : request.url?.startsWith("/v1/trust/roots?from=") === true ? this.roots : undefined;
    if (said === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" }).end(said);
  });
  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const fleetOf = (label: string, number: number) => {
  const genesis = new Uint8Array(32).fill(number);
  return { label, service: "active" as const, genesis, key: publicKey(genesis) };
};
const [A, B] = [fleetOf("a", 1), fleetOf("b", 2)];

describe("the round over the nodes", () => {
  let doors: [Door, Door];
  let universe: Universe;
  let device: MemoryDevice;
  beforeEach(async () => {
    doors = [await new Door().open(), await new Door().open()];
    device = new MemoryDevice();
    universe = new Universe();
    universe.fleets = [A, B];
  });
  afterEach(() => doors.forEach((door) => door.close()));

  const shipped = told(utf8(new Universe().rootNote()));
  const choose = (wanted: Wanted, more: Partial<Shipped> = {}): Promise<Chosen> =>
    new Air({ root: shipped, clock: () => universe.now, ...more }).choose(device, doors.map(({ endpoint }) => endpoint), wanted);
  const serve = (unit: Bytes): void => doors.forEach((door) => void (door.unit = unit));
  const about = (genesis: Bytes, epoch = 1n, wanted: "new-password" | "anything-else" = "anything-else"): Wanted => ({ for: wanted, fleet: genesis, epoch });
  const trustFile = (): Bytes => [...device.files].find(([name]) => name.endsWith(".trust"))?.[1] ?? new Uint8Array();

  test("a unit that leaves nothing to ask is taken from the first node, without a token, and remembered", async () => {
    serve(universe.unit());
    expect(await choose({ for: "new-vault" })).toMatchObject({ fleet: A.genesis, key: A.key, pinned: false, bundleEpoch: 1n, warnings: [] });
    const asked = doors.flatMap((door) => door.asked);
    expect(asked).toEqual(["/v1/trust/roots?from=1", "/v1/trust"]);
    expect(doors.flatMap((door) => door.tokens)).toEqual([undefined, undefined]);
    expect(readDeviceTrust(trustFile()).memory?.status.body.number).toBe(1n);
  });

  test("a unit that is refused sends the device to the next node, and the first refusal ends it", async () => {
    const good = universe.unit();
    doors[0].unit = universe.unit({ bundle: (text) => text.replace("/bundle ", "/bundle A") });
    doors[1].unit = good;
    for (let times = 0; times < 4; times++) expect(await choose({ for: "new-vault" })).toMatchObject({ fleet: A.genesis });
    doors[1].unit = doors[0].unit;
    await expect(choose({ for: "new-vault" })).rejects.toMatchObject({ kind: "untrusted", step: "note" });
    serve(new Uint8Array(300_000));
    await expect(choose({ for: "new-vault" })).rejects.toThrow(Unreachable);
    doors.forEach((door) => void (door.unit = undefined));
    await expect(choose({ for: "new-vault" })).rejects.toMatchObject({ step: "no-unit" });
  });

  test("nobody is led back, and two faces are caught and kept", async () => {
    universe.number = 2;
    serve(universe.unit());
    await choose({ for: "new-vault" });
    universe.number = 1;
    serve(universe.unit());
    await expect(choose({ for: "new-vault" })).rejects.toMatchObject({ step: "log-equivocation" });
    expect([...device.files.keys()].filter((name) => name.endsWith(".evidence")).length).toBe(1);
    universe.leaves.push("one more\n");
    serve(universe.unit());
    await expect(choose({ for: "new-vault" })).rejects.toMatchObject({ step: "status-back" });
    universe.number = 2;
    const bundle = universe.bundleBody();
    universe.now += 1;
    const later = universe.bundleBody.bind(universe);
    universe.bundleBody = () => bundle;
    serve(universe.unit());
    await expect(choose({ for: "new-vault" })).rejects.toThrow("two statuses of one number");
    universe.number = 3;
    universe.bundleBody = later;
    serve(universe.unit());
    await expect(choose({ for: "new-vault" })).rejects.toThrow("two bundles of one epoch");
    expect([...device.files.keys()].filter((name) => name.endsWith(".evidence")).length).toBe(3);
  });

  test("roots that follow are followed and kept, and others change nothing", async () => {
    const next = nextRoot(universe);
    serve(universe.unit());
    await expect(choose({ for: "new-vault" })).rejects.toMatchObject({ step: "operator-signature" });
    doors.forEach((door) => void (door.roots = roots(next.replace("version 2", "version 3"))));
    await expect(choose({ for: "new-vault" })).rejects.toMatchObject({ step: "roots" });
    doors.forEach((door) => void (door.roots = roots(new Universe().rootNote(), next)));
    expect(await choose({ for: "new-vault" })).toMatchObject({ fleet: A.genesis });
    for (const door of doors) {
      door.roots = undefined;
      door.asked.length = 0;
    }
    expect(await choose({ for: "new-vault" })).toMatchObject({ fleet: A.genesis });
    expect(doors.flatMap((door) => door.asked)).toEqual(["/v1/trust/roots?from=2", "/v1/trust"]);
  });

  test("a locator of a later epoch makes the device look at every node, and is a warning where none has it", async () => {
    const low = universe.unit();
    universe.epoch = 3;
    universe.number = 2;
    universe.leaves.push("more\n");
    const high = universe.unit();
    serve(low);
    expect(await choose(about(A.genesis, 3n))).toMatchObject({ bundleEpoch: 1n, warnings: ["locator-ahead"] });
    doors[1].unit = high;
    for (let times = 0; times < 4; times++) {
      device = new MemoryDevice();
      expect(await choose(about(A.genesis, 3n))).toMatchObject({ bundleEpoch: 3n, warnings: expect.not.arrayContaining(["locator-ahead"]) });
    }
  });

  test("who insists on each concern goes on to recover; nobody registers or changes a password", async () => {
    universe.now -= 20 * 86_400;
    serve(universe.unit());
    universe.now += 20 * 86_400;
    const concerns = ["witnesses-stale", "status-stale"] as const;
    await expect(choose(about(A.genesis))).rejects.toThrow(Unconfirmed);
    await expect(choose(about(A.genesis))).rejects.toMatchObject({ concerns });
    await expect(choose(about(A.genesis), { insist: concerns.slice(1) })).rejects.toThrow(Unconfirmed);
    expect(await choose(about(A.genesis), { insist: concerns })).toMatchObject({ fleet: A.genesis });
    await expect(choose({ for: "new-vault" }, { insist: concerns })).rejects.toMatchObject({ step: "witnesses-stale" });
    await expect(choose(about(A.genesis, 1n, "new-password"), { insist: concerns })).rejects.toMatchObject({ step: "witnesses-stale" });
  });

  test("a revoked fleet: one party asks, both refuse, and a new vault goes to the next", async () => {
    const [operator, auditor] = [universe.keys["operator revocation"], universe.keys["auditor revocation"]];
    if (operator === undefined || auditor === undefined) throw new Error("keys");
    universe.revocations = [universe.revocation(A.genesis, operator)];
    serve(universe.unit());
    expect(await choose({ for: "new-vault" })).toMatchObject({ fleet: B.genesis });
    await expect(choose(about(A.genesis))).rejects.toMatchObject({ concerns: ["revoked-by-one"] });
    await expect(choose(about(A.genesis, 1n, "new-password"))).rejects.toMatchObject({ step: "revoked-by-one" });
    device = new MemoryDevice();
    universe.revocations = [universe.revocation(A.genesis, operator, auditor)];
    serve(universe.unit());
    await expect(choose(about(A.genesis), { insist: ["revoked-by-one"] })).rejects.toMatchObject({ step: "revoked" });
    await expect(choose(about(new Uint8Array(32)))).rejects.toThrow(Untrusted);
  });

  test("a root that its own keys did not sign is no root to begin with", () => {
    const one = Object.values(universe.root)[0];
    if (one === undefined) throw new Error("keys");
    expect(() => told(utf8(note(universe.rootText(), one)))).toThrow(expect.objectContaining({ step: "own-threshold" }));
  });
});

if (PROGRAM === undefined) console.warn("STRONGROOM_BIN names no program: trust over the air is not tried with a real fleet.");

describe.skipIf(PROGRAM === undefined)("a real fleet", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  let token: string;
  const universe = new Universe();
  beforeAll(async () => {
    fleet = await Fleet.start(3);
    token = await fleet.token("conformance");
    const { fleet: genesis, key } = await fleet.pin();
    universe.fleets = [{ label: "f1", service: "active", genesis, key }];
    await writeFile(join(fleet.folder, "root"), universe.rootNote());
    await writeFile(join(fleet.folder, "token"), token);
  }, 60_000);
  afterAll(async () => fleet?.remove());

  const publish = async (unit: Bytes, rootsFile?: Bytes): Promise<void> => {
    for (const node of [1, 2, 3]) {
      const folder = join(fleet.name, `node-${node}`, "trust");
      await mkdir(folder, { recursive: true });
      if (rootsFile !== undefined) await writeFile(join(folder, "roots"), rootsFile);
      await writeFile(join(folder, "unit"), unit);
    }
  };
  const client = async (): Promise<Client> => {
    const root = told(new Uint8Array(await readFile(join(fleet.folder, "root"))));
    return new Client({ trust: new OverTheAir({ root }), endpoints: (await fleet.pin()).endpoints, token, device: new MemoryDevice() });
  };

  test("a vault made under a unit is opened by the command under the same, and the other way round", async () => {
    await publish(universe.unit());
    const [files, repository] = [join(fleet.folder, "files"), join(fleet.folder, "repository")];
    for (const folder of [files, repository]) await mkdir(folder);
    await writeFile(join(files, "hello"), "hello");
    const { endpoints } = await fleet.pin();
    const command = (device: string, args: string[], typed: string) =>
      run([...args, "--trust", join(fleet.folder, "root"), ...endpoints.flatMap((endpoint) => ["--endpoint", endpoint]), "--token-file", join(fleet.folder, "token"), "--state-dir", join(fleet.folder, device), "--password-stdin"], typed);
    expect(await command("phone", ["backup", files, "--repo", repository], "of the command\n")).toMatchObject({ code: 0 });
    const locator = readLocator(new Uint8Array(await readFile(join(repository, "strongroom.json"))));
    expect(locator.bundleEpoch).toBe(1n);
    const [kept = ""] = (await readdir(join(fleet.folder, "phone"))).filter((name) => name.endsWith(".trust"));
    const trustFile = new Uint8Array(await readFile(join(fleet.folder, "phone", kept)));
    expect(writeDeviceTrust(readDeviceTrust(trustFile))).toEqual(trustFile);
    const { backupKey } = await (await client()).recover(locator, password("of the command"));
    const keep = async (made: typeof locator): Promise<void> => writeFile(join(repository, "strongroom.json"), writeLocator(made));
    const made = await (await client()).register(password("of the client"), keep, backupKey);
    expect(made).toMatchObject({ locator: { bundleEpoch: 1n }, delivery: { delivered: "counted" } });
    expect(await command("tablet", ["restore", join(fleet.folder, "restored"), "--repo", repository], "of the client\n")).toMatchObject({ code: 0 });
    expect(await readFile(join(fleet.folder, "restored", "hello"), "utf8")).toBe("hello");

    const mine = await client();
    universe.fleets = universe.fleets.map((one) => ({ ...one, service: "draining" as const }));
    [universe.epoch, universe.number] = [2, 2];
    universe.leaves.push("more\n");
    const next = nextRoot(universe);
    await publish(universe.unit(), roots(next));
    expect(hex((await mine.recover(made.locator, password("of the client"))).backupKey)).toBe(hex(backupKey));
    expect(await (await client()).changePassword(made.locator, backupKey, password("another"))).toMatchObject({ delivery: { delivered: "counted" } });
    await expect((await client()).register(password("new"), keep)).rejects.toMatchObject({ step: "no-active-fleet" });
  });

  test("nodes whose unit is a stranger's are sent nothing", async () => {
    const stranger = new Universe();
    stranger.keys = Object.fromEntries(Object.entries(stranger.keys).map(([name, key]) => [name, signer(key.name, 1, `a stranger's ${name}`)]));
    stranger.fleets = universe.fleets;
    await publish(stranger.unit());
    await expect((await client()).register(password("new"), async () => expect.unreachable())).rejects.toMatchObject({ kind: "untrusted" });
  });
});
