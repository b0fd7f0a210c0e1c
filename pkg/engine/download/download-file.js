// @ts-check
/** @import { FileVersion } from "./file-version.js" */
import { EngineError } from "../protocol/engine-error.js";
import { fileVersion } from "./file-version.js";

/** Status codes after which a retry may succeed. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Milliseconds before a first new try; each that brings no byte doubles it. */
const FIRST_DELAY = 300;
/** The longest that a host's wish to wait is followed, in milliseconds. */
const MOST_WAIT = 30_000;
const TRIES = 6;
/** A host that has never answered is asked less often: the address may be wrong. */
const FIRST_TRIES = 3;
/** How long a connection may stay silent, in milliseconds. */
const SILENCE = 30_000;
/** Fewer bytes than these before it went silent are no progress. */
const LITTLE = 64 << 10;
/** Bytes of a file that belongs to the weights, at most: the largest tokenizers have 34 MB. */
const MOST_SMALL = 1 << 28;
/** How often a file may begin anew. */
const BEGINNINGS = 5;

/**
 * A file on a host.
 * @typedef {object} HostFile
 * @property {string} url
 * @property {number} [bytes] what its length has to be; 0 or nothing where that is not known
 * @property {string} [sha256] of all of it, where the caller holds what came against it: then nobody has to ask whether two
 *   answers are of one version
 * @property {FileVersion} [version] of the bytes before `offset`
 * @property {string} [token] that its host asks for
 * @property {boolean} [kept] whether the caller keeps it: then the browser's own cache is left out
 */

/**
 * @typedef {object} Listeners
 * @property {(version: FileVersion) => void | Promise<void>} [onAnswer] before the first byte of each answer
 * @property {(reason: string) => void} [onRestart] forget what has come: the file begins anew, because what follows may be of
 *   another version. Where nobody listens, the download ends with "changed" instead.
 * @property {(reason: string) => void} [onWait]
 */

/** Something that may pass: a broken connection, a busy host. */
class Interruption extends Error {
  /**
   * @param {string} message
   * @param {{ delay?: number, silent?: boolean, limited?: boolean }} [told] milliseconds that the host asks to wait; whether it has
   *   been asked too often
   */
  constructor(message, { delay = 0, silent = false, limited = false } = {}) {
    super(message);
    this.limited = limited;
    this.delay = delay;
    this.silent = silent;
  }
}

/** What follows may be of another version than what has come. */
class OtherVersion extends Error {}

/**
 * The bytes of a file from `offset` on. Where the connection breaks it goes on, by HTTP Range where the host has it, and
 * never with bytes of another version of the file. Only 200 and 206 count, HTML never does, and the length has to be that
 * of the first answer and of the record.
 * @param {HostFile} file
 * @param {number} offset
 * @param {AbortSignal} signal
 * @param {Listeners} [listeners]
 * @returns {AsyncGenerator<Uint8Array>}
 * @throws {EngineError} "download", "wrong-size", "changed"
 */
