// Follows docs/spec/keys.md: what a node shows of its keys, and when a client believes it.

import { equal, unsigned, type Bytes } from "./bytes.ts";
import { checkPublicKey, verify } from "./crypto/signatures.ts";
import { Reader } from "./encoding.ts";
import { ForeignFleet } from "./errors.ts";

export interface NodeKeys {
  readonly endorsement: {
    readonly fleet: Bytes;
    readonly configuration: number;
    readonly node: number;
    readonly nodeKey: Bytes;
    readonly signature: Bytes;
  };
  readonly statement: { readonly era: bigint; readonly channelKey: Bytes; readonly signature: Bytes };
}

/** The fleet that a pin or a bundle names. */
export interface TrustedFleet {
  readonly fleet: Bytes;
  readonly key: Bytes;
}

/** Reads what `GET /v1/keys` answers; nothing of it is believed yet. */
export function readNodeKeys(bytes: Bytes): NodeKeys {
  const reader = new Reader(bytes);
  reader.version("node keys");
  const endorsement = {
    fleet: reader.take(32, "fleet"),
    configuration: reader.u32("configuration"),
    node: reader.u8("node"),
    nodeKey: checkPublicKey(reader.take(32, "node_key"), "node_key"),
    signature: reader.take(64, "endorsement's signature"),
  };
  const statement = { era: reader.u64("era"), channelKey: reader.take(1216, "channel_key"), signature: reader.take(64, "statement's signature") };
  reader.end("node keys");
  return { endorsement, statement };
}

export function isOf(keys: NodeKeys, fleet: Bytes): boolean {
  return equal(keys.endorsement.fleet, fleet);
}

/** Both signatures verify and the fleet is the trusted one; then a member of the fleet named the channel key. */
export function verifyNodeKeys(keys: NodeKeys, trusted: TrustedFleet): NodeKeys {
  const { endorsement, statement } = keys;
  if (!isOf(keys, trusted.fleet)) throw new ForeignFleet("the node's keys name another fleet");
  const place = [endorsement.fleet, unsigned(endorsement.configuration, 4), unsigned(endorsement.node, 1)];
  verify(trusted.key, "endorsement-signature", [...place, endorsement.nodeKey], endorsement.signature);
  verify(endorsement.nodeKey, "channel-statement-signature", [...place, unsigned(statement.era, 8), statement.channelKey], statement.signature);
  return keys;
}
