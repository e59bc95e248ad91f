// Follows docs/spec/delivery.md, "Sections": a header line, then sections behind their names and lengths.

import { concat, utf8, type Bytes } from "./bytes.ts";
import { Malformed } from "./errors.ts";

export interface Section {
  readonly name: string;
  readonly bytes: Bytes;
}

export function readSections(bytes: Bytes, header: string, max: number): Section[] {
  if (bytes.length > max) throw new Malformed("a file of sections is too long");
  const first = line(bytes, 0);
  if (first.text !== header) throw new Malformed(`not ${header}`);
  const sections: Section[] = [];
  for (let at = first.end; at < bytes.length; ) {
    const { text, end } = line(bytes, at);
    const [, name, digits] = /^([a-z-]+) (0|[1-9][0-9]{0,9})$/.exec(text) ?? [];
    at = end + Number(digits);
    if (name === undefined || at > bytes.length) throw new Malformed("a section");
    sections.push({ name, bytes: bytes.slice(end, at) });
  }
  return sections;
}

/** Sections of exactly these names in this order. */
export function readNamed(bytes: Bytes, header: string, max: number, names: readonly string[]): Bytes[] {
  const sections = readSections(bytes, header, max);
  if (sections.length !== names.length || sections.some(({ name }, at) => name !== names[at])) throw new Malformed("other sections");
  return sections.map((section) => section.bytes);
}

export function writeSections(header: string, sections: readonly Section[]): Bytes {
  const parts = sections.flatMap(({ name, bytes }) => [utf8(`${name} ${bytes.length}\n`), bytes]);
  return concat(utf8(`${header}\n`), ...parts);
}

function line(bytes: Bytes, from: number): { text: string; end: number } {
  const end = bytes.indexOf(0x0a, from);
  if (end < 0 || end - from > 200) throw new Malformed("a line of a file of sections");
  return { text: Buffer.from(bytes.subarray(from, end)).toString("latin1"), end: end + 1 };
}
