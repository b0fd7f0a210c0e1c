// @ts-check
import { EngineError } from "./engine-error.js";

/** Answers that may be different in a moment. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Milliseconds before a first new try; each that brings no byte doubles it. */
const FIRST_DELAY = 300;
const TRIES = 6;
/** A host that has never answered is asked less often: the address may be wrong. */
const FIRST_TRIES = 3;
/** How long a connection may stay silent, in milliseconds. */
const SILENCE = 30_000;

/** Something that may pass: a broken connection, a busy host. */
class Interruption extends Error {
  /** @param {string} message @param {number} [delay] milliseconds that the host asks to wait */
  constructor(message, delay = 0) {
    super(message);
    this.delay = delay;
  }
}

/**
 * The bytes of a file from `offset` on. Where the connection breaks it goes on, by HTTP Range where the host has it.
 * Only 200 and 206 count, HTML never does, and the length has to be that of the first answer and of the record.
 * @param {{ url: string, bytes?: number }} file 0 bytes where the size is not known
 * @param {number} offset
 * @param {AbortSignal} signal
 * @param {{ onSize?: (bytes: number) => void, onWait?: (reason: string) => void }} [listeners]
 * @returns {AsyncGenerator<Uint8Array>}
 * @throws {EngineError} "download", "wrong-size"
 */
export async function* download({ url, bytes = 0 }, offset, signal, { onSize, onWait } = {}) {
  const file = { url, bytes };
  let position = offset;
  let answered = false;
  for (let failures = 0; ; ) {
    const watch = watched(signal);
    try {
      const response = await ask(file, position, watch.signal);
      answered = true;
      onSize?.(file.bytes);
      let toSkip = response.status === 206 ? 0 : position;
      for await (const chunk of bodyOf(response, watch)) {
        const fresh = chunk.subarray(Math.min(toSkip, chunk.byteLength));
        toSkip -= chunk.byteLength - fresh.byteLength;
        if (!fresh.byteLength) continue;
        failures = 0;
        position += fresh.byteLength;
        if (file.bytes && position > file.bytes) throw tooLong(file);
        yield fresh;
      }
      if (!file.bytes || position === file.bytes) return;
      throw new Interruption(`the connection ended after ${position} of ${file.bytes} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Interruption)) throw error;
      if (++failures >= (answered ? TRIES : FIRST_TRIES)) {
        throw new EngineError("download", `${url}: ${error.message}; what has come is kept`, { cause: error });
      }
      onWait?.(`${error.message}; trying again`);
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
 * @returns {Promise<Uint8Array>}
 */
export async function downloadWhole(url, signal) {
  const chunks = [];
  for await (const chunk of download({ url }, 0, signal)) chunks.push(chunk);
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer());
}

/**
 * Asks for a file from a position on; notes its size where it is not known yet.
 * @param {{ url: string, bytes: number }} file
 * @param {number} position
 * @param {AbortSignal} signal
 */
async function ask(file, position, signal) {
  const { url } = file;
  const headers = position ? { range: `bytes=${position}-` } : undefined;
  let response;
  try {
    response = await fetch(url, { signal, headers });
  } catch (cause) {
    throw new Interruption(
      "it cannot be reached: the network is down, or the host allows no other site to read the file",
    );
  }
  const { status, statusText } = response;
  if (PASSING.has(status)) {
    const delay = Math.min(Number(response.headers.get("retry-after")) || 0, 30) * 1000;
    throw new Interruption(`the host answered ${status} ${statusText}`.trim(), delay);
  }
  if (status !== 200 && status !== 206) {
    throw new EngineError("download", `${url} answered ${`${status} ${statusText}`.trim()}: expected 200 and the file`);
  }
  const type = response.headers.get("content-type") ?? "";
  if (/^text\/html\b/i.test(type)) {
    throw new EngineError("download", `${url} answered with a web page (${type}): expected a model file`);
  }
  checkSize(file, position, response);
  return response;
}

/**
 * @param {{ url: string, bytes: number }} file
 * @param {number} position
 * @param {Response} response
 */
function checkSize(file, position, { status, headers }) {
  // A compressed answer announces its compressed length, which says nothing about the bytes that arrive here.
  let announced = headers.has("content-encoding") ? 0 : Number(headers.get("content-length"));
  if (status === 206) {
    const [, begin, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (begin === undefined) announced &&= announced + position; // the header is not shown to other sites by all hosts
    else if (Number(begin) !== position) throw new Interruption(`the host answered with byte ${begin}, not ${position}`);
    else announced = Number(total);
  }
  if (!announced) return;
  if (file.bytes && announced !== file.bytes) {
    throw new EngineError("wrong-size", `${file.url} has ${announced} bytes: expected ${file.bytes}`);
  }
  file.bytes = announced;
}

/**
 * The bytes of an answer. A stream that has stalled is left where it is: not every one hears that its request was ended.
 * @param {Response} response
 * @param {{ heard: () => void, signal: AbortSignal }} watch
 * @returns {AsyncGenerator<Uint8Array>}
 */
async function* bodyOf(response, watch) {
  if (!response.body) return;
  const reader = response.body.getReader();
  /** @type {Promise<never>} */
  const ended = new Promise((_, reject) => {
    watch.signal.addEventListener("abort", () => reject(new Error("it went silent")), { once: true });
  });
  ended.catch(() => {}); // it may end while nobody reads
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), ended]).catch((cause) => {
        throw new Interruption(`the connection broke: ${cause.message ?? cause}`);
      });
      if (done) return;
      watch.heard();
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {}); // a stream that has failed has nothing left to cancel
  }
}

/** @param {{ url: string, bytes: number }} file */
function tooLong({ url, bytes }) {
  return new EngineError("wrong-size", `${url} is longer than the ${bytes} bytes it should have`);
}

/**
 * A signal that also ends a request whose connection has gone silent.
 * @param {AbortSignal} signal
 */
function watched(signal) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  let timer = setTimeout(() => controller.abort(), SILENCE);
  return {
    signal: controller.signal,
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
