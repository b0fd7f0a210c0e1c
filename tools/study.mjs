// @ts-check
/**
 * Prints every figure of `docs/STUDIES.md`, section by section, from the embedded model and the drawings.
 * usage: node tools/study.mjs    needs target/release/clip-wasm
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const CLI = "target/release/clip-wasm";
const DATA = "datasets/drawings";
const STYLES = `${DATA}/by-hand.csv`;
const SEVERITIES = [1, 3, 5];
const folder = mkdtempSync(path.join(tmpdir(), "study-"));
const inside = (/** @type {string} */ name) => path.join(folder, name);

/** @param {...string} args */
const printed = (...args) => execFileSync(CLI, args, { encoding: "utf8", maxBuffer: 1 << 28 });
/** @param {...string} args @returns {any} */
const measured = (...args) => JSON.parse(printed(...args, "--json"));
/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(1)} %`;
/** @param {string} image */
const style = (image) => image.split("/")[1].replace(/-\d+\.\w+$/, "");
/** @param {string} title */
const section = (title) => console.log(`\n## ${title}\n`);
/** @param {string} name @param {any} document */
const put = (name, document) => (writeFileSync(inside(name), JSON.stringify(document)), inside(name));
const labelled = (/** @type {string[]} */ labels, option = "--label") => labels.flatMap((label) => [option, label]);

section("1. How often is it right?");
console.log(printed("eval", DATA));
const whole = measured("eval", DATA);
/** @type {{ image: string, truth: string, predicted: string, confidence: number, rank: number }[]} */
const predictions = whole.predictions;
const misses = predictions.filter(({ rank }) => rank > 0);
const found = whole.per_class.filter((/** @type {any} */ { recall }) => recall?.value === 1).length;
console.log(`weights ${whole.weights_sha256.slice(0, 8)}; ${misses.length} errors, ${misses.filter(({ confidence }) => confidence > 0.8).length} of them above 80 %`);
console.log(`always found: ${found} of ${whole.labels.length}`);
const doodled = whole.labels.filter((/** @type {string} */ label) =>
  predictions.filter(({ image, truth }) => truth === label && style(image) === "doodle").every(({ rank }) => rank > 0),
);
const theirs = misses.filter(({ image, truth }) => style(image) === "doodle" && doodled.includes(truth)).length;
console.log(`no doodle right: ${doodled.join(", ")} (${theirs} of the errors)`);

section("2. Keep the embeddings");
timed("embedding", () => printed("eval", DATA, "--keep", inside("drawings")));
timed("measuring again", () => console.log(printed("eval", inside("drawings.npy"), "--template", "{}", "--template", "a drawing of a {}")));

section("3. A word that swallows others");
for (const [word, other] of [["scissors", "pair of scissors"], ["scissors", "shears"]]) renamed(word, other);

section("4. What do four bits cost?");
printed("quantize", "models/everyday-clip.gguf", "--dtype", "q4_0", "-o", inside("q4.gguf"));
const fourBits = put("q4.json", measured("eval", DATA, "--model", inside("q4.gguf")));
const shipped = put("q5.json", whole);
const sizes = ["models/everyday-clip.gguf", inside("q4.gguf")].map((file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`);
console.log(`${sizes.join(" and ")}\n${printed("compare", shipped, fourBits)}`);

section("5. Where does it break?");
console.log(printed("robustness", DATA, "--severity", SEVERITIES.join(",")));
console.log(`a sample, three of each:\n${printed("robustness", DATA, "--limit", "3", "--severity", "5", "--corruption", "glass_blur")}`);
console.log(`the doodles alone:\n${printed("robustness", byStyle("doodle"), "--severity", "5", "--corruption", "glass_blur")}`);

section("6. Are the styles treated alike?");
for (const name of [...new Set(predictions.map(({ image }) => style(image)))]) {
  const own = predictions.filter(({ image }) => style(image) === name);
  console.log(`${name}: ${percent(own.filter(({ rank }) => rank === 0).length / own.length)} of ${own.length}`);
}
/** @type {any[]} */
const differences = measured("bias", STYLES, ...labelled(whole.labels)).differences;
const held = differences.filter(({ verdict }) => verdict === "different");
const least = differences.reduce((least, one) => (one.p < least.p ? one : least));
console.log(`${differences.length} tests, ${held.length} hold after Holm's correction; least p ${least.p.toFixed(4)}: "${least.label}", ${least.first} less ${least.second}`);
const [doodles, twemoji] = ["doodle", "twemoji"].map((style) => put(`${style}.json`, measured("eval", byStyle(style))));
console.log(`doodles, then Twemoji:\n${printed("compare", "--unpaired", doodles, twemoji)}`);

section("7. What do the features hold?");
console.log(printed("probe", DATA));
rmSync(folder, { recursive: true });

/** A folder of the drawings in one style. @param {string} style */
function byStyle(style) {
  for (const label of readdirSync(DATA).filter((name) => statSync(path.join(DATA, name)).isDirectory())) {
    mkdirSync(inside(`${style}/${label}`), { recursive: true });
    for (const name of readdirSync(path.join(DATA, label)).filter((name) => name.startsWith(`${style}-`)))
      cpSync(path.join(DATA, label, name), inside(`${style}/${label}/${name}`));
  }
  return inside(style);
}

/** @param {string} what @param {() => unknown} work */
function timed(what, work) {
  const begun = performance.now();
  work();
  console.log(`${what}: ${((performance.now() - begun) / 1000).toFixed(2)} s`);
}

/** What moves when one label gets another name. @param {string} word @param {string} other */
function renamed(word, other) {
  const second = whole.labels.map((/** @type {string} */ label) => (label === word ? other : label));
  const { label_sets: sets } = measured("bias", STYLES, ...labelled(whole.labels), ...labelled(second, "--other-label"));
  /** @type {{ image: string, first: string, second: string }[]} */
  const moved = sets.moved.filter((/** @type {any} */ { first, second }) => !(first === word && second === other));
  const own = predictions.filter(({ truth }) => truth === word);
  const gone = new Map(moved.map(({ image, second }) => [image, second]));
  const right = own.filter(({ image, predicted }) => (gone.has(image) ? gone.get(image) === other : predicted === word));
  console.log(`"${word}" called "${other}": ${sets.moved.length} of ${predictions.length} answers are other words, ${moved.length} another class; found ${own.filter(({ rank }) => rank === 0).length}, then ${right.length} of ${own.length}`);
  for (const { image, first, second } of moved) console.log(`  ${image}: ${first} became ${second}`);
}
