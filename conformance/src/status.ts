// Follows docs/spec/status.md: which bundle is the newest. What is read here nobody verified.

import { hex, type Bytes } from "./bytes.ts";
import { Lines, type Line } from "./bodies.ts";

export interface Status {
  readonly namespace: string;
  readonly number: bigint;
  readonly issued: number;
  readonly epoch: bigint;
  readonly bundle: Bytes;
  readonly trustRoot: bigint;
  readonly revocations: readonly Bytes[];
}

export function readStatus(body: string): Status {
  const lines = new Lines(body);
  lines.header("strongroom.example/fleet-status/v1");
  const namespace = lines.value("namespace", (line) => line.word("namespace"));
  const number = lines.value("number", (line) => line.number("number"));
  const issued = lines.value("issued", (line) => line.time("issued"));
  const named = lines.value("bundle", (line) => ({ epoch: line.number("epoch"), bundle: line.digest("bundle") }));
  const trustRoot = lines.value("trust-root", (line) => line.number("trust-root"));
  const revocations: Bytes[] = [];
  while (!lines.done) revocations.push(lines.value("revocation", (line) => readRevocation(line, revocations)));
  return { namespace, number, issued, ...named, trustRoot, revocations };
}

function readRevocation(line: Line, before: readonly Bytes[]): Bytes {
  const digest = line.digest("revocation");
  const last = before.at(-1);
  line.require(before.length < 16, "too many revocations");
  line.require(last === undefined || hex(last) < hex(digest), "revocations are not ascending");
  return digest;
}
