// @ts-check
/** The npm package as it is published: its folder alone, with the engine and the model inside. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchChromium } from "./chromium.mjs";
import { DRAWINGS, EMBEDDED } from "./embedded.mjs";

const CLI = "target/release/clip-wasm";
const PICTURE = "tests/browser/pictures/scene.png";
const LABELS = ["red ball", "green triangle", "blue sky"];

test("the package needs nothing outside its folder, and its model gives the scores of the command line", async (t) => {
  const site = await serve({ root: "pkg", overlay: "tests/browser" });
  const browser = await launchChromium();
  t.after(async () => {
    await browser.close();
    await site.close();
  });
  const page = await browser.newPage();
  await page.goto(`${site.url}blank.html`);
  const scores = await page.evaluate(`(async () => {
    const { pipeline } = await import("/index.js");
    const classify = await pipeline("zero-shot-image-classification", "${EMBEDDED.id}", { dtype: "${EMBEDDED.dtype}" });
    return classify("/pictures/scene.png", ${JSON.stringify(LABELS)});
  })()`);

  const words = ["classify", "--json", "--model", `models/${EMBEDDED.file}`, "--labels", LABELS.join(","), PICTURE];
  const [native] = JSON.parse(execFileSync(CLI, words, { encoding: "utf8" }));
  const plain = (/** @type {{ label: string, score: number }[]} */ all) =>
    all.map(({ label, score }) => [label, Math.fround(score)]);
  assert.deepEqual(plain(scores), plain(native.scores));
});

test("the package publishes the engine in every flavour, the model and the licences", () => {
  const [{ files, version }] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: "pkg", encoding: "utf8" }),
  );
  const published = new Set(files.map((/** @type {{ path: string }} */ { path }) => path));
  const builds = ["simd", "simd-threads", "relaxed", "relaxed-threads", "research", "research-threads"].flatMap((build) => [
    `${build}/clip_wasm.js`,
    `${build}/clip_wasm_bg.wasm`,
  ]);
  const engine = ["engine/client/engine-client.js", "engine/worker/worker.js", "engine/protocol/types.d.ts"];
  const needed = [
    ...builds,
    ...engine,
    "models/index.js",
    `models/${EMBEDDED.file}`,
    "LICENSE-MIT",
    "LICENSE-APACHE",
  ];
  for (const file of needed) assert.ok(published.has(file), `${file} is not published`);
  assert.deepEqual([...published].filter((file) => file.includes(DRAWINGS)), [], "of the embedded models, one");
  assert.ok(!readFileSync("pkg/models/index.js", "utf8").includes(`"${DRAWINGS}"`), "a record without its file");
  assert.equal(
    version,
    /^version = "(.*)"$/m.exec(readFileSync("Cargo.toml", "utf8"))?.[1],
    "the crate has another version",
  );
});
