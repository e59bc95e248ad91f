import {
  Credential,
  Options,
  VaultClient,
  type BackupKey,
  type KnownPasskey,
  type PasskeyOffer,
} from "../wasm/strongroom_web.js";
import { StrongroomError } from "./errors.js";
import type { Call, Calls, ClientOptions, CredentialData, PasskeyAnswers } from "./messages.js";
import { FetchTransport } from "./transport.js";

/** Everything that happens beside the page: the client, and the secrets that it holds. Keys have numbers outside. */
export class Service {
  readonly #client: VaultClient;
  readonly #keys = new Map<number, BackupKey>();
  readonly #offers = new Map<number, PasskeyOffer>();
  #known = new Map<number, KnownPasskey>();
  #next = 1;

  constructor(options: ClientOptions) {
    this.#client = new VaultClient(wasmOptions(options), new FetchTransport(options.token));
  }

  /** Carries one call out. */
  async call<N extends Call>(name: N, args: Calls[N]["args"]): Promise<Calls[N]["result"]> {
    const method = this[name] as unknown as (args: Calls[N]["args"]) => Promise<Calls[N]["result"]>;
    return await method.call(this, args);
  }

  async believe({ locator }: Calls["believe"]["args"]): Promise<Calls["believe"]["result"]> {
    return JSON.parse(await this.#client.believe(locator)) as Calls["believe"]["result"];
  }

  async insist(): Promise<void> {
    this.#client.insist();
  }

  async register({ credential }: Calls["register"]["args"]): Promise<Calls["register"]["result"]> {
    const made = await this.#with(credential, (credential) => this.#client.register(credential));
    return { locator: made.locator, key: this.#keep(made.takeKey()) };
  }

  async recover({ locator, credential }: Calls["recover"]["args"]): Promise<Calls["recover"]["result"]> {
    let mended = 0;
    const restored = await this.#with(credential, (credential) => {
      mended = credential.mended;
      return this.#client.recover(locator, credential);
    });
    const { failed, failedElsewhere, isCounted } = restored;
    return { key: this.#keep(restored.takeKey()), failed, failedElsewhere, isCounted, mended };
  }

  async changePassword({ locator, key, password }: Calls["changePassword"]["args"]): Promise<Calls["changePassword"]["result"]> {
    const changed = await this.#with({ password }, (credential) =>
      this.#client.changePassword(locator, this.#key(key), credential),
    );
    return { locator: changed.locator, left: changed.left, isConfirmed: changed.isConfirmed };
  }

  async addRecoveryCode({ locator, key, replaceSlot }: Calls["addRecoveryCode"]["args"]): Promise<string> {
    return await this.#client.addRecoveryCode(locator, this.#key(key), replaceSlot);
  }

  async offerPasskey({ locator, rpId }: Calls["offerPasskey"]["args"]): Promise<Calls["offerPasskey"]["result"]> {
    const offer = await this.#client.offerPasskey(locator, rpId);
    const handle = this.#next++;
    this.#offers.set(handle, offer);
    const { prfInput, userHandle } = offer;
    return { offer: handle, prfInput, userHandle, exclude: offer.exclude as Uint8Array[] };
  }

  async addPasskey({ locator, key, made }: Calls["addPasskey"]["args"]): Promise<number> {
    return await this.#with({ made }, (credential) => this.#client.addPasskey(locator, this.#key(key), credential));
  }

  async passkeys({ locator }: Calls["passkeys"]["args"]): Promise<Calls["passkeys"]["result"]> {
    const known = await this.#client.passkeys(locator);
    this.#known.forEach((passkey) => passkey.free());
    this.#known = new Map(known.map((passkey) => [passkey.slot, passkey]));
    return known.map(({ slot, credentialId, rpId, label, prfInput }) => ({ slot, credentialId, rpId, label, prfInput }));
  }

  async status({ locator }: Calls["status"]["args"]): Promise<Calls["status"]["result"]> {
    return JSON.parse(await this.#client.status(locator)) as Calls["status"]["result"];
  }

  async removeSlot({ locator, key, slot }: Calls["removeSlot"]["args"]): Promise<void> {
    await this.#client.removeSlot(locator, this.#key(key), slot);
  }

  async erase({ locator, key }: Calls["erase"]["args"]): Promise<void> {
    await this.#client.erase(locator, this.#key(key));
  }

  async keyDigits({ key }: Calls["keyDigits"]["args"]): Promise<string> {
    return this.#key(key).toDigits();
  }

  async keysMatch({ key, other }: Calls["keysMatch"]["args"]): Promise<boolean> {
    return this.#key(key).matches(this.#key(other));
  }

  async forgetKey({ key }: Calls["forgetKey"]["args"]): Promise<void> {
    this.#keys.get(key)?.free();
    this.#keys.delete(key);
  }

  /** Uses a credential and zeroises it. */
  async #with<R>(data: CredentialData, use: (credential: Credential) => Promise<R>): Promise<R> {
    const credential = this.#credential(data);
    try {
      return await use(credential);
    } finally {
      credential.free();
    }
  }

  #credential(data: CredentialData): Credential {
    if ("password" in data) return Credential.password(data.password);
    if ("recoveryCode" in data) return Credential.recoveryCode(data.recoveryCode);
    if ("made" in data) return this.#made(data.made);
    const known = this.#known.get(data.answered.slot);
    if (known === undefined) throw new StrongroomError("no-passkey", "The passkeys were not listed first.");
    const { credentialId, isUserVerified, answer } = data.answered;
    try {
      return known.answered(credentialId, isUserVerified, answer);
    } finally {
      answer?.fill(0);
    }
  }

  #made({ offer, credentialId, label, isUserVerified, first, second }: PasskeyAnswers): Credential {
    const offered = this.#offers.get(offer);
    if (offered === undefined) throw new StrongroomError("passkey", "This passkey was not asked for.");
    this.#offers.delete(offer);
    try {
      return offered.made(credentialId, label, isUserVerified, first, second);
    } finally {
      offered.free();
      first?.fill(0);
      second?.fill(0);
    }
  }

  #keep(key: BackupKey | undefined): number {
    if (key === undefined) throw new StrongroomError("other", "The key was taken already.");
    const handle = this.#next++;
    this.#keys.set(handle, key);
    return handle;
  }

  #key(handle: number): BackupKey {
    const key = this.#keys.get(handle);
    if (key === undefined) throw new StrongroomError("options", "This key was forgotten.");
    return key;
  }
}

function wasmOptions(options: ClientOptions): Options {
  const made = "pin" in options.trust ? Options.pinned(options.trust.pin) : Options.overTheAir(options.trust.root);
  options.endpoints?.forEach((endpoint) => made.endpoint(endpoint));
  if ("root" in options.trust) {
    if (options.trust.log !== undefined) made.log(options.trust.log);
    if (options.trust.epochFloor !== undefined) made.epochFloor(BigInt(options.trust.epochFloor));
  }
  if (options.insecureNoStretching === true) made.insecureNoStretching();
  return made;
}
