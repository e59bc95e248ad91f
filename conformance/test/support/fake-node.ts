// A node of a fleet of one, in this process, that keeps its vaults in memory and answers as docs/spec has it, until a test has it do otherwise.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { RecipientContext } from "hpke";

import { paddedLength, REFUSALS, type Refusal } from "../../src/answers.ts";
import { concat, equal, hex, random, unsigned, type Bytes } from "../../src/bytes.ts";
import { associated, channelInfo } from "../../src/channel.ts";
import { frame } from "../../src/crypto.ts";
import { answerKey, answerSecret, contextId, suite } from "../../src/crypto/hpke.ts";
import { publicKey, sign } from "../../src/crypto/signatures.ts";
import { opaque, Reader, tag } from "../../src/encoding.ts";
import type { Pin } from "../../src/pin.ts";
import { REQUEST_KINDS, type RequestKind } from "../../src/messages.ts";
import { slotKeys, type ServerLogin } from "./opaque-server.ts";

const DONE = Uint8Array.of(1);
const GUESSES = 10;

interface Vault {
  registration: Bytes;
  seed: Bytes;
  record: Bytes;
  wrapped: Bytes;
  upload: Bytes;
  stretching: number;
  left: number;
  failed: number;
  readonly attempts: Map<string, string>;
}

/** Where a test changes what the node says. Each is given what the node would say. */
export interface Lies {
  keys?: (bytes: Bytes) => Bytes;
  /** Answers in place of the node, which does nothing. */
  instead?: (kind: RequestKind) => Bytes | undefined;
  /** The encoded body of an Answer, behind version and kind. */
  body?: (kind: RequestKind, body: Bytes, request: Bytes) => Bytes;
  padded?: (kind: RequestKind, padded: Bytes) => Bytes;
  frame?: (kind: RequestKind, frame: Bytes) => Bytes;
  /** Answers over HTTP in place of the node; returns whether it did. */
  http?: (request: IncomingMessage, response: ServerResponse, kind: RequestKind | undefined) => boolean;
}

export function refused(refusal: Refusal): Bytes {
  return concat(Uint8Array.of(2), tag(REFUSALS, refusal));
}

/** The refusal of an Attempt or a Status, whose answers have more outcomes. */
export function refusedAttempt(refusal: Refusal): Bytes {
  return concat(Uint8Array.of(5), tag(REFUSALS, refusal));
}

