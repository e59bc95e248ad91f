// Follows docs/spec/flows.md, "Register and upload": a slot comes into a vault, and is seen to work.

import { concat, random, type Bytes } from "../bytes.ts";
import { ownerKey, ownerSeed, wrap } from "../crypto.ts";
import { LoginStart, RegistrationStart, type Identities } from "../crypto/opaque.ts";
import { stretching, type Stretch } from "../crypto/stretching.ts";
import { OtherPassword, Refused, UnprovenUpload } from "../errors.ts";
import { change, create, register, type ChangeAction, type SlotUpload } from "../messages.ts";
import { signChange } from "../vault.ts";
import type { Uploaded } from "../answers.ts";
import type { Credential } from "./credential.ts";
import { drawFrom, writeState, type PendingUpload, type Purpose, type VaultState } from "./device.ts";
import type { Via } from "./nodes.ts";
import { ANEW_MAX, deliver, openWrap, successMessage, type Delivery, type Flow } from "./success.ts";

/** The fleet has a vault of this id already, or had one: another id is drawn. */
export class VaultIdTaken extends Error {}

export interface UploadOf {
  readonly vault: Bytes;
  readonly slot: number;
  readonly purpose: Purpose;
  readonly backupKey: Bytes;
  readonly credential: Credential;
}

export interface UploadDone {
  readonly generation: bigint;
  readonly left: number;
  readonly delivery: Delivery;
}

/** Registers and uploads a slot, with a fresh registration where the ticket died or its id was used. */
export async function upload(flow: Flow, state: VaultState, wanted: UploadOf): Promise<UploadDone> {
  let { purpose } = wanted;
  let pending: PendingUpload | undefined;
  for (let anew = 0; ; anew++) {
    pending ??= await registration(flow, state, { ...wanted, purpose });
    const answer = await send(flow, state, pending, wanted);
    if (!("refusal" in answer)) return answer;
    if (anew === ANEW_MAX) throw await over(flow, state, answer.refusal);
    if (answer.refusal === "wrong-slot" && purpose.purpose !== "create") {
      purpose = { purpose: purpose.purpose === "add" ? "replace" : "add", generation: purpose.generation };
      pending = { ...pending, purpose };
    } else if (answer.refusal === "ticket-dead" || answer.refusal === "registration-used") {
      pending = undefined;
    } else if (purpose.purpose === "create" && (answer.refusal === "vault-exists" || answer.refusal === "vault-erased")) {
      throw new VaultIdTaken();
    } else {
      throw await over(flow, state, answer.refusal);
    }
  }
}

/** Goes on with an upload of an earlier run: the same message, out of the same password. */
export async function resumeUpload(flow: Flow, state: VaultState, pending: PendingUpload, backupKey: Bytes, credential: Credential): Promise<UploadDone> {
  const wanted = { vault: state.vault, slot: pending.slot.slot, purpose: pending.purpose, backupKey, credential };
  try {
    const answer = await send(flow, state, pending, wanted);
    if (!("refusal" in answer)) return answer;
    if (answer.refusal === "vault-exists") throw new OtherPassword("it was begun with another password");
    if (answer.refusal === "ticket-dead" || answer.refusal === "registration-used") return await upload(flow, state, wanted);
    throw await over(flow, state, answer.refusal);
  } catch (error) {
    throw error instanceof UnprovenUpload ? new OtherPassword("it was begun with another password") : error;
  }
}

/** Register for a password, whose upload begins an attempt. */
async function registration(flow: Flow, state: VaultState, wanted: UploadOf): Promise<PendingUpload> {
  await writeState(flow.device, { ...state, pending: { pending: "registration" } });
  const slot = await registered(flow, wanted, random(16));
  if (typeof slot === "string") throw await over(flow, state, slot);
  return { pending: "upload", purpose: wanted.purpose, slot, attempt: random(16), loginSeed: random(32) };
}

