// A simulated fleet on the loopback interface, made and run by the program that STRONGROOM_BIN names.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { readPin, type Pin } from "../../src/index.ts";

export const PROGRAM = process.env["STRONGROOM_BIN"];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the program to its end. */
export async function run(args: readonly string[], input?: string): Promise<Ran> {
  const child = spawn(PROGRAM ?? "", args, { stdio: "pipe" });
  // A command that ends without reading its input is none of the pipe's business.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const ended = new Promise<number>((resolve, reject) => child.on("error", reject).on("close", (code) => resolve(code ?? -1)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

export class Fleet {
  readonly folder: string;
  readonly name: string;
  #nodes: ChildProcess | undefined;

  private constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
  }

  /** Makes a fleet of three nodes with three guesses in a folder of its own, and waits until it serves. */
  static async start(guesses: number): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), "conformance-"));
    const fleet = new Fleet(folder, join(folder, "fleet"));
    await promisify(execFile)(PROGRAM ?? "", ["fleet", "create", fleet.name, "--nodes", "3", "--guesses", String(guesses), "--base-port", "0"]);
    await fleet.up();
    return fleet;
  }

  async up(): Promise<void> {
    this.#nodes = spawn(PROGRAM ?? "", ["fleet", "up", this.name], { stdio: "ignore" });
    const { endpoints } = await this.pin();
    for (const endpoint of endpoints) await untilServing(endpoint);
  }

  /** Ends the processes that this test started, in order. */
  async down(): Promise<void> {
    const nodes = this.#nodes;
    this.#nodes = undefined;
    if (nodes === undefined || nodes.exitCode !== null) return;
    const ended = new Promise((resolve) => nodes.once("close", resolve));
    nodes.kill("SIGTERM");
    await ended;
  }

  async remove(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  get pinFile(): string {
    return join(this.name, "fleet.pin");
  }

  async pin(): Promise<Pin> {
    return readPin(new Uint8Array(await readFile(this.pinFile)));
  }

  async token(account: string): Promise<string> {
    return (await run(["fleet", "token", this.name, "--account", account])).stdout.trim();
  }
}

async function untilServing(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const serving = await fetch(`${endpoint}/v1/health`).then((response) => response.ok, () => false);
    if (serving) return;
    await sleep(100);
  }
  throw new Error(`${endpoint} does not serve`);
}
