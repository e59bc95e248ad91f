// Follows docs/spec/crypto.md, "OPAQUE profile": the device's side of OPAQUE-3DH (RFC 9807) on ristretto255 and SHA-512.
// Identities are bytes here, and `@serenity-kit/opaque` takes text alone, so only the OPRF and the group are a library's.

import { ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { ascii, concat, equal, random, unsigned, type Bytes } from "../bytes.ts";
import { BadElement, Malformed } from "../errors.ts";
import type { Stretch } from "./stretching.ts";

const { oprf } = ristretto255_oprf;
const { Point } = ristretto255;

/** Where the device's side draws from: as many bytes as are asked for. */
export type Draw = (length: number) => Bytes;

/** Who speaks. `context` is empty but in the vectors of RFC 9807. */
export interface Identities {
  readonly client: Bytes;
  readonly server: Bytes;
  readonly context?: Bytes;
}

export interface Registration {
  readonly record: Bytes;
  readonly exportKey: Bytes;
}

export interface Login {
  readonly ke3: Bytes;
  readonly exportKey: Bytes;
}

/** The blinded password on its way to the fleet. */
export class RegistrationStart {
  readonly request: Bytes;
  readonly #password: Bytes;
  readonly #blind: Bytes;

  constructor(password: Bytes, draw: Draw = random) {
    const { blind, blinded } = oprf.blind(password, (length = 0) => draw(length));
    this.request = blinded;
    this.#password = password;
    this.#blind = blind;
  }

  /** Makes the record out of RegistrationResponse. */
  async finish(response: Bytes, identities: Identities, stretch: Stretch, draw: Draw = random): Promise<Registration> {
    const evaluated = element(response.subarray(0, 32), "evaluated element");
    const serverKey = element(response.subarray(32, 64), "server public key");
    if (equal(evaluated, this.request)) throw new BadElement("the evaluated element is reflected");
    const secret = await randomizedPassword(this.#password, this.#blind, evaluated, stretch);
    const nonce = draw(32);
    const keys = envelopeKeys(secret, nonce, serverKey, identities);
    return { record: concat(keys.clientKey, maskingKey(secret), nonce, keys.tag), exportKey: keys.exportKey };
  }
}

/** KE1 and what is needed to understand KE2. */
export class LoginStart {
  readonly ke1: Bytes;
  readonly #password: Bytes;
  readonly #blind: Bytes;
  readonly #share: { readonly secretKey: Bytes; readonly publicKey: Bytes };

  /** What is drawn, in this order: the blind's bytes, the nonce, the seed of the key share. */
  constructor(password: Bytes, draw: Draw = random) {
    const { blind, blinded } = oprf.blind(password, (length = 0) => draw(length));
    const nonce = draw(32);
    this.#share = oprf.deriveKeyPair(draw(32), ascii("OPAQUE-DeriveDiffieHellmanKeyPair"));
    this.ke1 = concat(blinded, nonce, this.#share.publicKey);
    this.#password = password;
    this.#blind = blind;
  }

  /** Opens KE2. `undefined` is a wrong password, or an answer that does not come from the slot: the two look alike. */
  async finish(ke2: Bytes, identities: Identities, stretch: Stretch): Promise<Login | undefined> {
    if (ke2.length !== 320) throw new Malformed("KE2 has another length");
    const evaluated = element(ke2.subarray(0, 32), "evaluated element");
    const serverShare = element(ke2.subarray(224, 256), "server's key share");
    if (equal(evaluated, this.ke1.subarray(0, 32))) throw new BadElement("the evaluated element is reflected");
    if (equal(serverShare, this.#share.publicKey)) throw new BadElement("the key share is reflected");
    const secret = await randomizedPassword(this.#password, this.#blind, evaluated, stretch);
    const { serverKey, nonce, tag } = unmask(secret, ke2);
    const envelope = envelopeKeys(secret, nonce, serverKey, identities);
    if (!equal(envelope.tag, tag)) return undefined;
    const ikm = concat(
      multiply(this.#share.secretKey, serverShare),
      multiply(this.#share.secretKey, element(serverKey, "server public key")),
      multiply(envelope.clientSecret, serverShare),
    );
    return this.#confirm(ikm, ke2, identities, envelope.exportKey);
  }

  #confirm(ikm: Bytes, ke2: Bytes, identities: Identities, exportKey: Bytes): Login | undefined {
    const preamble = concat(
      ascii("OPAQUEv1-"),
      counted(identities.context ?? new Uint8Array()),
      counted(identities.client),
      this.ke1,
      counted(identities.server),
      ke2.subarray(0, 256),
    );
    const prk = extract(sha512, ikm);
    const handshake = labelled(prk, "HandshakeSecret", sha512(preamble));
    const serverMac = hmac(sha512, labelled(handshake, "ServerMAC", new Uint8Array()), sha512(preamble));
    if (!equal(serverMac, ke2.subarray(256))) return undefined;
    const ke3 = hmac(sha512, labelled(handshake, "ClientMAC", new Uint8Array()), sha512(concat(preamble, serverMac)));
    return { ke3, exportKey };
  }
}

/** Refuses an element that is not canonical, or the identity. */
export function element(bytes: Bytes, what: string): Bytes {
  try {
    if (!Point.fromBytes(bytes).equals(Point.ZERO)) return bytes;
  } catch {
    // The refusal below is the same for both.
  }
  throw new BadElement(what);
}

async function randomizedPassword(password: Bytes, blind: Bytes, evaluated: Bytes, stretch: Stretch): Promise<Bytes> {
  const output = oprf.finalize(password, blind, evaluated);
  return extract(sha512, concat(output, await stretch(output)));
}

function maskingKey(secret: Bytes): Bytes {
  return expand(sha512, secret, ascii("MaskingKey"), 64);
}

function unmask(secret: Bytes, ke2: Bytes): { serverKey: Bytes; nonce: Bytes; tag: Bytes } {
  const pad = expand(sha512, maskingKey(secret), concat(ke2.subarray(32, 64), ascii("CredentialResponsePad")), 128);
  const clear = ke2.subarray(64, 192).map((byte, at) => byte ^ (pad[at] ?? 0));
  return { serverKey: clear.subarray(0, 32), nonce: clear.subarray(32, 64), tag: clear.subarray(64) };
}

function envelopeKeys(secret: Bytes, nonce: Bytes, serverKey: Bytes, identities: Identities) {
  const key = (label: string, length: number) => expand(sha512, secret, concat(nonce, ascii(label)), length);
  const pair = oprf.deriveKeyPair(key("PrivateKey", 32), ascii("OPAQUE-DeriveDiffieHellmanKeyPair"));
  const clear = concat(serverKey, counted(identities.server), counted(identities.client));
  return {
    clientKey: pair.publicKey,
    clientSecret: pair.secretKey,
    exportKey: key("ExportKey", 64),
    tag: hmac(sha512, key("AuthKey", 64), concat(nonce, clear)),
  };
}

function multiply(scalar: Bytes, point: Bytes): Bytes {
  return Point.fromBytes(point).multiply(Point.Fn.fromBytes(scalar)).toBytes();
}

function labelled(secret: Bytes, label: string, context: Bytes): Bytes {
  const name = ascii(`OPAQUE-${label}`);
  const info = concat(unsigned(64, 2), unsigned(name.length, 1), name, unsigned(context.length, 1), context);
  return expand(sha512, secret, info, 64);
}

function counted(bytes: Bytes): Bytes {
  return concat(unsigned(bytes.length, 2), bytes);
}
