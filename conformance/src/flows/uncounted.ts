// Follows docs/spec/flows.md, "Recover by a recovery code or a passkey" and "Add a recovery code or a passkey".
// Attempts at them are not counted: nothing is stored before, and no message 2 follows.

import type { SlotStatus, VaultStatus } from "../answers.ts";
import { equal, random, type Bytes } from "../bytes.ts";
import { LoginStart } from "../crypto/opaque.ts";
import { Damaged, Erased, HeldAlready, NoSuchSlot, NoSuchVault, Refused, UnprovenUpload, WrongPasskey, WrongRecoveryCode } from "../errors.ts";
import { attempt as attemptMessage, type Passkey } from "../messages.ts";
import { recoveryCodeCredential, type ReadCode } from "../recovery-code.ts";
import { status } from "./change.ts";
import type { Credential } from "./credential.ts";
import { writeKey, type Purpose } from "./device.ts";
import { ANEW_MAX, openWrap, type Flow } from "./success.ts";
import { askUpload, identities, registered, stretchOf } from "./upload.ts";

export interface Opened {
  readonly backupKey: Bytes;
  readonly slot: number;
  /** How often somebody guessed at the password since its last success. */
  readonly failed: number;
}

export async function recoverByCode(flow: Flow, vault: Bytes, { codes }: ReadCode): Promise<Opened> {
  const slots = (await status(flow, vault)).slots.filter(({ kind }) => kind.kind === "recovery-code");
  if (slots.length === 0) throw new NoSuchSlot("the vault has no recovery code");
  for (const { slot } of slots) {
    for (const code of codes) {
      const opened = await tryAt(flow, vault, slot, recoveryCodeCredential(code));
      if (opened === "wrong-slot") break;
      if (opened !== "wrong") return opened;
    }
  }
  throw new WrongRecoveryCode("the recovery code opens nothing");
}

/** The slots of a vault's passkeys, to be asked for; each by its own PRF input. */
export async function passkeySlots(flow: Flow, vault: Bytes): Promise<readonly (SlotStatus & { kind: { kind: "passkey"; passkey: Passkey } })[]> {
  const { slots } = await status(flow, vault);
  return slots.filter((slot): slot is SlotStatus & { kind: { kind: "passkey"; passkey: Passkey } } => slot.kind.kind === "passkey");
}

export async function recoverByPasskey(flow: Flow, vault: Bytes, registration: Bytes, credential: Credential): Promise<Opened> {
  const slot = (await status(flow, vault)).slots.find((one) => equal(one.registration, registration) && one.kind.kind === "passkey");
  if (slot === undefined) throw new NoSuchSlot("the passkey was removed from the vault");
  const opened = await tryAt(flow, vault, slot.slot, credential);
  if (opened === "wrong-slot") throw new NoSuchSlot("the passkey was removed from the vault");
  if (opened === "wrong") throw new WrongPasskey("the passkey's answer opens nothing");
  return opened;
}

export interface AddOf {
  readonly vault: Bytes;
  /** The locator's slot, which is taken last. */
  readonly preferred: number;
  readonly backupKey: Bytes;
  readonly credential: Credential;
  /** The registration that a passkey was made for. */
  readonly registration?: Bytes | undefined;
  /** The slot that the person named, to be replaced. */
  readonly replace?: number | undefined;
}

/** Makes a vault that begins with a recovery code or a passkey, in slot 1, and opens it at once. */
export async function createWith(flow: Flow, wanted: AddOf): Promise<Opened> {
  const refusal = await uploadAt(flow, wanted, 1, { purpose: "create" });
  if (refusal !== undefined) throw new Refused(refusal);
  return seenToOpen(flow, wanted, 1);
}

