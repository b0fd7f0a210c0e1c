// @ts-check
/**
 * A static server for this machine only, with the MIME types and the isolation headers that the page needs.
 * usage: node tools/serve.mjs [--root FOLDER] [--overlay FOLDER] [--mount /PATH/] [--port N] [--coming FOLDER] [--probe]
 * The overlay's files, if any, stand in front of the root's. Port 0 takes any free port.
 *
 * In the folder of --coming, a file tells of a build that is still being made: `relaxed` with the word "simd" in it, that
 * requests for pkg/relaxed/ are sent on to pkg/simd/; an empty `research`, that requests for pkg/research/ wait until it is there, or
 * until the file is gone. With --probe nothing is served: the exit code says whether the port is free.
 */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const TYPES = new Map(
  Object.entries({
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
  }),
);

/** Cross-origin isolation, which shared memory and precise timers need, and no stale copies. */
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
};

/** The one file that is shown in a sandboxed frame, which counts as another origin. */
const FRAMED = path.join("www", "address", "ask.html");

/**
 * The page's own policy for its scripts: a policy in a page does not bind a worker, which takes its own from the header of
 * its script. Trusted Types stay out, because workers have no policy to start workers of their own with.
 * @param {string[]} folders
 * @param {string} connect another origin that scripts may connect to; "" for none
 * @returns {Promise<Record<string, string>>} no header where there is no page, or none with a policy
 */
async function scriptPolicy(folders, connect) {
  for (const folder of folders) {
    const page = await readFile(path.join(folder, "index.html"), "utf8").catch(() => "");
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    if (!policy) continue;
    const open = policy.replace("connect-src 'self'", `connect-src 'self' ${connect}`);
    return { "content-security-policy": open.replace(/; require-trusted-types-for.*$/, "") };
  }
  return {};
}

/**
 * @param {object} options
 * @param {string} options.root the folder to serve
 * @param {string} [options.overlay] a folder whose files stand in front of the root's
 * @param {string} [options.mount] the path at which the root appears; begins and ends with a slash
 * @param {number} [options.port] 0 for any free one
 * @param {string} [options.connect] an origin that scripts may connect to beside those of the page's policy: a hub
 * @param {boolean} [options.plain] without headers of isolation or policy, as most static hosts are
 * @param {string} [options.coming] a folder that tells of builds which are still being made
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve({ root, overlay, mount = "/", port = 0, connect = "", plain = false, coming }) {
  const folders = overlay ? [overlay, root] : [root];
  const server = http.createServer((request, response) => {
    if (plain) withoutHeaders(response);
    return answer(request, response, folders, mount, connect, coming);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = server.address();
  const bound = typeof address === "object" && address ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}${mount}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Makes a response leave out what few hosts send. @param {http.ServerResponse} response */
function withoutHeaders(response) {
  const write = response.writeHead.bind(response);
  const left = /^(cross-origin-|content-security-policy)/;
  response.writeHead = (/** @type {number} */ status, /** @type {any} */ headers) =>
    write(status, Object.fromEntries(Object.entries(headers).filter(([name]) => !left.test(name))));
}

/**
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 * @param {string[]} folders
 * @param {string} mount
 * @param {string} connect
 * @param {string} [coming]
 */
async function answer(request, response, folders, mount, connect, coming) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return response.writeHead(405, { allow: "GET, HEAD" }).end();
  }
  const target = request.url ?? "/";
  let build, file;
  do {
    if (build) await new Promise((resolve) => setTimeout(resolve, 200));
    build = await comingBuild(target, mount, coming); // before the file, which is there before nothing is said of it any more
    file = await find(target, folders, mount);
    if (!file && build?.standIn) return sendOn(response, build.standIn);
  } while (!file && build && !response.closed);
  if (!file) return response.writeHead(404, { "content-type": "text/plain", ...HEADERS }).end("not found\n");

  const etag = `"${file.size.toString(36)}-${file.mtimeMs.toString(36)}"`;
  const embedding = file.name.endsWith(FRAMED) ? "cross-origin" : "same-origin";
  const policy = file.name.endsWith(".js") ? await scriptPolicy(folders, connect) : {};
  const headers = { etag, ...HEADERS, ...policy, "cross-origin-resource-policy": embedding };
  if (request.headers["if-none-match"] === etag) return response.writeHead(304, headers).end();
  response.writeHead(200, {
    "content-type": TYPES.get(path.extname(file.name)) ?? "application/octet-stream",
    "content-length": file.size,
    ...headers,
  });
  if (request.method === "HEAD") return response.end();
  createReadStream(file.name)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** @param {http.ServerResponse} response @param {string} location */
function sendOn(response, location) {
  return response.writeHead(307, { ...HEADERS, location, "cache-control": "no-store" }).end();
}

/**
 * Whether a file's build is still being made, and the path of the file that stands in for it, "" for none.
 * @param {string} target of the request
 * @param {string} mount
 * @param {string} [coming]
 * @returns {Promise<{ standIn: string } | undefined>}
 */
async function comingBuild(target, mount, coming) {
  const { pathname } = new URL(target, "http://localhost");
  const [, build, file] = (pathname.startsWith(mount) && /^pkg\/([\w-]+)\/(.*)$/.exec(pathname.slice(mount.length))) || [];
  if (!build || !coming) return undefined;
  const other = await readFile(path.join(coming, build), "utf8").catch(() => undefined);
  return other === undefined ? undefined : { standIn: other.trim() && `${mount}pkg/${other.trim()}/${file}` };
}

/**
 * @param {string} target of the request
 * @param {string[]} folders looked through in order
 * @param {string} mount
 * @returns {Promise<{ name: string, size: number, mtimeMs: number } | undefined>}
 */
async function find(target, folders, mount) {
  const { pathname } = new URL(target, "http://localhost"); // which also resolves every `..`
  if (!pathname.startsWith(mount)) return undefined;
  let relative;
  try {
    relative = decodeURIComponent(pathname.slice(mount.length));
  } catch {
    return undefined;
  }
  const parts = relative.split("/");
  if (relative.includes("\0") || parts.some((part) => part.startsWith(".") || part.includes("\\"))) return undefined;
  if (parts.at(-1) === "") parts[parts.length - 1] = "index.html";
  for (const folder of folders) {
    const name = path.join(folder, ...parts);
    const found = await stat(name).catch(() => undefined);
    if (found?.isFile()) return { name, size: found.size, mtimeMs: found.mtimeMs };
  }
  return undefined;
}

async function main() {
  const { values } = parseArgs({
    options: {
      root: { type: "string", default: "." },
      overlay: { type: "string" },
      mount: { type: "string", default: "/" },
      port: { type: "string", default: "8080" },
      coming: { type: "string" },
      probe: { type: "boolean", default: false },
    },
  });
  const { root, overlay, mount, coming, probe } = values;
  const port = Number(values.port);
  try {
    const { url, close } = await serve({ root, overlay, mount, port, coming });
    if (probe) return await close();
    console.log(`serving ${path.resolve(root)} at\n\n  ${url}\n\nCtrl+C ends it.`);
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const none = error instanceof RangeError;
    console.error(taken ? `port ${port} is in use: name another one` : none ? `${values.port} is no port: name one below 65536` : `${error}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
