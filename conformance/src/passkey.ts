// Follows docs/spec/passkey.md: the answer of WebAuthn's PRF extension as the password of an OPAQUE slot.

import { ascii, equal, hex, utf8, type Bytes } from "./bytes.ts";
import { digest } from "./crypto.ts";
import { STRETCHING } from "./crypto/stretching.ts";
import { BadPasskey } from "./errors.ts";
import type { Credential } from "./flows/credential.ts";
import type { Passkey } from "./messages.ts";

/** What the PRF of a slot's passkey is asked. */
export function prfInput(fleet: Bytes, vault: Bytes, registration: Bytes): Bytes {
  return digest("passkey-prf-input", [fleet, vault, registration]);
}

/** What one ceremony came to. */
export interface Ceremony {
  readonly credentialId: Bytes;
  readonly userVerified: boolean;
  /** The PRF's answer; nothing where authenticator or browser do not know the extension. */
  readonly answer: Bytes | undefined;
}

/** A passkey is made with two ceremonies whose answers are the same. */
export function newPasskey(passkey: Passkey, ceremonies: readonly [Ceremony, Ceremony]): Credential {
  checkPasskey(passkey);
  const [first, second] = ceremonies.map((ceremony) => answerOf(passkey, ceremony));
  if (first === undefined || second === undefined || !equal(first, second)) throw new BadPasskey("answers-differ");
  return credential(passkey, first);
}

/** A passkey opens with one ceremony, of the credential that was asked. */
export function openingPasskey(passkey: Passkey, ceremony: Ceremony): Credential {
  checkPasskey(passkey);
  return credential(passkey, answerOf(passkey, ceremony));
}

/** A ceremony's result without the answer, which never leaves the device. */
export function withoutAnswer(result: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { clientExtensionResults, ...rest } = result;
  if (typeof clientExtensionResults !== "object" || clientExtensionResults === null) return rest;
  const extensions = Object.entries(clientExtensionResults).filter(([name]) => name !== "prf");
  return { ...rest, clientExtensionResults: Object.fromEntries(extensions) };
}

function checkPasskey({ credentialId, rpId, label }: Passkey): void {
  const within = (bytes: Bytes, max: number) => bytes.length >= 1 && bytes.length <= max;
  if (!within(credentialId, 255)) throw new BadPasskey("credential-id");
  if (utf8(rpId).length > 253) throw new BadPasskey("rp-id");
  if (!within(utf8(label), 64)) throw new BadPasskey("label");
}

function answerOf(passkey: Passkey, { credentialId, userVerified, answer }: Ceremony): Bytes {
  if (!equal(credentialId, passkey.credentialId)) throw new BadPasskey("other-credential");
  if (!userVerified) throw new BadPasskey("not-verified");
  if (answer === undefined) throw new BadPasskey("no-prf");
  if (answer.length !== 32) throw new BadPasskey("answer-length");
  return answer;
}

function credential(passkey: Passkey, answer: Bytes): Credential {
  return { kind: { kind: "passkey", passkey }, secret: ascii(hex(answer)), stretching: STRETCHING };
}
