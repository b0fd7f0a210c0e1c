// @ts-check
/**
 * Times this engine, onnxruntime-web and LiteRT.js on the same weights in one Chromium, round after round, and prints ratios.
 * usage: node benches/run.mjs [--json FILE] [--markdown FILE] [--only NAME[,NAME…]] [--flag=FLAG]…
 * A FLAG goes to Chromium: with --flag=--js-flags=--wasm-revectorize, V8 joins 128-bit operations to 256-bit ones where it can.
 * `./build.sh bench` makes what it needs: target/bench/checkpoints (checkpoints.py), target/bench/node_modules and
 * target/bench/python (or PYTHON), which the native comparison runs in (native.py).
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { parseArgs } from "node:util";
import { firstAnswerFiles } from "../tools/first-answer.mjs";
import { serve } from "../tools/serve.mjs";
import { launchProfile } from "../tests/browser/chromium.mjs";

const { values: flags } = parseArgs({ options: { json: { type: "string" }, markdown: { type: "string" }, only: { type: "string" }, flag: { type: "string", multiple: true } } });
const CLI = "target/release/clip-wasm";
const FOLDER = "target/bench";
const PEER = "onnxruntime-web 1.30.0";
const LITERT = "LiteRT.js 2.5.3";
const NOUNS = "cat dog bird fish house tree car boat bread apple".split(" ");
const PROMPTS = JSON.parse(readFileSync(`${FOLDER}/checkpoints/prompts.json`, "utf8"));

/** @param {string} checkpoint @param {string} dtype @returns {string} the GGUF, made at its first use */
function gguf(checkpoint, dtype) {
  const file = `${checkpoint}-${dtype}.gguf`;
  if (!existsSync(`${FOLDER}/${file}`)) {
    const source = `${FOLDER}/checkpoints/${checkpoint}`;
    execFileSync(CLI, ["quantize", source, "--dtype", dtype, "-o", `${FOLDER}/${file}`], { stdio: "inherit" });
  }
  return file;
}

/** @param {string} model @param {string[]} prompts @returns {number[][]} */
function tokenize(model, prompts) {
  const words = ["tokenize", "--json", "--model", `${FOLDER}/${model}`, ...prompts];
  return JSON.parse(execFileSync(CLI, words, { encoding: "utf8", maxBuffer: 1 << 28 })).ids;
}

const B32 = gguf("vit-b-32", "q8_0");
const MOBILE = "MobileCLIP2-S0";
const PE = "PE-Core-S-16-384";
const SIGLIP = "ViT-B-16-SigLIP"; // the sizes of fashionSigLIP, which GoogleChrome's webai-compute-benchmark runs
const ten = NOUNS.map((noun) => `a photo of a ${noun}.`);
const templates = ["a {}.", "a photo of a {}.", "a drawing of a {}.", "a small {}.", "a big {}.", "the {} here.", "one {}."];
const nouns = Array.from({ length: 1000 }, (_, n) => `${NOUNS[n % 10]} number ${n}`);
const many = nouns.flatMap((noun) => templates.map((template) => template.replace("{}", noun)));

