// What a lying node, host or network says: each is refused with its own error, or counts as no answer, and nothing is lost.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { concat, equal, hex, type Bytes } from "../src/bytes.ts";
import { BadElement, Client, Damaged, Erased, ForeignFleet, Malformed, MemoryDevice, NoSuchVault, password, PinnedTrust, Refused, StrongroomError, Unauthorised, UnprovenUpload, WrongPassword, type Locator } from "../src/index.ts";
import type { RequestKind } from "../src/messages.ts";
import { FakeNode, refused, refusedAttempt } from "./support/fake-node.ts";

const keepNothing = async (): Promise<void> => {};
const right = password("right");

describe("a node that lies", { timeout: 60_000 }, () => {
  let node: FakeNode;
  let locator: Locator;
  let backupKey: Bytes;
  const client = (device = new MemoryDevice(), operationMs = 60_000): Client =>
    new Client({ trust: new PinnedTrust(node.pin), endpoints: [node.endpoint], token: "token", device, operationMs });
  const hurried = (): Client => client(new MemoryDevice(), 1000);
  beforeAll(async () => {
    node = await FakeNode.start();
    ({ locator, backupKey } = await client().register(right, keepNothing));
  }, 30_000);
  beforeEach(() => {
    node.lies = {};
    node.heard.length = 0;
    node.headers.length = 0;
    for (const vault of node.vaults.values()) Object.assign(vault, { left: 10, failed: 0, stretching: 1 });
  });
  afterAll(() => node?.stop());

  /** The first answer of a kind is changed, the others are honest. */
  const once = (kind: RequestKind, change: (bytes: Bytes) => Bytes) => {
    let left = 1;
    return (of: RequestKind, bytes: Bytes): Bytes => (of === kind && left-- > 0 ? change(bytes) : bytes);
  };
  const flipped = (at: number) => (bytes: Bytes): Bytes => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const put = (at: number, part: Bytes) => (bytes: Bytes): Bytes => concat(bytes.subarray(0, at), part, bytes.subarray(at + part.length));
  const plaintexts = (kind: RequestKind) => node.heard.filter((one) => one.kind === kind).map(({ plaintext }) => hex(plaintext));

  test("an honest one makes a vault, opens it and counts", async () => {
    await expect(client().recover(locator, password("wrong"))).rejects.toMatchObject({ kind: "wrong-password", left: 9 });
    expect(await client().recover(locator, right)).toMatchObject({ backupKey, left: 8, elsewhere: 1, delivery: { delivered: "counted", left: 10 } });
    expect(await client().status(locator)).toMatchObject({ left: 10, failed: 0 });
  });

  test("the token goes along with requests only", async () => {
    await client().recover(locator, right);
    expect(node.headers.length).toBe(3);
    for (const headers of node.headers) expect(headers.authorization).toBe(headers[":path"] === "/v1/exchange" ? "Bearer token" : undefined);
  });

  describe("keys", () => {
    test.each([
      ["whose fleet's signature is changed", flipped(1 + 37 + 32 + 5)],
      ["whose statement's signature is changed", flipped(1421)],
      ["whose channel key is changed", flipped(300)],
      ["that name another fleet", flipped(1)],
    ])("%s: nothing is sent", async (_, keys) => {
      node.lies.keys = keys;
      await expect(client().register(right, keepNothing)).rejects.toThrow(ForeignFleet);
      expect(node.heard).toEqual([]);
    });
    test.each([
      ["of a megabyte", (): Bytes => new Uint8Array(1_000_000)],
      ["that are cut", (bytes: Bytes): Bytes => bytes.subarray(0, 1000)],
      ["with a byte more", (bytes: Bytes): Bytes => concat(bytes, Uint8Array.of(0))],
      ["of another version", put(0, Uint8Array.of(2))],
    ])("%s are none, and nothing is sent", { timeout: 30_000 }, async (_, keys) => {
      node.lies.keys = keys;
      await expect(hurried().status(locator)).rejects.toMatchObject({ kind: "unreachable" });
      expect(node.heard).toEqual([]);
    });
  });

  describe("an answer that does not decode, or is to something else, counts as none: the same bytes go out again", () => {
    test.each([
      ["a frame of another version", "frame", put(0, Uint8Array.of(2))],
      ["a frame that is cut", "frame", (bytes: Bytes): Bytes => bytes.subarray(0, 100)],
      ["a frame with a byte more", "frame", (bytes: Bytes): Bytes => concat(bytes, Uint8Array.of(0))],
      ["a seal that was changed", "frame", flipped(200)],
      ["a body of a megabyte", "frame", (): Bytes => new Uint8Array(1_000_000)],
      ["a padded answer of another size", "padded", (bytes: Bytes): Bytes => concat(bytes, Uint8Array.of(0))],
      ["filling that is not zeros", "padded", (bytes: Bytes): Bytes => put(bytes.length - 1, Uint8Array.of(1))(bytes)],
      ["an answer to another kind", "padded", put(3, Uint8Array.of(6))],
      ["an unknown outcome", "body", put(0, Uint8Array.of(9))],
      ["unreadable: busy", "frame", (): Bytes => Uint8Array.of(1, 2, 5)],
      ["unreadable: malformed", "frame", (): Bytes => Uint8Array.of(1, 2, 1)],
      ["unreadable: unknown channel key", "frame", (): Bytes => Uint8Array.of(1, 2, 2)],
      ["busy", "body", (): Bytes => refusedAttempt("busy")],
      ["no majority", "body", (): Bytes => refusedAttempt("no-majority")],
    ] as const)("%s", async (_, place, change) => {
        node.lies = { [place]: once("attempt", change) };
      expect(await client().recover(locator, right)).toMatchObject({ backupKey, left: 9 });
      const sent = plaintexts("attempt");
      expect(sent.length).toBe(2);
      expect(new Set(sent).size).toBe(1);
    });

    test("an answer that was given before does not open again", async () => {
      let earlier: Bytes | undefined;
      node.lies.frame = (kind, frame) => (kind !== "status" ? frame : ((earlier ??= frame), plaintexts("status").length === 2 ? earlier : frame));
      await client().status(locator);
      await client().status(locator);
      expect(plaintexts("status").length).toBe(3);
    });

    test("a context that the node forgot: message 2 goes out as a new request", async () => {
      node.lies.frame = once("success", () => Uint8Array.of(1, 2, 3));
      expect(await client().recover(locator, right)).toMatchObject({ delivery: { delivered: "counted" } });
      expect(plaintexts("success").length).toBe(2);
      expect(new Set(plaintexts("success")).size).toBe(1);
    });
  });

  describe("an element of an answer", () => {
    test.each([
      ["that is the device's own", (bytes: Bytes, request: Bytes): Bytes => put(1, request.subarray(2 + 32 + 1 + 16, 2 + 32 + 1 + 16 + 32))(bytes)],
      ["that is the identity", put(1, new Uint8Array(32))],
      ["that is not canonical", put(1, new Uint8Array(32).fill(0xff))],
      ["that is the device's own key share", (bytes: Bytes, request: Bytes): Bytes => put(1 + 224, request.subarray(-32))(bytes)],
    ])("%s ends the flow", async (_, change) => {
      node.lies.body = (kind, body, request) => (kind === "attempt" ? change(body, request) : body);
      await expect(client().recover(locator, right)).rejects.toThrow(BadElement);
    });
    test("of a registration that is the device's own ends the flow", async () => {
      node.lies.body = (kind, body, request) => (kind === "register" ? put(1, request.subarray(-32))(body) : body);
      await expect(client().register(right, keepNothing)).rejects.toThrow(BadElement);
    });
  });

  test("a KE2 that does not verify is a wrong password", async () => {
    node.lies.body = (kind, body) => (kind === "attempt" ? flipped(1 + 319)(body) : body);
    await expect(client().recover(locator, right)).rejects.toThrow(WrongPassword);
  });

  test("an upload's KE2 that does not verify: the fleet cannot prove that it holds the slot", async () => {
    node.lies.body = (kind, body) => (kind === "create" ? flipped(1 + 8 + 1 + 1 + 319)(body) : body);
    await expect(client().register(right, keepNothing)).rejects.toThrow(UnprovenUpload);
  });

  test("a wrap that does not open is damage, and no wrong password", async () => {
    node.lies.body = (kind, body) => (kind === "attempt" ? flipped(1 + 320 + 30)(body) : body);
    await expect(client().recover(locator, right)).rejects.toThrow(Damaged);
  });

  test.each([0, 2, 0xffff])("key stretching %d is refused before the password is used", async (number) => {
    for (const vault of node.vaults.values()) vault.stretching = number;
    await expect(client().recover(locator, right)).rejects.toThrow(Malformed);
    expect(plaintexts("success")).toEqual([]);
  });

  describe("refusals", () => {
    test.each([
      ["erased", Uint8Array.of(2), Erased],
      ["absent", Uint8Array.of(3), NoSuchVault],
      ["vault erased", refusedAttempt("vault-erased"), Erased],
      ["wrong slot", refusedAttempt("wrong-slot"), Refused],
      ["malformed", refusedAttempt("malformed"), Refused],
    ])("of an attempt: %s", async (_, body, error) => {
      node.lies.body = (kind, honest) => (kind === "attempt" ? body : honest);
      await expect(client().recover(locator, right)).rejects.toThrow(error);
    });

    test("a token that died is fetched again with the same attempt", async () => {
        let left = 1;
      node.lies.instead = (kind) => (kind === "success" && left-- > 0 ? refused("token-dead") : undefined);
      expect(await client().recover(locator, right)).toMatchObject({ backupKey, left: 9, delivery: { delivered: "counted" } });
      expect(plaintexts("attempt").length).toBe(2);
      expect(new Set(plaintexts("attempt")).size).toBe(1);
    });

    test("tokens that die for ever keep the key from nobody, and the flow ends after four more", async () => {
      node.lies.instead = (kind) => (kind === "success" ? refused("token-dead") : undefined);
      expect(await client().recover(locator, right)).toMatchObject({ backupKey, delivery: { delivered: "token-dead" } });
      expect(plaintexts("attempt").length).toBe(5);
    });

    test("a success that is refused keeps the key from nobody", async () => {
        node.lies.body = (kind, honest) => (kind === "success" ? refused("attempt-closed") : honest);
      expect(await client().recover(locator, right)).toMatchObject({ backupKey, delivery: { delivered: "closed" } });
    });

    test("a vault id that is taken: another one, and its locator is kept before anything is sent under it", async () => {
      let left = 1;
      node.lies.instead = (kind) => (kind === "create" && left-- > 0 ? refused("vault-exists") : undefined);
      const kept: { vault: string; heard: number }[] = [];
      const { locator } = await client().register(right, async ({ vault }) => void kept.push({ vault: hex(vault), heard: node.heard.length }));
      expect(kept.map(({ heard }) => heard)).toEqual([0, 2]);
      expect(kept[1]?.vault).toBe(hex(locator.vault));
      expect(kept[0]?.vault).not.toBe(kept[1]?.vault);
    });

    test("a ticket that died: another registration id", async () => {
      let left = 1;
      node.lies.instead = (kind) => (kind === "create" && left-- > 0 ? refused("ticket-dead") : undefined);
      await client().register(right, keepNothing);
      expect(new Set(plaintexts("register").map((digits) => digits.slice(2 * 35, 2 * 51))).size).toBe(2);
      expect(new Set(plaintexts("register").map((digits) => digits.slice(2 * 2, 2 * 34))).size).toBe(1);
    });

    test("tickets that die for ever end the flow after four more", async () => {
      node.lies.instead = (kind) => (kind === "create" ? refused("ticket-dead") : undefined);
      await expect(client().register(right, keepNothing)).rejects.toMatchObject({ kind: "refused", refusal: "ticket-dead" });
      expect(plaintexts("register").length).toBe(5);
    });
  });

  describe("over HTTP", () => {
    test.each([401, 403])("%d ends the operation at once", async (status) => {
      node.lies.http = (_, response, kind) => kind !== undefined && (response.writeHead(status).end(), true);
      await expect(client().register(right, keepNothing)).rejects.toThrow(Unauthorised);
      expect(node.headers.filter((headers) => headers[":path"] === "/v1/exchange").length).toBe(1);
    });
    test("429 for longer than there is time ends the operation with that", async () => {
      node.lies.http = (_, response, kind) => kind !== undefined && (response.writeHead(429, { "Retry-After": "600" }).end(), true);
      await expect(client().register(right, keepNothing)).rejects.toMatchObject({ kind: "unreachable", why: "too-many-requests" });
      expect(node.headers.filter((headers) => headers[":path"] === "/v1/exchange").length).toBe(1);
    });
    test("a redirect is not followed", { timeout: 30_000 }, async () => {
      const other = await FakeNode.start();
      node.lies.http = (request, response) => (response.writeHead(307, { Location: `${other.endpoint}${request.url}` }).end(), true);
      await expect(hurried().register(right, keepNothing)).rejects.toMatchObject({ kind: "unreachable" });
      expect(other.headers).toEqual([]);
      other.stop();
    });
    test.each([503, 504, 408, 500])("%d once: the same bytes again", async (status) => {
        let left = 1;
      node.lies.http = (_, response, kind) => kind === "attempt" && left-- > 0 && (response.writeHead(status).end(), true);
      const recovered = await client().recover(locator, right);
      expect(equal(recovered.backupKey, backupKey)).toBe(true);
    });
  });

  test("no error and no state says the password or the key", async () => {
    const device = new MemoryDevice();
    const mine = await client(device).register(password("a password that nobody may see"), keepNothing);
    const error = await client(device).recover(mine.locator, password("another that nobody may see")).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StrongroomError);
    const said = JSON.stringify(error, Object.getOwnPropertyNames(error)) + [...device.files].filter(([name]) => !name.endsWith(".key")).map(([, bytes]) => new TextDecoder().decode(bytes)).join("");
    for (const secret of ["nobody may see", hex(mine.backupKey)]) expect(said).not.toContain(secret);
  });
});
