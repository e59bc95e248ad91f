/** What went wrong, for a program to tell apart. */
export type Code =
  | "wrong-password" // a guess is spent; `left` are left
  | "wrong-recovery-code" // no guess is spent
  | "wrong-passkey" // its answer has changed; no guess is spent
  | "no-recovery-code"
  | "no-passkey" // removed from the vault, or none of this page's
  | "slot-taken" // the vault has a recovery code, or this passkey, already
  | "full" // eight slots are all
  | "erased" // for ever
  | "no-majority" // nothing was lost; later
  | "unreachable"
  | "untrusted" // another fleet than the trusted one was met; nothing was sent
  | "not-believed" // what nodes hand out is refused; nothing was sent
  | "unconfirmed" // the user has to be told `concerns` first, and to insist
  | "absent"
  | "damaged"
  | "not-authorised"
  | "rate-limited"
  | "busy"
  | "later"
  | "credential"
  | "recovery-code" // what was typed is no recovery code
  | "passkey" // the authenticator cannot be used; the message says why
  | "cancelled" // the person ended the passkey's dialogue, or it timed out
  | "locator"
  | "options"
  | "no-randomness"
  | "unsupported" // the browser lacks what is needed
  | "other";

/** What belongs to an error, where it has it. */
export interface Details {
  readonly left?: number;
  readonly failed?: number;
  readonly failedElsewhere?: number;
  readonly reachable?: number;
  readonly endpoints?: number;
  readonly retryAfterSeconds?: number;
  readonly expected?: string;
  readonly met?: string;
  readonly place?: string;
  readonly slot?: number;
  readonly advice?: string;
  readonly concerns?: readonly string[];
}

const DETAILS = [
  "left", "failed", "failedElsewhere", "reachable", "endpoints", "retryAfterSeconds", "expected", "met", "place",
  "slot", "advice", "concerns",
] as const;

/** An operation did not succeed. The message is a sentence for people, and holds no secret. */
export class StrongroomError extends Error {
  override readonly name = "StrongroomError";

  constructor(
    readonly code: Code,
    message: string,
    readonly details: Details = {},
  ) {
    super(message);
  }
}

/** The form that an error takes between worker and page. */
export interface ErrorMessage {
  readonly code: Code;
  readonly message: string;
  readonly details: Details;
}

/** Takes an error apart; what is none of ours says no more than that. */
export function toMessage(error: unknown): ErrorMessage {
  if (error instanceof StrongroomError) {
    return { code: error.code, message: error.message, details: error.details };
  }
  const thrown = error as Partial<Record<string, unknown>> | null;
  if (!(error instanceof Error) || typeof thrown?.["code"] !== "string") {
    return { code: "other", message: "Something went wrong inside the client. Nothing was lost.", details: {} };
  }
  const details: Record<string, unknown> = {};
  for (const name of DETAILS) {
    if (thrown[name] !== undefined) details[name] = thrown[name];
  }
  return { code: thrown["code"] as Code, message: error.message, details: details as Details };
}

/** Puts an error together again. */
export function fromMessage({ code, message, details }: ErrorMessage): StrongroomError {
  return new StrongroomError(code, message, details);
}
