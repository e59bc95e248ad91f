// Follows docs/spec/flows.md, "The device's state": the files of a device and what stands in the one of a vault.

import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { chacha20 } from "@noble/ciphers/chacha.js";

import { Lines, type Line } from "../bodies.ts";
import { hex, text, unhex, utf8, type Bytes } from "../bytes.ts";
import type { Draw } from "../crypto/opaque.ts";
import { readCount } from "../checkpoint.ts";
import { Malformed } from "../errors.ts";
import { readSlotUpload, slotUpload, type SlotUpload } from "../messages.ts";

/** Where a device keeps what it needs to go on. A write is on the disk before it returns. */
export interface Device {
  read(name: string): Promise<Bytes | undefined>;
  write(name: string, bytes: Bytes): Promise<void>;
  remove(name: string): Promise<void>;
}

/** A device that forgets everything with its process. */
export class MemoryDevice implements Device {
  readonly files = new Map<string, Bytes>();
  async read(name: string): Promise<Bytes | undefined> {
    return this.files.get(name);
  }
  async write(name: string, bytes: Bytes): Promise<void> {
    this.files.set(name, bytes);
  }
  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }
}

/** A folder that is its owner's alone. A file is written beside itself, put on the disk and renamed. */
export class FolderDevice implements Device {
  readonly #folder: string;
  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(name: string): Promise<Bytes | undefined> {
    try {
      return new Uint8Array(await readFile(join(this.#folder, name)));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  async write(name: string, bytes: Bytes): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const beside = join(this.#folder, `${name}.new`);
    const file = await open(beside, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, join(this.#folder, name));
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }
}

export type Purpose = { readonly purpose: "create" } | { readonly purpose: "add" | "replace"; readonly generation: bigint };

export interface PendingUpload {
  readonly pending: "upload";
  readonly purpose: Purpose;
  /** Without its confirmation. */
  readonly slot: SlotUpload;
  readonly attempt: Bytes;
  readonly loginSeed: Bytes;
  readonly success?: Bytes | undefined;
}

export interface PendingAttempt {
  readonly pending: "attempt";
  readonly attempt: Bytes;
  readonly loginSeed: Bytes;
  readonly success?: Bytes | undefined;
}

export type Pending = { readonly pending: "nothing" } | { readonly pending: "registration" } | PendingUpload | PendingAttempt;

export interface VaultState {
  readonly fleet: Bytes;
  readonly vault: Bytes;
  readonly generation: bigint;
  /** This device's wrong guesses, and the fleet's count after the last of them. */
  readonly own: number;
  readonly seen: number;
  readonly pending: Pending;
}

/** All that OPAQUE draws for a login, out of the login seed. */
export function drawFrom(loginSeed: Bytes): Draw {
  let drawn = 0;
  return (length) => {
    const stream = chacha20(loginSeed, new Uint8Array(12), new Uint8Array(drawn + length));
    drawn += length;
    return stream.slice(drawn - length);
  };
}

export function stateName(vault: Bytes): string {
  return `${hex(vault.subarray(0, 8))}.state`;
}

export function keyName(vault: Bytes): string {
  return `${hex(vault.subarray(0, 8))}.key`;
}

export async function readKey(device: Device, vault: Bytes): Promise<Bytes | undefined> {
  const file = await device.read(keyName(vault));
  if (file === undefined) return undefined;
  return readBackupKey(text(file, "the key's file"));
}

/** The 64-digit key: a reader passes over white space and `-`, and takes digits of either case. */
export function readBackupKey(typed: string): Bytes {
  return unhex(typed.replace(/[\s-]/gu, "").replace(/[A-F]/g, (digit) => digit.toLowerCase()), 32, "not a 64-digit key");
}

/** Sixteen groups of four digits. */
export function writtenBackupKey(backupKey: Bytes): string {
  return hex(backupKey).match(/.{4}/g)?.join(" ") ?? "";
}

export async function writeKey(device: Device, vault: Bytes, backupKey: Bytes): Promise<void> {
  await device.write(keyName(vault), utf8(`${writtenBackupKey(backupKey)}\n`));
}

/** The state of a vault, or one that nothing is known of. */
export async function readState(device: Device, fleet: Bytes, vault: Bytes): Promise<VaultState> {
  const file = await device.read(stateName(vault));
  if (file === undefined) return { fleet, vault, generation: 0n, own: 0, seen: 0, pending: { pending: "nothing" } };
  const state = parseState(file);
  if (hex(state.vault) !== hex(vault) || hex(state.fleet) !== hex(fleet)) throw new Malformed("the state of another vault");
  return state;
}

export async function writeState(device: Device, state: VaultState): Promise<void> {
  await device.write(stateName(state.vault), formatState(state));
}

export function parseState(file: Bytes): VaultState {
  if (file.length > 16_384) throw new Malformed("the state is too long");
  const lines = new Lines(text(file, "the state"));
  lines.value("version", (line) => line.exactly("1"));
  const state = {
    fleet: lines.value("fleet", (line) => hexOf(line, 32)),
    vault: lines.value("vault", (line) => hexOf(line, 32)),
    generation: lines.value("generation", count),
    own: Number(lines.value("own-wrong-guesses", count)),
    seen: Number(lines.value("wrong-guesses-seen", count)),
  };
  const pending = parsePending(lines);
  lines.end();
  return { ...state, pending };
}

export function formatState(state: VaultState): Bytes {
  const lines = [
    "version 1",
    `fleet ${hex(state.fleet)}`,
    `vault ${hex(state.vault)}`,
    `generation ${state.generation}`,
    `own-wrong-guesses ${state.own}`,
    `wrong-guesses-seen ${state.seen}`,
    ...formatPending(state.pending),
  ];
  return utf8(`${lines.join("\n")}\n`);
}

function parsePending(lines: Lines): Pending {
  const pending = lines.value("pending", (line) => line.oneOf(["nothing", "registration", "upload", "attempt"], "pending"));
  if (pending === "nothing" || pending === "registration") return { pending };
  const upload = pending === "upload" ? parseUpload(lines) : undefined;
  const attempt = lines.value("attempt", (line) => hexOf(line, 16));
  const loginSeed = lines.value("login-seed", (line) => hexOf(line, 32));
  const success = lines.comes("success") ? lines.value("success", (line) => line.reading(() => bytesOf(line.string("success")))) : undefined;
  return upload === undefined ? { pending: "attempt", attempt, loginSeed, success } : { pending: "upload", ...upload, attempt, loginSeed, success };
}

function parseUpload(lines: Lines): { purpose: Purpose; slot: SlotUpload } {
  const name = lines.value("purpose", (line) => line.oneOf(["create", "add", "replace"], "purpose"));
  const purpose: Purpose = name === "create" ? { purpose: name } : { purpose: name, generation: lines.value("at-generation", count) };
  return { purpose, slot: lines.value("slot", (line) => line.reading(() => readSlotUpload(bytesOf(line.string("slot"))))) };
}

function formatPending(pending: Pending): string[] {
  if (pending.pending === "nothing" || pending.pending === "registration") return [`pending ${pending.pending}`];
  const lines = [`pending ${pending.pending}`];
  if (pending.pending === "upload") {
    lines.push(`purpose ${pending.purpose.purpose}`);
    if (pending.purpose.purpose !== "create") lines.push(`at-generation ${pending.purpose.generation}`);
    lines.push(`slot ${hex(slotUpload({ ...pending.slot, confirmation: undefined }))}`);
  }
  lines.push(`attempt ${hex(pending.attempt)}`, `login-seed ${hex(pending.loginSeed)}`);
  if (pending.success !== undefined) lines.push(`success ${hex(pending.success)}`);
  return lines;
}

function hexOf(line: Line, length: number): Bytes {
  return line.reading(() => unhex(line.string("hex"), length, "not lower-case hex"));
}

function bytesOf(digits: string): Bytes {
  return unhex(digits, digits.length >> 1, "not lower-case hex");
}

function count(line: Line): bigint {
  return line.reading(() => readCount(line.string("number")));
}
