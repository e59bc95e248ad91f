// Stands between a client and a node, passes everything on, and does to single answers what a test wants.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

import { REQUEST_KINDS, type RequestKind } from "../../src/messages.ts";

/** The kind of request that a frame names in the clear. */
export function kindOf(frame: Uint8Array): RequestKind | undefined {
  return REQUEST_KINDS[(frame[6] ?? 0) - 1];
}

export class Relay {
  /** The kinds of the requests that came through, in order. */
  readonly seen: (RequestKind | undefined)[] = [];
  /** How many answers to a kind are lost. */
  readonly lose = new Map<RequestKind, number>();
  readonly #target: string;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#pass(request, response).catch(() => response.destroy()));
  }

  static async to(target: string): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new Uint8Array(await buffer(request));
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => ["authorization", "content-type"].includes(name))) as Record<string, string>;
    const passed = await fetch(`${this.#target}${request.url}`, { method: request.method ?? "GET", headers, ...(body.length > 0 ? { body } : {}) });
    const answer = new Uint8Array(await passed.arrayBuffer());
    const kind = request.method === "POST" ? kindOf(body) : undefined;
    if (kind !== undefined) {
      this.seen.push(kind);
      const lost = this.lose.get(kind) ?? 0;
      this.lose.set(kind, Math.max(0, lost - 1));
      if (lost > 0) return void response.destroy();
    }
    response.writeHead(passed.status, { "Content-Type": passed.headers.get("content-type") ?? "" }).end(answer);
  }
}