/** @type {Record<string, (page: import("playwright-core").Page) => Promise<any>>} */
const BENCHES = {
  vision_b32_1t: (page) => call(page, "vision", "vit-b-32", { threads: 1, dtype: "q8", gguf: B32, rounds: 15 }),
  vision_b32_2t: (page) =>
    call(page, "visionInTurns", "vit-b-32", { threads: 2, dtype: "q8", gguf: B32, turns: 3, rounds: 7 }),
  ...Object.fromEntries(
    [1, 2].map((threads) => [
      `vision_b32_litert_${threads}t`,
      (/** @type {import("playwright-core").Page} */ page) =>
        call(page, "visionInTurns", "vit-b-32", { threads, dtype: "int8", gguf: B32, peer: "litert", turns: 3, rounds: 7 }),
    ]),
  ),
  vision_b32_1t_in_turns: (page) =>
    call(page, "visionInTurns", "vit-b-32", { threads: 1, dtype: "q8", gguf: B32, turns: 3, rounds: 7 }),
  vision_b32_q4_1t: (page) =>
    call(page, "vision", "vit-b-32", { threads: 1, dtype: "q4", gguf: gguf("vit-b-32", "q4_0"), rounds: 5 }),
  vision_b32_fp32_1t: (page) => call(page, "vision", "vit-b-32", { threads: 1, dtype: "", gguf: B32, rounds: 5 }),
  vision_tinyclip_1t: (page) => call(page, "vision", "tinyclip-vit-8m-16", { threads: 1, dtype: "q8", gguf: gguf("tinyclip-vit-8m-16", "q8_0"), rounds: 15 }),
  vision_b16_1t: (page) => call(page, "vision", "vit-b-16", { threads: 1, dtype: "q8", gguf: gguf("vit-b-16", "q8_0"), rounds: 5 }),
  vision_b32_batch8_1t: (page) =>
    call(page, "visionBatch", "vit-b-32", { threads: 1, dtype: "q8", gguf: B32, batch: 8, turns: 3, rounds: 4 }),
  vision_b32_batch8_2t: (page) =>
    call(page, "visionBatch", "vit-b-32", { threads: 2, dtype: "q8", gguf: B32, batch: 8, turns: 3, rounds: 4 }),
  vision_l14_336_1t: (page) =>
    call(page, "vision", "vit-l-14-336", { threads: 1, dtype: "q8", gguf: gguf("vit-l-14-336", "q8_0"), rounds: 3 }),
  // The faster of the peer's types is the one to compare with, which is not the same everywhere.
  ...Object.fromEntries(
    [["mobileclip2_s0", MOBILE, "fp32"], ["pe_s16", PE, "fp32"], ["siglip_b16", SIGLIP, "bnb4"]].flatMap(([name, checkpoint, other]) =>
      [1, 2].flatMap((threads) =>
        [other, "q8"].map((type) => [
          `vision_${name}_${type}_${threads}t`,
          (/** @type {import("playwright-core").Page} */ page) => {
            const options = { threads, dtype: type === "fp32" ? "" : type, gguf: gguf(checkpoint, "q8_0") };
            return threads === 1
              ? call(page, "vision", checkpoint, { ...options, rounds: 7 })
              : call(page, "visionInTurns", checkpoint, { ...options, turns: 3, rounds: 5 });
          },
        ]),
      ),
    ),
  ),
  text_10x1_1t: (page) => texts(page, ten, { threads: 1, rounds: 15, batch: 10 }),
  text_10x1_2t: (page) =>
    call(page, "textInTurns", "vit-b-32", { threads: 2, dtype: "q8", gguf: B32, turns: 3, rounds: 7, prompts: ten, ids: tokenize(B32, ten) }),
  text_1000x7_1t: (page) => texts(page, many, { threads: 1, rounds: 1, batch: 100 }),
  text_accuracy: (page) => call(page, "textAccuracy", "vit-b-32", { dtype: "q8", gguf: B32, prompts: PROMPTS }),
  start_b32: (page) =>
    call(page, "start", "vit-b-32", { threads: 2, dtype: "q8", gguf: B32, rounds: 11, labels: NOUNS, ids: tokenize(B32, ten) }),
  memory_b32: (page) => memory(page, "vit-b-32", { threads: 2, dtype: "q8", gguf: B32 }),
  eval_2t_open_clip_f32: async () => native("open_clip"),
  eval_2t_onnxruntime_q8: async () => native("onnxruntime"),
  photo_12mp_2t: (page) => call(page, "photo", "vit-b-32", { threads: 2, gguf: B32, rounds: 11, labels: NOUNS }),
};

/**
 * The command line against Python, natively: milliseconds per picture of `clip-wasm eval`.
 * @param {"open_clip" | "onnxruntime"} peer
 */
