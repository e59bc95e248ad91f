// Follows docs/spec/client.md, "Answers" and "One size for each kind": what a client is answered.

import type { Bytes } from "./bytes.ts";
import { Reader } from "./encoding.ts";
import { Malformed } from "./errors.ts";
import { readSlotKind, readSlotNumber, REQUEST_KINDS, type RequestKind, type SlotKind } from "./messages.ts";

export const REFUSALS = [
  "malformed",
  "busy",
  "no-majority",
  "vault-exists",
  "no-such-vault",
  "vault-erased",
  "wrong-slot",
  "second-password",
  "registration-used",
  "ticket-dead",
  "token-dead",
  "generation-conflict",
  "foreign-signature",
  "wrong-proof",
  "attempt-closed",
] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Outcome<T> = ({ readonly outcome: "done" } & T) | { readonly outcome: "refused"; readonly refusal: Refusal };

export type Registered = { readonly response: Bytes; readonly ticket: Bytes };
export type Confirming = { readonly ke2: Bytes; readonly token: Bytes };
export type Uploaded = { readonly generation: bigint; readonly left: number; readonly confirming: Confirming | undefined };
export type Counted = { readonly left: number };

export type Answered = {
  readonly ke2: Bytes;
  readonly wrappedKey: Bytes;
  readonly token: Bytes;
  readonly generation: bigint;
  readonly registration: Bytes;
  readonly left: number;
  readonly failed: number;
  readonly stretching: number;
};

export type AttemptAnswer =
  | ({ readonly outcome: "answered" } & Answered)
  | { readonly outcome: "erased" | "absent" | "later" }
  | { readonly outcome: "refused"; readonly refusal: Refusal };

export type SlotStatus = { readonly slot: number; readonly kind: SlotKind; readonly registration: Bytes; readonly erased: boolean };
export type VaultStatus = { readonly generation: bigint; readonly slots: readonly SlotStatus[]; readonly left: number; readonly failed: number };

export type StatusAnswer =
  | ({ readonly outcome: "present" } & VaultStatus)
  | { readonly outcome: "absent" | "erased" }
  | { readonly outcome: "refused"; readonly refusal: Refusal };

/** What each kind of request is answered with. */
export interface Answers {
  register: Outcome<Registered>;
  create: Outcome<Uploaded>;
  change: Outcome<Uploaded>;
  attempt: AttemptAnswer;
  success: Outcome<Counted>;
  status: StatusAnswer;
}

const PADDED = { register: 256, create: 1024, change: 1024, attempt: 1024, success: 64, status: 5120 } as const;

export function paddedLength(kind: RequestKind): number {
  return PADDED[kind];
}

/** Reads the padded answer to a request of `kind`. */
export function readAnswer<K extends RequestKind>(kind: K, padded: Bytes): Answers[K] {
  if (padded.length !== PADDED[kind]) throw new Malformed("the answer has another size than its kind");
  const length = new Reader(padded).u16("length");
  if (length > padded.length - 2) throw new Malformed("the answer is longer than its filling");
  if (padded.subarray(2 + length).some((byte) => byte !== 0)) throw new Malformed("the filling is not of zeros");
  const reader = new Reader(padded.slice(2, 2 + length));
  reader.version("answer");
  if (reader.tag(REQUEST_KINDS, "kind") !== kind) throw new Malformed("the answer is to another kind of request");
  const answer = READERS[kind](reader);
  reader.end("the answer");
  return answer;
}

const READERS: { readonly [K in RequestKind]: (reader: Reader) => Answers[K] } = {
  register: (reader) => outcome(reader, () => ({ response: reader.take(64, "response"), ticket: reader.take(112, "ticket") })),
  create: (reader) => outcome(reader, () => uploaded(reader)),
  change: (reader) => outcome(reader, () => uploaded(reader)),
  attempt: attemptAnswer,
  success: (reader) => outcome(reader, () => ({ left: reader.u8("left") })),
  status: statusAnswer,
};

function outcome<T>(reader: Reader, done: () => T): Outcome<T> {
  if (reader.tag(["done", "refused"], "outcome") === "refused") return { outcome: "refused", refusal: reader.tag(REFUSALS, "refusal") };
  return { outcome: "done", ...done() };
}

function uploaded(reader: Reader): Uploaded {
  return {
    generation: reader.u64("generation"),
    left: reader.u8("left"),
    confirming: reader.optional("confirming", () => ({ ke2: reader.take(320, "ke2"), token: reader.opaque(512, "token") })),
  };
}

function attemptAnswer(reader: Reader): AttemptAnswer {
  const kind = reader.tag(["answered", "erased", "absent", "later", "refused"], "attempt answer");
  if (kind === "refused") return { outcome: kind, refusal: reader.tag(REFUSALS, "refusal") };
  if (kind !== "answered") return { outcome: kind };
  return {
    outcome: kind,
    ke2: reader.take(320, "ke2"),
    wrappedKey: reader.take(72, "wrapped_key"),
    token: reader.opaque(512, "token"),
    generation: reader.u64("generation"),
    registration: reader.take(16, "registration"),
    left: reader.u8("left"),
    failed: reader.u32("failed"),
    stretching: reader.u16("stretching"),
  };
}

function statusAnswer(reader: Reader): StatusAnswer {
  const kind = reader.tag(["present", "absent", "erased", "refused"], "status answer");
  if (kind === "refused") return { outcome: kind, refusal: reader.tag(REFUSALS, "refusal") };
  if (kind !== "present") return { outcome: kind };
  const generation = reader.u64("generation");
  const slots = reader.list(8, "slots", () => slotStatus(reader));
  if (slots.some((slot, at) => at > 0 && slot.slot <= (slots[at - 1]?.slot ?? 0))) throw new Malformed("slots are not in the order of their numbers");
  return { outcome: kind, generation, slots, left: reader.u8("left"), failed: reader.u32("failed") };
}

function slotStatus(reader: Reader): SlotStatus {
  const slot = readSlotNumber(reader);
  const kind = readSlotKind(reader);
  const registration = reader.take(16, "registration");
  const erased = reader.u8("erased");
  if (erased > 1) throw new Malformed("erased is neither 0 nor 1");
  return { slot, kind, registration, erased: erased === 1 };
}
