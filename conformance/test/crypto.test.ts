// docs/spec/crypto.md: every value of its sample, the published vectors, and what a lenient library would let pass.

import { readFileSync } from "node:fs";

import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { expect, test } from "vitest";

import { ascii, concat, hex, type Bytes } from "../src/bytes.ts";
import * as crypto from "../src/crypto.ts";
import { answerKey, answerSecret, channelKeyId, contextId, suite } from "../src/crypto/hpke.ts";
import { LoginStart, RegistrationStart } from "../src/crypto/opaque.ts";
import { publicKey, sign, signs, signsText, verify } from "../src/crypto/signatures.ts";
import { stretching } from "../src/crypto/stretching.ts";
import { BadElement, BadSeal, BadSignature, Malformed } from "../src/errors.ts";
import { slotKeys } from "./support/opaque-server.ts";

const times = (byte: number, length: number): Bytes => new Uint8Array(length).fill(byte);
const bytes = (digits: string): Bytes => new Uint8Array(Buffer.from(digits, "hex"));
const nonce = bytes("76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1a");
const published = (name: string) => JSON.parse(readFileSync(new URL(`../../crates/strongroom-crypto/vectors/${name}`, import.meta.url), "utf8"));

test("every value of the page's sample comes out", async () => {
  expect(hex(crypto.frame("record-id", [ascii("ab"), ascii("")]))).toBe(
    "0000000000000017" + "7374726f6e67726f6f6d2f76312f7265636f72642d6964" + "0000000000000002" + "6162" + "0000000000000000",
  );
  expect(hex(crypto.digest("ke1-hash", [ascii("part one"), ascii("part two")]))).toBe("f7b7caf249e6d3bcdaee86277b9331c642f55e6c99b745630122027ce36f94ae");
  expect(hex(crypto.mac(times(7, 32), "record-id", [times(8, 32)]))).toBe("2854218d524cd76adf2f488c0a5499996c8c6dda5b133d66cb8c99e166d0a1f1");
  expect(hex(crypto.derive(times(1, 64), "wrap-key", [ascii("vault"), ascii("fleet")], 32))).toBe("44dd968ffd41aa4261b8941e724c5f3f2da4b4058ef396ce159ba49ecb2f955e");
  expect(hex(crypto.seal(times(1, 32), "ticket-seal", [ascii("vault"), ascii("slot")], ascii("plaintext"), nonce))).toBe(
    hex(nonce) + "2ab0e5b8db2eb61541dc250a520c8f0d62e4528b51974da6a7",
  );
  expect(hex(crypto.sealOnce(times(1, 32), "tree-node-seal", [ascii("node")], ascii("plaintext")))).toBe("714b2cb8802673ba701cf7c3a7ea9c515eb2cac038f7acdcb4");
  expect(hex(crypto.sealCounted(times(1, 32), "peer-frame-seal", 0x0102030405060708n, [], ascii("plaintext")))).toBe("0ce8641d41725bd2261fb4dadce0bd49a406d77f4323395a8f");
  expect(hex(publicKey(times(1, 32)))).toBe("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c");
  expect(hex(sign(times(1, 32), "owner-success", [ascii("fleet"), ascii("vault")]))).toBe(
    "016de80a8fd169f7fd856f202fb25a86a568e96ab989604384e0fcf6a5b16a83" + "505e51b2053757ae4adde5ae1952c16088486ed6babaf30111c46a8d5117b302",
  );
  const place = { vault: times(2, 32), fleet: times(3, 32), slot: 4 };
  expect(hex(crypto.wrap(times(1, 64), place, times(5, 32), nonce))).toBe(
    hex(nonce) + "2b997b46a742db55074b2f0bf685dee145de3b3b6c3f4ba66e91d00b0d71e10c3141bff60a0664d7cdb0ed4051b05f57",
  );
  expect(hex(crypto.ownerKey(times(5, 32), times(3, 32), times(2, 32)))).toBe("5b4a07d08910794a1a47552078a361758f69daabd98d1c959ead1d38d7bff9ee");
  expect(crypto.repositoryPassword(times(5, 32))).toBe("c4a80e77a0a2700b5f0b2bbfe136ad874011720b5a8c3d3adcbb914dde624856");
  const response = slotKeys(times(7, 64)).register(bytes("3000936a4a57ddd6d14859e5c4be43a52faebd3277dc77e0c20ea70b65a0a503"));
  expect(hex(response)).toBe(
    "9e16c62ed4284fd9efdc32114a5776b70104ada7a87fe7cf36dee308c9145516" + "420ef315d2e158b1f458505c34e6b83a8102d8c7cad3a4c774b7ad3e4cc27f6c",
  );
  expect(hex(await stretching(1)(times(0x2a, 64)))).toBe(
    "8d17b9351bd1e5f47e65bd9a6b81965a9364c4802c074e2c525330f1d17c29ddf680840adea50c8efa110a16ec7e10646df3bb88dd4c4d5a6e0e12ebab51273f",
  );
});

