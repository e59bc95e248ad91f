// The samples of the small pages, and what their forms refuse.

import { describe, expect, test } from "vitest";

import { paddedLength, readAnswer } from "../src/answers.ts";
import { concat, hex, unsigned, utf8, type Bytes } from "../src/bytes.ts";
import { associated, channelInfo, readAnswerFrame } from "../src/channel.ts";
import { publicKey, sign } from "../src/crypto/signatures.ts";
import { BadPasskey, BadPassword, BadSignature, ForeignFleet, Malformed } from "../src/errors.ts";
import { password } from "../src/flows/credential.ts";
import { drawFrom, formatState, parseState, readBackupKey, writtenBackupKey } from "../src/flows/device.ts";
import { readNodeKeys, verifyNodeKeys } from "../src/keys.ts";
import { readLocator, writeLocator } from "../src/locator.ts";
import { attempt, slotUpload, readSlotUpload } from "../src/messages.ts";
import { newPasskey, openingPasskey, prfInput, withoutAnswer } from "../src/passkey.ts";
import { checkEndpoint, mayBeAsked, readPin } from "../src/pin.ts";
import { changeHash, ke1Hash, signChange, signSuccess } from "../src/vault.ts";

const times = (byte: number, length: number): Bytes => new Uint8Array(length).fill(byte);

describe("vault.md", () => {
  const [fleet, vault, seed] = [times(1, 32), times(2, 32), times(3, 32)];
  test("hashes and owner signatures of its sample come out", () => {
    expect(hex(publicKey(seed))).toBe("ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1");
    expect(hex(ke1Hash(times(9, 96)))).toBe("7e0deb4187f8bf09145df031c775d5a68a1053a5b4c0d6f99bfba46b63af3715");
    expect(hex(changeHash(fleet, vault, 7n, { kind: "erase" }))).toBe("14117c0437e5041d0f34cc51684061a0907177e069e1d41a75a70b5024168a40");
    expect(hex(signChange(seed, fleet, vault, 7n, { kind: "erase" }))).toBe(
      "43138031346b19d78c5c16dedeff3d9c6263ea71b78a57d68c0dff1b6955a282" + "a5d437a86e5c7039c94d0cf7eafdb76b341fd45ef2c4229d29f5cfb0d0e5200e",
    );
    expect(hex(signSuccess(seed, fleet, vault, { slot: 1, registration: times(4, 16), attempt: times(8, 16) }))).toBe(
      "d50d332b51fe7cb0ed902a6649494927e9e51281838140018b81b521ba1c41f9" + "0a4fca0b44bab4ffdb569cf9b0bf03a92f09f5d36fd5ea7c0a74cf12c8127d03",
    );
  });
});

