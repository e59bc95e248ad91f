// Follows docs/spec/crypto.md, "HPKE", "Channel keys", "Channel" and "Answers".

import { AEAD_ChaCha20Poly1305, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from "@panva/hpke-noble";
import { CipherSuite, type SenderContext } from "hpke";

import { unsigned, type Bytes } from "../bytes.ts";
import { derive, digest, frame, openAead } from "../crypto.ts";
import { Malformed } from "../errors.ts";

export const suite = new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_ChaCha20Poly1305);

/** Finds a channel key and proves nothing. */
export function channelKeyId(channelKey: Bytes): Bytes {
  return digest("channel-key-id", [channelKey]).subarray(0, 8);
}

/** What of an HPKE context both directions need; the sender's and the recipient's alike. */
export interface Exporter {
  Export(context: Bytes, length: number): Promise<Uint8Array>;
}

export async function contextId(context: Exporter): Promise<Bytes> {
  return new Uint8Array(await context.Export(frame("channel-context-id", []), 16));
}

export async function answerSecret(context: Exporter): Promise<Bytes> {
  return new Uint8Array(await context.Export(frame("channel-answer-secret", []), 32));
}

/** Key and nonce of the answer to request `number` with the answer's own nonce. */
export function answerKey(secret: Bytes, encapsulation: Bytes, nonce: Bytes, number: number): { key: Bytes; nonce: Bytes } {
  const hash = digest("channel-encapsulated-hash", [encapsulation]);
  const both = derive(secret, "channel-answer-key", [hash, nonce, unsigned(number, 8)], 44);
  return { key: both.subarray(0, 32), nonce: both.subarray(32) };
}

/** A client's context to one channel key: seals requests in order and opens the answer to the last one. */
export class ChannelContext {
  readonly encapsulation: Bytes;
  readonly id: Bytes;
  readonly #context: SenderContext;
  readonly #secret: Bytes;
  #sealed = 0;

  private constructor(context: SenderContext, encapsulation: Bytes, id: Bytes, secret: Bytes) {
    this.#context = context;
    this.encapsulation = encapsulation;
    this.id = id;
    this.#secret = secret;
  }

  static async open(channelKey: Bytes, infoParts: readonly Bytes[]): Promise<ChannelContext> {
    const info = frame("channel-request-info", infoParts);
    const { ctx, encapsulatedSecret } = await setup(channelKey, info);
    return new ChannelContext(ctx, new Uint8Array(encapsulatedSecret), await contextId(ctx), await answerSecret(ctx));
  }

  async seal(plaintext: Bytes, associated: Bytes): Promise<Bytes> {
    this.#sealed += 1;
    return new Uint8Array(await this.#context.Seal(plaintext, associated));
  }

  openAnswer(sealed: Bytes, associated: Bytes): Bytes {
    const { key, nonce } = answerKey(this.#secret, this.encapsulation, sealed.subarray(0, 32), this.#sealed - 1);
    return openAead("answer", key, nonce, associated, sealed.subarray(32));
  }
}


async function setup(channelKey: Bytes, info: Bytes) {
  checkReduced(channelKey);
  try {
    return await suite.SetupSender(await suite.DeserializePublicKey(channelKey), { info });
  } catch {
    throw new Malformed("the channel key is no X-Wing public key");
  }
}

/** The ML-KEM part has to be reduced; the library's own check of it never fires. */
function checkReduced(channelKey: Bytes): void {
  const packed = channelKey.subarray(0, 1152);
  for (let at = 0; at + 2 < packed.length; at += 3) {
    const [low = 0, middle = 0, high = 0] = packed.subarray(at, at + 3);
    if ((low | ((middle & 0x0f) << 8)) >= 3329 || ((middle >> 4) | (high << 4)) >= 3329) throw new Malformed("the channel key is not reduced");
  }
}
