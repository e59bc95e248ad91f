// Single faults of a delivery unit and what carries it. Any two of them together show in which order the steps run.

import { base64 } from "../../src/bytes.ts";
import { writtenTime } from "../../src/bodies.ts";
import { publicKey } from "../../src/crypto/signatures.ts";
import { cosigned, note, signer, Universe } from "./universe.ts";

type Section = "bundle" | "bundle-proof" | "status" | "status-proof";

/** A universe and what is done to single sections of its unit. */
export class Faulty {
  readonly universe = new Universe();
  readonly #changes = new Map<Section, (text: string) => string>();
  readonly rootNote: string;

  constructor(faults: readonly string[]) {
    const seed = new Uint8Array(32).fill(1);
    this.universe.fleets = [{ label: "a", service: "active", genesis: seed, key: publicKey(seed) }];
    const keys = { ...this.universe.keys };
    for (const fault of faults) FAULTS[fault]?.(this);
    this.unit = this.universe.unit(Object.fromEntries(this.#changes));
    this.universe.keys = keys;
    this.rootNote = this.universe.rootNote();
  }

  readonly unit: Uint8Array<ArrayBuffer>;

  section(name: Section, change: (text: string) => string): void {
    const before = this.#changes.get(name) ?? ((text: string) => text);
    this.#changes.set(name, (text) => change(before(text)));
  }

  text(of: "bundleBody" | "statusBody" | "checkpointText" | "checkpoint", change: (text: string) => string): void {
    const universe = this.universe;
    const before = universe[of].bind(universe) as (leaves: readonly string[]) => string;
    universe[of] = (leaves: readonly string[] = []) => change(before(leaves));
  }

  revocation(...by: string[]): string {
    return this.universe.revocation(new Uint8Array(32).fill(1), ...by.map((name) => this.universe.keys[name] ?? signer(name)));
  }
}

export const FAULTS: Record<string, (faulty: Faulty) => void> = {
  "bundle is no note": (f) => f.section("bundle", (text) => text.replace("\n\n— auditor", "\n\n* auditor")),
  "status is no note": (f) => f.section("status", (text) => text.replace("\n\n— operator", "\n\n– operator")),
  "bundle's proof": (f) => f.section("bundle-proof", (text) => text.replace("index ", "index +")),
  "status's proof": (f) => f.section("status-proof", (text) => text.replace("index ", "index +")),
  "proof's extra line": (f) => f.section("bundle-proof", (text) => text.replace("@v1\n", "@v1\nextra AAAA\n")),
  "checkpoint is no note": (f) => f.section("bundle-proof", (text) => text.replace("\n— witness", "\n—  witness")),
  "operator's line of the bundle": (f) => f.section("bundle", (text) => text.replace(/(— operator.*\/bundle )....../, "$1AAAAAA")),
  "operator's key of the status": (f) => void (f.universe.keys["operator status"] = signer("operator.example/status", 1, "another")),
  "auditor's key of the status": (f) => void (f.universe.keys["auditor status"] = signer("auditor.example/status", 1, "another")),
  "form of the bundle": (f) => f.text("bundleBody", (text) => text.replace("epoch 1", "epoch 0")),
  "form of the status": (f) => f.text("statusBody", (text) => text.replace("number 1", "number 01")),
  "namespace of the bundle": (f) => f.text("bundleBody", (text) => text.replace("namespace c", "namespace x")),
  "namespace of the status": (f) => f.text("statusBody", (text) => text.replace("namespace c", "namespace x")),
  "a newer root": (f) => f.text("statusBody", (text) => text.replace("trust-root 1", "trust-root 2")),
  "two checkpoints": (f) => f.section("status-proof", (text) => text.replace(/\n— witness-3.*\n/, "\n")),
  "form of the checkpoint": (f) => f.text("checkpointText", (text) => text.replace(/\n(\d)\n/, "\n0$1\n")),
  "extension line": (f) => f.text("checkpointText", (text) => `${text}extension\n`),
  "foreign origin": (f) => f.text("checkpointText", (text) => text.replace("auditor.example/log", "auditor.example/gol")),
  "log did not sign": (f) => f.text("checkpoint", (text) => text.replace(/\n— auditor.*\n/, "\n")),
  "log signed twice": (f) => f.text("checkpoint", (text) => text.replace(/(\n— auditor.*)\n/, "$1$1\n")),
  "a witness forged": (f) => f.text("checkpoint", (text) => text.replace(/(\n— witness-2.*)......==\n/, "$1AAAAAA==\n")),
  "one witness": (f) => f.text("checkpoint", (text) => text.replace(/— witness-[12].*\n/g, "")),
  "a stranger's line": (f) => f.text("checkpoint", (text) => `${text}— stranger AAAAAAA=\n`),
  "the largest line of a stranger": (f) => f.text("checkpoint", (text) => text + strangersLine(128, 5004)),
  "a signature too long": (f) => f.text("checkpoint", (text) => text + strangersLine(8, 5005)),
  "a signature of no bytes": (f) => f.text("checkpoint", (text) => text + strangersLine(8, 4)),
  "a name too long": (f) => f.text("checkpoint", (text) => text + strangersLine(129, 68)),
  "32 lines": (f) => f.text("checkpoint", (text) => text + strangersLine(8, 68).repeat(28)),
  "33 lines": (f) => f.text("checkpoint", (text) => text + strangersLine(8, 68).repeat(29)),
  "a name with a control character": (f) => f.text("checkpoint", (text) => `${text}— stran\u0080ger AAAAAAA=\n`),
  "another index": (f) => f.section("bundle-proof", (text) => text.replace(/index \d/, "index 0")),
  "bundle from the future": (f) => f.text("bundleBody", (text) => text.replace(/issued .*/, `issued ${writtenTime(f.universe.now + 7200)}`)),
  "cosignature from the future": (f) => witnessed(f, [0, 0, 7200]),
  "witnesses are stale": (f) => witnessed(f, [0, -15 * 86_400, -15 * 86_400]),
  "bundle expired": (f) => f.text("bundleBody", (text) => text.replace(/issued .*\nexpires .*/, "issued 2026-01-01T00:00:00Z\nexpires 2026-02-01T00:00:00Z")),
  "status of another bundle": (f) => f.text("statusBody", (text) => text.replace("bundle 1", "bundle 2")),
  "status is stale": (f) => f.text("statusBody", (text) => text.replace(/issued .*/, "issued 2026-01-01T00:00:00Z")),
  "simulation is not allowed": (f) => void (f.universe.simulation = false),
  "revocation is no note": (f) => void f.universe.revocations.push("no note\n"),
  "revocation by a stranger": (f) => void f.universe.revocations.push(f.revocation("stranger")),
  "revocation from the future": (f) => void f.universe.revocations.push(f.revocation("operator revocation").replace(/issued 20/, "issued 21")),
  "revocation twice": (f) => {
    const once = f.revocation("operator revocation");
    f.universe.revocations.push(once, once);
    f.text("statusBody", (text) => text.replace(/(revocation .*\n)\1/, "$1"));
  },
  "revocation is withheld": (f) => f.text("statusBody", (text) => `${text}revocation sha256:${"f".repeat(64)}\n`),
};

function strangersLine(name: number, bytes: number): string {
  return `— ${"s".repeat(name)} ${base64(new Uint8Array(bytes))}\n`;
}

function witnessed(f: Faulty, after: readonly number[]): void {
  const universe = f.universe;
  universe.checkpoint = (leaves) => {
    const text = universe.checkpointText(leaves);
    const lines = universe.witnesses.map((witness, at) => cosigned(witness, text, universe.now + (after[at] ?? 0)));
    return note(text, universe.log) + lines.join("");
  };
}
