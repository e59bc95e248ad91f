/** Why nothing came back; `kind` is one of those that `strongroom-web` knows. */
class Fault extends Error {
  constructor(
    readonly kind: "timed-out" | "not-authorised" | "rate-limited" | "no-majority" | "not-serving" | "unexpected" | "unreachable",
    message: string,
    readonly status?: number,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** The network and the clock, as the WebAssembly module wants them. */
export class FetchTransport {
  readonly #token: string | undefined;

  /** `token` goes along with requests to a fleet, and with nothing else. */
  constructor(token?: string) {
    this.#token = token;
  }

  async send(url: string, body: Uint8Array | undefined, bytesMax: number, timeoutMs: number): Promise<Uint8Array | null> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    try {
      const response = await fetch(url, {
        ...(body === undefined
          ? {}
          : { method: "POST", body: new Uint8Array(body), headers: this.#headers() }),
        signal: stop.signal,
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        cache: "no-store",
      });
      if (response.status === 200) return await bounded(response, bytesMax);
      if (response.status === 404) return null;
      throw faultOf(response);
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (stop.signal.aborted) throw new Fault("timed-out", "no answer in time");
      throw new Fault("unreachable", error instanceof Error ? error.message : "no connection");
    } finally {
      clearTimeout(timer);
    }
  }

  seconds(): number {
    return Math.floor(Date.now() / 1000);
  }

  now(): number {
    return performance.now();
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { "content-type": "application/octet-stream" };
    if (this.#token !== undefined) headers["authorization"] = `Bearer ${this.#token}`;
    return headers;
  }
}

/** Reads a body of at most so many bytes; one that goes on is left. */
async function bounded(response: Response, bytesMax: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel();
      throw new Fault("unexpected", "the answer is too long");
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(length);
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}

function faultOf(response: Response): Fault {
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  switch (response.status) {
    case 401:
    case 403:
      return new Fault("not-authorised", "the account is not authorised", response.status);
    case 429:
      return new Fault("rate-limited", "too many requests", 429, Number.isFinite(retryAfter) ? retryAfter : undefined);
    case 502:
    case 503:
      return new Fault("not-serving", "the node does not serve", response.status);
    case 504:
      return new Fault("no-majority", "no majority", 504);
    default:
      return new Fault("unexpected", `HTTP ${response.status}`, response.status);
  }
}
