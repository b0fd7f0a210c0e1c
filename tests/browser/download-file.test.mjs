// @ts-check
/**
 * Downloads that are ended at moments that no host can be timed for, in Chromium, around a `fetch` that stands in for a host;
 * and what a long one holds of its chunks, in Node, which shows it.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { download } from "../../pkg/engine/download/download-file.js";
import { openStage } from "./stage.mjs";

/** Bytes of a chunk. */
const CHUNK = 1 << 16;
const CHUNKS = 1000;

/** @type {import("./stage.mjs").Stage} */
let stage;
before(async () => {
  stage = await openStage({
    script: `
      import { download } from "/pkg/engine/download/download-file.js";
      /** What settles first: a promise, or two seconds. */
      const soon = (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 2000, "it never ended"))]);
      /** A body of one byte that then stalls, and does not hear that its request was ended: some browsers have such. */
      const stalled = () => new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) }), { headers: { "content-length": "9" } });
      Object.assign(window, { download, soon, stalled });
    `,
  });
});
after(() => stage?.close());

test("a download that is ended while its listener takes note of the answer ends, though its connection has stalled", async () => {
  const outcome = await stage.inPage(`(async () => {
    window.fetch = async () => stalled();
    const ending = new AbortController();
    const onAnswer = async () => {
      ending.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const bytes = [];
    const all = (async () => {
      for await (const chunk of download({ url: "https://host.test/model.gguf" }, 0, ending.signal, { onAnswer })) bytes.push(...chunk);
    })();
    return soon(all.then(() => "done", ({ name }) => name)).then((outcome) => ({ outcome, bytes: bytes.length }));
  })()`);
  assert.deepEqual(outcome, { outcome: "AbortError", bytes: 0 });
});

test("a chunk that was read is held no longer, however long the download takes", async (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const fetched = globalThis.fetch;
  t.after(() => (globalThis.fetch = fetched));
  let left = CHUNKS;
  /** @type {UnderlyingDefaultSource<Uint8Array>} */
  const source = { pull: (body) => (left-- ? body.enqueue(new Uint8Array(CHUNK)) : body.close()) };
  const headers = { "content-length": `${CHUNK * CHUNKS}` };
  globalThis.fetch = async () => new Response(new ReadableStream(source), { headers });
  let [bytes, chunks, most] = [0, 0, 0];
  for await (const chunk of download({ url: "https://host.test/model.gguf" }, 0, new AbortController().signal)) {
    bytes += chunk.byteLength;
    if (++chunks % 100) continue;
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  t.diagnostic(`${(most / 1e6).toFixed(1)} MB held of ${(bytes / 1e6).toFixed(1)} MB`);
  assert.equal(bytes, CHUNK * CHUNKS);
  assert.ok(most < bytes / 4, `${most} of ${bytes} bytes are held`);
});

for (const [what, position] of [
  ["between two chunks", "await pause; ending.abort()"],
  ["while the next chunk is awaited", "setTimeout(() => ending.abort(), 50)"],
]) {
  test(`a download that is ended ${what} ends, though its connection has stalled`, async () => {
    const outcome = await stage.inPage(`(async () => {
      window.fetch = async () => stalled();
      const ending = new AbortController();
      const pause = new Promise((resolve) => setTimeout(resolve, 20));
      let bytes = 0;
      const all = (async () => {
        for await (const chunk of download({ url: "https://host.test/model.gguf" }, 0, ending.signal)) {
          bytes += chunk.byteLength;
          ${position};
        }
      })();
      return soon(all.then(() => "done", ({ name }) => name)).then((outcome) => ({ outcome, bytes }));
    })()`);
    assert.deepEqual(outcome, { outcome: "AbortError", bytes: 1 });
  });
}
