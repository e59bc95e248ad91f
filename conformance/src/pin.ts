// Follows docs/spec/pin.md: one fleet, as an app or a person is told to trust it.

import { text, unhex, type Bytes } from "./bytes.ts";
import { Lines, type Line } from "./bodies.ts";
import { checkPublicKey } from "./crypto/signatures.ts";
import { Malformed } from "./errors.ts";

export const CLASSES = ["durable", "orderly", "volatile"] as const;
export const ENDPOINTS_MAX = 16;

export interface Pin {
  readonly fleet: Bytes;
  readonly key: Bytes;
  readonly members: number;
  readonly quorum: number;
  readonly guesses: number;
  readonly class: (typeof CLASSES)[number];
  readonly measurement: Bytes;
  /** A member stands on files of an ordinary process. Every program that shows the fleet shows it. */
  readonly insecureSimulation: boolean;
  readonly endpoints: readonly string[];
}

export function readPin(bytes: Bytes): Pin {
  if (bytes.length > 8192) throw new Malformed("the pin is too long");
  const lines = new Lines(text(bytes, "the pin"));
  lines.value("version", (line) => line.exactly("1"));
  const fleet = lines.value("fleet", hex32);
  const key = lines.value("key", (line) => line.reading(() => checkPublicKey(unhex(line.string("key"), 32, "key"), "key")));
  const members = lines.value("members", readMembers);
  const quorum = lines.value("quorum", (line) => readQuorum(line, members));
  const guesses = lines.value("guesses", readGuesses);
  const class_ = lines.value("class", (line) => line.oneOf(CLASSES, "class"));
  const measurement = lines.value("measurement", hex32);
  const insecureSimulation = lines.comes("INSECURE");
  if (insecureSimulation) lines.value("INSECURE", (line) => line.exactly("SIMULATION"));
  const endpoints: string[] = [];
  while (!lines.done) endpoints.push(lines.value("endpoint", (line) => nextEndpoint(line, endpoints)));
  return { fleet, key, members, quorum, guesses, class: class_, measurement, insecureSimulation, endpoints };
}

export function readMembers(line: Line): number {
  const members = line.small("members");
  line.require([3, 5, 7, 9].includes(members), "members are not 3, 5, 7 or 9");
  return members;
}

export function readQuorum(line: Line, members: number): number {
  const quorum = line.small("quorum");
  line.require(quorum === (members + 1) / 2, "the quorum is not the majority");
  return quorum;
}

export function readGuesses(line: Line): number {
  const guesses = line.small("guesses");
  line.require(guesses <= 30, "guesses are not 1 to 30");
  return guesses;
}

/** Refuses what is not in the form of "Endpoints". */
export function checkEndpoint(endpoint: string): string {
  const [, host, port] = /^https?:\/\/([a-z0-9](?:[a-z0-9-]|\.(?!\.))*|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?$/.exec(endpoint) ?? [];
  if (host === undefined || endpoint.length > 255) throw new Malformed("an endpoint is not in its form");
  if (port !== undefined && Number(port) > 65_535) throw new Malformed("an endpoint's port");
  if (host.startsWith("[") && shortestForm(host) !== host) throw new Malformed("an endpoint's IPv6 address");
  return endpoint;
}

/** An IPv6 address in brackets as RFC 5952 writes it; a mapped IPv4 address stands in dots. */
function shortestForm(host: string): string | undefined {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return undefined;
  const shortest = new URL(url).hostname;
  const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(shortest) ?? [];
  if (high === undefined || low === undefined) return shortest;
  const bytes = [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]);
  return `[::ffff:${bytes.join(".")}]`;
}

/** Plain http goes to loopback addresses and `localhost` only. */
export function mayBeAsked(endpoint: string): boolean {
  if (endpoint.startsWith("https:")) return true;
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : "";
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function nextEndpoint(line: Line, before: readonly string[]): string {
  line.require(before.length < ENDPOINTS_MAX, "too many endpoints");
  const endpoint = line.reading(() => checkEndpoint(line.string("endpoint")));
  line.require(!before.includes(endpoint), "an endpoint stands twice");
  return endpoint;
}

function hex32(line: Line): Bytes {
  return line.reading(() => unhex(line.string("hex"), 32, "not 64 lower-case hex digits"));
}
