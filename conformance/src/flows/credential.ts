// Follows docs/spec/flows.md, "Credentials": what a vault is opened with.

import { utf8, type Bytes } from "../bytes.ts";
import { STRETCHING } from "../crypto/stretching.ts";
import { BadPassword } from "../errors.ts";
import type { SlotKind } from "../messages.ts";

/** What OPAQUE takes for a password, and the kind of slot that it opens. */
export interface Credential {
  readonly kind: SlotKind;
  readonly secret: Bytes;
  readonly stretching: number;
}

export function password(typed: string): Credential {
  const secret = utf8(typed.normalize("NFC"));
  if (secret.length < 1 || secret.length > 1024) throw new BadPassword("a password has 1 to 1024 bytes");
  return { kind: { kind: "password" }, secret, stretching: STRETCHING };
}
