// Follows docs/spec/flows.md, "Trust": before an operation sends anything to a fleet, the device comes to believe it.

import { sha256 } from "@noble/hashes/sha2.js";

import { equal, hex, utf8, type Bytes } from "../bytes.ts";
import { fleetToChangeAt, fleetToRecoverAt, fleetToRegisterAt, verifyUnit, warningsOf, type Concern, type VerifiedUnit } from "../delivery.ts";
import { ForeignFleet, Malformed, StrongroomError, Unconfirmed, Unreachable, Untrusted } from "../errors.ts";
import { fetchRoots, fetchUnit } from "../http.ts";
import { readDeviceTrust, remember, writeDeviceTrust, type DeviceTrust } from "../memory.ts";
import type { Pin } from "../pin.ts";
import { claimedVersion, followAll, readRoots, writeRoots, type BelievedRoot } from "../trust-root.ts";
import type { Device } from "./device.ts";
import type { Believed } from "./nodes.ts";

/** What an operation wants of a fleet. `epoch` is the locator's. */
export type Wanted = { readonly for: "new-vault" } | { readonly for: "new-password" | "anything-else"; readonly fleet: Bytes; readonly epoch: bigint };

/** A fleet to speak to, and what goes into a locator or before the user. */
export interface Chosen extends Believed {
  readonly bundleEpoch: bigint;
  readonly warnings: readonly Concern[];
}

export interface Trust {
  choose(device: Device, endpoints: readonly string[], wanted: Wanted): Promise<Chosen>;
}

/** The fleet of a pin; a locator of another is refused. */
export class PinnedTrust implements Trust {
  readonly #pin: Pin;
  constructor(pin: Pin) {
    this.#pin = pin;
  }

  async choose(_device: Device, _endpoints: readonly string[], wanted: Wanted): Promise<Chosen> {
    const { fleet, key } = this.#pin;
    if (wanted.for !== "new-vault" && !equal(wanted.fleet, fleet)) throw new ForeignFleet("the locator names another fleet than the pin");
    return { fleet, key, pinned: true, lists: () => false, bundleEpoch: 0n, warnings: [] };
  }
}

/** What an app ships in place of a pin. Times are seconds since 1970. */
export interface Shipped {
  readonly root: BelievedRoot;
  readonly floor?: bigint;
  readonly built?: number;
  readonly clock?: () => number;
  /** Concerns that the user was told and insists on. */
  readonly insist?: readonly Concern[];
}

const FRESH_MS = 600_000;
const ANSWER_MS = 5_000;
/** Steps that rest on keys: where one of them fails and the node's roots did not follow, the roots are named. */
const OF_KEYS = ["operator-signature", "auditor-signature", "root-outdated", "foreign-origin", "log-unsigned", "log-signature", "cosignature", "too-few-witnesses", "revocation"];

/** Whatever fleet operator and auditor vouch for. The audit log is not read: what grew and was not proved leaves a warning. */
export class OverTheAir implements Trust {
  readonly #shipped: Shipped;
  #believed: { readonly unit: VerifiedUnit; readonly at: number } | undefined;

  constructor(shipped: Shipped) {
    this.#shipped = shipped;
  }

  async choose(device: Device, endpoints: readonly string[], wanted: Wanted): Promise<Chosen> {
    const locator = wanted.for === "new-vault" ? undefined : wanted.epoch;
    const unit = await this.#unit(device, endpoints, locator);
    const { genesis, key } = this.#fleet(unit, wanted);
    const lists = (fleet: Bytes) => unit.bundle.fleets.some((one) => equal(one.genesis, fleet));
    return { fleet: genesis, key, pinned: false, lists, bundleEpoch: unit.bundle.epoch, warnings: warningsOf(unit) };
  }

  #fleet(unit: VerifiedUnit, wanted: Wanted) {
    if (wanted.for === "new-vault") return fleetToRegisterAt(unit);
    if (wanted.for === "new-password") return fleetToChangeAt(unit, wanted.fleet);
    const { fleet, concerns } = fleetToRecoverAt(unit, wanted.fleet);
    const insisted = this.#shipped.insist ?? [];
    if (!concerns.every((concern) => insisted.includes(concern))) throw new Unconfirmed(concerns);
    return fleet;
  }

  async #unit(device: Device, endpoints: readonly string[], locator: bigint | undefined): Promise<VerifiedUnit> {
    const known = this.#believed;
    const fresh = known !== undefined && performance.now() - known.at < FRESH_MS;
    if (fresh && (locator === undefined || locator <= known.unit.bundle.epoch)) return known.unit;
    const unit = await new Round(this.#shipped, device, locator).run(endpoints);
    this.#believed = { unit, at: performance.now() };
    return unit;
  }
}