function native(peer) {
  const python = process.env.PYTHON ?? `${FOLDER}/python/bin/python`;
  return { ...JSON.parse(execFileSync(python, ["benches/native.py", peer, FOLDER], { encoding: "utf8" })), peer };
}

/** @param {import("playwright-core").Page} page @param {string} name @param {...unknown} options */
function call(page, name, ...options) {
  return page.evaluate(([which, args]) => /** @type {any} */ (window).bench[which](...args), /** @type {[string, any[]]} */ ([name, options]));
}

/** @param {import("playwright-core").Page} page @param {string[]} prompts @param {object} options */
function texts(page, prompts, options) {
  return call(page, "text", "vit-b-32", { ...options, dtype: "q8", gguf: B32, prompts, ids: tokenize(B32, prompts) });
}

/**
 * The most memory that loading a model takes, over that of the engine without one. Each has a page of its own, after
 * one that has put the model into the browser's store. Linux alone says so.
 * @param {import("playwright-core").Page} page @param {string} checkpoint
 * @param {{ threads: number, dtype: string, gguf: string }} options
 */
async function memory(page, checkpoint, options) {
  /** @type {Record<string, number>} */
  const most = {};
  for (const whose of ["ours", "ours", "peer", "peer"]) {
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await tab.evaluate(`import("/benches/page.js")`);
    await call(tab, "begin", whose, options);
    const before = renderersBytes();
    most[whose] = 0;
    const look = setInterval(() => (most[whose] = Math.max(most[whose], renderersBytes() - before)), 5);
    await call(tab, "fill", whose, checkpoint, options);
    clearInterval(look);
    await tab.close();
  }
  const megabytes = (/** @type {number} */ bytes) => Math.round(bytes / 1e6);
  return {
    ours_mb: megabytes(most.ours),
    peer_mb: megabytes(most.peer),
    ratio: most.ours / most.peer,
    weights_mb: megabytes(statSync(`${FOLDER}/${options.gguf}`).size),
  };
}

/** Bytes of memory that the browser's renderers have. */
function renderersBytes() {
  let bytes = 0;
  for (const process of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${process}/cmdline`, "utf8").includes("--type=renderer")) continue;
      bytes += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process}/status`, "utf8"))?.[1] ?? 0) * 1024;
    } catch {
      continue; // it has ended meanwhile
    }
  }
  return bytes;
}

/** Bytes of the engine's JavaScript and one flavour's WebAssembly, compressed, against the peer's. */
function runtimeBytes() {
  const ours = firstAnswerFiles("relaxed-threads").map((file) => readFileSync(`${FOLDER}/page/${file}`));
  const dist = `${FOLDER}/node_modules/onnxruntime-web/dist`;
  const peer = ["ort-wasm-simd-threaded.wasm", "ort.wasm.bundle.min.mjs"].map((file) => readFileSync(`${dist}/${file}`));
  const size = (/** @type {Buffer[]} */ files, /** @type {(file: Buffer) => Buffer} */ pack) =>
    files.reduce((sum, file) => sum + pack(file).length, 0);
  return {
    ours_gzip: size(ours, (file) => gzipSync(file, { level: 9 })),
    ours_brotli: size(ours, (file) => brotliCompressSync(file)),
    peer_gzip: size(peer, (file) => gzipSync(file, { level: 9 })),
    peer_brotli: size(peer, (file) => brotliCompressSync(file)),
  };
}

/** @param {string} name @param {any} found */
function line(name, found) {
  if (!("ratio" in found)) return `${name.padEnd(22)} ${JSON.stringify(found)}`;
  const cosines = found.ours_cosine ? `  cosine ${found.ours_cosine.toFixed(6)} / ${found.peer_cosine?.toFixed(6) ?? "-"}` : "";
  const [ours, peer, unit] = "ours_mb" in found ? [found.ours_mb, found.peer_mb, "MB"] : [found.ours_ms, found.peer_ms, "ms"];
  const times = `${ours.toFixed(1).padStart(9)} ${unit} ${peer.toFixed(1).padStart(9)} ${unit}`;
  return `${name.padEnd(22)}${times}   ratio ${found.ratio.toFixed(3)}${cosines}`;
}