describe("client.md", () => {
  test("message 1 of a recovery is that of its sample", () => {
    const message = attempt({ vault: times(0x22, 32), slot: 1, attempt: times(0x77, 16), ke1: times(0x88, 96) });
    expect(hex(message)).toBe(`0104${"22".repeat(32)}01${"77".repeat(16)}${"88".repeat(96)}`);
    expect(() => attempt({ vault: times(0x22, 31), slot: 1, attempt: times(0x77, 16), ke1: times(0x88, 96) })).toThrow(Malformed);
    expect(() => attempt({ vault: times(0x22, 32), slot: 9, attempt: times(0x77, 16), ke1: times(0x88, 96) })).toThrow(Malformed);
  });

  const success = concat(unsigned(4, 2), Uint8Array.of(1, 5, 1, 10), new Uint8Array(58));
  test("ten guesses left are those of its sample", () => expect(readAnswer("success", success)).toEqual({ outcome: "done", left: 10 }));

  const changed = (at: number, byte: number): Bytes => {
    const bytes = success.slice();
    bytes[at] = byte;
    return bytes;
  };
  test.each([
    ["another version", changed(2, 2)],
    ["another kind", changed(3, 6)],
    ["an unknown kind", changed(3, 7)],
    ["an unknown outcome", changed(4, 3)],
    ["filling that is not zeros", changed(63, 1)],
    ["a length that cuts", changed(1, 3)],
    ["a length beyond the end", changed(1, 5)],
    ["a length beyond everything", changed(0, 255)],
    ["another size", success.subarray(0, 63)],
    ["an unknown refusal", concat(unsigned(4, 2), Uint8Array.of(1, 5, 2, 16), new Uint8Array(58))],
  ])("an answer with %s is refused", (_, bytes) => expect(() => readAnswer("success", bytes)).toThrow(Malformed));

  const padded = (kind: "status" | "attempt" | "create", answer: Bytes): Bytes => concat(unsigned(answer.length, 2), answer, new Uint8Array(paddedLength(kind) - 2 - answer.length));
  const slot = (number: number) => concat(Uint8Array.of(number, 1), times(5, 16), Uint8Array.of(0));
  const status = (...slots: Bytes[]) => concat(Uint8Array.of(1, 6, 1), unsigned(3, 8), unsigned(slots.length, 4), ...slots, Uint8Array.of(9), unsigned(1, 4));
  test("a status gives its slots in order, and another order or number is refused", () => {
    expect(readAnswer("status", padded("status", status(slot(1), slot(3))))).toMatchObject({ generation: 3n, left: 9, failed: 1, slots: [{ slot: 1 }, { slot: 3 }] });
    for (const bad of [status(slot(3), slot(1)), status(slot(1), slot(1)), status(slot(0)), status(slot(9)), concat(status(slot(1)), Uint8Array.of(0))]) {
      expect(() => readAnswer("status", padded("status", bad))).toThrow(Malformed);
    }
    const many = concat(Uint8Array.of(1, 6, 1), unsigned(3, 8), unsigned(9, 4), new Uint8Array(500));
    expect(() => readAnswer("status", padded("status", many))).toThrow(Malformed);
  });
  test("an upload's answer whose option is neither there nor not is refused", () => {
    const uploaded = (option: Bytes) => padded("create", concat(Uint8Array.of(1, 2, 1), unsigned(1, 8), Uint8Array.of(10), option));
    expect(readAnswer("create", uploaded(Uint8Array.of(0)))).toEqual({ outcome: "done", generation: 1n, left: 10, confirming: undefined });
    expect(() => readAnswer("create", uploaded(Uint8Array.of(2)))).toThrow(Malformed);
    expect(() => readAnswer("create", uploaded(concat(Uint8Array.of(1), times(0, 320), unsigned(513, 4), times(0, 100))))).toThrow(Malformed);
  });
});

describe("channel.md", () => {
  const endorsement = { fleet: times(0x11, 32), configuration: 1, node: 3, nodeKey: times(0, 32), signature: times(0, 64) };
  test("info and associated data are those of its example", () => {
    expect(hex(channelInfo({ endorsement }))).toBe(`01${"11".repeat(32)}0000000103`);
    expect(hex(associated({ endorsement }, "attempt"))).toBe(`01${"11".repeat(32)}000000010304`);
  });
  test.each(["", "02", "0100", "0103", "01020", "010207", "010200", "010201ff", "0101000020010000", "01010000000200", "010100000001aabb"])("the frame %s is refused", (digits) => {
    expect(() => readAnswerFrame(new Uint8Array(Buffer.from(digits, "hex")))).toThrow(Malformed);
  });
  test("a sealed and an unreadable frame are read", () => {
    expect(readAnswerFrame(new Uint8Array(Buffer.from("010100000001aa", "hex")))).toEqual({ kind: "sealed", ciphertext: Uint8Array.of(0xaa) });
    expect(readAnswerFrame(Uint8Array.of(1, 2, 3))).toEqual({ kind: "unreadable", why: "unknown-context" });
  });
});

describe("keys.md", () => {
  const [fleetSeed, nodeSeed, fleet] = [times(1, 32), times(2, 32), times(0x11, 32)];
  const place = [fleet, unsigned(1, 4), unsigned(3, 1)];
  const nodeKey = publicKey(nodeSeed);
  const channelKey = times(0x44, 1216);
  const keys = (nodeSigner = nodeSeed, fleetSigner = fleetSeed): Bytes =>
    concat(
      Uint8Array.of(1),
      ...place,
      nodeKey,
      sign(fleetSigner, "endorsement-signature", [...place, nodeKey]),
      unsigned(9, 8),
      channelKey,
      sign(nodeSigner, "channel-statement-signature", [...place, unsigned(9, 8), channelKey]),
    );
  const trusted = { fleet, key: publicKey(fleetSeed) };
  test("keys that both signed are believed, others not", () => {
    expect(verifyNodeKeys(readNodeKeys(keys()), trusted).statement.era).toBe(9n);
    expect(() => verifyNodeKeys(readNodeKeys(keys(fleetSeed)), trusted)).toThrow(BadSignature);
    expect(() => verifyNodeKeys(readNodeKeys(keys(nodeSeed, nodeSeed)), trusted)).toThrow(BadSignature);
    expect(() => verifyNodeKeys(readNodeKeys(keys()), { ...trusted, fleet: times(0x12, 32) })).toThrow(ForeignFleet);
  });
  test("every truncation, a byte more, and every changed byte are refused", () => {
    const good = keys();
    for (let length = 0; length < good.length; length += 13) expect(() => readNodeKeys(good.subarray(0, length))).toThrow(Malformed);
    expect(() => readNodeKeys(concat(good, Uint8Array.of(0)))).toThrow(Malformed);
    for (let at = 0; at < good.length; at += 41) {
      const changed = good.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(() => verifyNodeKeys(readNodeKeys(changed), trusted)).toThrow();
    }
  });
});

