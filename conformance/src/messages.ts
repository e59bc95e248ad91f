// Follows docs/spec/client.md, "Requests": what a client asks. The answers stand in answers.ts.

import { concat, unsigned, utf8, type Bytes } from "./bytes.ts";
import { fixed, opaque, Reader, tag } from "./encoding.ts";
import { Malformed } from "./errors.ts";

export const REQUEST_KINDS = ["register", "create", "change", "attempt", "success", "status"] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export const SLOT_KINDS = ["password", "recovery-code", "passkey"] as const;
const ACTIONS = ["add", "replace", "remove", "erase"] as const;
const VERSION = unsigned(1, 1);

export interface Passkey {
  readonly credentialId: Bytes;
  readonly rpId: string;
  readonly label: string;
}

export type SlotKind = { readonly kind: "password" } | { readonly kind: "recovery-code" } | { readonly kind: "passkey"; readonly passkey: Passkey };

export interface Register {
  readonly vault: Bytes;
  readonly slot: number;
  readonly registration: Bytes;
  readonly generation: bigint;
  readonly request: Bytes;
}

export interface Confirmation {
  readonly attempt: Bytes;
  readonly ke1: Bytes;
}

export interface SlotUpload {
  readonly slot: number;
  readonly kind: SlotKind;
  readonly registration: Bytes;
  readonly stretching: number;
  readonly ticket: Bytes;
  readonly record: Bytes;
  readonly wrappedKey: Bytes;
  readonly confirmation: Confirmation | undefined;
}

export type ChangeAction =
  | { readonly kind: "add" | "replace"; readonly slot: SlotUpload }
  | { readonly kind: "remove"; readonly slot: number }
  | { readonly kind: "erase" };

export interface Attempt {
  readonly vault: Bytes;
  readonly slot: number;
  readonly attempt: Bytes;
  readonly ke1: Bytes;
}

export interface Success {
  readonly token: Bytes;
  readonly ke3: Bytes;
  readonly signature: Bytes;
}

export function register(message: Register): Bytes {
  return request("register", id32(message.vault), slotNumber(message.slot), id16(message.registration), unsigned(message.generation, 8), fixed(message.request, 32, "request"));
}

export function create(vault: Bytes, ownerKey: Bytes, slot: SlotUpload): Bytes {
  return request("create", id32(vault), fixed(ownerKey, 32, "owner_key"), slotUpload(slot));
}

export function change(vault: Bytes, generation: bigint, action: ChangeAction, signature: Bytes): Bytes {
  return request("change", id32(vault), unsigned(generation, 8), changeAction(action), fixed(signature, 64, "signature"));
}

export function attempt(message: Attempt): Bytes {
  return request("attempt", id32(message.vault), slotNumber(message.slot), id16(message.attempt), fixed(message.ke1, 96, "ke1"));
}

export function success(message: Success): Bytes {
  return request("success", opaque(message.token, 512, "token"), fixed(message.ke3, 64, "ke3"), fixed(message.signature, 64, "signature"));
}

export function status(vault: Bytes): Bytes {
  return request("status", id32(vault));
}

export function changeAction(action: ChangeAction): Bytes {
  switch (action.kind) {
    case "add":
    case "replace":
      return concat(tag(ACTIONS, action.kind), slotUpload(action.slot));
    case "remove":
      return concat(tag(ACTIONS, action.kind), slotNumber(action.slot));
    case "erase":
      return tag(ACTIONS, action.kind);
  }
}

export function slotUpload(slot: SlotUpload): Bytes {
  return concat(
    slotNumber(slot.slot),
    slotKind(slot.kind),
    id16(slot.registration),
    unsigned(slot.stretching, 2),
    fixed(slot.ticket, 112, "ticket"),
    fixed(slot.record, 192, "record"),
    fixed(slot.wrappedKey, 72, "wrapped_key"),
    slot.confirmation === undefined ? unsigned(0, 1) : concat(unsigned(1, 1), id16(slot.confirmation.attempt), fixed(slot.confirmation.ke1, 96, "ke1")),
  );
}

/** Reads a SlotUpload that the device itself wrote down. */
export function readSlotUpload(bytes: Bytes): SlotUpload {
  const reader = new Reader(bytes);
  const slot = {
    slot: readSlotNumber(reader),
    kind: readSlotKind(reader),
    registration: reader.take(16, "registration"),
    stretching: reader.u16("stretching"),
    ticket: reader.take(112, "ticket"),
    record: reader.take(192, "record"),
    wrappedKey: reader.take(72, "wrapped_key"),
    confirmation: reader.optional("confirmation", () => ({ attempt: reader.take(16, "attempt"), ke1: reader.take(96, "ke1") })),
  };
  reader.end("SlotUpload");
  return slot;
}

export function readSlotNumber(reader: Reader): number {
  const number = reader.u8("slot");
  if (number < 1 || number > 8) throw new Malformed("slot is not from 1 to 8");
  return number;
}

export function readSlotKind(reader: Reader): SlotKind {
  const kind = reader.tag(SLOT_KINDS, "slot kind");
  if (kind !== "passkey") return { kind };
  return { kind, passkey: { credentialId: reader.opaque(255, "credential_id"), rpId: reader.text(253, "rp_id"), label: reader.text(64, "label") } };
}

function request(kind: RequestKind, ...body: Bytes[]): Bytes {
  return concat(VERSION, tag(REQUEST_KINDS, kind), ...body);
}

function slotKind(kind: SlotKind): Bytes {
  if (kind.kind !== "passkey") return tag(SLOT_KINDS, kind.kind);
  const { credentialId, rpId, label } = kind.passkey;
  return concat(tag(SLOT_KINDS, kind.kind), opaque(credentialId, 255, "credential_id"), opaque(utf8(rpId), 253, "rp_id"), opaque(utf8(label), 64, "label"));
}

function slotNumber(number: number): Bytes {
  if (!Number.isInteger(number) || number < 1 || number > 8) throw new Malformed("slot is not from 1 to 8");
  return unsigned(number, 1);
}

function id32(bytes: Bytes): Bytes {
  return fixed(bytes, 32, "vault");
}

function id16(bytes: Bytes): Bytes {
  return fixed(bytes, 16, "id");
}
