// @ts-check
/** The client, the protocol and the worker, in Chromium, around a stub of the WebAssembly module. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openStage } from "./stage.mjs";

/** @type {import("./stage.mjs").Stage} */
let stage;
/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);

/** A page where `begin` puts a fresh engine with the stub's model at hand, and `told` turns a rejection into data. */
before(async () => {
  stage = await openStage({
    overlay: "tests/browser/stub",
    script: `
      import { EngineClient } from "/pkg/engine/client/engine-client.js";
      const told = (promise) => promise.then(
        (value) => ({ value }),
        ({ name, code, message, stack }) => ({ name, code, message, stack }),
      );
      const begin = async () => {
        const engine = await EngineClient.start({ models: "/models" });
        await engine.load({ id: "everyday-clip" });
        const picture = await engine.embedImage(new ImageData(new Uint8ClampedArray(16).fill(7), 2, 2));
        const ask = (labels, more) => engine.classify(picture, { labels, templates: ["a {}."], ...more });
        Object.assign(window, { engine, ask });
      };
      Object.assign(window, { told, begin });
    `,
  });
});
after(() => stage.close());
beforeEach(() => inPage("begin()"));
afterEach(() => inPage("engine.dispose()"));

describe("the client", () => {
  test("ranks labels, best first", async () => {
    const { scores, encoded } = await inPage(`ask(["cat", "dog", "house"])`);
    assert.equal(scores.length, 3);
    assert.equal(encoded, 3);
    assert.ok(scores[0].score >= scores[1].score && scores[1].score >= scores[2].score);
  });

  test("encodes only labels that are new", async () => {
    await inPage(`ask(["cat", "dog"])`);
    assert.equal((await inPage(`ask(["cat", "bird", "dog"])`)).encoded, 1);
  });

  test("tells progress in labels while encoding", async () => {
    const steps = await inPage(
      `(async () => {
        const steps = [];
        await ask(["a", "b", "c"], { onProgress: (step) => steps.push(step) });
        return steps;
      })()`,
    );
    assert.deepEqual(steps.at(-1), { done: 3, total: 3 });
  });

  test("tells progress in bytes while loading, and says when it prepares", async () => {
    const steps = await inPage(
      `(async () => {
        const steps = [];
        await engine.load({ id: "everyday-clip" }, { onProgress: (step) => steps.push(step) });
        return steps;
      })()`,
    );
    assert.deepEqual(steps[0], { loaded: 0, total: 44, stage: "download" });
    assert.deepEqual(steps.at(-1), { loaded: 44, total: 44, stage: "prepare" });
  });

  test("carries an error's code, message and stack over", async () => {
    const error = await inPage(`told(ask(["cat", " "]))`);
    assert.equal(error.code, "empty-label");
    assert.equal(error.message, "label 1 is empty");
    assert.match(error.stack, /clip_wasm\.js/);
  });

  test("answers calls made at the same time each with its own result", async () => {
    const labels = await inPage(
      `(async () => {
        const all = await Promise.all([ask(["one"]), ask(["two"]), ask(["three"])]);
        return all.map(({ scores }) => scores[0].label);
      })()`,
    );
    assert.deepEqual(labels, ["one", "two", "three"]);
  });

  test("embeds texts, one vector each", async () => {
    assert.deepEqual(
      await inPage(`engine.embedTexts(["a", "b", "c"]).then((all) => all.map((one) => one.length))`),
      [8, 8, 8],
    );
  });
});

describe("cancelling", () => {
  const SLOW = `Array.from({ length: 200 }, (_, index) => "slow " + index)`;

  test("rejects with AbortError and frees the worker within 200 ms", async () => {
    const { name, waited } = await inPage(`(async () => {
      const controller = new AbortController();
      const slow = told(ask(${SLOW}, { signal: controller.signal }));
      await new Promise((resolve) => setTimeout(resolve, 150));
      const begun = performance.now();
      controller.abort();
      const { name } = await slow;
      await ask(["cat"]);
      return { name, waited: performance.now() - begun };
    })()`);
    assert.equal(name, "AbortError");
    assert.ok(waited < 200, `the next answer came after ${waited} ms`);
  });

  test("reaches a call that still waits for its turn", async () => {
    const outcome = await inPage(`(async () => {
      const [running, waiting] = [new AbortController(), new AbortController()];
      const first = told(ask(${SLOW}, { signal: running.signal }));
      const second = told(ask(["cat"], { signal: waiting.signal }));
      waiting.abort();
      running.abort();
      return [(await first).name, (await second).name];
    })()`);
    assert.deepEqual(outcome, ["AbortError", "AbortError"]);
  });

  test("keeps what has been encoded", async () => {
    const encoded = await inPage(`(async () => {
      const controller = new AbortController();
      const slow = told(ask(${SLOW}, { signal: controller.signal, onProgress: () => controller.abort() }));
      await slow;
      return (await ask(["slow 0"])).encoded;
    })()`);
    assert.equal(encoded, 0);
  });

  test("before the call rejects without asking the worker", async () => {
    assert.equal((await inPage(`told(ask(["cat"], { signal: AbortSignal.abort() }))`)).name, "AbortError");
  });
});

