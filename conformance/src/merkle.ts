// Follows docs/spec/audit-log.md: the tree of the log, which is that of RFC 6962; proofs are verified as RFC 9162, section 2.1, has it.

import { sha256 } from "@noble/hashes/sha2.js";

import { concat, equal, type Bytes } from "./bytes.ts";

export function leafHash(leaf: Bytes): Bytes {
  return sha256(concat(Uint8Array.of(0), leaf));
}

export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(concat(Uint8Array.of(1), left, right));
}

/** Whether a leaf stands at `index` of the tree of `size` leaves with this root. */
export function includes(leaf: Bytes, index: bigint, size: bigint, root: Bytes, proof: readonly Bytes[]): boolean {
  if (index >= size) return false;
  let [node, last, hash] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && equal(hash, root);
}

export interface Tree {
  readonly size: bigint;
  readonly root: Bytes;
}

/** Whether a proof leads from the smaller tree to the larger one, which only grew then. */
export function grewInto(smaller: Tree, larger: Tree, proof: readonly Bytes[]): boolean {
  if (smaller.size > larger.size) return false;
  if (smaller.size === larger.size) return proof.length === 0 && equal(smaller.root, larger.root);
  if (smaller.size === 0n) return proof.length === 0;
  const complete = (smaller.size & (smaller.size - 1n)) === 0n;
  const [first, ...rest] = complete ? [smaller.root, ...proof] : proof;
  if (first === undefined) return false;
  let [node, last, from, to] = [smaller.size - 1n, larger.size - 1n, first, first];
  while ((node & 1n) === 1n) [node, last] = [node >> 1n, last >> 1n];
  for (const hash of rest) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      [from, to] = [nodeHash(hash, from), nodeHash(hash, to)];
      while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      to = nodeHash(to, hash);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && equal(from, smaller.root) && equal(to, larger.root);
}
