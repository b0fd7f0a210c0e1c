// @ts-check
/** Downloads that are ended at moments that no host can be timed for, in Chromium, around a `fetch` that stands in for a host. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openStage } from "./stage.mjs";

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
