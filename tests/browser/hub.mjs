// @ts-check
/**
 * A hub for this machine only, with Hugging Face's URL layout, over folders of checkpoints; it can misbehave on demand.
 * usage: node tests/browser/hub.mjs OWNER/NAME=FOLDER... [--port N]
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, readFileSync, readdirSync, statSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const REVISION = "0123456789abcdef0123456789abcdef01234567";
/** The hub keeps files over this size elsewhere and tells their SHA-256. */
const LARGE = 100_000;

/** Other sites may read everything, as on the hub. */
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "content-range, accept-ranges, etag, retry-after",
  "cross-origin-resource-policy": "cross-origin",
};

/**
 * What goes wrong with one answer. `cut` ends the connection after so many bytes, `flip` changes the byte at that place
 * of the file, `pace` waits so many milliseconds before each piece of 64 KiB.
 * @typedef {object} Fault
 * @property {number} [status] answers this instead of the file
 * @property {string} [retryAfter] and when to ask again
 * @property {boolean} [html] answers with a page and 200
 * @property {number} [cut]
 * @property {number} [flip]
 * @property {number} [longer] so many bytes more than the file has
 * @property {boolean} [noRange]
 * @property {number} [pace]
 * @property {string} [etag] and `modified`, that the answer names; none where absent, as of a host that names none
 * @property {string} [modified]
 * @property {number} [at] answers a request for a part with what begins there instead
 * @property {boolean} [noContentRange] leaves out where a part begins
 * @property {boolean} [noLength] says no length, and is done when the connection ends
 * @property {boolean} [endless] goes on with zeros behind the file, for as long as somebody reads
 * @property {boolean} [gzip] compresses whole answers
 * @property {string} [file] answers with another file of the folder
 * @property {number} [silent] sends so many bytes, and then nothing more
 * @property {boolean} [redirect] sends to another address for it first
 */

/** Milliseconds that a megabyte of an endless file takes. */
const PACE = 50;

/**
 * @typedef {object} Hub
 * @property {string} url without a slash at its end
 * @property {(file: string, request: http.IncomingMessage) => Fault | undefined} fault asked before each answer; replace it
 * @property {Map<string, number>} served bytes of each file's body that have been sent
 * @property {() => Promise<void>} close
 */

/**
 * @param {Record<string, string>} repositories folders by `owner/name`
 * @param {number} [port] 0 for any free one
 * @returns {Promise<Hub>}
 */