test("a number of key stretching that is not known is refused", () => {
  for (const number of [0, 2, 0xffff]) expect(() => stretching(number)).toThrow(Malformed);
});

test("a seal with one bit changed does not open", () => {
  const sealed = crypto.seal(times(1, 32), "wrap-seal", [ascii("a")], ascii("plaintext"));
  expect(crypto.openSeal(times(1, 32), "wrap-seal", [ascii("a")], sealed)).toEqual(ascii("plaintext"));
  for (const at of [0, 23, 24, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => crypto.openSeal(times(1, 32), "wrap-seal", [ascii("a")], changed)).toThrow(BadSeal);
  }
  expect(() => crypto.openSeal(times(1, 32), "wrap-seal", [ascii("b")], sealed)).toThrow(BadSeal);
  expect(() => crypto.openSeal(times(1, 32), "ticket-seal", [ascii("a")], sealed)).toThrow(BadSeal);
});

// Signatures that the library's own verification lets pass, made from a known secret scalar.
const { Point } = ed25519;
const order = Point.Fn.ORDER;
const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] ?? "");
const scalarOf = (digest: Bytes): bigint => digest.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) % order;
const little = (value: bigint): Bytes => bytes(value.toString(16).padStart(64, "0")).reverse();
const secret = 0x1234567890abcdefn;

function forge(key: InstanceType<typeof Point>, commitment: InstanceType<typeof Point>, r: bigint, message: Bytes): Bytes {
  const k = scalarOf(sha512(concat(new Uint8Array(commitment.toBytes()), new Uint8Array(key.toBytes()), message)));
  return concat(new Uint8Array(commitment.toBytes()), little((r + k * secret) % order));
}

test("a commitment of mixed order is refused, which the library lets pass", () => {
  const key = Point.BASE.multiply(secret);
  const message = ascii("text");
  const forged = forge(key, Point.BASE.multiply(77n).add(torsion), 77n, message);
  expect(ed25519.verify(forged, message, new Uint8Array(key.toBytes()), { zip215: false })).toBe(true);
  expect(signs(new Uint8Array(key.toBytes()), message, forged)).toBe(false);
});

test("a commitment of small order is refused, where the equation without the cofactor holds too", () => {
  const key = Point.BASE.multiply(secret);
  const message = ascii("text");
  const forged = forge(key, Point.ZERO, 0n, message);
  expect(ed25519.verify(forged, message, new Uint8Array(key.toBytes()), { zip215: false })).toBe(true);
  expect(signs(new Uint8Array(key.toBytes()), message, forged)).toBe(false);
});

test("public keys of small order and ones that are not canonical are refused", () => {
  const message = ascii("text");
  const signature = forge(Point.BASE.multiply(secret), Point.BASE.multiply(5n), 5n, message);
  for (const weak of ED25519_TORSION_SUBGROUP) expect(signs(bytes(weak), message, signature)).toBe(false);
  expect(signs(times(0xff, 32), message, signature)).toBe(false);
  expect(signs(new Uint8Array(Point.BASE.multiply(secret).toBytes()), message, signature)).toBe(true);
});

test("a scalar that is not below the order is refused", () => {
  const signature = sign(times(1, 32), "owner-erase", []);
  const high = concat(signature.subarray(0, 32), little(scalarOf(signature.subarray(32)) + order));
  expect(() => verify(publicKey(times(1, 32)), "owner-erase", [], signature)).not.toThrow();
  expect(() => verify(publicKey(times(1, 32)), "owner-erase", [], high)).toThrow(BadSignature);
});

test("an empty text and one with a zero byte are refused as notes", () => {
  for (const text of [new Uint8Array(), Uint8Array.of(65, 0)]) {
    expect(signsText(publicKey(times(1, 32)), text, ed25519.sign(text, times(1, 32)))).toBe(false);
  }
});

