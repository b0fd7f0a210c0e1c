// @ts-check
/** Threads that are not wanted after all, in Chromium: none is ended while it starts, or the worker above it could stay for good. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { openStage } from "./stage.mjs";

/** Has more patience with threads than a test has with what it waits for. */
const POOL = "pkg/engine/runtime/thread-pool.js";
const [PATIENCE, MORE_PATIENCE] = ["const PATIENCE = 5000;", "const PATIENCE = 120_000;"];
/** How long the threads may take on a busy machine, in milliseconds. */
const LONGEST = 60_000;

const overlay = mkdtempSync(path.join(tmpdir(), "clip-wasm-threads-"));
/** @type {import("./stage.mjs").Stage} */
let stage;
before(async () => {
  const text = readFileSync(POOL, "utf8");
  assert.ok(text.includes(PATIENCE));
  mkdirSync(path.join(overlay, path.dirname(POOL)), { recursive: true });
  writeFileSync(path.join(overlay, POOL), text.replace(PATIENCE, MORE_PATIENCE));
  stage = await openStage({
    overlay,
    script: `
      import { startBuild } from "/pkg/engine/runtime/start-build.js";
      import { ThreadPool } from "/pkg/engine/runtime/thread-pool.js";
      import { BUILDS } from "/pkg/engine/runtime/builds.js";
      const BrowsersWorker = Worker;
      /** Notes what becomes of each thread; those whose numbers are in \`broken\` have no script. */
      globalThis.Worker = class extends BrowsersWorker {
        #number = lives.push([]) - 1;
        constructor(address, options) {
          super(broken.has(lives.length) ? "/nowhere.js" : address, options);
          this.addEventListener("message", () => this.#note("started"));
          this.addEventListener("error", () => this.#note("failed"));
        }
        terminate() {
          this.#note("ended");
          super.terminate();
        }
        #note(what) {
          lives[this.#number].push(what);
        }
      };
      const lives = [], broken = new Set();
      /** What became of each thread, once all have been ended. */
      const ends = async () => {
        for (const begun = performance.now(); !lives.every((life) => life.includes("ended")); )
          await new Promise((resolve, reject) => setTimeout(performance.now() - begun < ${LONGEST} ? resolve : reject, 20, new Error(JSON.stringify(lives))));
        return lives;
      };
      const forget = () => {
        lives.length = 0;
        broken.clear();
      };
      Object.assign(window, { BUILDS, ThreadPool, broken, ends, forget, startBuild });
    `,
  });
});
after(async () => {
  await stage?.close();
  rmSync(overlay, { recursive: true });
});
beforeEach(() => stage.inPage("forget()"));

test("threads of a build that cannot be loaded are ended once they have started, and the build without threads runs", async () => {
  const { lives, isAlone } = await stage.inPage(`(async () => {
    const builds = { ...BUILDS, "simd-threads": () => Promise.reject(new Error("the host has lost it")) };
    const { pool } = await startBuild("simd-threads", { builds, Pool: ThreadPool }, undefined, 4);
    return { isAlone: pool === undefined, lives: await ends() };
  })()`);
  assert.ok(isAlone);
  assert.deepEqual(lives, Array(3).fill(["started", "ended"]));
});

test("where one thread cannot start, the others are ended once they have started", async () => {
  const lives = await stage.inPage(`(async () => {
    broken.add(1);
    const { pool } = await startBuild("simd-threads", { builds: BUILDS, Pool: ThreadPool }, undefined, 4);
    const lives = await ends();
    await pool;
    return lives;
  })()`);
  assert.deepEqual(lives, [["started", "ended"], ["failed", "ended"], ["started", "ended"]]);
});

test("where no worker can be started at all, the build without threads runs", async () => {
  const run = await stage.inPage(`(async () => {
    class Pool { constructor() { throw new DOMException("a policy forbids workers", "SecurityError"); } }
    const { module, pool } = await startBuild("simd-threads", { builds: BUILDS, Pool }, undefined, 4);
    return { isAlone: pool === undefined, runs: "ModelLoader" in module };
  })()`);
  assert.deepEqual(run, { isAlone: true, runs: true });
});
