// The conformance client: what docs/spec/flows.md lets a device do, in one place.

import { random, type Bytes } from "./bytes.ts";
import { NoSuchSlot, Refused, Unreachable } from "./errors.ts";
import { erase, remove, setPassword, status } from "./flows/change.ts";
import type { Credential } from "./flows/credential.ts";
import { MemoryDevice, readKey, readState, writeKey, writeState, type Device, type VaultState } from "./flows/device.ts";
import { Nodes, OPERATION_MS } from "./flows/nodes.ts";
import { recover, type Recovered } from "./flows/recover.ts";
import { deliver, type Delivery, type Flow } from "./flows/success.ts";
import { PinnedTrust, type Chosen, type Trust, type Wanted } from "./flows/trust.ts";
import { resumeUpload, upload, VaultIdTaken, type UploadDone } from "./flows/upload.ts";
import { addSlot, createWith, passkeySlots, recoverByCode, recoverByPasskey, type Opened } from "./flows/uncounted.ts";
import type { Locator } from "./locator.ts";
import type { Passkey } from "./messages.ts";
import { newPasskey, openingPasskey, prfInput, type Ceremony } from "./passkey.ts";
import type { VaultStatus } from "./answers.ts";
import type { Pin } from "./pin.ts";
import { makeRecoveryCode, readRecoveryCode, recoveryCodeCredential } from "./recovery-code.ts";

export { password } from "./flows/credential.ts";
export { FolderDevice, MemoryDevice } from "./flows/device.ts";
export { OverTheAir, PinnedTrust } from "./flows/trust.ts";
export * from "./errors.ts";
export { readLocator, writeLocator, type Locator } from "./locator.ts";
export { readPin, type Pin } from "./pin.ts";
export { told } from "./trust-root.ts";

const ANOTHER_ID_MAX = 4;

export interface Options {
  readonly trust: Trust;
  readonly endpoints: readonly string[];
  readonly token: string;
  readonly device?: Device;
  readonly operationMs?: number;
}

/** One of a vault's passkeys, and what its PRF is asked. */
export interface AskedPasskey {
  readonly passkey: Passkey;
  readonly registration: Bytes;
  readonly input: Bytes;
}

/** What a vault without a password begins with, under a vault id that was drawn before. */
export interface FirstSlot {
  readonly vault: Bytes;
  readonly registration?: Bytes;
  readonly credential: Credential;
}

export interface RegisterOutcome extends UploadDone {
  readonly locator: Locator;
  readonly backupKey: Bytes;
}

export class Client {
  readonly #options: Required<Options>;

  constructor(options: Options) {
    this.#options = { device: new MemoryDevice(), operationMs: OPERATION_MS, ...options };
  }

  static pinned(pin: Pin, token: string, device: Device = new MemoryDevice()): Client {
    return new Client({ trust: new PinnedTrust(pin), endpoints: pin.endpoints, token, device });
  }

