// Follows docs/spec/flows.md, "Recover" and "Whose wrong guesses".

import type { Answered } from "../answers.ts";
import { random, type Bytes } from "../bytes.ts";
import { LoginStart, type Login } from "../crypto/opaque.ts";
import { Erased, NoSuchVault, Refused, Unreachable, WrongPassword } from "../errors.ts";
import { attempt as attemptMessage } from "../messages.ts";
import type { Credential } from "./credential.ts";
import { drawFrom, readState, writeKey, writeState, type PendingAttempt, type VaultState } from "./device.ts";
import type { Via } from "./nodes.ts";
import { ANEW_MAX, deliver, openWrap, successMessage, type Delivery, type Flow } from "./success.ts";
import { identities, stretchOf } from "./upload.ts";

export interface Recovered {
  readonly backupKey: Bytes;
  readonly generation: bigint;
  /** Guesses left before message 2 counted. */
  readonly left: number;
  /** Wrong guesses since the last success that this device did not make. */
  readonly elsewhere: number;
  readonly delivery: Delivery;
}

export async function recover(flow: Flow, vault: Bytes, slot: number, credential: Credential): Promise<Recovered> {
  let state = await readState(flow.device, flow.fleet, vault);
  const stored = state.pending;
  let earlier = stored.pending === "attempt" && stored.success === undefined;
  let pending: PendingAttempt = stored.pending === "attempt" && earlier ? stored : fresh();
  for (let anew = 0; ; anew++) {
    state = { ...state, pending };
    await writeState(flow.device, state);
    const outcome = await tryOnce(flow, state, pending, slot, credential);
    if (typeof outcome !== "string") {
      // A token that died is fetched again with the same message, at no cost.
      if (outcome.delivery.delivered !== "token-dead" || anew === ANEW_MAX) return outcome;
    } else if (outcome === "attempt-closed" && earlier) {
      state = { ...state, own: state.own + 1 };
      pending = fresh();
      earlier = false;
    } else {
      throw await over(flow, state, new Refused(outcome));
    }
  }
}

function fresh(): PendingAttempt {
  return { pending: "attempt", attempt: random(16), loginSeed: random(32) };
}

async function tryOnce(flow: Flow, state: VaultState, pending: PendingAttempt, slot: number, credential: Credential): Promise<Recovered | string> {
  const { vault } = state;
  const login = new LoginStart(credential.secret, drawFrom(pending.loginSeed));
  const { answer, via } = await flow.nodes.ask("attempt", attemptMessage({ vault, slot, attempt: pending.attempt, ke1: login.ke1 }));
  switch (answer.outcome) {
    case "answered":
      return opened(flow, state, pending, slot, login, answer, via);
    case "erased":
      throw await over(flow, state, new Erased("no guess is left: the slot is erased"));
    case "absent":
      throw await over(flow, state, new NoSuchVault("there is no such vault"));
    case "later":
      throw new Unreachable("later", 1);
    case "refused":
      if (answer.refusal === "vault-erased") throw await over(flow, state, new Erased("the vault is erased"));
      return answer.refusal;
  }
}

async function opened(flow: Flow, state: VaultState, pending: PendingAttempt, slot: number, login: LoginStart, answer: Answered, via: Via): Promise<Recovered> {
  const { vault } = state;
  // Only a password's answer bears a token: the locator names another kind of slot, where nothing is counted.
  if (answer.token.length === 0) throw await over(flow, state, new Refused("wrong-slot"));
  const own = answer.failed < state.seen ? 0 : state.own;
  const elsewhere = Math.max(answer.failed - own, 0);
  const stretch = stretchOf(flow, answer.stretching);
  const finished = await login.finish(answer.ke2, identities(flow, vault, answer.registration), stretch);
  if (finished === undefined) {
    const wrong = { ...state, generation: answer.generation, own: own + 1, seen: answer.failed + 1 };
    throw await over(flow, wrong, new WrongPassword(answer.left, elsewhere));
  }
  const backupKey = openWrap(flow, vault, slot, finished, answer.wrappedKey);
  await writeKey(flow.device, vault, backupKey);
  const delivery = await conclude(flow, { ...state, own, generation: answer.generation }, pending, slot, backupKey, answer, finished, via);
  return { backupKey, generation: answer.generation, left: answer.left, elsewhere, delivery };
}

async function conclude(flow: Flow, state: VaultState, pending: PendingAttempt, slot: number, backupKey: Bytes, answer: Answered, login: Login, via: Via): Promise<Delivery> {
  const place = { slot, registration: answer.registration, attempt: pending.attempt };
  const message = successMessage(flow, state.vault, backupKey, place, answer.token, login);
  return deliver(flow, state, pending, message, via);
}

async function over<E extends Error>(flow: Flow, state: VaultState, error: E): Promise<E> {
  await writeState(flow.device, { ...state, pending: { pending: "nothing" } });
  return error;
}
