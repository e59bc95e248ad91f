// docs/spec/audit-log.md: proofs of RFC 6962, for every index and every pair of sizes of small trees, and what is no proof.

import { expect, test } from "vitest";

import { utf8, type Bytes } from "../src/bytes.ts";
import { grewInto, includes, leafHash, nodeHash } from "../src/merkle.ts";
import { consistency, path, treeRoot } from "./support/universe.ts";

const SIZE = 17;
const leaves = Array.from({ length: SIZE }, (_, at) => leafHash(utf8(`leaf ${at}`)));
const tree = (size: number) => ({ size: BigInt(size), root: treeRoot(leaves.slice(0, size)) });
const flipped = (proof: readonly Bytes[], at: number): Bytes[] => proof.map((hash, index) => (index === at ? hash.map((byte) => byte ^ 1) : hash));

test("every leaf stands at its index and at no other, with its whole proof alone", () => {
  for (let size = 1; size <= SIZE; size++) {
    const { root } = tree(size);
    for (let index = 0; index < size; index++) {
      const [leaf, proof] = [leaves[index] ?? new Uint8Array(), path(index, leaves.slice(0, size))];
      const stands = (at: number, hashes: readonly Bytes[], of = size) => includes(leaf, BigInt(at), BigInt(of), root, hashes);
      expect(stands(index, proof)).toBe(true);
      expect(stands(index + 1, proof) || stands(index + size, proof)).toBe(false);
      expect(stands(index, [...proof, root]) || (proof.length > 0 && stands(index, proof.slice(0, -1)))).toBe(false);
      for (let at = 0; at < proof.length; at++) expect(stands(index, flipped(proof, at))).toBe(false);
    }
  }
});

test("a proof that is too short for the size proves nothing, whatever root it comes to", () => {
  const [leaf = new Uint8Array(), other = new Uint8Array()] = leaves;
  expect(includes(leaf, 0n, 2n, nodeHash(leaf, other), [other])).toBe(true);
  expect(includes(leaf, 0n, 8n, nodeHash(leaf, other), [other])).toBe(false);
  expect(grewInto({ size: 1n, root: leaf }, { size: 8n, root: nodeHash(leaf, other) }, [other])).toBe(false);
});

test("a tree grew into every larger one, and a changed proof or root shows nothing", () => {
  for (let size = 1; size <= SIZE; size++) {
    for (let smaller = 1; smaller <= size; smaller++) {
      const proof = consistency(smaller, leaves.slice(0, size));
      expect(grewInto(tree(smaller), tree(size), proof)).toBe(true);
      expect(grewInto({ ...tree(smaller), root: leafHash(utf8("another")) }, tree(size), proof)).toBe(false);
      expect(grewInto(tree(smaller), { ...tree(size), root: leafHash(utf8("another")) }, proof)).toBe(false);
      expect(grewInto(tree(smaller), tree(size), [...proof, leafHash(utf8("more"))])).toBe(false);
      if (proof.length > 0) expect(grewInto(tree(smaller), tree(size), proof.slice(0, -1))).toBe(false);
      for (let at = 0; at < proof.length; at++) expect(grewInto(tree(smaller), tree(size), flipped(proof, at))).toBe(false);
    }
  }
  expect(grewInto(tree(5), tree(3), consistency(3, leaves.slice(0, 5)))).toBe(false);
});