export async function* download(file, offset, signal, listeners = {}) {
  const run = { file, position: offset, version: file.version, bytes: file.bytes || file.version?.bytes || 0 };
  let [answered, beginnings, failures, brought] = [false, 0, 0, 0];
  const whole = () => run.bytes > 0 && run.position === run.bytes;
  while (!(run.position > 0 && whole())) {
    const watch = watched(signal);
    brought = 0;
    try {
      const response = await ask(run, watch.signal);
      answered = true;
      await listeners.onAnswer?.({ ...run.version, bytes: run.bytes || undefined });
      let toSkip = response.status === 206 ? 0 : run.position;
      for await (const chunk of bodyOf(response, watch)) {
        const fresh = chunk.subarray(Math.min(toSkip, chunk.byteLength));
        toSkip -= chunk.byteLength - fresh.byteLength;
        if (!fresh.byteLength) continue;
        brought += fresh.byteLength;
        run.position += fresh.byteLength;
        if (run.bytes && run.position > run.bytes) {
          if (file.bytes || response.status === 206) throw tooLong(file.url, run.bytes);
          run.bytes = 0; // what was announced is the length of a compressed answer, whose headers say nothing here
        }
        yield fresh;
      }
      if (!run.bytes || whole()) return;
      throw new Interruption(`the connection ended after ${run.position} of ${run.bytes} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OtherVersion) {
        if (!listeners.onRestart) throw new EngineError("changed", `${file.url} was replaced during the download`);
        if (++beginnings > BEGINNINGS)
          throw new EngineError("download", `${file.url} cannot be downloaded, because ${error.message}: try again later`);
        listeners.onRestart(error.message);
        Object.assign(run, { position: 0, version: undefined, bytes: file.bytes ?? 0 });
        continue;
      }
      if (!(error instanceof Interruption)) throw error;
      failures = brought > (error.silent ? LITTLE : 0) ? 1 : failures + 1;
      if (failures >= (answered ? TRIES : FIRST_TRIES)) {
        const code = error.limited ? "rate-limited" : "download";
        throw new EngineError(code, `${file.url}: ${error.message}; progress is saved`, { cause: error });
      }
      listeners.onWait?.(`${error.message}; trying again`);
      await pause(Math.max(error.delay, FIRST_DELAY * 2 ** (failures - 1)), signal);
    } finally {
      watch.end();
    }
  }
}

/**
 * A small file as a whole.
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {string} [token] that its host asks for
 * @returns {Promise<Uint8Array>}
 */
export async function downloadWhole(url, signal, token) {
  /** @type {Uint8Array[]} */
  let chunks = [];
  let bytes = 0;
  const onRestart = () => void ([chunks, bytes] = [[], 0]);
  for await (const chunk of download({ url, token }, 0, signal, { onRestart })) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MOST_SMALL)
      throw new EngineError("wrong-size", `${url} has more than ${MOST_SMALL >> 20} MiB: expected a small file`);
  }
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer());
}

/**
 * What a host has at an address now; no more than its answer's head is read.
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<FileVersion>}
 * @throws {EngineError} "download" where the host does not answer with a file
 */
export async function currentVersion(url, signal) {
  const reading = new AbortController();
  try {
    // Of one byte, because not every host answers HEAD; the one byte may be the whole file where it knows no Range.
    const options = /** @type {const} */ ({ headers: { range: "bytes=0-0" }, cache: "no-store" });
    const response = await asked(url, { ...options, signal: AbortSignal.any([signal, reading.signal]) }, true);
    checkFile(url, response);
    return fileVersion.of(response);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof EngineError) throw cause;
    throw new EngineError("download", `${new URL(url).host} ${cause instanceof Interruption ? cause.message : "cannot be reached"}`, { cause });
  } finally {
    reading.abort();
  }
}

/**
 * Asks for a file from a position on; notes its size and version where they are not known yet.
 * @param {{ file: HostFile, position: number, version?: FileVersion, bytes: number }} run
 * @param {AbortSignal} signal
 * @returns {Promise<Response>}
 */
async function ask(run, signal) {
  const { file, position, version } = run;
  const { url } = file;
  /** @type {Record<string, string>} */
  // Of a part the length is that of the bytes: another site's compressed answer cannot be told from a plain one.
  const headers = position || (file.kept && !isOwn(url)) ? { range: `bytes=${position}-` } : {};
  const condition = position && version && isOwn(url) ? fileVersion.condition(version) : undefined;
  if (condition) headers["if-range"] = condition;
  if (file.token) headers.authorization = `Bearer ${file.token}`; // which browsers leave out where the host sends on to another
  let response;
  try {
    response = await asked(url, { signal, headers, cache: file.kept ? "no-store" : "no-cache" }, position === 0);
  } catch (cause) {
    if (signal.aborted) throw silence();
    throw new Interruption(
      "it cannot be reached: the network is down, or the host does not allow other sites to read the file",
    );
  }
  if (response.status === 416 && position) throw new OtherVersion("its host now has a shorter file");
  checkFile(url, response, file.token !== undefined);
  takeVersion(run, response);
  return response;
}

/**
 * Fetches; where that fails and the whole would do as well, without asking for a part, for which some browsers ask other
 * hosts for leave first.
 * @param {string} url
 * @param {RequestInit & { headers: Record<string, string> }} options
 * @param {boolean} orWhole
 */
async function asked(url, options, orWhole) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (!orWhole || !options.headers.range || options.signal?.aborted || isOwn(url)) throw error;
    const { range: _, ...headers } = options.headers;
    return fetch(url, { ...options, headers });
  }
}

/** Whether a request with headers of our own goes to this page's host; others have to be asked first, and many say no. @param {string} url */
function isOwn(url) {
  return new URL(url).origin === globalThis.location?.origin;
}

/**
 * @param {string} url
 * @param {Response} response
 * @param {boolean} [isToken] whether a token was sent
 * @throws {EngineError} "no-access", "download" @throws {Interruption}
 */
function checkFile(url, { status, statusText, headers }, isToken = false) {
  const told = `${status} ${statusText}`.trim();
  if (status === 401 || status === 403) {
    const gated = "its repository is gated, private, or not there";
    const todo = isToken
      ? "the token has no access to it: it needs read permission, and its owner must have accepted the repository's terms"
      : "pass a token with read access (option token)";
    throw new EngineError("no-access", `${url} answered ${told}: ${gated}; ${todo}`);
  }
  if (PASSING.has(status)) {
    const limited = status === 429;
    const delay = Math.min(askedToWait(headers), MOST_WAIT);
    throw new Interruption(`the host answered ${told}${limited ? ", too many requests: try again later" : ""}`, { delay, limited });
  }
  if (status !== 200 && status !== 206) throw new EngineError("download", `${url} answered ${told}: expected 200 and the file`);
  const type = headers.get("content-type") ?? "";
  if (/^text\/html\b/i.test(type)) {
    throw new EngineError("download", `${url} answered with a web page (${type}): expected a model file`);
  }
}

/** Milliseconds that a host asks to wait: it says seconds, or until when by its own clock. @param {Headers} headers */
function askedToWait(headers) {
  const asked = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(asked)) return Number(asked) * 1000;
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  return Math.max(0, Date.parse(asked) - now) || 0;
}

/**
 * Holds an answer against those before it.
 * @param {{ file: HostFile, position: number, version?: FileVersion, bytes: number }} run
 * @param {Response} response
 * @throws {OtherVersion} @throws {EngineError} "wrong-size"
 */
function takeVersion(run, response) {
  const { file, position, version } = run;
  const { status, headers } = response;
  const found = fileVersion.of(response);
  if (status === 206) {
    const [, begin] = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "") ?? [];
    if (begin !== undefined && Number(begin) !== position)
      throw new OtherVersion(`its host answered from byte ${begin}, not ${position}`);
    // The header is not shown to other sites by all hosts.
    if (begin === undefined) found.bytes = Number(headers.get("content-length")) + position || undefined;
  }
  if (file.bytes && found.bytes && found.bytes !== file.bytes)
    throw new EngineError("wrong-size", `${file.url} has ${found.bytes} bytes: expected ${file.bytes}`);
  if (position && !file.sha256 && !(version && fileVersion.surelySame(version, found))) {
    const replaced = version && fileVersion.surelyOther(version, found);
    throw new OtherVersion(replaced ? "it was replaced on its host" : "its host does not say whether it is still the same file");
  }
  run.version ??= found;
  run.bytes ||= found.bytes ?? 0;
  if (found.bytes && found.bytes !== run.bytes) throw new EngineError("wrong-size", `${file.url} has ${found.bytes} bytes: expected ${run.bytes}`);
}

/**
 * The bytes of an answer. A stream that has stalled is left where it is: not every one hears that its request was ended.
 * @param {Response} response
 * @param {ReturnType<typeof watched>} watch
 * @returns {AsyncGenerator<Uint8Array>}
 */
async function* bodyOf(response, watch) {
  if (!response.body) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await watch.unlessEnded(reader.read()).catch((cause) => {
        throw cause instanceof Interruption ? cause : new Interruption(`the connection broke: ${cause.message ?? cause}`);
      });
      if (done) return;
      watch.heard();
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {}); // a stream that has failed has nothing left to cancel
  }
}

/** @param {string} url @param {number} bytes */
function tooLong(url, bytes) {
  return new EngineError("wrong-size", `${url} is longer than the expected ${bytes} bytes`);
}

function silence() {
  return new Interruption("it stopped responding", { silent: true });
}

/**
 * A signal that also ends a request whose connection has gone silent.
 * @param {AbortSignal} signal
 */
function watched(signal) {
  const controller = new AbortController();
  /** Tells whoever waits that the request is ended. @type {(ended: Interruption) => void} */
  let tell = () => {};
  controller.signal.addEventListener("abort", () => tell(silence()));
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  let timer = setTimeout(() => controller.abort(), SILENCE);
  return {
    signal: controller.signal,
    /**
     * What a promise gives, where the request is not ended first. No promise is there for all of the download: it would hold
     * every chunk that was ever raced against it.
     * @template T
     * @param {Promise<T>} promise
     * @returns {Promise<T>}
     */
    unlessEnded(promise) {
      return new Promise((resolve, reject) => {
        tell = reject;
        promise.then(resolve, reject);
        if (controller.signal.aborted) reject(silence());
      });
    },
    heard() {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), SILENCE);
    },
    /** What has not been read of an answer is not wanted: left to itself, it can hold up the next request for its file. */
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      controller.abort();
    },
  };
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve(undefined);
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}