/** Adds a slot, and opens the vault by it at once: only then is it called added. */
export async function addSlot(flow: Flow, wanted: AddOf): Promise<Opened> {
  for (let anew = 0; ; anew++) {
    const present = await status(flow, wanted.vault);
    if (wanted.replace === undefined) refuseIfHeld(present, wanted.credential);
    const { slot, purpose } = placeOf(present, wanted);
    const refusal = await uploadAt(flow, wanted, slot, purpose);
    if (refusal === undefined) return seenToOpen(flow, wanted, slot);
    if (refusal !== "generation-conflict" || anew === ANEW_MAX) throw refusal === "vault-erased" ? new Erased("the vault is erased") : new Refused(refusal);
  }
}

async function seenToOpen(flow: Flow, { vault, credential, backupKey }: AddOf, slot: number): Promise<Opened> {
  const opened = await tryAt(flow, vault, slot, credential);
  if (typeof opened === "string") throw new UnprovenUpload("the new slot does not open the vault");
  if (!equal(opened.backupKey, backupKey)) throw new Damaged("the new slot holds another key");
  return opened;
}

/** Register and upload; a dead ticket registers again. What comes back is the refusal, if any. */
async function uploadAt(flow: Flow, wanted: AddOf, slot: number, purpose: Purpose): Promise<string | undefined> {
  const upload = { vault: wanted.vault, slot, purpose, backupKey: wanted.backupKey, credential: wanted.credential };
  for (let anew = 0; ; anew++) {
    const made = await registered(flow, upload, wanted.registration ?? random(16));
    if (typeof made === "string") return made;
    const { answer } = await askUpload(flow, upload, purpose, made);
    if (answer.outcome === "done") return undefined;
    const again = answer.refusal === "ticket-dead" || (answer.refusal === "registration-used" && wanted.registration === undefined);
    if (!again || anew === ANEW_MAX) return answer.refusal;
  }
}

/** One Attempt with a fresh attempt id. */
async function tryAt(flow: Flow, vault: Bytes, slot: number, credential: Credential): Promise<Opened | "wrong" | "wrong-slot"> {
  const login = new LoginStart(credential.secret);
  const { answer } = await flow.nodes.ask("attempt", attemptMessage({ vault, slot, attempt: random(16), ke1: login.ke1 }));
  if (answer.outcome === "absent") throw new NoSuchVault("there is no such vault");
  if (answer.outcome === "refused" && answer.refusal === "wrong-slot") return "wrong-slot";
  if (answer.outcome === "refused" && answer.refusal === "vault-erased") throw new Erased("the vault is erased");
  if (answer.outcome !== "answered") throw new Refused(answer.outcome === "refused" ? answer.refusal : answer.outcome);
  const stretch = stretchOf(flow, answer.stretching);
  const finished = await login.finish(answer.ke2, identities(flow, vault, answer.registration), stretch);
  if (finished === undefined) return "wrong";
  const backupKey = openWrap(flow, vault, slot, finished, answer.wrappedKey);
  await writeKey(flow.device, vault, backupKey);
  return { backupKey, slot, failed: answer.failed };
}

function refuseIfHeld({ slots }: VaultStatus, { kind }: Credential): void {
  const held = slots.some((slot) => {
    if (kind.kind !== "passkey" || slot.kind.kind !== "passkey") return kind.kind === "recovery-code" && slot.kind.kind === "recovery-code";
    return equal(slot.kind.passkey.credentialId, kind.passkey.credentialId) && slot.kind.passkey.rpId === kind.passkey.rpId;
  });
  if (held) throw new HeldAlready(`the vault holds this ${kind.kind} already`);
}

function placeOf({ slots, generation }: VaultStatus, { preferred, replace }: AddOf): { slot: number; purpose: Purpose } {
  if (replace !== undefined) return { slot: replace, purpose: { purpose: "replace", generation } };
  const order = [...[1, 2, 3, 4, 5, 6, 7, 8].filter((number) => number !== preferred), preferred];
  const free = order.find((number) => !slots.some(({ slot }) => slot === number));
  if (free === undefined) throw new Refused("wrong-slot");
  return { slot: free, purpose: { purpose: "add", generation } };
}
