import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The program under test, where there is one. */
export const PROGRAM = process.env["STRONGROOM_BIN"];

/** A simulated fleet of three nodes on loopback, in a folder of its own. */
export class Fleet {
  readonly folder = mkdtempSync(join(tmpdir(), "strongroom-web-"));
  readonly pin: string;
  readonly token: string;
  readonly #process: ChildProcess;

  private constructor() {
    this.run("fleet", "create", join(this.folder, "fleet"), "--nodes", "3", "--base-port", "0", "--guesses", "3");
    this.pin = readFileSync(join(this.folder, "fleet/fleet.pin"), "utf8");
    this.token = this.run("fleet", "token", join(this.folder, "fleet"), "--account", "me").trim();
    this.#process = spawn(program(), ["fleet", "up", join(this.folder, "fleet")], { stdio: "ignore" });
  }

  /** Founds and starts a fleet, and waits until it serves. */
  static async start(): Promise<Fleet> {
    const fleet = new Fleet();
    for (let tries = 0; tries < 300; tries++) {
      try {
        const status = fleet.run("fleet", "status", "--fleet", join(fleet.folder, "fleet/fleet.pin"), "--json");
        if ((JSON.parse(status) as { majority: boolean }).majority) return fleet;
      } catch {
        // It does not answer yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await fleet.stop();
    throw new Error("the fleet did not come up");
  }

  run(...args: string[]): string {
    return execFileSync(program(), args, {
      encoding: "utf8",
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: this.folder, STRONGROOM_HSM: process.env["STRONGROOM_HSM"] },
    });
  }

  /** Runs a command that speaks to the fleet, as a device of its own. */
  runAt(device: string, ...args: string[]): string {
    const fleet = ["--fleet", join(this.folder, "fleet/fleet.pin"), "--state-dir", join(this.folder, device)];
    return this.run(...args, ...fleet, "--token-file", this.tokenFile());
  }

  tokenFile(): string {
    const file = join(this.folder, "token");
    if (!existsSync(file)) throw new Error("write the token first");
    return file;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.kill("SIGTERM")) await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function program(): string {
  if (PROGRAM === undefined) throw new Error("STRONGROOM_BIN names no program");
  return PROGRAM;
}