describe("a worker that dies", () => {
  test("rejects everything pending, says so once, and comes back with its model", async () => {
    const outcome = await inPage(`(async () => {
      let lost = 0;
      engine.addEventListener("lost", () => lost++);
      const pending = await Promise.all([told(ask(["trap"])), told(ask(["cat"]))]);
      const later = await told(ask(["cat"]));
      const info = await engine.restart();
      const again = await ask(["cat"]);
      const codes = [...pending, later].map(({ code }) => code);
      return { lost, codes, model: info.name, label: again.scores[0].label };
    })()`);
    assert.deepEqual(outcome, {
      lost: 1,
      codes: ["worker-lost", "worker-lost", "worker-lost"],
      model: "stub",
      label: "cat",
    });
  });

  test("by dispose() rejects with a code of its own", async () => {
    assert.deepEqual(
      await inPage(
        `(async () => {
          const slow = told(ask(["slow"]));
          engine.dispose();
          return [(await slow).code, (await told(ask(["cat"]))).code];
        })()`,
      ),
      ["disposed", "disposed"],
    );
  });
});

describe("a source that is no model", () => {
  /** @param {string} source */
  const refusal = (source) => inPage(`told(engine.load(${source}))`);

  test("is refused when the record is unknown", async () => {
    const { code, message } = await refusal(`{ id: "no-such" }`);
    assert.equal(code, "unknown-model");
    assert.match(message, /no-such/);
  });

  test("is refused when the id is a path", async () => {
    assert.equal((await refusal(`{ id: "../pkg/engine" }`)).code, "unknown-model");
  });

  test("is refused when the answer is not 200", async () => {
    const { code, message } = await refusal(`{ url: "/nowhere.gguf" }`);
    assert.equal(code, "download");
    assert.match(message, /answered 404 Not Found: expected 200/);
  });

  test("is refused when the answer is a web page", async () => {
    const { code, message } = await refusal(`{ url: "/tests/browser/blank.html" }`);
    assert.equal(code, "download");
    assert.match(message, /web page \(text\/html/);
  });

  test("is refused when the host cannot be reached", async () => {
    assert.equal((await refusal(`{ url: "http://127.0.0.1:9/model.gguf" }`)).code, "download");
  });

  test("leaves the model before it in place", async () => {
    const { code } = await refusal(`{ file: new File(["bad bytes"], "damaged.gguf") }`);
    assert.equal(code, "malformed");
    assert.equal((await inPage(`ask(["cat"])`)).scores.length, 1);
  });
});

describe("pictures", () => {
  test("of a format that only the browser knows are decoded by it, and say so", async () => {
    const picture = await inPage(`(async () => {
      const file = await (await fetch("/tests/browser/pictures/plain-24x16.avif")).blob();
      const { decoder, format, width, height } = await engine.embedImage(file);
      return { decoder, format, width, height };
    })()`);
    assert.deepEqual(picture, { decoder: "browser", format: "image/avif", width: 24, height: 16 });
  });

  test("that nobody can decode are refused with the engine's own words", async () => {
    const { code, message } = await inPage(
      `told(engine.embedImage(new Blob(["\\0\\0\\0\\x1cftypavif and then nothing"])))`,
    );
    assert.equal(code, "image-format");
    assert.match(message, /this browser cannot decode it either/);
  });

  test("come as bitmaps too", async () => {
    const decoder = await inPage(
      `(async () => {
        const { decoder, width, height } = await engine.embedImage(await createImageBitmap(new ImageData(3, 2)));
        return [decoder, width, height];
      })()`,
    );
    assert.deepEqual(decoder, ["browser", 3, 2]);
  });
});
