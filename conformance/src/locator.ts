// Follows docs/spec/locator.md: where a backup's vault is. Nothing in it is believed.

import { hex, text, unhex, utf8, type Bytes } from "./bytes.ts";
import { Malformed } from "./errors.ts";
import { readJson, type Json } from "./json.ts";
import { checkEndpoint, ENDPOINTS_MAX } from "./pin.ts";

export interface Locator {
  readonly fleet: Bytes;
  readonly vault: Bytes;
  readonly slot: number;
  readonly bundleEpoch: bigint;
  readonly endpoints: readonly string[];
}

const FIELDS = ["version", "fleet", "vault", "slot", "bundle_epoch", "endpoints"];

export function readLocator(bytes: Bytes): Locator {
  if (bytes.length > 8192) throw new Malformed("the locator is too long");
  const fields = readJson(text(bytes, "the locator"));
  if (!(fields instanceof Map)) throw new Malformed("the locator is no object");
  if (integer(fields.get("version"), "version") !== 1n) throw new Malformed("the locator is of another version");
  for (const name of fields.keys()) if (!FIELDS.includes(name)) throw new Malformed("the locator has an unknown field");
  const slot = integer(fields.get("slot"), "slot");
  if (slot < 1n || slot > 8n) throw new Malformed("slot is not from 1 to 8");
  return {
    fleet: unhex(string(fields.get("fleet"), "fleet"), 32, "fleet"),
    vault: unhex(string(fields.get("vault"), "vault"), 32, "vault"),
    slot: Number(slot),
    bundleEpoch: integer(fields.get("bundle_epoch"), "bundle_epoch"),
    endpoints: endpoints(fields.get("endpoints")),
  };
}

export function writeLocator(locator: Locator): Bytes {
  const fields = {
    version: 1,
    fleet: hex(locator.fleet),
    vault: hex(locator.vault),
    slot: locator.slot,
    bundle_epoch: "EPOCH",
    endpoints: locator.endpoints,
  };
  return utf8(`${JSON.stringify(fields, null, 2).replace('"EPOCH"', String(locator.bundleEpoch))}\n`);
}

function endpoints(value: Json | undefined): string[] {
  if (!Array.isArray(value) || value.length > ENDPOINTS_MAX) throw new Malformed("endpoints");
  return value.map((endpoint) => checkEndpoint(string(endpoint, "endpoint")));
}

function string(value: Json | undefined, field: string): string {
  if (typeof value !== "string") throw new Malformed(field);
  return value;
}

function integer(value: Json | undefined, field: string): bigint {
  const digits = typeof value === "object" && value !== null && "digits" in value ? value.digits : "";
  if (!/^(0|[1-9][0-9]{0,19})$/.test(digits) || BigInt(digits) >= 1n << 64n) throw new Malformed(field);
  return BigInt(digits);
}
