// Follows docs/spec/channel.md: the envelope of an exchange.

import { concat, unsigned, type Bytes } from "./bytes.ts";
import { ChannelContext, channelKeyId } from "./crypto/hpke.ts";
import { opaque, Reader, tag } from "./encoding.ts";
import { Malformed } from "./errors.ts";
import type { NodeKeys } from "./keys.ts";
import { paddedLength } from "./answers.ts";
import { REQUEST_KINDS, type RequestKind } from "./messages.ts";

const UNREADABLE = ["malformed", "unknown-channel-key", "unknown-context", "other-node", "busy", "not-serving"] as const;
export type Unreadable = (typeof UNREADABLE)[number];

export type AnswerFrame = { readonly kind: "sealed"; readonly ciphertext: Bytes } | { readonly kind: "unreadable"; readonly why: Unreadable };

/** A request and its answer longer than this are refused before anything else is looked at. */
export const BODY_MAX = 8192;

/** One client's channel to one node: a context that its first request opens and later ones continue. */
export class Channel {
  readonly #keys: NodeKeys;
  readonly #context: ChannelContext;
  #known = false;

  private constructor(keys: NodeKeys, context: ChannelContext) {
    this.#keys = keys;
    this.#context = context;
  }

  static async open(keys: NodeKeys): Promise<Channel> {
    return new Channel(keys, await ChannelContext.open(keys.statement.channelKey, [channelInfo(keys)]));
  }

  /** The body of `POST /v1/exchange` that carries a request. */
  async seal(kind: RequestKind, request: Bytes): Promise<Bytes> {
    const opening = this.#known
      ? concat(unsigned(2, 1), this.#context.id)
      : concat(unsigned(1, 1), channelKeyId(this.#keys.statement.channelKey), this.#context.encapsulation);
    this.#known = true;
    const sealed = await this.#context.seal(request, associated(this.#keys, kind));
    const { configuration, node } = this.#keys.endorsement;
    const frame = concat(unsigned(1, 1), unsigned(configuration, 4), unsigned(node, 1), tag(REQUEST_KINDS, kind), opening, opaque(sealed, BODY_MAX, "ciphertext"));
    if (frame.length > BODY_MAX) throw new Malformed("the request is too long");
    return frame;
  }

  /** Opens the sealed answer to the last request; what comes out is padded still. */
  openAnswer(kind: RequestKind, ciphertext: Bytes): Bytes {
    if (ciphertext.length !== paddedLength(kind) + 48) throw new Malformed("the sealed answer has another size than its kind");
    return this.#context.openAnswer(ciphertext, associated(this.#keys, kind));
  }
}

export function readAnswerFrame(bytes: Bytes): AnswerFrame {
  const reader = new Reader(bytes);
  reader.version("answer frame");
  const kind = reader.tag(["sealed", "unreadable"], "answer frame");
  const frame = kind === "sealed" ? { kind, ciphertext: reader.opaque(BODY_MAX, "ciphertext") } : { kind, why: reader.tag(UNREADABLE, "unreadable") };
  reader.end("the answer frame");
  return frame;
}

/** The encoded ChannelInfo. */
export function channelInfo({ endorsement }: Pick<NodeKeys, "endorsement">): Bytes {
  return concat(unsigned(1, 1), endorsement.fleet, unsigned(endorsement.configuration, 4), unsigned(endorsement.node, 1));
}

/** The encoded ChannelAssociated. */
export function associated(keys: Pick<NodeKeys, "endorsement">, kind: RequestKind): Bytes {
  return concat(channelInfo(keys), tag(REQUEST_KINDS, kind));
}
