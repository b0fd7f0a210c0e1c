// @ts-check
/** `pipeline()` of the npm package, in Chromium, around a stub of the WebAssembly module. */
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { openStage } from "./stage.mjs";

/** @type {import("./stage.mjs").Stage} */
let stage;
/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);

/** A host that never answers. */
const silent = { server: http.createServer(() => {}), url: "" };

before(async () => {
  await new Promise((resolve) => silent.server.listen(0, "127.0.0.1", () => resolve(undefined)));
  silent.url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (silent.server.address()).port}`;
  stage = await openStage({
    overlay: "tests/browser/stub",
    connect: silent.url,
    script: `
      import { pipeline } from "/pkg/index.js";
      const TASK = "zero-shot-image-classification";
      const open = (model, options) => pipeline(TASK, model, { models: "/models", ...options });
      const told = (promise) => promise.then(
        (value) => ({ value }),
        ({ name, code, message }) => ({ name, code, message }),
      );
      const classify = await open();
      const pixels = (value) => new ImageData(new Uint8ClampedArray(64).fill(value), 4, 4);
      const png = async (value) => {
        const canvas = new OffscreenCanvas(4, 4);
        canvas.getContext("2d").putImageData(pixels(value), 0, 0);
        return canvas.convertToBlob();
      };
      Object.assign(window, { pipeline, TASK, open, told, classify, pixels, png });
    `,
  });
});
after(async () => {
  await stage?.close();
  silent.server.closeAllConnections();
  silent.server.close();
});

describe("pipeline()", () => {
  test("gives label and score, best first, summing to one", async () => {
    const scores = await inPage(`classify(pixels(9), ["a cat", "a dog"], { hypothesis_template: "a photo of {}." })`);
    assert.deepEqual(Object.keys(scores[0]), ["score", "label"]);
    assert.ok(scores[0].score >= scores[1].score);
    assert.ok(Math.abs(scores[0].score + scores[1].score - 1) < 1e-9);
  });

  test("answers an array of images with an array of results", async () => {
    const results = await inPage(`classify([pixels(1), pixels(2)], ["a", "b", "c"])`);
    assert.deepEqual(
      results.map((/** @type {any[]} */ scores) => scores.length),
      [3, 3],
    );
  });

  test("takes every kind of image a page has at hand", async () => {
    const lengths = await inPage(`(async () => {
      const blob = await png(5);
      const url = URL.createObjectURL(blob);
      const img = Object.assign(new Image(), { src: url });
      const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
      canvas.getContext("2d").fillRect(0, 0, 2, 2);
      const bitmap = await createImageBitmap(blob);
      const all = [blob, new File([blob], "a.png"), url, new URL(url), img, canvas, bitmap, pixels(5)];
      return (await classify.embedImages(all)).map((embedding) => embedding.length);
    })()`);
    assert.deepEqual(lengths, Array(8).fill(8));
  });

  test("takes labels as a list with commas, as well", async () => {
    const labels = await inPage(`classify(pixels(9), "a cat, a dog ,a house").then((scores) => scores.map(({ label }) => label).sort())`);
    assert.deepEqual(labels, ["a cat", "a dog", "a house"]);
  });

  test("takes the pixels of a RawImage and the picture in a data URL like any other", async () => {
    const same = await inPage(`(async () => {
      const grey = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(5) };
      const colours = { width: 4, height: 4, channels: 3, data: new Uint8Array(48).fill(5) };
      const opaque = new ImageData(new Uint8ClampedArray(64).map((_, at) => (at % 4 === 3 ? 255 : 5)), 4, 4);
      const url = await png(5).then((blob) => new Promise((done) => {
        const reader = Object.assign(new FileReader(), { onload: () => done(reader.result) });
        reader.readAsDataURL(blob);
      }));
      const frame = new VideoFrame(await createImageBitmap(opaque), { timestamp: 0 });
      const all = await classify.embedImages([grey, colours, opaque, url, frame]);
      frame.close();
      return [all.length, ...all.slice(0, 3).map((one) => one.join() === all[0].join())];
    })()`);
    assert.deepEqual(same, [5, true, true, true]);
  });

  test("extracts features of pictures and of texts as tensors", async () => {
    const { images, texts, length } = await inPage(`(async () => {
      const image = await pipeline("image-feature-extraction", null, { models: "/models" });
      const text = await pipeline("feature-extraction", null, { models: "/models" });
      const { dims, type } = await image([pixels(1), pixels(2)]);
      const unit = await text("a cat", { normalize: true });
      const told = { images: { dims, type }, texts: unit.dims, length: Math.hypot(...unit.tolist()[0]) };
      await Promise.all([image.dispose(), text.dispose()]);
      return told;
    })()`);
    assert.deepEqual(images, { dims: [2, 8], type: "float32" });
    assert.deepEqual(texts, [1, 8]);
    assert.ok(Math.abs(length - 1) < 1e-6);
  });

  test("shares one worker among pipelines with the same model, until the last lets go of it", async () => {
    const told_ = await inPage(`(async () => {
      const [one, other] = await Promise.all([open(), pipeline("feature-extraction", null, { models: "/models" })]);
      const shared = one.engine === other.engine && one.engine === classify.engine;
      await one.dispose();
      const dims = (await other("a cat")).dims;
      await other.dispose();
      const own = await open(undefined, { threads: 1 });
      const apart = own.engine !== classify.engine;
      await own.dispose();
      await own.dispose();
      return { shared, dims, apart, gone: (await told(own(pixels(1), ["a"]))).code, left: (await classify(pixels(1), ["a"])).length };
    })()`);
    assert.deepEqual(told_, { shared: true, dims: [1, 8], apart: true, gone: "disposed", left: 1 });
  });

  test("runs a model with the pixels that are asked for, in an engine of its own", async () => {
    const found = await inPage(`(async () => {
      const [own, other] = await Promise.all([open(), open(undefined, { preprocessor: "torchvision" })]);
      const said = [own.model.preprocessor, other.model.preprocessor, own.engine === other.engine];
      await Promise.all([own.dispose(), other.dispose()]);
      return said;
    })()`);
    assert.deepEqual(found, ["pillow", "torchvision", false]);
  });

  test("computes with embeddings", async () => {
    const found = await inPage(`import("/pkg/index.js").then(({ cos_sim, dot, topK }) => [dot([1, 2], [3, 4]), cos_sim([1, 0], [2, 0]), topK([1, 3, 2], 2)])`);
    assert.deepEqual(found, [11, 1, [{ index: 1, score: 3 }, { index: 2, score: 2 }]]);
  });

  test("averages several templates and scores each label on its own when asked", async () => {
    const scores = await inPage(
      `classify(pixels(3), ["a", "b"], { hypothesis_template: ["a drawing of {}.", "{}"], mode: "independent" })`,
    );
    assert.equal(scores.length, 2);
  });

  test("embeds one text as one vector and several as several", async () => {
    assert.equal(await inPage(`classify.embedTexts("a cat").then((one) => one.length)`), 8);
    assert.equal(await inPage(`classify.embedTexts(["a cat", "a dog"]).then((all) => all.length)`), 2);
  });

  test("tells loading in the events people know", async () => {
    const events = await inPage(
      `(async () => {
        const events = [];
        const classify = await open("everyday-clip", { progress_callback: (event) => events.push(event) });
        classify.dispose();
        return events;
      })()`,
    );
    const statuses = events.map((/** @type {any} */ { status }) => status);
    assert.deepEqual([...new Set(statuses)], ["initiate", "download", "progress_total", "progress", "done", "ready"]);
    assert.deepEqual(events.filter((/** @type {any} */ { status }) => status === "progress").at(-1), {
      status: "progress",
      name: "everyday-clip",
      file: "everyday-clip.gguf",
      progress: 100,
      loaded: 44,
      total: 44,
    });
    assert.deepEqual(events.at(-1), { status: "ready", task: "zero-shot-image-classification", model: "everyday-clip" });
  });

  test("loads a model from a file and from a URL", async () => {
    const names = await inPage(`(async () => {
      const url = "/models/everyday-clip.gguf";
      const models = [new File(["any bytes"], "mine.gguf"), url, new URL(url, location.href)];
      const loaded = await Promise.all(models.map((one) => open(one)));
      return loaded.map(({ model, dispose }) => { dispose(); return model.name; });
    })()`);
    assert.deepEqual(names, ["stub", "stub", "stub"]);
  });
});

describe("pipeline() fails with a code", () => {
  const cases = {
    'a task it does not do: "task"': `pipeline("text-generation")`,
    'a model nobody knows: "unknown-model"': `open("no-such-model")`,
    'weights of another dtype: "dtype"': `open("everyday-clip", { dtype: "q4" })`,
    'no whole number of threads: "threads"': `open("everyday-clip", { threads: 1.5 })`,
    'an option it does not have: "option"': `open("everyday-clip", { cache_dir: "models" })`,
    'an option that a call does not have: "option"': `classify(pixels(1), ["a"], { threshold: 0.5 })`,
    'pooling of what is one vector: "option"': `pipeline("feature-extraction", null, { models: "/models" }).then((extract) => extract("a", { pooling: "mean" }))`,
    'a revision of what is no repository: "option"': `open("everyday-clip", { revision: "main" })`,
    'a device that it does not run on: "device"': `open("everyday-clip", { device: "webgpu" })`,
    'a word that is no dtype: "dtype"': `open("everyday-clip", { dtype: "bnb4" })`,
    'pixels of nobody known: "preprocessor"': `open("everyday-clip", { preprocessor: "canvas" })`,
    'pixels that are not as many as it says: "image-input"': `classify({ width: 2, height: 2, channels: 3, data: [1] }, ["a"])`,
    'labels that are none: "no-labels"': `classify(pixels(1), 3)`,
    'a damaged model: "malformed"': `open(new Blob(["bad"]))`,
    'something that is no image: "image-input"': `classify(42, ["a"])`,
    'an image that cannot be fetched: "image-download"': `classify("/nowhere.png", ["a"])`,
    'bytes that are no image: "image-decode"': `classify(new Blob(["hello"]), ["a"])`,
    'a template without its place: "template"': `classify(pixels(1), ["a"], { hypothesis_template: "a photo" })`,
    'no labels: "no-labels"': `classify(pixels(1), [])`,
  };
  for (const [name, call] of Object.entries(cases)) {
    test(name, async () => {
      const { code, message } = await inPage(`told(${call})`);
      assert.equal(`"${code}"`, name.split(": ")[1], message);
    });
  }

  test("and a sentence that names the option and those that there are", async () => {
    const { message } = await inPage(`told(open("everyday-clip", { cache_dir: "models" }))`);
    assert.match(message, /pipeline\(\) has no option "cache_dir": the browser stores the models\. The options are dtype, device, /);
  });

  test("or says once that a repository with ONNX alone is read from its authors' own", async () => {
    const { code, lines } = await inPage(`(async () => {
      const lines = [];
      const info = console.info;
      console.info = (line) => lines.push(line);
      const ask = () => told(open("Xenova/clip-vit-base-patch32", { hub: location.origin + "/no-hub" }));
      const { code } = await ask();
      await ask();
      console.info = info;
      return { code, lines };
    })()`);
    assert.equal(code, "download");
    assert.deepEqual(lines.map((/** @type {string} */ line) => line.includes("openai/clip-vit-base-patch32")), [true]);
  });

  test("and goes on answering after that", async () => {
    assert.equal((await inPage(`classify(pixels(1), ["a"])`)).length, 1);
  });

  test("or with AbortError when its signal says so", async () => {
    assert.equal((await inPage(`told(open("everyday-clip", { signal: AbortSignal.abort() }))`)).name, "AbortError");
    assert.equal(
      (await inPage(`told(classify(pixels(1), ["a"], { signal: AbortSignal.abort() }))`)).name,
      "AbortError",
    );
  });

  test("or with AbortError at once, where its signal aborts while another call loads the same model", async () => {
    const { first, second, other } = await inPage(`(async () => {
      const [loading, waiting] = [new AbortController(), new AbortController()];
      let isLoading;
      const begun = new Promise((resolve) => (isLoading = resolve));
      const model = ${JSON.stringify(silent.url)} + "/model.gguf";
      const one = told(open(model, { signal: loading.signal, progress_callback: () => isLoading() }));
      await begun;
      const two = told(open(model, { signal: waiting.signal }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      waiting.abort();
      const second = await Promise.race([two, new Promise((resolve) => setTimeout(resolve, 5000, { name: "still waiting" }))]);
      const other = await Promise.race([one, "still loading"]);
      loading.abort();
      return { first: await one, second, other };
    })()`);
    assert.equal(second.name, "AbortError");
    assert.equal(other, "still loading", "who has not aborted goes on");
    assert.equal(first.name, "AbortError");
  });
});