/** @param {Record<string, any>} found @returns {string} a page of docs/ */
function markdown(found) {
  const number = (/** @type {number | undefined} */ value, digits = 1) => value?.toFixed(digits) ?? "";
  const rows = Object.entries(found)
    .filter(([, one]) => "ratio" in one)
    .map(([name, one]) =>
      [name, number(one.ours_ms ?? one.ours_mb), number(one.peer_ms ?? one.peer_mb), number(one.ratio, 2), number(one.ours_cosine, 6), number(one.peer_cosine, 6)].join(" | "),
    );
  const kernels = (found.kernels ?? []).flatMap((/** @type {any} */ { flavour, threads, trials }) =>
    trials.map((/** @type {any} */ one) => [flavour, threads, one.kernel, one.largest_code, number(one.gmacs, 0)].join(" | ")),
  );
  const { runtime_bytes: bytes } = found;
  return `# Bench

Written by \`./build.sh bench --markdown docs/BENCH.md\` on ${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model.trim()}, ${cpus().length} cores, Chromium.
Memory is in megabytes: the most that loading takes, over the engine without a model (weights: ${found.memory_b32?.weights_mb} MB).
Times are medians in milliseconds, ratios medians of ours over the peer's (${PEER}) in the same round, q8 unless the name
says otherwise; \`litert\` is against ${LITERT} with the same tower in int8 (XNNPACK); cosines are means to PyTorch's f32. \`1t\` and \`2t\` are threads. \`eval\` is the command line, in
milliseconds per picture, against Python (\`benches/native.py\`). \`batch8\` is eight pictures at once, in milliseconds for each: ours from the
call to the embeddings, preprocessing included, the peer's tower alone.

| bench | ours | peer | ratio | our cosine | peer's cosine |
|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join("\n")}

Compressed runtime (JavaScript and one WebAssembly): ours ${bytes?.ours_gzip} bytes gzip, ${bytes?.ours_brotli} Brotli; the
peer's ${bytes?.peer_gzip} and ${bytes?.peer_brotli}.

| flavour | threads | implementation | largest code | GMAC/s |
|---|---|---|---|---|
${kernels.map((/** @type {string} */ row) => `| ${row} |`).join("\n")}
`;
}

const chosen = flags.only ? flags.only.split(",") : [...Object.keys(BENCHES), "kernels", "runtime_bytes"];
const site = await serve({ root: "." });
/** @type {Record<string, any>} */
const results = {};
console.log(`${"".padEnd(22)}        ours         peer: ${PEER}, interleaved`);
for (const name of chosen) {
  if (name === "runtime_bytes") {
    results[name] = runtimeBytes();
  } else {
    // One browser for each, so that one cannot warm another; with a profile on the disk, or else files are kept in memory.
    const profile = mkdtempSync(path.join(tmpdir(), "bench-"));
    const browser = await launchProfile(profile, ...(flags.flag ?? []));
    const page = await browser.newPage();
    await page.goto(`${site.url}tests/browser/blank.html`);
    await page.evaluate(`import("/benches/page.js")`);
    if (name === "kernels") {
      results[name] = [];
      for (const flavour of ["simd", "relaxed", "simd-threads", "relaxed-threads"]) {
        results[name].push(await call(page, "kernels", flavour, gguf("tinyclip-vit-8m-16", "q8_0"), flavour.endsWith("threads") ? 2 : 1));
      }
    } else {
      results[name] = { peer: name.includes("litert") ? LITERT : PEER, ...(await BENCHES[name](page)) };
    }
    await browser.close();
    rmSync(profile, { recursive: true });
  }
  console.log(line(name, results[name]));
}
await site.close();
if (flags.markdown) writeFileSync(flags.markdown, markdown(results));
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
