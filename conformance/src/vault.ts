// Follows docs/spec/vault.md, "Hashes" and "Owner signatures": of that page, what a client computes itself.

import { unsigned, type Bytes } from "./bytes.ts";
import { digest } from "./crypto.ts";
import { sign } from "./crypto/signatures.ts";
import { changeAction, type ChangeAction } from "./messages.ts";

export function changeHash(fleet: Bytes, vault: Bytes, generation: bigint, action: ChangeAction): Bytes {
  return digest("change-hash", [fleet, vault, unsigned(generation, 8), changeAction(action)]);
}

export function ke1Hash(ke1: Bytes): Bytes {
  return digest("ke1-hash", [ke1]);
}

/** `generation` is the vault's before the change. */
export function signChange(ownerSeed: Bytes, fleet: Bytes, vault: Bytes, generation: bigint, action: ChangeAction): Bytes {
  return sign(ownerSeed, `owner-${action.kind}`, [fleet, vault, unsigned(generation, 8), changeHash(fleet, vault, generation, action)]);
}

export interface Succeeded {
  readonly slot: number;
  readonly registration: Bytes;
  readonly attempt: Bytes;
}

export function signSuccess(ownerSeed: Bytes, fleet: Bytes, vault: Bytes, { slot, registration, attempt }: Succeeded): Bytes {
  return sign(ownerSeed, "owner-success", [fleet, vault, unsigned(slot, 1), registration, attempt]);
}