  /** Makes a vault. `keep` puts the locator beside the backup, before anything is sent. */
  async register(credential: Credential, keep: (locator: Locator) => Promise<void>, backupKey: Bytes = random(32)): Promise<RegisterOutcome> {
    const { flow, chosen } = await this.#flow({ for: "new-vault" });
    for (let anew = 0; ; anew++) {
      const vault = random(32);
      const locator = { fleet: chosen.fleet, vault, slot: 1, bundleEpoch: chosen.bundleEpoch, endpoints: this.#options.endpoints.slice(0, 16) };
      const state = { ...(await readState(flow.device, flow.fleet, vault)), pending: { pending: "registration" } as const };
      await keep(locator);
      await writeKey(flow.device, vault, backupKey);
      await writeState(flow.device, state);
      try {
        const done = await upload(flow, state, { vault, slot: 1, purpose: { purpose: "create" }, backupKey, credential });
        return { ...done, locator, backupKey };
      } catch (error) {
        if (!(error instanceof VaultIdTaken)) throw error;
        if (anew === ANOTHER_ID_MAX) throw new Refused("vault-exists");
      }
    }
  }

  async recover(locator: Locator, credential: Credential): Promise<Recovered> {
    const { flow } = await this.#flow(about(locator, "anything-else"));
    await this.#deliverStored(flow, locator.vault);
    return recover(flow, locator.vault, locator.slot, credential);
  }

  async status(locator: Locator): Promise<VaultStatus> {
    const { flow } = await this.#flow(about(locator, "anything-else"));
    return status(flow, locator.vault);
  }

  /** Sets a new password; the locator changes only if it takes another slot. */
  async changePassword(locator: Locator, backupKey: Bytes, credential: Credential): Promise<UploadDone & { locator: Locator }> {
    const { flow } = await this.#flow(about(locator, "new-password"));
    await this.#deliverStored(flow, locator.vault);
    const { slot, ...done } = await setPassword(flow, locator.vault, locator.slot, backupKey, credential);
    return { ...done, locator: { ...locator, slot } };
  }

  async removeSlot(locator: Locator, backupKey: Bytes, slot: number): Promise<void> {
    const { flow } = await this.#flow(about(locator, "anything-else"));
    await remove(flow, locator.vault, slot, backupKey);
  }

  async erase(locator: Locator, backupKey: Bytes): Promise<void> {
    const { flow } = await this.#flow(about(locator, "anything-else"));
    await erase(flow, locator.vault, backupKey);
  }

  /** Opens the vault by a recovery code as a person typed it; no guess is spent. */
  async recoverByCode(locator: Locator, typed: string): Promise<Opened> {
    const read = readRecoveryCode(typed);
    const { flow } = await this.#flow(about(locator, "anything-else"));
    return recoverByCode(flow, locator.vault, read);
  }

  /** Opens the vault by a passkey. `ask` runs the ceremony of one of the vault's passkeys with its PRF input. */
  async recoverByPasskey(locator: Locator, ask: (asked: readonly AskedPasskey[]) => Promise<{ asked: AskedPasskey; ceremony: Ceremony }>): Promise<Opened> {
    const { flow } = await this.#flow(about(locator, "anything-else"));
    const slots = await passkeySlots(flow, locator.vault);
    if (slots.length === 0) throw new NoSuchSlot("the vault has no passkey");
    const asked = slots.map(({ kind, registration }) => ({ passkey: kind.passkey, registration, input: prfInput(flow.fleet, locator.vault, registration) }));
    const chosen = await ask(asked);
    return recoverByPasskey(flow, locator.vault, chosen.asked.registration, openingPasskey(chosen.asked.passkey, chosen.ceremony));
  }

  /** Makes a recovery code; it is given out only after it was seen to open the vault. */
  async addRecoveryCode(locator: Locator, backupKey: Bytes, replace?: number): Promise<Opened & { code: string }> {
    const code = makeRecoveryCode();
    const { flow } = await this.#flow(about(locator, "new-password"));
    const wanted = { vault: locator.vault, preferred: locator.slot, backupKey, credential: recoveryCodeCredential(code), replace };
    return { ...(await addSlot(flow, wanted)), code };
  }

  /** Adds a passkey that was made for `registration`. */
  async addPasskey(locator: Locator, backupKey: Bytes, registration: Bytes, passkey: Passkey, ceremonies: readonly [Ceremony, Ceremony]): Promise<Opened> {
    const credential = newPasskey(passkey, ceremonies);
    const { flow } = await this.#flow(about(locator, "new-password"));
    return addSlot(flow, { vault: locator.vault, preferred: locator.slot, backupKey, credential, registration });
  }

  /** Makes a vault that begins with a recovery code, or with a passkey that was made for its vault id and registration. */
  async registerWith(first: FirstSlot, keep: (locator: Locator) => Promise<void>, backupKey: Bytes = random(32)): Promise<Opened & { locator: Locator }> {
    const { flow, chosen } = await this.#flow({ for: "new-vault" });
    const { vault, registration, credential } = first;
    const locator = { fleet: chosen.fleet, vault, slot: 1, bundleEpoch: chosen.bundleEpoch, endpoints: this.#options.endpoints.slice(0, 16) };
    await keep(locator);
    await writeKey(flow.device, vault, backupKey);
    return { ...(await createWith(flow, { vault, preferred: 1, backupKey, credential, registration })), locator };
  }

  /** Goes on with what an earlier run left: a stored message 2 without the credential, an upload with it. */
  async resume(locator: Locator, credential?: Credential): Promise<UploadDone | Delivery | undefined> {
    const { flow } = await this.#flow(about(locator, "anything-else"));
    const delivered = await this.#deliverStored(flow, locator.vault);
    const state = await readState(flow.device, flow.fleet, locator.vault);
    const backupKey = await readKey(flow.device, locator.vault);
    const { pending } = state;
    if (pending.pending !== "upload" || credential === undefined || backupKey === undefined) return delivered;
    return resumeUpload(flow, state, pending, backupKey, credential);
  }

  /** A message 2 whose token died stays behind: the upload or attempt that it belongs to is made again. */
  async #deliverStored(flow: Flow, vault: Bytes): Promise<Delivery | undefined> {
    const state: VaultState = await readState(flow.device, flow.fleet, vault);
    const { pending } = state;
    if ((pending.pending !== "upload" && pending.pending !== "attempt") || pending.success === undefined) return undefined;
    const delivery = await deliver(flow, state, pending, pending.success);
    if (delivery.delivered === "token-dead") await writeState(flow.device, { ...state, pending: { ...pending, success: undefined } });
    if (delivery.delivered === "pending") throw new Unreachable("no-majority", 0);
    return delivery;
  }

  async #flow(wanted: Wanted): Promise<{ flow: Flow; chosen: Chosen }> {
    const { trust, device, endpoints, token, operationMs } = this.#options;
    const chosen = await trust.choose(device, endpoints, wanted);
    return { chosen, flow: { nodes: new Nodes(endpoints, chosen, token, operationMs), device, fleet: chosen.fleet } };
  }
}

function about(locator: Locator, wanted: "new-password" | "anything-else"): Wanted {
  return { for: wanted, fleet: locator.fleet, epoch: locator.bundleEpoch };
}