describe("pin.md", () => {
  const sample = [
    "version 1",
    "fleet 4f2a000000000000000000000000000000000000000000000000000000009105",
    "key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "members 5",
    "quorum 3",
    "guesses 10",
    "class durable",
    "measurement 9c1f000000000000000000000000000000000000000000000000000000000000",
    "INSECURE SIMULATION",
    "endpoint http://127.0.0.1:7401",
    "endpoint http://127.0.0.1:7402",
  ];
  const pin = (lines: readonly string[]): Bytes => utf8(`${lines.join("\n")}\n`);
  test("its sample is read", () => {
    expect(readPin(pin(sample))).toMatchObject({ members: 5, quorum: 3, guesses: 10, class: "durable", insecureSimulation: true, endpoints: ["http://127.0.0.1:7401", "http://127.0.0.1:7402"] });
    expect(readPin(pin(sample.slice(0, 8)))).toMatchObject({ insecureSimulation: false, endpoints: [] });
  });
  test.each([
    [1, "version 2"],
    [1, "version  1"],
    [2, "fleet 4F2a000000000000000000000000000000000000000000000000000000009105"],
    [2, "fleet 4f2a"],
    [3, `key 01${"0".repeat(62)}`],
    [3, `key ${"f".repeat(64)}`],
    [4, "members 4"],
    [4, "members 05"],
    [5, "quorum 2"],
    [6, "guesses 0"],
    [6, "guesses 31"],
    [6, "guesses +3"],
    [7, "class solid"],
    [8, "measurement 9c1f"],
    [9, "INSECURE simulation"],
    [9, "# remark"],
    [9, ""],
    [10, "endpoint http://127.0.0.1:7402 "],
    [10, "endpoint http://127.0.0.1:7402/"],
    [11, "endpoint http://127.0.0.1:7401"],
    [11, "remark none"],
  ])("line %d is refused as %j", (number, line) => {
    const lines = sample.map((good, at) => (at + 1 === number ? line : good));
    expect(() => readPin(pin(lines))).toThrow(expect.objectContaining({ kind: "malformed", line: number }));
  });
  test("no line feed at the end, a carriage return, lines in another order, and too many endpoints are refused", () => {
    expect(() => readPin(pin(sample).subarray(0, -1))).toThrow(Malformed);
    expect(() => readPin(utf8(`${sample.join("\r\n")}\r\n`))).toThrow(Malformed);
    expect(() => readPin(pin([...sample.slice(0, 3), sample[4] ?? "", sample[3] ?? "", ...sample.slice(5)]))).toThrow(Malformed);
    expect(() => readPin(pin([...sample.slice(0, 9), ...Array.from({ length: 17 }, (_, at) => `endpoint http://127.0.0.1:${7000 + at}`)]))).toThrow(Malformed);
    expect(() => readPin(Uint8Array.of(0xff, 0x0a))).toThrow(Malformed);
  });
  test.each(["https://node-1.example", "http://127.0.0.1:7401", "http://[::1]:7401", "https://[2001:db8::1]", "https://[::ffff:1.2.3.4]", "http://localhost:1", "https://node:443", "https://node.example."])("the endpoint %s is one", (endpoint) => {
    expect(checkEndpoint(endpoint)).toBe(endpoint);
  });
  test.each([
    "https://node-1.example/",
    "https://Node.example",
    "ftp://node",
    "https://user@node",
    "https://node?x",
    "https://node:0",
    "https://node:070",
    "https://node:65536",
    "https://",
    "http://[::0:1]:1",
    "http://[::1",
    "https://[::ffff:102:304]",
    "https://[::1%25eth0]",
    "https://-node",
    "https://.node",
    "https://node..example",
    `https://${"a".repeat(250)}`,
  ])("%s is no endpoint", (endpoint) => expect(() => checkEndpoint(endpoint)).toThrow(Malformed));
  test("plain http goes to loopback only", () => {
    expect(["https://node.example", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"].map(mayBeAsked)).toEqual([true, true, true, true]);
    expect(["http://node.example", "http://10.0.0.1:1", "http://localhost.example"].map(mayBeAsked)).toEqual([false, false, false]);
  });
});

describe("locator.md", () => {
  const sample = `{
  "version": 1,
  "fleet": "${"01".repeat(32)}",
  "vault": "${"02".repeat(32)}",
  "slot": 1,
  "bundle_epoch": 0,
  "endpoints": [
    "https://node-1.example"
  ]
}
`;
  test("its sample is read and written as the same bytes", () => {
    expect(new TextDecoder().decode(writeLocator(readLocator(utf8(sample))))).toBe(sample);
  });
  test("a reader takes any layout, and an epoch keeps all its digits", () => {
    const dense = sample.replace(/\s/g, "").replace('"bundle_epoch":0', '"bundle_epoch":18446744073709551615');
    expect(readLocator(utf8(dense)).bundleEpoch).toBe(18_446_744_073_709_551_615n);
    expect(readLocator(utf8(` \t${sample}\n`)).slot).toBe(1);
  });
  test.each([
    ["another version", sample.replace('"version": 1', '"version": 2')],
    ["no version", sample.replace('  "version": 1,\n', "")],
    ["a field missing", sample.replace('  "slot": 1,\n', "")],
    ["an unknown field", sample.replace('"slot": 1', '"slot": 1, "remark": 1')],
    ["a field twice", sample.replace('"slot": 1', '"slot": 1, "slot": 1')],
    ["a field twice, once escaped", sample.replace('"slot": 1', '"slot": 1, "sl\\u006ft": 1')],
    ["slot 0", sample.replace('"slot": 1', '"slot": 0')],
    ["slot 9", sample.replace('"slot": 1', '"slot": 9')],
    ["a slot that is no whole number", sample.replace('"slot": 1', '"slot": 1.0')],
    ["a slot in quotes", sample.replace('"slot": 1', '"slot": "1"')],
    ["a negative epoch", sample.replace('"bundle_epoch": 0', '"bundle_epoch": -1')],
    ["an epoch of 2^64", sample.replace('"bundle_epoch": 0', '"bundle_epoch": 18446744073709551616')],
    ["a leading zero", sample.replace('"slot": 1', '"slot": 01')],
    ["upper-case hex", sample.replace('"01', '"0A')],
    ["a short id", sample.replace('"01', '"')],
    ["17 endpoints", sample.replace('"https://node-1.example"', Array.from({ length: 17 }, (_, at) => `"https://node-${at}.example"`).join())],
    ["no endpoint's form", sample.replace("https://node-1.example", "https://node-1.example/")],
    ["something after the object", `${sample}{}`],
    ["a comma too many", sample.replace('"slot": 1,', '"slot": 1,,')],
    ["a list", `[${sample}]`],
    ["nothing", ""],
    ["depth", "[".repeat(5000)],
    ["too much", sample + " ".repeat(8192)],
  ])("a locator with %s is refused", (_, text) => expect(() => readLocator(utf8(text))).toThrow(Malformed));
});

describe("flows.md", () => {
  test("a password is taken in normal form C, and has 1 to 1024 bytes", () => {
    expect(hex(password("a\u0308").secret)).toBe("c3a4");
    expect(() => password("")).toThrow(BadPassword);
    expect(() => password("x".repeat(1025))).toThrow(BadPassword);
    expect(() => password("ä".repeat(513))).toThrow(BadPassword);
    expect(password("x".repeat(1024)).secret.length).toBe(1024);
  });
  const sample = `version 1
fleet ${"09".repeat(32)}
vault ${"02".repeat(32)}
generation 3
own-wrong-guesses 1
wrong-guesses-seen 4
pending attempt
attempt ${"05".repeat(16)}
login-seed ${"06".repeat(32)}
`;
  test("the device's state of its sample is read and written as the same bytes", () => {
    expect(new TextDecoder().decode(formatState(parseState(utf8(sample))))).toBe(sample);
    expect(parseState(utf8(sample))).toMatchObject({ generation: 3n, own: 1, seen: 4, pending: { pending: "attempt" } });
    for (const bad of [sample.slice(0, -1), sample.replace("generation 3", "generation 03"), sample.replace("pending attempt", "pending upload"), `${sample}remark 1\n`]) {
      expect(() => parseState(utf8(bad))).toThrow(Malformed);
    }
  });
  test("a pending upload is read and written as the same bytes, and every truncation of its slot is refused", () => {
    const slot = { slot: 2, kind: { kind: "password" } as const, registration: times(3, 16), stretching: 1, ticket: times(4, 112), record: times(5, 192), wrappedKey: times(6, 72), confirmation: undefined };
    const pending = { pending: "upload", purpose: { purpose: "add", generation: 7n }, slot, attempt: times(7, 16), loginSeed: times(8, 32), success: times(9, 150) } as const;
    const state = { fleet: times(1, 32), vault: times(2, 32), generation: 7n, own: 0, seen: 0, pending };
    expect(parseState(formatState(state))).toEqual(state);
    const bytes = slotUpload(slot);
    for (let length = 0; length < bytes.length; length += 7) expect(() => readSlotUpload(bytes.subarray(0, length))).toThrow(Malformed);
    expect(() => readSlotUpload(concat(bytes, Uint8Array.of(0)))).toThrow(Malformed);
  });
  test("the 64-digit key is written in groups of four, and read with any", () => {
    const written = writtenBackupKey(times(0xa5, 32));
    expect(written).toBe(Array.from({ length: 16 }, () => "a5a5").join(" "));
    for (const typed of [written, written.replaceAll(" ", ""), written.toUpperCase(), ` ${written.replaceAll(" ", "-")}\n`, written.replace(" ", "\u00a0")]) {
      expect(readBackupKey(typed)).toEqual(times(0xa5, 32));
    }
    for (const typed of [written.slice(1), `${written}0`, written.replace("a", "g"), `\ufeff${written}_`, ""]) expect(() => readBackupKey(typed)).toThrow(Malformed);
  });
  test("a login seed gives the same stream again, however it is cut", () => {
    const [one, other] = [drawFrom(times(6, 32)), drawFrom(times(6, 32))];
    expect(hex(concat(one(48), one(32)))).toBe(hex(other(80)));
  });
});

describe("passkey.md", () => {
  const passkey = { credentialId: Uint8Array.of(1, 2), rpId: "localhost", label: "phone" };
  const answer = concat(Uint8Array.of(9), times(0xab, 31));
  const ceremony = { credentialId: passkey.credentialId, userVerified: true, answer };
  test("the PRF input and the password are those of its sample", () => {
    expect(hex(prfInput(times(1, 32), times(2, 32), times(3, 16)))).toBe("de0d82b823620a1b9185348773bc711a81493c2a8d0f01855c48d9bcb72c9fa8");
    expect(new TextDecoder().decode(openingPasskey(passkey, ceremony).secret)).toBe(`09${"ab".repeat(31)}`);
    expect(newPasskey(passkey, [ceremony, ceremony]).kind).toEqual({ kind: "passkey", passkey });
  });
  test.each([
    ["no answer", "no-prf", { ...ceremony, answer: undefined }],
    ["no user verification", "not-verified", { ...ceremony, userVerified: false }],
    ["another answer", "answers-differ", { ...ceremony, answer: times(1, 32) }],
    ["a short answer", "answer-length", { ...ceremony, answer: times(1, 31) }],
    ["another credential", "other-credential", { ...ceremony, credentialId: Uint8Array.of(1, 3) }],
  ])("%s is refused as %s", (_, why, second) => {
    expect(() => newPasskey(passkey, [ceremony, second])).toThrow(expect.objectContaining({ kind: "bad-passkey", why }));
  });
  test("a credential id, relying-party id or label out of bounds is refused", () => {
    const bad = [{ credentialId: new Uint8Array() }, { credentialId: times(1, 256) }, { rpId: "a".repeat(254) }, { label: "" }, { label: "ä".repeat(33) }];
    for (const change of bad) expect(() => openingPasskey({ ...passkey, ...change }, ceremony)).toThrow(BadPasskey);
  });
  test("the answer does not stay in what is posted", () => {
    const result = { id: "AQI", clientExtensionResults: { credProps: { rk: true }, prf: { results: { first: "secret" } } } };
    expect(JSON.stringify(withoutAnswer(result))).toBe('{"id":"AQI","clientExtensionResults":{"credProps":{"rk":true}}}');
    expect(withoutAnswer({ id: "AQI" })).toEqual({ id: "AQI" });
  });
});
