import type { ErrorMessage } from "./errors.js";

/** Whom to trust: a pinned fleet, or whatever fleets a trust root leads to. */
export type Trust =
  | { readonly pin: string }
  | { readonly root: string; readonly log?: string; readonly epochFloor?: number };

/** What a client is made of. */
export interface ClientOptions {
  readonly trust: Trust;
  /** Where the nodes are; without it the pin's own endpoints. Under a trust root they have to be named. */
  readonly endpoints?: readonly string[];
  /** The account's token, which goes to the fleet's hosts and nowhere else. */
  readonly token?: string;
  /** For tests alone. */
  readonly insecureNoStretching?: boolean;
}

/** An authenticator's answers when a passkey is made. */
export interface PasskeyAnswers {
  readonly offer: number;
  readonly credentialId: Uint8Array;
  readonly label: string;
  readonly isUserVerified: boolean;
  readonly first: Uint8Array | undefined;
  readonly second: Uint8Array | undefined;
}

/** An authenticator's answer when a passkey opens a vault. */
export interface PasskeyAnswer {
  readonly slot: number;
  readonly credentialId: Uint8Array;
  readonly isUserVerified: boolean;
  readonly answer: Uint8Array | undefined;
}

/** What the person has or knows, on its way to the worker. */
export type CredentialData =
  | { readonly password: string }
  | { readonly recoveryCode: string }
  | { readonly made: PasskeyAnswers }
  | { readonly answered: PasskeyAnswer };

/** A fleet that is trusted. */
export interface TrustedFleet {
  readonly fleet: string;
  readonly members: number;
  readonly quorum: number;
  readonly guesses: number;
  readonly isSimulation: boolean;
  readonly epoch: number | null;
  readonly warnings: readonly string[];
}

/** How a vault stands. */
export interface VaultStatus {
  readonly generation: number;
  readonly left: number;
  readonly failed: number;
  readonly slots: readonly {
    readonly slot: number;
    readonly kind: "password" | "recovery-code" | "passkey";
    readonly isErased: boolean;
    readonly label?: string;
    readonly rpId?: string;
  }[];
}

/** A passkey of a vault. */
export interface KnownPasskeyData {
  readonly slot: number;
  readonly credentialId: Uint8Array;
  readonly rpId: string;
  readonly label: string;
  readonly prfInput: Uint8Array;
}

/** What the page may ask the worker for. */
export interface Calls {
  believe: { args: { locator: string | undefined }; result: TrustedFleet };
  insist: { args: Record<string, never>; result: void };
  register: { args: { credential: CredentialData }; result: { locator: string; key: number } };
  recover: {
    args: { locator: string; credential: CredentialData };
    result: { key: number; failed: number; failedElsewhere: number; isCounted: boolean; mended: number };
  };
  changePassword: {
    args: { locator: string; key: number; password: string };
    result: { locator: string; left: number; isConfirmed: boolean };
  };
  addRecoveryCode: { args: { locator: string; key: number; replaceSlot: number | undefined }; result: string };
  offerPasskey: {
    args: { locator: string | undefined; rpId: string };
    result: { offer: number; prfInput: Uint8Array; userHandle: Uint8Array; exclude: Uint8Array[] };
  };
  addPasskey: { args: { locator: string; key: number; made: PasskeyAnswers }; result: number };
  passkeys: { args: { locator: string }; result: KnownPasskeyData[] };
  status: { args: { locator: string }; result: VaultStatus };
  removeSlot: { args: { locator: string; key: number; slot: number }; result: void };
  erase: { args: { locator: string; key: number }; result: void };
  keyDigits: { args: { key: number }; result: string };
  keysMatch: { args: { key: number; other: number }; result: boolean };
  forgetKey: { args: { key: number }; result: void };
}

export type Call = keyof Calls;

/** From the page to the worker. */
export type Request =
  | { readonly id: number; readonly start: ClientOptions }
  | { readonly id: number; readonly call: Call; readonly args: unknown };

/** From the worker to the page. */
export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorMessage };
