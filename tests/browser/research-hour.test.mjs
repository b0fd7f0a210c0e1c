// @ts-check
/**
 * A researcher's hour, in minutes: three data sets, two models, edits, pins, exports and a reload. Every number in a file that
 * the page saves, and every estimate on screen, is computed again by the command line.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ask, commandLine, drawing, each, fill, give, loadModel, measured, open, openResearch, put, quantized, savedJson, saves, shown } from "./research-visit.mjs";

/** @import { Page } from "playwright-core" */
/** @import { Tree } from "./research-visit.mjs" */

const research = openResearch();
const CLASSES = ["car", "cat", "fish", "rabbit", "snail", "umbrella"];
const OTHERS = ["bicycle", "scissors"];
const NOISE = ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"];
/** What is another thing in the page and on the command line: where the data lies, what computes, how a file is named. */
const OWN = new Set(["engine", "data", "resumed", "skipped", "sample"]);

/** How many values were compared: in files, and on screen. */
const compared = { files: 0, screen: 0 };

/** Compares all that `theirs` has, and counts it. @param {any} ours @param {any} theirs @param {string} where */
function equal(ours, theirs, where) {
  if (theirs === null || typeof theirs !== "object") {
    assert.equal(ours, theirs, where);
    if (typeof theirs === "number") compared.files += 1;
    return;
  }
  assert.equal(ours?.length, theirs.length, where);
  for (const [key, value] of Object.entries(theirs)) if (!OWN.has(key)) equal(ours?.[key], value, `${where}.${key}`);
}

/** Every estimate in a document, as the page shows it. @param {any} document @returns {string[]} */
function estimates(document) {
  if (document === null || typeof document !== "object") return [];
  const isOne = ["value", "low", "high", "n"].every((key) => key in document);
  const whole = document.intervals
    ? ["acc1", "acc5", "mean_per_class_recall"].flatMap((key) => (document.intervals[key] ? [shown({ value: document[key], low: document.intervals[key][0], high: document.intervals[key][1], n: document.images })] : []))
    : [];
  return [...(isOne ? [shown(document)] : []), ...whole, ...Object.values(document).flatMap(estimates)];
}

/** Every estimate of a part of the page is one of the command line's. @param {Page} page @param {string} part @param {...any} documents */
async function onScreen(page, part, ...documents) {
  const known = new Set(documents.flatMap(estimates));
  const texts = await page.locator(`${part} .estimate`).evaluateAll((nodes) => nodes.filter((node) => node.checkVisibility()).map((node) => node.textContent ?? ""));
  assert.ok(texts.length > 0, `${part} shows estimates`);
  for (const text of texts) assert.ok(known.has(text), `${part} shows ${text}, which the command line does not`);
  compared.screen += texts.length;
}

/** The matrix on screen. @param {Page} page @param {any} theirs */
async function matrixOnScreen(page, theirs) {
  const rows = await page.locator("dataset-view .confusion tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent))));
  assert.deepEqual(rows, theirs.confusion);
  compared.screen += rows.flat().length;
}

/**
 * Everything that is measured of the data that is open, beside the command line over the same files.
 *
 * @param {Page} page
 * @param {{ folder: string, data: string, options: string[], pictures: boolean }} wiring
 */
async function everything(page, { folder, data, options, pictures }) {
  const line = (/** @type {string} */ command, /** @type {string[]} */ ...more) => commandLine(folder, command, data, ...options, ...more);
  await open(page, "Dataset");
  const evaluation = line("eval", "--predictions", "theirs.csv");
  equal(await savedJson(page, "dataset-view"), evaluation, "evaluation");
  await matrixOnScreen(page, evaluation);
  await onScreen(page, "dataset-view > section > result-frame", evaluation);
  const files = await saves(page, () => page.locator("dataset-view").getByRole("button", { name: "Save CSV" }).click(), 2);
  assert.equal(files["predictions.csv"], readFileSync(path.join(folder, "theirs.csv"), "utf8"));
  compared.files += evaluation.predictions.length;

  await page.locator("features-panel").getByRole("button", { name: "Fit a linear probe" }).click();
  await page.locator(`features-panel[data-state="ready"]`).waitFor();
  const probe = line("probe");
  equal(await savedJson(page, "features-panel", "Save probe as JSON"), probe, "probe");
  await onScreen(page, "features-panel", probe);

  await open(page, "Bias");
  const bias = page.locator("bias-view");
  await bias.getByRole("button", { name: "Compare the groups" }).click();
  await bias.locator("result-frame").first().getByRole("table", { name: "Groups", exact: true }).waitFor();
  await page.locator(`bias-view[data-state="ready"]`).waitFor();
  const labels = options.includes("--label") ? [] : each("--label", evaluation.labels);
  const groups = line("bias", ...labels);
  equal(await savedJson(page, "bias-view"), { ...groups, label_sets: undefined, association: undefined }, "bias");
  await onScreen(page, "bias-view result-frame:first-of-type", groups);
  const second = evaluation.labels.map((/** @type {string} */ label) => (label === "cat" ? "kitten" : label));
  await fill(bias.getByLabel("Second set of labels"), second.join("\n"));
  await bias.getByRole("button", { name: "Compare the two sets" }).click();
  await bias.getByText(/pictures move\.$/).waitFor();
  await page.locator(`bias-view[data-state="ready"]`).waitFor();
  const { label_sets } = line("bias", ...labels, ...each("--other-label", second));
  equal(await savedJson(page, "bias-view", "Save sets as JSON"), { label_sets }, "sets");

  if (!pictures) return evaluation;
  await open(page, "Robustness");
  const view = page.locator("robustness-view");
  for (const family of ["blur", "weather", "digital"]) await view.getByLabel(family).uncheck();
  await fill(view.getByLabel("Pictures of each label"), "1");
  await fill(view.getByLabel("Word of the typographic attack"), evaluation.labels[0]);
  await view.evaluate((node) => delete (/** @type {HTMLElement} */ (node).dataset.state));
  await view.getByRole("button", { name: "Measure" }).click();
  await page.locator(`robustness-view[data-state="ready"]`).waitFor();
  const robustness = line("robustness", "--limit", "1", ...each("--corruption", NOISE));
  equal(await savedJson(page, "robustness-view"), robustness, "robustness");
  await onScreen(page, "robustness-view result-frame:first-of-type", robustness);
  return evaluation;
}

test("every number of a researcher's hour is the command line's", { timeout: 900_000 }, async (t) => {
  const visit = await research.visitor(t);
  const folder = research.scratch();
  const pictures = (/** @type {string[]} */ drawn) => Object.fromEntries(CLASSES.flatMap((label) => drawn.map((name, index) => [`${label}/${index}.png`, drawing(`${label}/${name}.png`)])));
  const [clean, other] = [pictures(["doodle-1", "noto-1", "twemoji-1", "noto_line-1"]), pictures(["doodle-2", "noto_line-1", "twemoji-2", "noto-1"])];
  put(path.join(folder, "clean"), clean);
  put(path.join(folder, "other"), other);
  // The third: the same pictures in an archive, a class of which was given to another.
  const samples = Object.entries(clean);
  samples.forEach(([name, bytes], index) => {
    const label = CLASSES.indexOf(name.split("/")[0]);
    put(path.join(folder, "tar"), { [`s${index}.png`]: bytes, [`s${index}.cls`]: `${label === 2 ? 3 : label}` });
  });
  put(folder, { "classnames.txt": CLASSES.join("\n"), "zeroshot_classification_templates.txt": "a drawing of a {c}\n{c}\n" });
  execFileSync("tar", ["-cf", "../0.tar", ...samples.flatMap((_, index) => [`s${index}.png`, `s${index}.cls`])], { cwd: path.join(folder, "tar") });
  const inside = (/** @type {string} */ name, /** @type {Tree} */ tree) => Object.fromEntries(Object.entries(tree).map(([file, bytes]) => [`${name}/${file}`, bytes]));
  const archive = Object.fromEntries(["0.tar", "classnames.txt", "zeroshot_classification_templates.txt"].map((name) => [name, readFileSync(path.join(folder, name))]));
  const q4 = quantized(folder, "q4_0");

  let page = await visit();
  const view = page.locator("dataset-view");
  await give(page, inside("clean", clean));
  const first = await everything(page, { folder, data: "clean", options: [], pictures: true });
  await open(page, "Dataset");
  await view.getByRole("button", { name: "Pin for comparison" }).click();

  // Other words and another seed; then other pictures of the same names.
  const edits = [...each("--label", [...CLASSES, ...OTHERS]), ...each("--template", ["{}", "a drawing of a {}"]), "--seed", "3"];
  const edit = async () => {
    await ask(page, "Labels of the data", [...CLASSES, ...OTHERS].join("\n"));
    await ask(page, "Templates of the data", "{}\na drawing of a {}");
    await ask(page, "Seed of intervals, tests and samples", "3");
  };
  await edit();
  const edited = await everything(page, { folder, data: "clean", options: edits, pictures: true });
  put(folder, { "first.json": JSON.stringify(first), "edited.json": JSON.stringify(edited) });
  await open(page, "Dataset");
  await onScreen(page, "dataset-view .compared", commandLine(folder, "compare", "first.json", "edited.json", "--seed", "3"));
  await give(page, inside("other", other));
  await edit();
  const second = await everything(page, { folder, data: "other", options: edits, pictures: true });
  put(folder, { "second.json": JSON.stringify(second) });
  await open(page, "Dataset");
  await onScreen(page, "dataset-view .compared", commandLine(folder, "compare", "first.json", "second.json", "--unpaired"));

  // Another type of weights; then the archive.
  await loadModel(page, q4, "Dataset");
  await view.getByRole("button", { name: "Resume" }).click();
  await page.getByText("24 of 24 pictures of other").waitFor();
  await measured(page);
  await everything(page, { folder, data: "other", options: [...edits, "--model", q4], pictures: true });
  await open(page, "Dataset");
  await give(page, archive, "Data files");
  await everything(page, { folder, data: "0.tar", options: ["--model", q4, "--seed", "3"], pictures: true });

  // After a reload the first data is resumed, and is the same.
  await page.close();
  page = await visit();
  await give(page, inside("clean", clean));
  await page.getByText(/^Resumed from 24 embeddings/).waitFor();
  const again = await everything(page, { folder, data: "clean", options: [], pictures: false });
  assert.deepEqual(again.predictions, first.predictions);
  t.diagnostic(`compared: ${compared.files} numbers in files, ${compared.screen} figures on screen`);
  assert.ok(compared.files > 10_000 && compared.screen > 500, JSON.stringify(compared));
});
