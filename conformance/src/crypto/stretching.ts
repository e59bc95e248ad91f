// Follows docs/spec/crypto.md, "Key stretching": Argon2id whose parameters go by number.

import { argon2id } from "hash-wasm";

import type { Bytes } from "../bytes.ts";
import { Malformed } from "../errors.ts";

/** The number that new slots are made with, and the floor under a slot's number. */
export const STRETCHING = 1;

/** A function from 64 bytes to 64 bytes. */
export type Stretch = (input: Bytes) => Promise<Bytes>;

/** The function of a number; a number that is not known is refused before the password is used. */
export function stretching(number: number): Stretch {
  if (number !== 1) throw new Malformed(`key stretching ${number} is not known`);
  const parameters = { salt: new Uint8Array(16), memorySize: 65_536, iterations: 3, parallelism: 4, hashLength: 64, outputType: "binary" } as const;
  return async (password) => new Uint8Array(await argon2id({ password, ...parameters }));
}
