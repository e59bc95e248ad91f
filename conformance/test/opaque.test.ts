// This client's OPAQUE beside a library's. The library takes identities as text only, so it cannot speak to a fleet; here it stands on the other side.

import { client as theirClient, ready, server } from "@serenity-kit/opaque";
import { beforeAll, expect, test } from "vitest";

import { utf8, type Bytes } from "../src/bytes.ts";
import { LoginStart, RegistrationStart } from "../src/crypto/opaque.ts";
import { stretching } from "../src/crypto/stretching.ts";
import { slotKeys } from "./support/opaque-server.ts";

const identities = { client: utf8("somebody"), server: utf8("a fleet") };
const identifiers = { client: "somebody", server: "a fleet" };
const userIdentifier = "a user";
const text = (bytes: Bytes): string => Buffer.from(bytes).toString("base64url");
const bytes = (digits: string): Bytes => new Uint8Array(Buffer.from(digits, "base64url"));
const same = async (input: Bytes): Promise<Bytes> => input;

beforeAll(() => ready);

test("this client registers and logs in at the library's server", async () => {
  const serverSetup = server.createSetup();
  const start = new RegistrationStart(utf8("password"));
  const { registrationResponse } = server.createRegistrationResponse({ serverSetup, userIdentifier, registrationRequest: text(start.request) });
  const { record, exportKey } = await start.finish(bytes(registrationResponse), identities, same);
  const login = new LoginStart(utf8("password"));
  const registrationRecord = text(record);
  const answer = server.startLogin({ serverSetup, userIdentifier, registrationRecord, startLoginRequest: text(login.ke1), identifiers });
  const finished = await login.finish(bytes(answer.loginResponse), identities, same);
  expect(finished?.exportKey).toEqual(exportKey);
  expect(server.finishLogin({ finishLoginRequest: text(finished?.ke3 ?? new Uint8Array()), serverLoginState: answer.serverLoginState, identifiers }).sessionKey).toBeDefined();

  const wrong = new LoginStart(utf8("wrong"));
  const other = server.startLogin({ serverSetup, userIdentifier, registrationRecord, startLoginRequest: text(wrong.ke1), identifiers });
  expect(await wrong.finish(bytes(other.loginResponse), identities, same)).toBeUndefined();
  const again = new LoginStart(utf8("password"));
  const third = server.startLogin({ serverSetup, userIdentifier, registrationRecord, startLoginRequest: text(again.ke1), identifiers });
  expect(await again.finish(bytes(third.loginResponse), { ...identities, client: utf8("another") }, same)).toBeUndefined();
});

test("the library's client registers at a slot, with key stretching number 1, and this one logs in there", async () => {
  const keyStretching = { "argon2id-custom": { iterations: 3, memory: 65_536, parallelism: 4 } } as const;
  const slot = slotKeys(new Uint8Array(64).fill(7));
  const { clientRegistrationState, registrationRequest } = theirClient.startRegistration({ password: "password" });
  const registrationResponse = text(slot.register(bytes(registrationRequest)));
  const made = theirClient.finishRegistration({ password: "password", registrationResponse, clientRegistrationState, identifiers, keyStretching });
  const login = new LoginStart(utf8("password"));
  const { ke2, expectedKe3 } = slot.login(bytes(made.registrationRecord), login.ke1, identities);
  expect(await login.finish(ke2, identities, stretching(1))).toEqual({ ke3: expectedKe3, exportKey: bytes(made.exportKey) });
});