export async function serveHub(repositories, port = 0) {
  const server = http.createServer((request, response) => answer(request, response));
  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  /** @type {Hub} */
  const hub = {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : port}`,
    fault: () => undefined,
    served: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  function answer(request, response) {
    // Browsers ask before they send a token to another site, without it.
    if (request.method === "OPTIONS" && request.headers["access-control-request-headers"]?.includes("authorization")) {
      return response.writeHead(204, { ...HEADERS, "access-control-allow-headers": "authorization, range" }).end();
    }
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const about = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/[^/]+$/.exec(pathname);
    const resolve = /^(?:\/moved)?\/([^/]+\/[^/]+)\/resolve\/[^/]+\/([^/]+)$/.exec(pathname);
    const folder = repositories[(about ?? resolve)?.[1] ?? ""];
    const file = resolve?.[2] ?? "about";
    const fault = hub.fault(file, request) ?? {};
    if (fault.silent === 0) return;
    const later = fault.retryAfter ? { "retry-after": fault.retryAfter } : {};
    if (fault.status) return response.writeHead(fault.status, { ...HEADERS, ...later }).end("no\n");
    if (!folder) return response.writeHead(404, HEADERS).end("Repository not found\n");
    if (fault.html) return response.writeHead(200, { ...HEADERS, "content-type": "text/html" }).end("<p>Sign in</p>");
    if (about) return response.writeHead(200, { ...HEADERS, "content-type": "application/json" }).end(listing(folder));
    if (fault.redirect && !pathname.startsWith("/moved")) return response.writeHead(302, { ...HEADERS, location: `/moved${pathname}` }).end();
    const name = path.join(folder, fault.file ?? file);
    const found = statSync(name, { throwIfNoEntry: false });
    if (!found?.isFile()) return response.writeHead(404, HEADERS).end("Entry not found\n");
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec((!fault.noRange && request.headers.range) || "") ?? [];
    if (Number(first) >= found.size) return response.writeHead(416, { ...HEADERS, "content-range": `bytes */${found.size}` }).end();
    if (fault.gzip && first === undefined) {
      const body = gzipSync(readFileSync(name));
      return response.writeHead(200, { ...HEADERS, ...validators(fault), "content-encoding": "gzip", "content-length": body.length }).end(body);
    }
    const condition = request.headers["if-range"];
    const isOther = condition !== undefined && condition !== fault.etag && condition !== fault.modified;
    const part = first === undefined || isOther ? undefined : { begin: fault.at ?? Number(first), end: last ? Number(last) + 1 : found.size };
    send(response, file, name, found.size, part, fault);
  }

  /** @param {Fault} fault */
  function validators({ etag, modified }) {
    return { ...(etag && { etag }), ...(modified && { "last-modified": modified }) };
  }

  /**
   * @param {http.ServerResponse} response
   * @param {string} file
   * @param {string} name
   * @param {number} size
   * @param {{ begin: number, end: number } | undefined} part
   * @param {Fault} fault
   */
  async function send(response, file, name, size, part, fault) {
    const total = size + (fault.longer ?? 0);
    const begin = part?.begin ?? 0;
    const end = part && part.end < size ? part.end : total;
    const range = part && !fault.noContentRange ? { "content-range": `bytes ${begin}-${end - 1}/${total}` } : {};
    const length = fault.noLength ? { connection: "close" } : { "content-length": end - begin };
    response.writeHead(part ? 206 : 200, { ...HEADERS, ...validators(fault), ...range, ...length });
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    let at = begin;
    for await (let chunk of createReadStream(name, { start: begin, end: Math.min(end, size) - 1 })) {
      if (fault.pace) await new Promise((resolve) => setTimeout(resolve, fault.pace));
      if (fault.flip !== undefined && fault.flip >= at && fault.flip < at + chunk.length) chunk[fault.flip - at] ^= 1;
      const limit = fault.cut ?? fault.silent;
      const left = limit === undefined ? chunk.length : Math.max(0, begin + limit - at);
      chunk = chunk.subarray(0, left);
      at += chunk.length;
      if (response.destroyed) return;
      hub.served.set(file, (hub.served.get(file) ?? 0) + chunk.length);
      if (!response.write(chunk)) await once(response, "drain", { signal: gone.signal }).catch(() => {});
      if (fault.silent !== undefined && at >= begin + fault.silent) return;
      if (fault.cut !== undefined && at >= begin + fault.cut) return setTimeout(() => response.destroy(), 5);
    }
    const zeros = Buffer.alloc(1 << 20);
    while (fault.endless && !response.destroyed) {
      if (!response.write(zeros)) await once(response, "drain", { signal: gone.signal }).catch(() => {});
      hub.served.set(file, (hub.served.get(file) ?? 0) + zeros.length);
      // As fast as a network, so that what a busy browser holds ahead of its reader stays little.
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
    response.end(Buffer.alloc(part && part.end < size ? 0 : (fault.longer ?? 0)));
  }
  return hub;
}

/** @type {Map<string, string>} */
const listings = new Map();

/** @param {string} folder */
function listing(folder) {
  const known = listings.get(folder);
  if (known) return known;
  const siblings = readdirSync(folder).map((rfilename) => {
    const { size } = statSync(path.join(folder, rfilename));
    if (size < LARGE) return { rfilename, size };
    const sha256 = createHash("sha256").update(readFileSync(path.join(folder, rfilename))).digest("hex");
    return { rfilename, size, lfs: { sha256, size, pointerSize: 134 } };
  });
  const text = JSON.stringify({ sha: REVISION, siblings });
  listings.set(folder, text);
  return text;
}

async function main() {
  const { values, positionals } = parseArgs({ options: { port: { type: "string", default: "0" } }, allowPositionals: true });
  const repositories = Object.fromEntries(positionals.map((pair) => pair.split("=", 2)));
  const { url } = await serveHub(repositories, Number(values.port));
  console.log(url);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
