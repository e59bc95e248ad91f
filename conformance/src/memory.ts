// Follows docs/spec/delivery.md, "Memory" and "What a device keeps".

import { Lines } from "./bodies.ts";
import { text, utf8, type Bytes } from "./bytes.ts";
import { readBundle, type Bundle } from "./bundle.ts";
import { readCheckpoint, type Checkpoint } from "./checkpoint.ts";
import { Malformed } from "./errors.ts";
import { CHECKPOINT_MAX, readCounterSigned, readNote, type CounterSigned } from "./notes.ts";
import { readNamed, readSections, writeSections, type Section } from "./sections.ts";
import { readStatus, type Status } from "./status.ts";
import { writtenTime } from "./bodies.ts";

const MEMORY = "strongroom.example/trust-memory/v1";
const DEVICE = "strongroom.example/device-trust/v1";
const MAX = 1_048_576;

/** What a device remembers of the last unit that it believed. It is its own: reading it verifies no signature. */
export interface Memory {
  readonly bundle: { readonly note: CounterSigned; readonly body: Bundle };
  readonly status: { readonly note: CounterSigned; readonly body: Status };
  readonly checkpoint: { readonly note: Bytes; readonly body: Checkpoint };
  readonly witnessed: number;
}

export function readMemory(bytes: Bytes): Memory {
  const [bundle, status, checkpoint, witnessed] = readNamed(bytes, MEMORY, MAX, ["bundle", "status", "checkpoint", "witnessed"]);
  if (bundle === undefined || status === undefined || checkpoint === undefined || witnessed === undefined) throw new Malformed("a memory");
  const [bundleNote, statusNote] = [readCounterSigned(bundle), readCounterSigned(status)];
  const lines = new Lines(text(witnessed, "witnessed"));
  const time = lines.value("time", (line) => line.time("time"));
  lines.end();
  return {
    bundle: { note: bundleNote, body: readBundle(bundleNote.body) },
    status: { note: statusNote, body: readStatus(statusNote.body) },
    checkpoint: { note: checkpoint, body: readCheckpoint(readNote(checkpoint, CHECKPOINT_MAX).text) },
    witnessed: time,
  };
}

export function writeMemory(memory: Memory): Bytes {
  return writeSections(MEMORY, [
    { name: "bundle", bytes: memory.bundle.note.whole },
    { name: "status", bytes: memory.status.note.whole },
    { name: "checkpoint", bytes: memory.checkpoint.note },
    { name: "witnessed", bytes: utf8(`time ${writtenTime(memory.witnessed)}\n`) },
  ]);
}

/** The file of one namespace. */
export interface DeviceTrust {
  readonly roots: Bytes | undefined;
  readonly memory: Memory | undefined;
  /** The oldest checkpoint of which nobody has proved yet that the log grew out of it. */
  readonly unproved: Bytes | undefined;
}

export function readDeviceTrust(bytes: Bytes): DeviceTrust {
  const sections = readSections(bytes, DEVICE, MAX);
  const names = sections.map(({ name }) => name).join(" ");
  if (!/^roots( memory( unproved)?)?$/.test(names)) throw new Malformed("a device's trust");
  const [roots, memory, unproved] = sections.map((section) => section.bytes);
  return { roots, memory: memory && readMemory(memory), unproved };
}

export function writeDeviceTrust(trust: DeviceTrust): Bytes {
  const sections: Section[] = [{ name: "roots", bytes: trust.roots ?? writeSections("strongroom.example/trust-roots/v1", []) }];
  if (trust.memory !== undefined) sections.push({ name: "memory", bytes: writeMemory(trust.memory) });
  if (trust.unproved !== undefined) sections.push({ name: "unproved", bytes: trust.unproved });
  return writeSections(DEVICE, sections);
}

/** Takes a believed unit in: it replaces the memory, unless its log is the shorter one. */
export function remember(before: DeviceTrust, believed: Memory, proved: boolean): DeviceTrust {
  const old = before.memory;
  if (old === undefined) return { ...before, memory: believed };
  const sameLog = old.checkpoint.body.origin === believed.checkpoint.body.origin;
  if (sameLog && believed.checkpoint.body.size < old.checkpoint.body.size) return before;
  const unproved = sameLog ? (before.unproved ?? (proved ? undefined : old.checkpoint.note)) : undefined;
  return { ...before, memory: believed, unproved };
}
