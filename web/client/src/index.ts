/**
 * The client of a Strongroom fleet for browsers.
 *
 * Everything that matters happens in a worker, in the same Rust code as everywhere; keys stay there, and have numbers
 * here. `docs/spec/` says what is done.
 */
import { StrongroomError, fromMessage } from "./errors.js";
import type { Call, Calls, ClientOptions, Request, Response, TrustedFleet, VaultStatus } from "./messages.js";
import { askPasskey, makePasskey, type PasskeyNames } from "./passkeys.js";

export { StrongroomError, type Code, type Details } from "./errors.js";
export type { ClientOptions, Trust, TrustedFleet, VaultStatus } from "./messages.js";
export type { PasskeyNames } from "./passkeys.js";

/** What a person types. */
export type Typed = { readonly password: string } | { readonly recoveryCode: string };

/** A passkey that is to be made. */
export interface NewPasskey extends PasskeyNames {
  /** The page's own domain, or a parent of it. */
  readonly rpId: string;
  /** How the vault's list of slots shows it; 1 to 64 bytes. */
  readonly label: string;
}

/** A backup key in the worker. Forget it when it is not needed any more. */
export class KeyHandle {
  /** @internal */
  constructor(
    private readonly owner: Strongroom,
    /** @internal */
    readonly id: number,
  ) {}

  /** The 64 digits, for a person to write down: whoever reads them has everything. */
  digits(): Promise<string> {
    return this.owner.call("keyDigits", { key: this.id });
  }

  matches(other: KeyHandle): Promise<boolean> {
    return this.owner.call("keysMatch", { key: this.id, other: other.id });
  }

  /** Zeroises it. */
  forget(): Promise<void> {
    return this.owner.call("forgetKey", { key: this.id });
  }
}

/** What a recovery gave. */
export interface Recovered {
  readonly key: KeyHandle;
  /** Wrong guesses since the last success: somebody may have tried while the owner was away. */
  readonly failed: number;
  readonly failedElsewhere: number;
  /** Whether the guesses are full again. */
  readonly isCounted: boolean;
  /** Characters of a recovery code that were mended. */
  readonly mended: number;
}

