// Follows docs/spec/flows.md, "Rules for every flow" and "Nodes and time", and docs/spec/channel.md, "Answers": one operation's way to a fleet.

import { setTimeout as sleep } from "node:timers/promises";

import { readAnswer, type Answers } from "../answers.ts";
import { hex, type Bytes } from "../bytes.ts";
import { Channel, readAnswerFrame, type Unreadable } from "../channel.ts";
import { BadSeal, BadSignature, ForeignFleet, Malformed, Unreachable } from "../errors.ts";
import { exchange, fetchKeys, type Spoken } from "../http.ts";
import { isOf, readNodeKeys, verifyNodeKeys, type NodeKeys, type TrustedFleet } from "../keys.ts";
import type { RequestKind } from "../messages.ts";

/** What a whole operation gets, key stretching not counted. */
export const OPERATION_MS = 12_000;
const ANSWER_MS = 5_000;
const GLANCE_MS = 500;
const PAUSE_MS = 50;
const PAUSE_MAX_MS = 1_000;

/** The fleet that an operation speaks to, and how it came to be believed. */
export interface Believed extends TrustedFleet {
  /** Under a pin a node of another fleet ends the operation; else it is passed over. */
  readonly pinned: boolean;
  /** Whether a fleet stands in the bundle. */
  readonly lists: (fleet: Bytes) => boolean;
}

/** Where an answer came from: the next message may continue its channel. */
export interface Via {
  readonly endpoint: string;
  readonly channel: Channel;
}

export interface Asked<K extends RequestKind> {
  readonly answer: Answers[K];
  readonly via: Via;
}

export class Nodes {
  readonly #endpoints: readonly string[];
  readonly #believed: Believed;
  readonly #token: string;
  readonly #keys = new Map<string, NodeKeys>();
  readonly #restsUntil = new Map<string, number>();
  readonly #reached = new Set<string>();
  readonly #tried = new Set<string>();
  #unlisted = false;
  #busy = false;
  #first: number;
  #deadline: number;

  constructor(endpoints: readonly string[], believed: Believed, token: string, operationMs: number) {
    this.#endpoints = endpoints;
    this.#believed = believed;
    this.#token = token;
    this.#deadline = performance.now() + operationMs;
    this.#first = Math.floor(Math.random() * endpoints.length);
  }