/** One round over the nodes. */
class Round {
  readonly #shipped: Shipped;
  readonly #device: Device;
  readonly #locator: bigint | undefined;
  readonly #name: string;
  #trust: DeviceTrust = { roots: undefined, memory: undefined, unproved: undefined };
  #roots: BelievedRoot[] = [];
  #newest: VerifiedUnit | undefined;
  #refusal: StrongroomError | undefined;
  #answered = 0;

  constructor(shipped: Shipped, device: Device, locator: bigint | undefined) {
    this.#shipped = shipped;
    this.#device = device;
    this.#locator = locator;
    this.#name = `${hex(new Uint8Array(sha256(utf8(shipped.root.namespace)))).slice(0, 16)}.trust`;
  }

  async run(endpoints: readonly string[]): Promise<VerifiedUnit> {
    await this.#load();
    const first = Math.floor(Math.random() * endpoints.length);
    for (let turn = 0; turn < endpoints.length; turn++) {
      const endpoint = endpoints[(first + turn) % endpoints.length] ?? "";
      const rootsFollow = await this.#follow(endpoint);
      const unit = await this.#take(endpoint, rootsFollow);
      if (unit !== undefined && !mayBeBetter(unit)) break;
    }
    if (this.#newest !== undefined) return this.#newest;
    throw this.#refusal ?? (this.#answered > 0 ? new Untrusted("no-unit") : new Unreachable("no-node", 0));
  }

  get #root(): BelievedRoot {
    return this.#roots.at(-1) ?? this.#shipped.root;
  }

  /** The roots are verified anew from the app's own; those that are not newer are passed over. */
  async #load(): Promise<void> {
    const file = await this.#device.read(this.#name);
    if (file === undefined) return;
    this.#trust = readDeviceTrust(file);
    const kept = this.#trust.roots === undefined ? [] : readRoots(this.#trust.roots);
    this.#roots = followAll(this.#shipped.root, kept.filter((bytes) => claimedVersion(bytes) > this.#shipped.root.version));
  }

  async #follow(endpoint: string): Promise<boolean> {
    const spoken = await fetchRoots(endpoint, this.#root.version, ANSWER_MS);
    if (spoken.kind !== "bytes") return true;
    try {
      this.#roots.push(...followAll(this.#root, readRoots(spoken.bytes)));
      return true;
    } catch (error) {
      if (error instanceof Untrusted || error instanceof Malformed) return false;
      throw error;
    }
  }

  async #take(endpoint: string, rootsFollow: boolean): Promise<VerifiedUnit | undefined> {
    const spoken = await fetchUnit(endpoint, ANSWER_MS);
    if (spoken.kind !== "silent") this.#answered += 1;
    if (spoken.kind !== "bytes") return undefined;
    try {
      const unit = this.#verify(spoken.bytes);
      await this.#remember(unit);
      return unit;
    } catch (error) {
      if (!(error instanceof Untrusted)) throw error;
      if (error.evidence !== undefined) throw await this.#kept(error, error.evidence);
      this.#refusal ??= !rootsFollow && OF_KEYS.includes(error.step) ? new Untrusted("roots", "the node's roots do not follow") : error;
      return undefined;
    }
  }

  #verify(bytes: Bytes): VerifiedUnit {
    const { floor, built, clock } = this.#shipped;
    return verifyUnit(bytes, {
      root: this.#root,
      clock: clock === undefined ? Date.now() / 1000 : clock(),
      build: Math.max(built ?? 0, this.#shipped.root.issued),
      app: floor,
      locator: this.#locator,
      found: this.#newest?.bundle.epoch,
      memory: this.#trust.memory,
    });
  }

  /** What was taken in is remembered at once, so that nobody is led back and nodes with two faces are caught. */
  async #remember(unit: VerifiedUnit): Promise<void> {
    this.#trust = { ...remember(this.#trust, unit.memory, !unit.concerns.includes("consistency-unchecked")), roots: writeRoots(this.#roots) };
    await this.#device.write(this.#name, writeDeviceTrust(this.#trust));
    if (this.#newest === undefined || unit.memory.checkpoint.body.size >= this.#newest.memory.checkpoint.body.size) this.#newest = unit;
  }

  /** Two statements that exclude each other end the round; both are kept. */
  async #kept(error: Untrusted, evidence: Bytes): Promise<Untrusted> {
    await this.#device.write(`${hex(new Uint8Array(sha256(evidence))).slice(0, 16)}.evidence`, evidence);
    return error;
  }
}

/** Whether another node may have a unit that leaves less to ask. */
function mayBeBetter({ concerns }: VerifiedUnit): boolean {
  return concerns.some((concern) => concern !== "consistency-unchecked");
}
