import { readFileSync } from "node:fs";
import { Answering } from "../src/answering.js";
import type { Request } from "../src/messages.js";
import { initSync } from "../wasm/strongroom_web.js";

const WASM = new URL("../wasm/strongroom_web_bg.wasm", import.meta.url);

/** Answers of passkeys on their way to the worker, as the page holds them still. */
export const posted: Uint8Array[] = [];

/** A worker in the same thread: what passes between it and the page is cloned, as a browser does. */
class WorkerHere {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #answering = new Answering(async () => initSync({ module: readFileSync(WASM) }));

  postMessage(request: Request): void {
    const asked = structuredClone(request);
    collect(request, posted);
    void this.#answering.answer(asked).then((answer) => {
      this.onmessage?.({ data: structuredClone(answer) });
    });
  }

  terminate(): void {
    this.onmessage = null;
  }
}

/** An authenticator with WebAuthn's PRF, as far as a page sees one. */
export class Authenticator {
  hasPrf = true;
  answersAtCreation = false;
  verifiesUser = true;
  isStable = true;
  /** What the next ceremony fails with. */
  failure: string | undefined;
  /** Every result that the page was handed, to see what it kept of it. */
  readonly results: { prf: { results?: { first: ArrayBuffer } } }[] = [];
  /** What was asked. */
  readonly asked: Record<string, unknown>[] = [];
  readonly #id = crypto.getRandomValues(new Uint8Array(32));
  #turn = 0;

  async create({ publicKey }: { publicKey: Record<string, any> }): Promise<unknown> {
    return await this.#credential(publicKey, this.answersAtCreation ? publicKey["extensions"].prf.eval.first : undefined);
  }

  async get({ publicKey }: { publicKey: Record<string, any> }): Promise<unknown> {
    const name = Buffer.from(this.#id).toString("base64url");
    return await this.#credential(publicKey, publicKey["extensions"].prf.evalByCredential[name]?.first);
  }

  async #credential(asked: Record<string, unknown>, input: Uint8Array | undefined): Promise<unknown> {
    this.asked.push(asked);
    if (this.failure !== undefined) throw new DOMException("", this.failure);
    const turn = this.isStable ? 0 : this.#turn++;
    const prf = this.hasPrf ? { enabled: true, ...(input && { results: { first: await answer(input, turn) } }) } : {};
    this.results.push({ prf } as never);
    const data = new Uint8Array(37);
    data[32] = this.verifiesUser ? 0b101 : 0b001;
    return Object.assign(Object.create(PublicKeyCredentialHere.prototype), {
      rawId: this.#id.buffer.slice(0),
      response: { getAuthenticatorData: () => data.buffer, authenticatorData: data.buffer },
      getClientExtensionResults: () => ({ prf }),
    });
  }
}

function collect(value: unknown, into: Uint8Array[]): void {
  for (const [name, part] of Object.entries(value ?? {})) {
    if (part instanceof Uint8Array && ["first", "second", "answer"].includes(name)) into.push(part);
    else if (typeof part === "object" && !ArrayBuffer.isView(part)) collect(part, into);
  }
}

async function answer(input: Uint8Array, turn: number): Promise<ArrayBuffer> {
  return await crypto.subtle.digest("SHA-256", new Uint8Array([turn, ...input]));
}

class PublicKeyCredentialHere {}

/** Makes this thread a page with a worker and an authenticator. */
export function pageWith(authenticator: Authenticator): void {
  Object.assign(globalThis, { Worker: WorkerHere, PublicKeyCredential: PublicKeyCredentialHere });
  Object.defineProperty(globalThis, "navigator", { value: { credentials: authenticator }, configurable: true });
}
