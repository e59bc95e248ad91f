// What this client refuses and why. Every error that leaves it is one of these; `kind` tells them apart.

export abstract class StrongroomError extends Error {
  abstract readonly kind: string;
}

/** Bytes or a text that are not in the one form of their page. */
export class Malformed extends StrongroomError {
  readonly kind = "malformed";
  readonly what: string;
  /** The line at which a text is refused, from one. */
  readonly line: number | undefined;
  constructor(what: string, line?: number) {
    super(line === undefined ? `malformed: ${what}` : `line ${line} is refused: ${what}`);
    this.what = what;
    this.line = line;
  }
}

/** A signature that does not verify. */
export class BadSignature extends StrongroomError {
  readonly kind = "bad-signature";
  constructor(what: string) {
    super(`the signature does not verify: ${what}`);
  }
}

/** A seal that does not open. */
export class BadSeal extends StrongroomError {
  readonly kind = "bad-seal";
  constructor(what: string) {
    super(`the seal does not open: ${what}`);
  }
}

/** An element from the fleet that is malformed, the identity, or the device's own. It ends a flow. */
export class BadElement extends StrongroomError {
  readonly kind = "bad-element";
  constructor(what: string) {
    super(`an element of the answer is refused: ${what}`);
  }
}

/** A step of the verification of trust that failed, by its name in delivery.md or trust-root.md. */
export class Untrusted extends StrongroomError {
  readonly kind = "untrusted";
  readonly step: string;
  /** Two signed statements that exclude each other, for others to see; where there are two. */
  readonly evidence: Uint8Array<ArrayBuffer> | undefined;
  constructor(step: string, detail = "", evidence?: Uint8Array<ArrayBuffer>) {
    super(detail === "" ? `not to be trusted: ${step}` : `not to be trusted: ${step} (${detail})`);
    this.step = step;
    this.evidence = evidence;
  }
}

/** Recovering is possible and something speaks against it; whoever insists passes these concerns back. */
export class Unconfirmed extends StrongroomError {
  readonly kind = "unconfirmed";
  readonly concerns: readonly string[];
  constructor(concerns: readonly string[]) {
    super(`something speaks against this fleet: ${concerns.join(", ")}`);
    this.concerns = concerns;
  }
}

/** A fleet that is not the trusted one, or a node that does not show that it belongs to it. */
export class ForeignFleet extends StrongroomError {
  readonly kind = "foreign-fleet";
}

/** The password is wrong, or the answer does not come from the slot. A guess is spent. */
export class WrongPassword extends StrongroomError {
  readonly kind = "wrong-password";
  readonly left: number;
  /** Wrong guesses since the last success that this device did not make. */
  readonly elsewhere: number;
  constructor(left: number, elsewhere: number) {
    super(`wrong password; ${left} guesses are left`);
    this.left = left;
    this.elsewhere = elsewhere;
  }
}

/** No password opens the vault any more. */
export class Erased extends StrongroomError {
  readonly kind = "erased";
}

export class NoSuchVault extends StrongroomError {
  readonly kind = "no-such-vault";
}

/** KE2 verifies and what it leads to does not: the wrap, or the key that it holds. */
export class Damaged extends StrongroomError {
  readonly kind = "damaged";
}

/** The fleet refused, by a name of client.md, "Answers". Nothing was spent. */
export class Refused extends StrongroomError {
  readonly kind = "refused";
  readonly refusal: string;
  constructor(refusal: string) {
    super(`the fleet refuses: ${refusal}`);
    this.refusal = refusal;
  }
}

/** The fleet could not prove that it holds the slot that was just uploaded. */
export class UnprovenUpload extends StrongroomError {
  readonly kind = "unproven-upload";
}

/** What was begun in an earlier run was begun with another password. */
export class OtherPassword extends StrongroomError {
  readonly kind = "other-password";
}

/** A password that is empty or too long after normalisation. */
export class BadPassword extends StrongroomError {
  readonly kind = "bad-password";
}

/** A text that is no recovery code, or more damaged than can be mended; nothing was sent. */
export class BadRecoveryCode extends StrongroomError {
  readonly kind = "bad-recovery-code";
  readonly why: "character" | "length" | "damage" | "version";
  constructor(message: string, why: BadRecoveryCode["why"]) {
    super(`no recovery code: ${message}`);
    this.why = why;
  }
}

/** The recovery code is wrong; no guess is spent. */
export class WrongRecoveryCode extends StrongroomError {
  readonly kind = "wrong-recovery-code";
}

export type PasskeyFault = "no-prf" | "not-verified" | "answers-differ" | "answer-length" | "credential-id" | "rp-id" | "label" | "other-credential" | "held-already";

/** A passkey, or its answer, that is refused before anything is sent. */
export class BadPasskey extends StrongroomError {
  readonly kind = "bad-passkey";
  readonly why: PasskeyFault;
  constructor(why: PasskeyFault) {
    super(`the passkey is refused: ${why}`);
    this.why = why;
  }
}

/** The passkey's answer does not open its slot; no guess is spent. */
export class WrongPasskey extends StrongroomError {
  readonly kind = "wrong-passkey";
}

/** No slot of the vault is of this kind, or it was removed. */
export class NoSuchSlot extends StrongroomError {
  readonly kind = "no-such-slot";
}

/** The vault holds a recovery code already; a new one takes its place only where the person says so. */
export class HeldAlready extends StrongroomError {
  readonly kind = "held-already";
}

export class Unauthorised extends StrongroomError {
  readonly kind = "unauthorised";
}

export type UnreachableCause = "no-node" | "no-majority" | "too-many-requests" | "busy" | "later";

/** No answer in time. The same message may be sent again; it costs no second guess. */
export class Unreachable extends StrongroomError {
  readonly kind = "unreachable";
  readonly why: UnreachableCause;
  readonly reached: number;
  constructor(why: UnreachableCause, reached: number) {
    super(`no answer: ${why}, ${reached} nodes were reached`);
    this.why = why;
    this.reached = reached;
  }
}
