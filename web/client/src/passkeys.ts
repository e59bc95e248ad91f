import { StrongroomError } from "./errors.js";
import type { KnownPasskeyData } from "./messages.js";

/** What the authenticator shows to the person. */
export interface PasskeyNames {
  /** The app's name. */
  readonly rpName: string;
  /** What the passkey is for, such as "Chat backup of Ada". */
  readonly userName: string;
}

/** What one ceremony gave. The answer is as secret as the backup key: hand it on, and keep nothing. */
export interface CeremonyResult {
  readonly credentialId: Uint8Array;
  readonly isUserVerified: boolean;
  readonly answer: Uint8Array | undefined;
}

const ALGORITHMS = [-8, -7, -257]; // EdDSA, ES256, RS256: nothing is ever signed for us, but one has to be named
const TIMEOUT_MS = 120_000;
const USER_VERIFIED = 0b100;

/** Makes a passkey with WebAuthn's PRF extension. Its first answer may be missing: many give it at the next ceremony only. */
export async function makePasskey(
  offer: { readonly prfInput: Uint8Array; readonly userHandle: Uint8Array; readonly exclude: readonly Uint8Array[] },
  rpId: string,
  names: PasskeyNames,
): Promise<CeremonyResult> {
  const made = await ceremony(() =>
    container().create({
      publicKey: {
        challenge: challenge(),
        rp: { id: rpId, name: names.rpName },
        user: { id: copy(offer.userHandle), name: names.userName, displayName: names.userName },
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: offer.exclude.map((id) => ({ type: "public-key", id: copy(id) })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: copy(offer.prfInput) } } },
      },
    }),
  );
  const response = made.response as AuthenticatorAttestationResponse;
  const result = taken(made, new Uint8Array(response.getAuthenticatorData()));
  const isEnabled = prfOf(made)?.enabled === true || result.answer !== undefined;
  if (!isEnabled) {
    throw new StrongroomError(
      "passkey",
      "This passkey cannot derive keys (WebAuthn's PRF extension). Take another authenticator, or a recovery code.",
    );
  }
  return result;
}

/** Asks one of some passkeys, each for its own answer. */
export async function askPasskey(
  known: readonly Pick<KnownPasskeyData, "credentialId" | "prfInput">[],
  rpId: string,
): Promise<CeremonyResult> {
  const evalByCredential = Object.fromEntries(
    known.map(({ credentialId, prfInput }) => [base64url(credentialId), { first: copy(prfInput) }]),
  );
  const got = await ceremony(() =>
    container().get({
      publicKey: {
        challenge: challenge(),
        rpId,
        allowCredentials: known.map(({ credentialId }) => ({ type: "public-key", id: copy(credentialId) })),
        userVerification: "required",
        timeout: TIMEOUT_MS,
        extensions: { prf: { evalByCredential } },
      },
    }),
  );
  const response = got.response as AuthenticatorAssertionResponse;
  return taken(got, new Uint8Array(response.authenticatorData));
}

interface Prf {
  readonly enabled?: boolean;
  readonly results?: { readonly first?: ArrayBuffer | ArrayBufferView };
}

function prfOf(credential: PublicKeyCredential): Prf | undefined {
  return (credential.getClientExtensionResults() as { prf?: Prf }).prf;
}

/** Takes out what is needed, and nothing that a library would post. */
function taken(credential: PublicKeyCredential, authenticatorData: Uint8Array): CeremonyResult {
  const first = prfOf(credential)?.results?.first;
  const answer = first === undefined ? undefined : bytesOf(first);
  // What the browser handed over is not left lying for whoever posts the whole result.
  if (first !== undefined) viewOf(first).fill(0);
  return {
    credentialId: new Uint8Array(credential.rawId),
    // The flags stand behind the hash of the relying-party id (WebAuthn, section 6.1).
    isUserVerified: ((authenticatorData[32] ?? 0) & USER_VERIFIED) !== 0,
    answer,
  };
}

async function ceremony(run: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await run();
    if (credential instanceof PublicKeyCredential) return credential;
    throw new StrongroomError("passkey", "The browser gave no passkey.");
  } catch (error) {
    if (error instanceof StrongroomError) throw error;
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "AbortError") {
      throw new StrongroomError("cancelled", "The passkey was not used: the dialogue was closed, or took too long.");
    }
    if (name === "InvalidStateError") {
      throw new StrongroomError("slot-taken", "This authenticator has a passkey for this backup already.");
    }
    throw new StrongroomError("passkey", `The passkey could not be used (${name || "unknown cause"}).`);
  }
}

function container(): CredentialsContainer {
  if (typeof PublicKeyCredential === "undefined" || navigator.credentials === undefined) {
    throw new StrongroomError("unsupported", "This browser knows no passkeys, or the page is not served securely.");
  }
  return navigator.credentials;
}

/** Nobody checks what is signed, so any fresh challenge will do. */
function challenge(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(32));
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return new Uint8Array(viewOf(source));
}

function viewOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
