/**
 * Images from other hosts, without letting a client use this service to reach what only this service can reach (SSRF).
 *
 * Only hosts on the operator's list are asked, over http or https on their usual ports. A name is resolved once, every
 * address it has must be public, and the connection goes to the address that was judged, so a name that changes its mind
 * between judgement and connection (DNS rebinding) gains nothing. A redirect is a new request under the same rules. Time
 * and bytes are bounded. Answers say nothing about the network behind.
 */
import { lookup as lookupName } from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";
import { HttpProblem } from "./problem.ts";

/** Options of {@linkcode fetchRemoteImage}. */
export interface RemoteOptions {
  /** Hosts that may be asked: `images.example.org`, or `*.example.org` for all below it. */
  readonly hosts: readonly string[];
  /** Bytes of one image. */
  readonly maxBytes: number;
  /** Milliseconds for all of it, redirects included. @default 15_000 */
  readonly timeoutMs?: number;
  /** Addresses of a name. @default the system's resolver */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Whether an address may be connected to; tests allow their own machine. @default isPublicAddress */
  readonly isAllowed?: (address: string) => boolean;
  /** Whether a port may be connected to. @default only the scheme's own */
  readonly isAllowedPort?: (port: string) => boolean;
}

const MAX_REDIRECTS = 3;

/**
 * Fetches an image file.
 *
 * @throws {HttpProblem} `remote_forbidden` for what may not be asked, `remote_failed` for what did not work,
 *   `body_too_large`.
 */
export async function fetchRemoteImage(
  address: string,
  options: RemoteOptions,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { timeoutMs = 15_000 } = options;
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    let url = parseUrl(address, options);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await request(url, options, within);
      if (answer.body) return answer.body;
      url = parseUrl(new URL(answer.location!, url).href, options);
    }
    throw failed(`it redirects more than ${MAX_REDIRECTS} times`);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    if (signal.aborted) throw signal.reason;
    throw failed(
      within.aborted ? `it did not come within ${timeoutMs / 1000} s` : "its host could not be reached",
    );
  }
}

function parseUrl(address: string, options: RemoteOptions): URL {
  const { hosts, isAllowedPort = (port) => port === "" } = options;
  const url = URL.parse(address);
  if (!url) throw forbidden("want an absolute URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw forbidden("want an http or https URL");
  if (url.username !== "" || url.password !== "") throw forbidden("the URL must hold no user name");
  if (!isAllowedPort(url.port)) throw forbidden("want the usual port of its scheme");
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  const listed = hosts.some((entry) => {
    const name = entry.toLowerCase();
    return name.startsWith("*.")
      ? host.endsWith(name.slice(1)) && host.length > name.length - 1
      : host === name;
  });
  if (!listed) throw forbidden("its host is not on the list of this service");
  return url;
}

/** Asks once; gives the body, or where to go instead. */
async function request(url: URL, options: RemoteOptions, signal: AbortSignal) {
  const lookup = await judgedLookup(url, options);
  const { promise, resolve, reject } = Promise.withResolvers<
    { body?: Uint8Array<ArrayBuffer>; location?: string }
  >();
  const client = url.protocol === "https:" ? https : http;
  const outgoing = client.request(url, {
    agent: false, // a connection of its own: a shared one might have been opened for another name
    lookup,
    signal,
    headers: {
      Accept: "image/png, image/jpeg, image/gif",
      "Accept-Encoding": "identity",
      "User-Agent": "dsc",
    },
  }, (incoming) => {
    const { statusCode = 0, headers } = incoming;
    if (statusCode >= 300 && statusCode < 400 && headers.location) {
      incoming.destroy();
      return resolve({ location: headers.location });
    }
    const fail = (problem: HttpProblem) => {
      reject(problem);
      incoming.destroy();
    };
    if (statusCode !== 200) return fail(failed(`its host answered ${statusCode}`));
    if (Number(headers["content-length"] ?? 0) > options.maxBytes) return fail(tooLarge(options.maxBytes));
    const chunks: Uint8Array[] = [];
    let length = 0;
    incoming.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length > options.maxBytes) return fail(tooLarge(options.maxBytes));
      chunks.push(chunk);
    });
    incoming.on("error", reject);
    incoming.on("end", () => resolve({ body: concatenate(chunks, length) }));
  });
  outgoing.on("error", reject);
  outgoing.end();
  return await promise;
}

/** Resolves a name, judges all its addresses, and gives the connection only what was judged. */
async function judgedLookup(url: URL, options: RemoteOptions): Promise<LookupFunction> {
  const { resolve = systemResolve, isAllowed = isPublicAddress } = options;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(host) ? [host] : await resolve(host);
  // one private address among public ones is reason enough: which of them would be used is not for the attacker to say
  if (addresses.length === 0 || !addresses.every(isAllowed)) {
    throw forbidden("its host has no public address");
  }
  const address = addresses[0]!;
  if (!mayConnect(address, url)) throw failed("this service has no network permission for it");
  const family = isIPv6(address) ? 6 : 4;
  return (_, { all }, callback) =>
    all ? callback(null, [{ address, family }]) : callback(null, address, family);
}

/** Asked beforehand: without permission Deno throws where nobody can catch it, and the process ends. */
function mayConnect(address: string, { protocol, port }: URL): boolean {
  const host = `${isIPv6(address) ? `[${address}]` : address}:${port || (protocol === "https:" ? 443 : 80)}`;
  return Deno.permissions.querySync({ name: "net", host }).state === "granted";
}

async function systemResolve(host: string): Promise<string[]> {
  return (await lookupName(host, { all: true })).map(({ address }) => address);
}

// IANA's special-purpose registries (RFC 6890 and its successors): what is not globally reachable
const NOT_PUBLIC = new BlockList();
for (
  const [network, bits] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 3],
  ] as const
) NOT_PUBLIC.addSubnet(network, bits, "ipv4");
// within the global unicast range: tunnels that carry IPv4 addresses, and documentation
for (
  const [network, bits] of [
    ["2001::", 23],
    ["2001:db8::", 32],
    ["2002::", 16],
    ["3fff::", 20],
  ] as const
) NOT_PUBLIC.addSubnet(network, bits, "ipv6");
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet("2000::", 3, "ipv6");

/**
 * Whether an address is one of the open internet: not private, loopback, link-local, multicast, documentation, nor an IPv6
 * address that stands for an IPv4 one.
 *
 * @example
 * ```ts
 * import { isPublicAddress } from "./remote_image.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isPublicAddress("93.184.215.14"), true);
 * assert.equal(isPublicAddress("169.254.169.254"), false);
 * assert.equal(isPublicAddress("::ffff:10.0.0.1"), false);
 * ```
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC.check(address, "ipv4");
    case 6:
      return GLOBAL_UNICAST.check(address, "ipv6") && !NOT_PUBLIC.check(address, "ipv6");
    default:
      return false;
  }
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function forbidden(detail: string): HttpProblem {
  return new HttpProblem("remote_forbidden", `Cannot fetch image: ${detail}`);
}

function failed(detail: string): HttpProblem {
  return new HttpProblem("remote_failed", `Cannot fetch image: ${detail}`);
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(
    "body_too_large",
    `Cannot fetch image: it has more than the ${maxBytes} bytes allowed`,
  );
}