  /** Runs what does not count as the operation's time: key stretching. */
  async uncounted<T>(run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await run();
    } finally {
      this.#deadline += performance.now() - began;
    }
  }

  /** Sends one message, the same plaintext again and again, until a node answers it. */
  async ask<K extends RequestKind>(kind: K, request: Bytes, after?: Via): Promise<Asked<K>> {
    for (let pause = PAUSE_MS; ; pause = Math.min(2 * pause, PAUSE_MAX_MS)) {
      for (let turn = 0; turn < this.#endpoints.length; turn++) {
        const at = (this.#first + turn) % this.#endpoints.length;
        const endpoint = this.#endpoints[at] ?? "";
        if (this.#left() <= 0) return await this.#giveUp();
        if ((this.#restsUntil.get(endpoint) ?? 0) > performance.now()) continue;
        const asked = await this.#askNode(endpoint, kind, request, after?.endpoint === endpoint ? after.channel : undefined);
        if (asked === undefined) continue;
        this.#first = at;
        return asked;
      }
      this.#refuseIfAllRest();
      await sleep(Math.max(0, Math.min(pause * (0.5 + Math.random()), this.#left())));
    }
  }

  async #askNode<K extends RequestKind>(endpoint: string, kind: K, request: Bytes, known: Channel | undefined): Promise<Asked<K> | undefined> {
    this.#tried.add(endpoint);
    for (let channel = known, again = 0; again < 3; again++, channel = undefined) {
      const keys = await this.#keysOf(endpoint);
      if (keys === undefined) return undefined;
      const open = channel ?? (await Channel.open(keys));
      const spoken = await exchange(endpoint, this.#token, await open.seal(kind, request), this.#patience());
      if (spoken.kind !== "bytes") return this.#note(endpoint, spoken);
      const answer = this.#read(kind, open, spoken.bytes);
      if (answer === undefined) return undefined;
      if (answer.kind === "answer") return this.#counts(answer.answer) ? { answer: answer.answer, via: { endpoint, channel: open } } : undefined;
      if (answer.why === "busy" || answer.why === "not-serving") return undefined;
      if (answer.why !== "unknown-context" && answer.why !== "malformed") this.#keys.delete(endpoint);
    }
    return undefined;
  }

  /** An answer that does not decode, or is to another kind of request, counts as none. */
  #read<K extends RequestKind>(kind: K, channel: Channel, bytes: Bytes): { kind: "answer"; answer: Answers[K] } | { kind: "unreadable"; why: Unreadable } | undefined {
    try {
      const frame = readAnswerFrame(bytes);
      if (frame.kind === "unreadable") return frame;
      return { kind: "answer", answer: readAnswer(kind, channel.openAnswer(kind, frame.ciphertext)) };
    } catch (error) {
      if (error instanceof Malformed || error instanceof BadSeal) return undefined;
      throw error;
    }
  }

  /** *Busy* and *no majority* say nothing about whether a message took effect: it is sent again. */
  #counts(answer: Answers[RequestKind]): boolean {
    if (answer.outcome !== "refused" || (answer.refusal !== "busy" && answer.refusal !== "no-majority")) return true;
    this.#busy = answer.refusal === "busy";
    return false;
  }

  /** The node's keys, verified. Nothing is sent to a node whose keys do not verify, nor to others in silence. */
  async #keysOf(endpoint: string): Promise<NodeKeys | undefined> {
    const known = this.#keys.get(endpoint);
    if (known !== undefined) return known;
    const spoken = await fetchKeys(endpoint, this.#patience());
    if (spoken.kind !== "bytes") return this.#note(endpoint, spoken);
    this.#reached.add(endpoint);
    const keys = decoded(spoken.bytes);
    if (keys === undefined) return undefined;
    if (!this.#believed.pinned && !isOf(keys, this.#believed.fleet)) {
      this.#unlisted ||= !this.#believed.lists(keys.endorsement.fleet);
      return undefined;
    }
    this.#keys.set(endpoint, verified(keys, this.#believed));
    return keys;
  }

  #note(endpoint: string, spoken: Exclude<Spoken, { kind: "bytes" }>): undefined {
    if (spoken.kind !== "silent") this.#reached.add(endpoint);
    if (spoken.kind === "too-many") this.#restsUntil.set(endpoint, performance.now() + spoken.waitMs);
    return undefined;
  }

  #refuseIfAllRest(): void {
    const rests = this.#endpoints.map((endpoint) => this.#restsUntil.get(endpoint) ?? 0);
    if (this.#endpoints.length > 0 && rests.every((until) => until > this.#deadline)) throw new Unreachable("too-many-requests", this.#reached.size);
  }

  async #giveUp(): Promise<never> {
    for (const endpoint of this.#endpoints) {
      if (!this.#tried.has(endpoint) && (await fetchKeys(endpoint, GLANCE_MS)).kind !== "silent") this.#reached.add(endpoint);
    }
    if (this.#keys.size === 0 && this.#unlisted) throw new ForeignFleet("no node of the fleet answers, and one of a fleet that the bundle does not list does");
    if (this.#reached.size === 0) throw new Unreachable("no-node", 0);
    throw new Unreachable(this.#restsUntil.size > 0 ? "too-many-requests" : this.#busy ? "busy" : "no-majority", this.#reached.size);
  }

  #left(): number {
    return this.#deadline - performance.now();
  }

  #patience(): number {
    return Math.max(1, Math.min(ANSWER_MS, Math.ceil(this.#left())));
  }
}

function decoded(bytes: Bytes): NodeKeys | undefined {
  try {
    return readNodeKeys(bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function verified(keys: NodeKeys, believed: Believed): NodeKeys {
  try {
    return verifyNodeKeys(keys, believed);
  } catch (error) {
    if (error instanceof BadSignature) throw new ForeignFleet(`the node's keys do not verify under the key of fleet ${hex(believed.fleet).slice(0, 8)}…`);
    throw error;
  }
}
