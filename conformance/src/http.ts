// Follows docs/spec/http.md: how a client speaks to one node. A host is trusted with nothing but liveness.

import type { Bytes } from "./bytes.ts";
import { BODY_MAX } from "./channel.ts";
import { Malformed, Unauthorised } from "./errors.ts";
import { UNIT_MAX } from "./delivery.ts";
import { mayBeAsked } from "./pin.ts";

/** What one request came to: bytes, or the host's reason for none. */
export type Spoken =
  | { readonly kind: "bytes"; readonly bytes: Bytes }
  | { readonly kind: "absent" | "silent" | "not-serving" | "no-answer" }
  | { readonly kind: "too-many"; readonly waitMs: number };

const KEYS_MAX = 4096;
const ROOTS_MAX = 524_288;
const WAIT_MAX_MS = 3_600_000;

export async function fetchKeys(endpoint: string, timeMs: number): Promise<Spoken> {
  return speak(endpoint, "/v1/keys", {}, KEYS_MAX, timeMs);
}

export async function fetchUnit(endpoint: string, timeMs: number): Promise<Spoken> {
  return speak(endpoint, "/v1/trust", {}, UNIT_MAX, timeMs);
}

export async function fetchRoots(endpoint: string, from: bigint, timeMs: number): Promise<Spoken> {
  return speak(endpoint, `/v1/trust/roots?from=${from}`, {}, ROOTS_MAX, timeMs);
}

/** The token goes along with requests only. */
export async function exchange(endpoint: string, token: string, frame: Bytes, timeMs: number): Promise<Spoken> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/octet-stream" };
  return speak(endpoint, "/v1/exchange", { method: "POST", headers, body: frame }, BODY_MAX + 16, timeMs);
}

async function speak(endpoint: string, path: string, init: RequestInit, max: number, timeMs: number): Promise<Spoken> {
  if (!mayBeAsked(endpoint)) throw new Malformed("plain http goes to loopback addresses only");
  try {
    const response = await fetch(`${endpoint}${path}`, { ...init, redirect: "error", signal: AbortSignal.timeout(timeMs) });
    if (response.status === 200) return { kind: "bytes", bytes: await bounded(response, max) };
    await response.body?.cancel();
    return reason(response);
  } catch (error) {
    if (error instanceof Unauthorised) throw error;
    return { kind: "silent" };
  }
}

function reason(response: Response): Spoken {
  switch (response.status) {
    case 401:
    case 403:
      throw new Unauthorised(`the host refuses the token: ${response.status}`);
    case 404:
      return { kind: "absent" };
    case 429:
      return { kind: "too-many", waitMs: waitMs(response.headers.get("Retry-After")) };
    case 503:
      return { kind: "not-serving" };
    case 504:
      return { kind: "no-answer" };
    default:
      return { kind: "silent" };
  }
}

function waitMs(header: string | null): number {
  return /^[0-9]{1,9}$/.test(header ?? "") ? Math.min(Number(header) * 1000, WAIT_MAX_MS) : 1000;
}

/** Reads a body that is no longer than it may be. */
async function bounded(response: Response, max: number): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > max) throw new Malformed("the body is too long");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