test("the vectors of RFC 9807 come out", async () => {
  const real = published("rfc9807-ristretto255.json").filter((vector: { config: { Fake: string } }) => vector.config.Fake === "False");
  expect(real.length).toBe(2);
  for (const { config, inputs, outputs, intermediates } of real) {
    const fixedBlind = (blind: string): Bytes => concat(little(scalarOf(bytes(blind)) - 1n), new Uint8Array(16));
    const identities = {
      client: inputs.client_identity ? bytes(inputs.client_identity) : bytes(intermediates.client_public_key),
      server: inputs.server_identity ? bytes(inputs.server_identity) : bytes(inputs.server_public_key),
      context: bytes(config.Context),
    };
    const password = bytes(inputs.password);
    const start = new RegistrationStart(password, () => fixedBlind(inputs.blind_registration));
    expect(hex(start.request)).toBe(outputs.registration_request);
    const registration = await start.finish(bytes(outputs.registration_response), identities, async (input) => input, () => bytes(inputs.envelope_nonce));
    expect(hex(registration.record)).toBe(outputs.registration_upload);
    expect(hex(registration.exportKey)).toBe(outputs.export_key);
    const draws = [fixedBlind(inputs.blind_login), bytes(inputs.client_nonce), bytes(inputs.client_keyshare_seed)];
    const login = new LoginStart(password, () => draws.shift() ?? new Uint8Array());
    expect(hex(login.ke1)).toBe(outputs.KE1);
    const finished = await login.finish(bytes(outputs.KE2), identities, async (input) => input);
    expect(finished && hex(finished.ke3)).toBe(outputs.KE3);
    expect(finished && hex(finished.exportKey)).toBe(outputs.export_key);
  }
});

test("elements that are the identity, not canonical, or the device's own end the flow", async () => {
  const identities = { client: ascii("c"), server: ascii("s") };
  const start = new RegistrationStart(ascii("password"));
  const good = slotKeys(times(7, 64)).register(start.request);
  for (const evaluated of [new Uint8Array(32), times(0xff, 32), start.request]) {
    await expect(start.finish(concat(evaluated, good.subarray(32)), identities, async (input) => input)).rejects.toThrow(BadElement);
  }
  await expect(start.finish(concat(good.subarray(0, 32), new Uint8Array(32)), identities, async (input) => input)).rejects.toThrow(BadElement);
  const login = new LoginStart(ascii("password"));
  const share = login.ke1.subarray(64);
  const ke2 = (evaluated: Bytes, serverShare: Bytes) => concat(evaluated, times(9, 192), serverShare, times(9, 64));
  for (const bad of [ke2(login.ke1.subarray(0, 32), good.subarray(32)), ke2(good.subarray(0, 32), share), ke2(good.subarray(0, 32), new Uint8Array(32))]) {
    await expect(login.finish(bad, identities, async (input) => input)).rejects.toThrow(BadElement);
  }
});

test("a whole exchange over the channel comes out", async () => {
  const vector = published("channel.json");
  expect(hex(channelKeyId(bytes(vector.public_key)))).toBe(vector.key_id);
  expect(hex(crypto.frame("channel-request-info", [ascii("fleet"), ascii("node")]))).toBe(vector.info);
  const key = await suite.DeserializePrivateKey(bytes(vector.key_seed), true);
  const context = await suite.SetupRecipient(key, bytes(vector.encapsulated_key), { info: bytes(vector.info) });
  expect(hex(await contextId(context))).toBe(vector.context_id);
  for (const [number, message] of vector.messages.entries()) {
    expect(hex(new Uint8Array(await context.Open(bytes(message.sealed_request), bytes(message.aad))))).toBe(message.request);
    const sealed = bytes(message.sealed_answer);
    const { key: answer, nonce: once } = answerKey(await answerSecret(context), bytes(vector.encapsulated_key), sealed.subarray(0, 32), number);
    expect(hex(crypto.openAead("answer", answer, once, bytes(message.answer_aad), sealed.subarray(32)))).toBe(message.answer);
  }
});

test("a channel key whose ML-KEM part is not reduced is refused", async () => {
  const { ChannelContext } = await import("../src/crypto/hpke.ts");
  const key = bytes(published("channel.json").public_key);
  await expect(ChannelContext.open(key, [])).resolves.toBeDefined();
  key.fill(0xff, 0, 3);
  await expect(ChannelContext.open(key, [])).rejects.toThrow(Malformed);
  await expect(ChannelContext.open(key.subarray(1), [])).rejects.toThrow(Malformed);
});