/** Register, and what its answer makes: the upload without a confirmation. A refusal comes by its name. */
export async function registered(flow: Flow, wanted: UploadOf, id: Bytes): Promise<SlotUpload | string> {
  const { vault, slot, purpose, credential } = wanted;
  const start = new RegistrationStart(credential.secret);
  const generation = purpose.purpose === "create" ? 0n : purpose.generation;
  const { answer } = await flow.nodes.ask("register", register({ vault, slot, registration: id, generation, request: start.request }));
  if (answer.outcome === "refused") return answer.refusal;
  const { record, exportKey } = await start.finish(answer.response, identities(flow, vault, id), stretchOf(flow, credential.stretching));
  const wrappedKey = wrap(exportKey, { vault, fleet: flow.fleet, slot }, wanted.backupKey);
  const { kind, stretching } = credential;
  return { slot, kind, registration: id, stretching, ticket: answer.ticket, record, wrappedKey, confirmation: undefined };
}

async function send(flow: Flow, state: VaultState, pending: PendingUpload, wanted: UploadOf): Promise<UploadDone | { refusal: string }> {
  const login = new LoginStart(wanted.credential.secret, drawFrom(pending.loginSeed));
  const slot: SlotUpload = { ...pending.slot, confirmation: { attempt: pending.attempt, ke1: login.ke1 } };
  await writeState(flow.device, { ...state, pending });
  for (let anew = 0; ; anew++) {
    const { answer, via } = await askUpload(flow, wanted, pending.purpose, slot);
    if (answer.outcome === "refused") return { refusal: answer.refusal };
    const now = { ...state, generation: answer.generation };
    const delivery = await confirm(flow, now, pending, wanted, login, answer, via);
    if (delivery.delivered !== "token-dead" || anew === ANEW_MAX) return { generation: answer.generation, left: answer.left, delivery };
  }
}

export function askUpload(flow: Flow, { vault, backupKey }: UploadOf, purpose: Purpose, slot: SlotUpload) {
  if (purpose.purpose === "create") return flow.nodes.ask("create", create(vault, ownerKey(backupKey, flow.fleet, vault), slot));
  const action: ChangeAction = { kind: purpose.purpose, slot };
  const signature = signChange(ownerSeed(backupKey, flow.fleet, vault), flow.fleet, vault, purpose.generation, action);
  return flow.nodes.ask("change", change(vault, purpose.generation, action, signature));
}

/** Opens KE2 of the device's own upload, compares the key with its own, and sends message 2. */
async function confirm(flow: Flow, state: VaultState, pending: PendingUpload, wanted: UploadOf, login: LoginStart, answer: Uploaded, via: Via): Promise<Delivery> {
  const { slot, attempt } = pending;
  if (answer.confirming === undefined) {
    await writeState(flow.device, { ...state, pending: { pending: "nothing" } });
    return { delivered: "closed" };
  }
  const finished = await login.finish(answer.confirming.ke2, identities(flow, wanted.vault, slot.registration), stretchOf(flow, slot.stretching));
  if (finished === undefined) throw new UnprovenUpload("the fleet cannot prove that it holds the slot");
  openWrap(flow, wanted.vault, slot.slot, finished, slot.wrappedKey, wanted.backupKey);
  const place = { slot: slot.slot, registration: slot.registration, attempt };
  const message = successMessage(flow, wanted.vault, wanted.backupKey, place, answer.confirming.token, finished);
  return deliver(flow, state, pending, message, via);
}

export function identities({ fleet }: Flow, vault: Bytes, registration: Bytes): Identities {
  return { client: concat(vault, registration), server: fleet };
}

/** Key stretching, which does not count as the operation's time. */
export function stretchOf({ nodes }: Flow, number: number): Stretch {
  const stretch = stretching(number);
  return (input) => nodes.uncounted(() => stretch(input));
}

async function over(flow: Flow, state: VaultState, refusal: string): Promise<Refused> {
  await writeState(flow.device, { ...state, pending: { pending: "nothing" } });
  return new Refused(refusal);
}
