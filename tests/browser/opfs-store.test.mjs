// @ts-check
/** Models' files in the origin's private file system while Chromium collects garbage. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchChromium } from "./chromium.mjs";
import { openStage } from "./stage.mjs";
import { within } from "./within.mjs";

/** Milliseconds in which a draft is surely written. */
const ENOUGH = 5000;

/** Writes and reads a draft; garbage is collected in the task after each call that opens a file. */
const WORKER = `
  const { opfsStore } = await import(location.origin + "/pkg/engine/store/opfs-store.js");
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => gc();
  const open = FileSystemFileHandle.prototype.createSyncAccessHandle;
  let opened = 0;
  FileSystemFileHandle.prototype.createSyncAccessHandle = function (...options) {
    const promise = open.apply(this, options);
    opened++;
    port1.postMessage(0);
    return promise;
  };
  const store = await opfsStore();
  const draft = await store.open("a model");
  await draft.append(new Uint8Array([1, 2, 3]));
  await draft.save("about.json", new Uint8Array([4, 5]));
  await draft.save("about.json", new Uint8Array([6]));
  await draft.close();
  const body = [];
  for await (const piece of store.pieces("a model", "body", 2)) body.push(...piece);
  const about = [...new Uint8Array(await (await store.read("a model", "about.json")).arrayBuffer())];
  postMessage({ opened, body, about });
`;

/** @type {import("./stage.mjs").Stage} */
let stage;
before(async () => {
  stage = await openStage({
    launch: () => launchChromium("--js-flags=--expose-gc"),
    script: `
      window.told = new Promise((resolve, reject) => {
        const source = URL.createObjectURL(new Blob([${JSON.stringify(WORKER)}], { type: "text/javascript" }));
        const worker = new Worker(source, { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      window.told.catch(() => {});
    `,
  });
});
after(() => stage?.close());

test("every file is opened, whatever garbage is collected meanwhile", async () => {
  const told = await within(ENOUGH, stage.inPage("told"), "a draft that is written and read");
  assert.deepEqual(told, { opened: 4, body: [1, 2, 3], about: [6] });
});