/** A client. */
export class Strongroom {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  #next = 1;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Response>) => this.#answered(data);
    worker.onerror = () => this.#failed(new StrongroomError("other", "The client's worker could not be loaded."));
  }

  /** Starts a client. Nothing is sent. */
  static async start(options: ClientOptions): Promise<Strongroom> {
    if (typeof Worker === "undefined" || typeof WebAssembly === "undefined" || globalThis.crypto?.getRandomValues === undefined) {
      throw new StrongroomError("unsupported", "This browser lacks what is needed: workers, WebAssembly, randomness.");
    }
    const started = new Strongroom(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
    try {
      await started.#send<void>((id) => ({ id, start: options }));
    } catch (error) {
      started.close();
      throw error;
    }
    return started;
  }

  /** Ends the worker, and everything in it. */
  close(): void {
    this.#worker.terminate();
    this.#failed(new StrongroomError("other", "The client was closed."));
  }

  /** Comes to believe a fleet: that of a locator, or the one that new vaults go to. */
  believe(locator?: string): Promise<TrustedFleet> {
    return this.call("believe", { locator });
  }

  /** Goes on after the error `unconfirmed`: the person was told all of its `concerns`, and insists. */
  insist(): Promise<void> {
    return this.call("insist", {});
  }

  /** Makes a vault with a fresh backup key. Keep the locator beside the backup. */
  async register(credential: Typed): Promise<{ locator: string; key: KeyHandle }> {
    const { locator, key } = await this.call("register", { credential });
    return { locator, key: new KeyHandle(this, key) };
  }

  /** Makes a vault that a passkey alone opens. Add something else to it: synced passkeys have been seen to change. */
  async registerWithPasskey(passkey: NewPasskey): Promise<{ locator: string; key: KeyHandle }> {
    const made = await this.#made(undefined, passkey);
    const { locator, key } = await this.call("register", { credential: { made } }, made.first, made.second);
    return { locator, key: new KeyHandle(this, key) };
  }

  /** Gets the backup key back. A wrong password costs a guess, a wrong recovery code none. */
  async recover(locator: string, credential: Typed): Promise<Recovered> {
    const recovered = await this.call("recover", { locator, credential });
    return { ...recovered, key: new KeyHandle(this, recovered.key) };
  }

  /** Gets the backup key back by a passkey of this page's domain. */
  async recoverWithPasskey(locator: string, rpId: string): Promise<Recovered> {
    const known = (await this.call("passkeys", { locator })).filter((passkey) => passkey.rpId === rpId);
    if (known.length === 0) throw new StrongroomError("no-passkey", "This backup has no passkey of this page.");
    const { credentialId, isUserVerified, answer } = await askPasskey(known, rpId);
    const slot = known.find((passkey) => sameBytes(passkey.credentialId, credentialId))?.slot;
    if (slot === undefined) throw new StrongroomError("passkey", "Another passkey answered than one of this backup's.");
    const answered = { slot, credentialId, isUserVerified, answer };
    const recovered = await this.call("recover", { locator, credential: { answered } }, answer);
    return { ...recovered, key: new KeyHandle(this, recovered.key) };
  }

  /** Sets a new password. The locator that comes back is the one to be kept. */
  changePassword(locator: string, key: KeyHandle, password: string): Promise<Calls["changePassword"]["result"]> {
    return this.call("changePassword", { locator, key: key.id, password });
  }

  /** Makes a recovery code, sees that it opens the vault, and gives it, to be shown once. */
  addRecoveryCode(locator: string, key: KeyHandle, replaceSlot?: number): Promise<string> {
    return this.call("addRecoveryCode", { locator, key: key.id, replaceSlot });
  }

  /** Makes a passkey and adds it; gives its slot. The person is asked twice. */
  async addPasskey(locator: string, key: KeyHandle, passkey: NewPasskey): Promise<number> {
    const made = await this.#made(locator, passkey);
    return await this.call("addPasskey", { locator, key: key.id, made }, made.first, made.second);
  }

  /** How the vault stands; it costs no guess. */
  status(locator: string): Promise<VaultStatus> {
    return this.call("status", { locator });
  }

  /** Removes a slot, which opens the vault no more. */
  removeSlot(locator: string, key: KeyHandle, slot: number): Promise<void> {
    return this.call("removeSlot", { locator, key: key.id, slot });
  }

  /** Erases the vault for ever. */
  erase(locator: string, key: KeyHandle): Promise<void> {
    return this.call("erase", { locator, key: key.id });
  }

  /** @internal Asks the worker, which has copies; the page's own secrets are zeroised whatever comes of it. */
  async call<N extends Call>(
    name: N,
    args: Calls[N]["args"],
    ...secrets: (Uint8Array | undefined)[]
  ): Promise<Calls[N]["result"]> {
    try {
      return await this.#send<Calls[N]["result"]>((id) => ({ id, call: name, args }));
    } finally {
      secrets.forEach((secret) => secret?.fill(0));
    }
  }

  async #made(locator: string | undefined, { rpId, label, rpName, userName }: NewPasskey) {
    const offer = await this.call("offerPasskey", { locator, rpId });
    const first = await makePasskey(offer, rpId, { rpName, userName });
    const asked = { credentialId: first.credentialId, prfInput: offer.prfInput };
    // Asked twice, in two ceremonies; where making it gave no answer, twice more.
    const once = first.answer === undefined ? await askPasskey([asked], rpId) : first;
    const again = await askPasskey([asked], rpId);
    return {
      offer: offer.offer,
      credentialId: first.credentialId,
      label,
      isUserVerified: first.isUserVerified && once.isUserVerified && again.isUserVerified,
      first: once.answer,
      second: again.answer,
    };
  }

  #send<R>(request: (id: number) => Request): Promise<R> {
    const id = this.#next++;
    return new Promise<R>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject });
      this.#worker.postMessage(request(id));
    });
  }

  #answered(response: Response): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ("error" in response) waiting?.reject(fromMessage(response.error));
    else waiting?.resolve(response.result as never);
  }

  #failed(error: StrongroomError): void {
    this.#waiting.forEach(({ reject }) => reject(error));
    this.#waiting.clear();
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, place) => byte === right[place]);
}
