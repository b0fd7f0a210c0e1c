// @ts-check
/**
 * A checkpoint of full size through the page: fetched, quantized to the command line's very file, run to its very
 * embeddings, with the memory that takes. Asked for by CLIP_WASM_HUB_FOLDER, a Hugging Face folder (tests/golden/full_size.py makes some), or several
 * with the same weights in other forms (full_size_forms.py), separated as PATH is: then all must give the same embeddings.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { launchChromium } from "./chromium.mjs";
import { commandLine } from "./command-line.mjs";
import { serveHub } from "./hub.mjs";
import { openStage } from "./stage.mjs";

const folders = (process.env.CLIP_WASM_HUB_FOLDER ?? "").split(path.delimiter).filter(Boolean);
const REPO = "someone/full-size";
const SAMPLE = "/www/samples/dog.webp";
const TEXTS = ["a photo of a cat", "two dogs"];
/** Of the renderer while it converts, over what it has with the engine loaded. */
const MOST_MEMORY = 300e6;
/** Milliseconds between looks at the memory. */
const LOOK = 100;

/** What the first folder gave, in JSON. @type {string | undefined} */
let embeddings;

test("a checkpoint of full size is converted in little memory", { skip: !folders.length && "CLIP_WASM_HUB_FOLDER is not set" }, async (t) => {
  for (const folder of folders) await t.test(path.basename(folder), () => throughThePage(folder));
});

/** @param {string} folder */
async function throughThePage(folder) {
  const hub = await serveHub({ [REPO]: folder });
  const scratch = mkdtempSync(path.join(tmpdir(), "clip-wasm-full-size-"));
  const browser = await launchChromium();
  const stage = await openStage({
    connect: hub.url,
    launch: async () => browser,
    script: `
      import { EngineClient } from "/pkg/engine/client/engine-client.js";
      const engine = await EngineClient.start({ models: "/models", hub: "${hub.url}", flavour: "simd" });
      await engine.load({ id: "everyday-clip" });
      const load = () => engine.load({ repo: "${REPO}" }, { onProgress: ({ stage }) => (window.stage = stage) });
      const embeddings = async (sample) => {
        const { embedding } = await engine.embedImage(await (await fetch(sample)).blob());
        return JSON.stringify([embedding, ...await engine.embedTexts(${JSON.stringify(TEXTS)})].map((one) => [...one]));
      };
      Object.assign(window, { engine, load, embeddings, stage: "" });
    `,
  });
  try {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
    const memory = () => renderers.reduce((sum, id) => sum + residentBytes(id), 0);
    const before = memory();
    /** @type {Record<string, number>} */
    const peaks = {};
    let going = true;
    const watch = (async () => {
      for (; going; await new Promise((resolve) => setTimeout(resolve, LOOK))) {
        const at = await stage.inPage("window.stage");
        peaks[at] = Math.max(peaks[at] ?? 0, memory() - before);
      }
    })();
    const begun = performance.now();
    const info = await stage.inPage("load()");
    const seconds = (performance.now() - begun) / 1000;
    going = false;
    await watch;
    const hash = await stage.inPage("engine.modelHash()");
    const given = await stage.inPage(`embeddings("${SAMPLE}")`);
    embeddings ??= given;
    assert.equal(given, embeddings, "the same weights have the same embeddings in any form");
    const told = Object.entries(peaks).map(([at, bytes]) => `${at || "before"} ${Math.round(bytes / 1e6)} MB`);
    console.log(`# ${info.dtype}, ${info.parameters} parameters in ${seconds.toFixed(1)} s; over ${Math.round(before / 1e6)} MB: ${told.join(", ")}; ${hash}`);
    const made = await commandLine(["quantize", REPO, "--dtype", "q8_0", "-o", path.join(scratch, "cli.gguf")], hub.url);
    assert.equal(hash, made?.sha256, "the command line makes the same file");
    const words = ["embed", "--model", path.join(scratch, "cli.gguf"), "--image", `.${SAMPLE}`, ...TEXTS.map((text) => `--text=${text}`)];
    const native = await commandLine(words, hub.url);
    const rows = [...native.image_embeds, ...native.text_embeds].map((row) => [...Float32Array.from(row)]);
    assert.deepEqual(JSON.parse(String(given)), rows, "the command line's embeddings have the same bits");
    assert.ok(peaks.download <= MOST_MEMORY, `${peaks.download} bytes while converting`);
  } finally {
    await stage.close();
    await hub.close();
    rmSync(scratch, { recursive: true });
  }
}

/** @param {number} process */
function residentBytes(process) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