export class FakeNode {
  lies: Lies = {};
  /** Every plaintext that came, in order. */
  readonly heard: { readonly kind: RequestKind; readonly plaintext: Bytes }[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  readonly vaults = new Map<string, Vault>();
  readonly #fleet = random(32);
  readonly #fleetSeed = random(32);
  readonly #nodeSeed = random(32);
  readonly #tickets = new Map<string, Bytes>();
  readonly #logins = new Map<string, ServerLogin & { vault: Vault }>();
  readonly #contexts = new Map<string, { context: RecipientContext; enc: Bytes; next: number }>();
  #channel: Awaited<ReturnType<typeof suite.GenerateKeyPair>> | undefined;
  #channelKey: Bytes = new Uint8Array();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));

  static async start(): Promise<FakeNode> {
    const node = new FakeNode();
    node.#channel = await suite.GenerateKeyPair(true);
    node.#channelKey = new Uint8Array(await suite.SerializePublicKey(node.#channel.publicKey));
    await new Promise<void>((resolve) => node.#server.listen(0, "127.0.0.1", resolve));
    return node;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get pin(): Pin {
    const id = { fleet: this.#fleet, key: publicKey(this.#fleetSeed) };
    return { ...id, members: 3, quorum: 2, guesses: GUESSES, class: "volatile", measurement: new Uint8Array(32), insecureSimulation: true, endpoints: [this.endpoint] };
  }

  get #endorsement() {
    const place = [this.#fleet, unsigned(1, 4), unsigned(1, 1)];
    const nodeKey = publicKey(this.#nodeSeed);
    const signature = sign(this.#fleetSeed, "endorsement-signature", [...place, nodeKey]);
    return { fleet: this.#fleet, configuration: 1, node: 1, nodeKey, signature };
  }

  get #keys(): Bytes {
    const endorsement = this.#endorsement;
    const place = [this.#fleet, unsigned(1, 4), unsigned(1, 1)];
    const statement = sign(this.#nodeSeed, "channel-statement-signature", [...place, unsigned(1, 8), this.#channelKey]);
    return concat(Uint8Array.of(1), ...place, endorsement.nodeKey, endorsement.signature, unsigned(1, 8), this.#channelKey, statement);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new Uint8Array(await buffer(request));
    const kind = request.method === "POST" ? REQUEST_KINDS[(body[6] ?? 0) - 1] : undefined;
    this.headers.push({ ...request.headers, ":path": request.url });
    if (this.lies.http?.(request, response, kind)) return;
    const said = kind === undefined ? (this.lies.keys ?? ((bytes: Bytes) => bytes))(this.#keys) : await this.#exchange(kind, body);
    response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(said);
  }

  async #exchange(kind: RequestKind, body: Bytes): Promise<Bytes> {
    const reader = new Reader(body);
    reader.take(7, "head");
    const opened = reader.u8("opening") === 1 ? await this.#newContext(reader) : this.#contexts.get(hex(reader.take(16, "context")));
    if (opened === undefined) return Uint8Array.of(1, 2, 3);
    const known = associated({ endorsement: this.#endorsement }, kind);
    const plaintext = new Uint8Array(await opened.context.Open(reader.opaque(8192, "ciphertext"), known));
    this.heard.push({ kind, plaintext });
    const honest = this.lies.instead?.(kind) ?? this.#handle(kind, plaintext);
    const said = this.lies.body?.(kind, honest, plaintext) ?? honest;
    const answer = concat(Uint8Array.of(1), tag(REQUEST_KINDS, kind), said);
    const padded = concat(unsigned(answer.length, 2), answer, new Uint8Array(Math.max(0, paddedLength(kind) - 2 - answer.length)));
    const sealed = await this.#seal(opened, this.lies.padded?.(kind, padded) ?? padded, known);
    const framed = concat(Uint8Array.of(1, 1), opaque(sealed, 1 << 20, "ciphertext"));
    return this.lies.frame?.(kind, framed) ?? framed;
  }

  async #newContext(reader: Reader) {
    reader.take(8, "key id");
    const enc = reader.take(1120, "encapsulation");
    const info = frame("channel-request-info", [channelInfo({ endorsement: this.#endorsement })]);
    if (this.#channel === undefined) throw new Error("not started");
    const opened = { context: await suite.SetupRecipient(this.#channel, enc, { info }), enc, next: 0 };
    this.#contexts.set(hex(await contextId(opened.context)), opened);
    return opened;
  }

  async #seal(opened: { context: RecipientContext; enc: Bytes; next: number }, plaintext: Bytes, known: Bytes): Promise<Bytes> {
    const once = random(32);
    const { key, nonce } = answerKey(await answerSecret(opened.context), opened.enc, once, opened.next++);
    return concat(once, chacha20poly1305(key, nonce, known).encrypt(plaintext));
  }

  #handle(kind: RequestKind, plaintext: Bytes): Bytes {
    const reader = new Reader(plaintext);
    reader.take(2, "head");
    switch (kind) {
      case "register":
        return this.#register(reader);
      case "create":
        return this.#create(reader, plaintext);
      case "attempt":
        return this.#attempt(reader);
      case "success":
        return this.#success(reader);
      case "status":
        return this.#status(reader);
      case "change":
        return refused("generation-conflict");
    }
  }

  #register(reader: Reader): Bytes {
    reader.take(32 + 1 + 16 + 8, "place");
    const [seed, ticket] = [random(64), random(112)];
    this.#tickets.set(hex(ticket), seed);
    return concat(DONE, slotKeys(seed).register(reader.take(32, "request")), ticket);
  }

  #create(reader: Reader, upload: Bytes): Bytes {
    const vault = hex(reader.take(32, "vault"));
    reader.take(32 + 1 + 1, "owner and slot");
    const [registration, stretching] = [reader.take(16, "registration"), reader.u16("stretching")];
    const seed = this.#tickets.get(hex(reader.take(112, "ticket"))) ?? new Uint8Array(64);
    const [record, wrapped] = [reader.take(192, "record"), reader.take(72, "wrapped")];
    reader.take(1 + 16, "attempt");
    const ke1 = reader.take(96, "ke1");
    const known = this.vaults.get(vault) ?? { registration, seed, record, wrapped, upload, stretching, left: GUESSES, failed: 0, attempts: new Map() };
    if (!equal(known.upload, upload)) return refused("vault-exists");
    this.vaults.set(vault, known);
    const { ke2, token } = this.#login(vault, known, ke1);
    return concat(DONE, unsigned(1, 8), unsigned(known.left, 1), Uint8Array.of(1), ke2, opaque(token, 512, "token"));
  }

  #attempt(reader: Reader): Bytes {
    const vault = hex(reader.take(32, "vault"));
    const known = this.vaults.get(vault);
    reader.u8("slot");
    const [attempt, ke1] = [hex(reader.take(16, "attempt")), reader.take(96, "ke1")];
    if (known === undefined) return Uint8Array.of(3);
    const before = known.attempts.get(attempt);
    if (before !== undefined && before !== hex(ke1)) return refusedAttempt("attempt-closed");
    if (before === undefined) {
      known.left -= 1;
      known.failed += 1;
      known.attempts.set(attempt, hex(ke1));
    }
    const { ke2, token } = this.#login(vault, known, ke1);
    const counts = concat(unsigned(1, 8), known.registration, unsigned(known.left, 1), unsigned(known.failed - 1, 4), unsigned(known.stretching, 2));
    return concat(DONE, ke2, known.wrapped, opaque(token, 512, "token"), counts);
  }

  #success(reader: Reader): Bytes {
    const login = this.#logins.get(hex(reader.opaque(512, "token")));
    if (login === undefined) return refused("token-dead");
    if (!equal(login.expectedKe3, reader.take(64, "ke3"))) return refused("wrong-proof");
    login.vault.left = GUESSES;
    login.vault.failed = 0;
    return concat(DONE, unsigned(GUESSES, 1));
  }

  #status(reader: Reader): Bytes {
    const known = this.vaults.get(hex(reader.take(32, "vault")));
    if (known === undefined) return Uint8Array.of(2);
    const slots = concat(unsigned(1, 4), Uint8Array.of(1, 1), known.registration, Uint8Array.of(0));
    return concat(DONE, unsigned(1, 8), slots, unsigned(known.left, 1), unsigned(known.failed, 4));
  }

  #login(vault: string, known: Vault, ke1: Bytes): { ke2: Bytes; token: Bytes } {
    const identities = { client: concat(new Uint8Array(Buffer.from(vault, "hex")), known.registration), server: this.#fleet };
    const login = slotKeys(known.seed).login(known.record, ke1, identities);
    const token = random(241);
    this.#logins.set(hex(token), { ...login, vault: known });
    return { ke2: login.ke2, token };
  }
}
