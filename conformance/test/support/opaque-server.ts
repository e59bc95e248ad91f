// The fleet's side of OPAQUE, as docs/spec/crypto.md has it: for nodes of tests.

import { ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { ascii, concat, random, unsigned, type Bytes } from "../../src/bytes.ts";
import { derive } from "../../src/crypto.ts";
import type { Identities } from "../../src/crypto/opaque.ts";

const { oprf } = ristretto255_oprf;
const diffieHellman = ascii("OPAQUE-DeriveDiffieHellmanKeyPair");

export interface ServerLogin {
  readonly ke2: Bytes;
  readonly expectedKe3: Bytes;
}

/** What a slot's seed gives. */
export function slotKeys(seed: Bytes) {
  const pair = oprf.deriveKeyPair(derive(seed, "slot-server-key", [], 32), diffieHellman);
  const oprfSeed = derive(seed, "slot-oprf", [], 64);
  const oprfKey = oprf.deriveKeyPair(expand(sha512, oprfSeed, ascii("OprfKey"), 32), ascii("OPAQUE-DeriveKeyPair")).secretKey;
  return {
    register: (request: Bytes): Bytes => concat(oprf.blindEvaluate(oprfKey, request), pair.publicKey),
    login: (record: Bytes, ke1: Bytes, identities: Identities): ServerLogin => login(record, ke1, identities, oprfKey, pair),
  };
}

function login(record: Bytes, ke1: Bytes, identities: Identities, oprfKey: Bytes, pair: { secretKey: Bytes; publicKey: Bytes }): ServerLogin {
  const maskingNonce = random(32);
  const pad = expand(sha512, record.subarray(32, 96), concat(maskingNonce, ascii("CredentialResponsePad")), 128);
  const masked = concat(pair.publicKey, record.subarray(96)).map((byte, at) => byte ^ (pad[at] ?? 0));
  const share = oprf.deriveKeyPair(random(32), diffieHellman);
  const response = concat(oprf.blindEvaluate(oprfKey, ke1.subarray(0, 32)), maskingNonce, masked, random(32), share.publicKey);
  const preamble = concat(ascii("OPAQUEv1-"), counted(new Uint8Array()), counted(identities.client), ke1, counted(identities.server), response);
  const theirs = ke1.subarray(64);
  const prk = extract(sha512, concat(multiply(share.secretKey, theirs), multiply(pair.secretKey, theirs), multiply(share.secretKey, record.subarray(0, 32))));
  const handshake = labelled(prk, "HandshakeSecret", sha512(preamble));
  const mac = hmac(sha512, labelled(handshake, "ServerMAC", new Uint8Array()), sha512(preamble));
  const expectedKe3 = hmac(sha512, labelled(handshake, "ClientMAC", new Uint8Array()), sha512(concat(preamble, mac)));
  return { ke2: concat(response, mac), expectedKe3 };
}

function multiply(scalar: Bytes, point: Bytes): Bytes {
  return ristretto255.Point.fromBytes(point).multiply(ristretto255.Point.Fn.fromBytes(scalar)).toBytes();
}

function labelled(secret: Bytes, label: string, context: Bytes): Bytes {
  const name = ascii(`OPAQUE-${label}`);
  return expand(sha512, secret, concat(unsigned(64, 2), unsigned(name.length, 1), name, unsigned(context.length, 1), context), 64);
}

function counted(bytes: Bytes): Bytes {
  return concat(unsigned(bytes.length, 2), bytes);
}
