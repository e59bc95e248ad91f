// Follows docs/spec/flows.md, the answers to Success: message 2, which gives the guess back. It is stored before it leaves.

import { equal, type Bytes } from "../bytes.ts";
import { ownerSeed, unwrap } from "../crypto.ts";
import type { Login } from "../crypto/opaque.ts";
import { BadSeal, Damaged, Unreachable } from "../errors.ts";
import { success } from "../messages.ts";
import { signSuccess, type Succeeded } from "../vault.ts";
import { writeState, type Device, type PendingAttempt, type PendingUpload, type VaultState } from "./device.ts";
import type { Nodes, Via } from "./nodes.ts";

export const ANEW_MAX = 4;

/** Whom a flow speaks to, and where it stores what it needs. */
export interface Flow {
  readonly nodes: Nodes;
  readonly device: Device;
  readonly fleet: Bytes;
}

/** What became of message 2. */
export type Delivery =
  | { readonly delivered: "counted"; readonly left: number }
  /** Somebody who holds the backup key came later, or the fleet refuses it for good. */
  | { readonly delivered: "closed" }
  /** It stays stored, and goes out at the next run. */
  | { readonly delivered: "pending" }
  | { readonly delivered: "token-dead" };

export function successMessage(flow: Flow, vault: Bytes, backupKey: Bytes, place: Succeeded, token: Bytes, login: Login): Bytes {
  const signature = signSuccess(ownerSeed(backupKey, flow.fleet, vault), flow.fleet, vault, place);
  return success({ token, ke3: login.ke3, signature });
}

export async function deliver(flow: Flow, state: VaultState, pending: PendingUpload | PendingAttempt, message: Bytes, via?: Via): Promise<Delivery> {
  const stored = { ...state, pending: { ...pending, success: message } };
  await writeState(flow.device, stored);
  try {
    const { answer } = await flow.nodes.ask("success", message, via);
    if (answer.outcome === "refused" && answer.refusal === "token-dead") return { delivered: "token-dead" };
    const nothing = { ...stored, pending: { pending: "nothing" } as const };
    const counted = answer.outcome === "done";
    await writeState(flow.device, counted ? { ...nothing, own: 0, seen: 0 } : nothing);
    return counted ? { delivered: "counted", left: answer.left } : { delivered: "closed" };
  } catch (error) {
    if (error instanceof Unreachable) return { delivered: "pending" };
    throw error;
  }
}

/** Opens the wrap after KE2 verified; what does not open, or is no key, is damage. */
export function openWrap(flow: Flow, vault: Bytes, slot: number, login: Login, wrapped: Bytes, expected?: Bytes): Bytes {
  try {
    const backupKey = unwrap(login.exportKey, { vault, fleet: flow.fleet, slot }, wrapped);
    if (backupKey.length === 32 && (expected === undefined || equal(expected, backupKey))) return backupKey;
  } catch (error) {
    if (!(error instanceof BadSeal)) throw error;
  }
  throw new Damaged("the wrapped key does not open");
}
