// Follows docs/spec/flows.md, "Change the password, remove, erase". A change begins with Status.

import type { VaultStatus } from "../answers.ts";
import type { Bytes } from "../bytes.ts";
import { ownerSeed } from "../crypto.ts";
import { Erased, NoSuchVault, Refused } from "../errors.ts";
import { change, status as statusMessage, type ChangeAction } from "../messages.ts";
import { signChange } from "../vault.ts";
import type { Credential } from "./credential.ts";
import { readState, type Purpose } from "./device.ts";
import { ANEW_MAX, type Flow } from "./success.ts";
import { upload, type UploadDone } from "./upload.ts";

export async function status(flow: Flow, vault: Bytes): Promise<VaultStatus> {
  const { answer } = await flow.nodes.ask("status", statusMessage(vault));
  switch (answer.outcome) {
    case "present":
      return answer;
    case "absent":
      throw new NoSuchVault("there is no such vault");
    case "erased":
      throw new Erased("the vault is erased");
    case "refused":
      throw answer.refusal === "vault-erased" ? new Erased("the vault is erased") : new Refused(answer.refusal);
  }
}

/** Sets a password: in place of the live one, in the place of an erased one, or in the first slot that is free. */
export async function setPassword(flow: Flow, vault: Bytes, preferred: number, backupKey: Bytes, credential: Credential): Promise<UploadDone & { slot: number }> {
  const present = await status(flow, vault);
  const { slot, purpose } = placeOf(present, preferred);
  const state = { ...(await readState(flow.device, flow.fleet, vault)), generation: present.generation };
  return { slot, ...(await upload(flow, state, { vault, slot, purpose, backupKey, credential })) };
}

/** Removes a slot; one that does not stand counts as done. */
export async function remove(flow: Flow, vault: Bytes, slot: number, backupKey: Bytes): Promise<void> {
  await signed(flow, vault, backupKey, (present) => (present.slots.some((one) => one.slot === slot) ? { kind: "remove", slot } : undefined));
}

/** Erases the vault for ever; one that is erased counts as done. */
export async function erase(flow: Flow, vault: Bytes, backupKey: Bytes): Promise<void> {
  try {
    await signed(flow, vault, backupKey, () => ({ kind: "erase" }));
  } catch (error) {
    if (!(error instanceof Erased)) throw error;
  }
}

/** One signed Change of the generation that Status gives; a conflict begins with Status again. */
async function signed(flow: Flow, vault: Bytes, backupKey: Bytes, choose: (present: VaultStatus) => ChangeAction | undefined): Promise<void> {
  for (let anew = 0; ; anew++) {
    const present = await status(flow, vault);
    const action = choose(present);
    if (action === undefined) return;
    const signature = signChange(ownerSeed(backupKey, flow.fleet, vault), flow.fleet, vault, present.generation, action);
    const { answer } = await flow.nodes.ask("change", change(vault, present.generation, action, signature));
    if (answer.outcome === "done") return;
    if (answer.refusal === "vault-erased") throw new Erased("the vault is erased");
    if (answer.refusal !== "generation-conflict" || anew === ANEW_MAX) throw new Refused(answer.refusal);
  }
}

function placeOf({ slots, generation }: VaultStatus, preferred: number): { slot: number; purpose: Purpose } {
  const standing = slots.find(({ kind }) => kind.kind === "password");
  if (standing !== undefined) return { slot: standing.slot, purpose: { purpose: standing.erased ? "add" : "replace", generation } };
  const free = [preferred, 1, 2, 3, 4, 5, 6, 7, 8].find((number) => !slots.some(({ slot }) => slot === number));
  if (free === undefined) throw new Refused("wrong-slot");
  return { slot: free, purpose: { purpose: "add", generation } };
}
