// @ts-check
/**
 * A researcher's hour, in a minute: three data sets, two models, edits, pins, exports and a reload. Every number in a file that
 * the page saves, and every number that its results show, is computed again by the command line.
 */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { mapOf, rowsOf } from "./research-map.mjs";
import * as screens from "./research-screen.mjs";
import { CLI, ask, drawing, each, fill, give, loadModel, measured, open, openResearch, put, quantized, savedJson, saves } from "./research-visit.mjs";

/** @import { Page } from "playwright-core" */
/** @import { Screen } from "./research-screen.mjs" */
/** @import { Tree } from "./research-visit.mjs" */

const research = openResearch();
const CLASSES = ["car", "cat", "fish", "rabbit", "snail", "umbrella"];
const OTHERS = ["bicycle", "scissors"];
const NOISE = ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"];
/**
 * What is another thing in the page and on the command line: what computes, where saved embeddings lie, and the config,
 * which the page's weights have in their own file.
 */
const OWN = new Set(["engine", "resumed", "config_sha256"]);
/** How far the map's coordinates may lie from those of another method, which sums in another order. */
const NEAR = 1e-5;
const MODEL_FREE = { labels: [], templates: [], seed: 0 };

/** How many numbers were compared. */
const compared = { files: 0, embeddings: 0, screen: 0 };
const run = promisify(execFile);

/** What the command line prints as JSON, run in `folder` beside the page. @param {string} folder @param {...string} args @returns {Promise<any>} */
async function commandLine(folder, ...args) {
  const { stdout } = await run(CLI, [...args, "--json"], { cwd: folder, maxBuffer: 1 << 28 });
  return JSON.parse(stdout);
}

/**
 * Two documents have the same keys and the same values; nothing and `null` are one. Numbers are counted.
 *
 * @param {any} ours @param {any} theirs @param {string} where @param {number} [near]
 */
function equal(ours, theirs, where, near = 0) {
  if (typeof theirs === "number" && typeof ours === "number") {
    assert.ok(Math.abs(ours - theirs) <= near, `${where}: ${ours}, the command line has ${theirs}`);
    compared.files += 1;
  } else if (!ours || !theirs || typeof theirs !== "object") assert.equal(ours ?? null, theirs ?? null, where);
  else {
    assert.equal(ours.length, theirs.length, where);
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) if (!OWN.has(key)) equal(ours[key], theirs[key], `${where}.${key}`, near);
  }
}

/** A part of the page shows what it has to, and no other number. @param {Page} page @param {string} part @param {Screen} expected */
async function onScreen(page, part, expected) {
  const found = await screens.screenOf(page.locator(part).first());
  assert.deepEqual(found, expected, part);
  compared.screen += screens.numbersIn(found);
}

/** Presses a button and waits for what it measures. @param {Page} page @param {string} view @param {string} button */
async function press(page, view, button) {
  const part = page.locator(view);
  await part.evaluate((view) => delete (/** @type {HTMLElement} */ (view).dataset.state));
  await part.getByRole("button", { name: button, exact: true }).click();
  await page.locator(`${view}[data-state="ready"]`).waitFor();
}

/** @param {Record<string, any>} document @param {...string} keys */
const without = (document, ...keys) => Object.fromEntries(Object.entries(document).filter(([key]) => !keys.includes(key)));

/** @typedef {{ folder: string, data: string, options?: string[], pictures?: boolean, labelled?: boolean }} Wiring */

/**
 * Everything that is measured of the data that is open, beside the command line over the same files.
 *
 * @param {Page} page
 * @param {Wiring} wiring `labelled`: a folder a class, so that tables of its files can be written
 */
async function everything(page, { folder, data, options = [], pictures = true, labelled = false }) {
  const line = (/** @type {string} */ command, /** @type {string[]} */ ...more) => commandLine(folder, command, data, ...options, ...more);
  await open(page, "Dataset");
  const evaluation = await line("eval", "--predictions", "predictions.csv", "--keep", "embeddings", "--fresh");
  const count = evaluation.predictions.length;
  equal(await savedJson(page, "dataset-view > section"), evaluation, "evaluation");
  await onScreen(page, "dataset-view > section > result-frame", screens.evaluationScreen(evaluation));
  await tables(page, folder, count);
  await press(page, "features-panel", "Fit a linear probe");
  const probe = await line("probe");
  equal(await savedJson(page, "features-panel", "Save probe as JSON"), probe, "probe");
  await onScreen(page, "features-panel result-frame", screens.probeScreen(probe, count));
  if (labelled) await words(page, { folder, data, options, evaluation });
  await bias(page, { line, options, evaluation });
  if (pictures) await robustness(page, { line, evaluation });
  if (pictures && options.length === 0) await strip(page, { folder, data });
  return evaluation;
}

/** The tables that Dataset saves, and the embeddings. @param {Page} page @param {string} folder @param {number} images */
async function tables(page, folder, images) {
  const dataset = page.locator("dataset-view > section");
  const theirs = (/** @type {string} */ name) => readFileSync(path.join(folder, name), "utf8");
  const predictions = await saves(page, () => dataset.getByRole("button", { name: "Save CSV" }).click(), 2);
  const { "embeddings.npy": npy, ...embeddings } = await saves(page, () => dataset.getByRole("button", { name: "Save embeddings" }).click(), 3);
  for (const [name, text] of Object.entries({ ...predictions, ...embeddings })) {
    if (name.endsWith(".json")) equal(JSON.parse(text), { ...JSON.parse(theirs(name)), images }, name);
    else assert.equal(text, theirs(name), name);
  }
  compared.files += 2 * images; // confidence and rank
  const values = readFileSync(path.join(folder, "embeddings.npy"));
  assert.ok(Buffer.from(npy, "latin1").equals(values), "the embeddings are the command line's to the last bit");
  compared.embeddings += rowsOf(values).flat().length;
}

/** The map, and a class under other names. @param {Page} page @param {{ folder: string, data: string, options: string[], evaluation: any }} wiring */
async function words(page, { folder, data, options, evaluation }) {
  const images = evaluation.predictions.length;
  await press(page, "features-panel", "Draw the map");
  const map = await savedJson(page, "features-panel", "Save map as JSON");
  const truths = evaluation.predictions.map((/** @type {any} */ { truth }) => truth);
  const settings = without(evaluation, "images", "acc1", "acc5", "mean_per_class_recall", "intervals", "per_class", "confusion", "most_confused", "calibration", "each_template", "predictions", "skipped");
  equal(map, { ...settings, ...MODEL_FREE, images, ...mapOf(rowsOf(readFileSync(path.join(folder, "embeddings.npy"))), truths) }, "map", NEAR);
  await onScreen(page, "features-panel result-frame:last-of-type", screens.mapScreen(map));

  const names = ["kitten", "feline"];
  await page.locator("words-panel").getByLabel("Label", { exact: true }).selectOption("cat");
  await fill(page.locator("words-panel").getByLabel("Other names for it, one per line"), names.join("\n"));
  await press(page, "words-panel", "Compare these names");
  const known = (/** @type {any} */ document, /** @type {string} */ name) => {
    const { acc1, intervals, images, per_class } = document;
    const { recall, predicted } = per_class.find((/** @type {any} */ { label }) => label === name);
    return { name, acc1: { value: acc1, low: intervals.acc1[0], high: intervals.acc1[1], n: images }, recall, predicted };
  };
  const namings = [{ ...known(evaluation, "cat"), moved: [], p: 1 }];
  for (const name of names) {
    // The same pictures by the same model, whose class has the other name; then the class is called as before.
    const renamed = (/** @type {string} */ label) => (label === "cat" ? name : label);
    const rest = options.filter((option, at) => option !== "--label" && options[at - 1] !== "--label");
    const asked = [...each("--label", evaluation.labels.map(renamed)), ...rest];
    const document = await withTable(folder, data, evaluation.predictions.map((/** @type {any} */ { image, truth }) => [image, renamed(truth)]), (table) => commandLine(folder, "eval", table, ...asked));
    const back = (/** @type {string} */ label) => (label === name ? "cat" : label);
    const predictions = document.predictions.map((/** @type {any} */ one) => ({ ...one, truth: back(one.truth), predicted: back(one.predicted) }));
    put(folder, { "before.json": JSON.stringify(evaluation), "renamed.json": JSON.stringify({ ...evaluation, predictions }) });
    const { moved, p } = await commandLine(folder, "compare", "before.json", "renamed.json");
    namings.push({ ...known(document, name), moved, p });
  }
  const ours = await savedJson(page, "words-panel", "Save names as JSON");
  equal(ours, { ...settings, images, label: "cat", others: names, namings }, "names");
  await onScreen(page, "words-panel result-frame", screens.namingsScreen(evaluation, images, namings));
}

/**
 * @template T
 * @param {string} folder
 * @param {string} data a folder in it, whose files the table names
 * @param {string[][]} lines
 * @param {(table: string) => Promise<T>} act
 */
async function withTable(folder, data, lines, act) {
  const table = path.join(data, "table.csv");
  put(folder, { [table]: ["file,label", ...lines].join("\n") });
  try {
    return await act(table);
  } finally {
    rmSync(path.join(folder, table));
  }
}

/** @typedef {(command: string, ...more: string[]) => Promise<any>} Line */

/** @param {Page} page @param {{ line: Line, options: string[], evaluation: any }} wiring */
async function bias(page, { line, options, evaluation }) {
  await open(page, "Bias");
  const view = page.locator("bias-view");
  const images = evaluation.predictions.length;
  const others = evaluation.labels.map((/** @type {string} */ label) => (label === "cat" ? "kitten" : label));
  const [targets, near, far] = [["car", "cat"], ["a road", "wheels"], ["fur", "a tail"]];
  const words = [...each("--other-label", others), "--targets", ...targets, ...each("--attribute", near), ...each("--other-attribute", far)];
  const theirs = await line("bias", ...(options.includes("--label") ? [] : each("--label", evaluation.labels)), ...words);
  const own = without(theirs, "groups", "differences", "label_sets", "association");

  await press(page, "bias-view", "Compare the groups");
  equal(await savedJson(page, "bias-view"), { ...own, images, groups_table: "", groups: theirs.groups, differences: theirs.differences }, "bias");
  await onScreen(page, "bias-view result-frame", screens.groupsScreen(theirs, images));
  await fill(view.getByLabel("Second set of labels"), others.join("\n"));
  await press(page, "bias-view", "Compare the two sets");
  equal(await savedJson(page, "bias-view", "Save sets as JSON"), { ...own, images, other_labels: others, label_sets: theirs.label_sets }, "sets");
  await onScreen(page, "bias-view > section > result-frame:has(.slope)", screens.setsScreen(theirs, images));
  await fill(view.getByLabel("Words, one per line"), near.join("\n"));
  await fill(view.getByLabel("Words to compare with"), far.join("\n"));
  await press(page, "bias-view", "Test the association");
  const asked = { groups_table: "", targets, attributes: near, other_attributes: far };
  equal(await savedJson(page, "bias-view", "Save association as JSON"), { ...own, images, ...asked, association: theirs.association }, "association");
  await onScreen(page, "bias-view > section > result-frame:last-of-type", screens.associationScreen(theirs, images, targets));
}

/** @param {Page} page @param {{ line: Line, evaluation: any }} wiring */
async function robustness(page, { line, evaluation }) {
  await open(page, "Robustness");
  const view = page.locator("robustness-view");
  for (const family of ["blur", "weather", "digital"]) await view.getByLabel(family).uncheck();
  await fill(view.getByLabel("Pictures per label"), "1");
  await fill(view.getByLabel("Word for the typographic attack"), evaluation.labels[0]);
  const theirs = line("robustness", "--limit", "1", ...each("--corruption", NOISE));
  await press(page, "robustness-view", "Measure");
  robust = await theirs;
  equal(await savedJson(page, "robustness-view"), robust, "robustness");
  await onScreen(page, "robustness-view result-frame", screens.robustnessScreen(robust));
}

/** One picture under one corruption. @param {Page} page @param {{ folder: string, data: string }} wiring */
async function strip(page, { folder, data }) {
  await page.locator("robustness-view").getByRole("button", { name: "Show", exact: true }).click();
  const items = page.getByLabel("The picture at each severity").locator("li");
  await items.last().waitFor();
  const words = (await page.locator("robustness-view result-frame p:not([class])").last().textContent()) ?? "";
  const name = words.split(", clean: ")[0];
  const label = path.dirname(name);
  const theirs = await withTable(folder, data, [[name, label]], (table) => commandLine(folder, "robustness", table, "--corruption", NOISE[0], ...each("--label", CLASSES)));
  assert.ok(words.includes(`“${label}” at ${screens.percent(theirs.clean_score)}. `), words);
  const found = await items.allTextContents();
  theirs.cells.forEach((/** @type {any} */ { severity, acc1, score }, /** @type {number} */ at) => {
    const answer = acc1.value === 1 ? `${label}` : "[a-z]+, wrong";
    assert.match(found[at], new RegExp(`^${severity}: ${answer}, ${screens.percent(score)}$`));
  });
  compared.screen += 1 + found.length;
}

/** What Robustness measured last. @type {any} */
let robust = null;

/** Pictures a folder a class, of drawings that each class has. @param {string[]} drawn @returns {Tree} */
const pictures = (drawn) => Object.fromEntries(CLASSES.flatMap((label) => drawn.map((name, index) => [`${label}/${index}.png`, drawing(`${label}/${name}.png`)])));

/** The three data sets, as files of a folder and as a visitor gives them. @param {string} folder */
function dataSets(folder) {
  const clean = pictures(["doodle-1", "noto-1", "twemoji-1", "noto_line-1"]);
  const other = { ...pictures(["doodle-2", "noto_line-1", "twemoji-2", "noto-1"]), "fish/broken.png": drawing("fish/noto-1.png").subarray(0, 400) };
  put(path.join(folder, "clean"), clean);
  put(path.join(folder, "other"), other);
  // The third: the first one's pictures in an archive, a class of which was given to another.
  const samples = Object.entries(clean);
  samples.forEach(([name, bytes], index) => {
    const label = CLASSES.indexOf(name.split("/")[0]);
    put(path.join(folder, "tar"), { [`s${index}.png`]: bytes, [`s${index}.cls`]: `${label === 2 ? 3 : label}` });
  });
  put(folder, { "classnames.txt": CLASSES.join("\n"), "zeroshot_classification_templates.txt": "a drawing of a {c}\n{c}\n" });
  execFileSync("tar", ["-cf", "../0.tar", ...samples.flatMap((_, index) => [`s${index}.png`, `s${index}.cls`])], { cwd: path.join(folder, "tar") });
  const inside = (/** @type {string} */ name, /** @type {Tree} */ tree) => Object.fromEntries(Object.entries(tree).map(([file, bytes]) => [`${name}/${file}`, bytes]));
  const archive = Object.fromEntries(["0.tar", "classnames.txt", "zeroshot_classification_templates.txt"].map((name) => [name, readFileSync(path.join(folder, name))]));
  return { clean: inside("clean", clean), other: inside("other", other), archive };
}

test("every number of a researcher's hour is the command line's", { timeout: 900_000 }, async (t) => {
  const visit = await research.visitor(t);
  const folder = research.scratch();
  const { clean, other, archive } = dataSets(folder);
  const q4 = quantized(folder, "q4_0");
  let page = await visit();
  const dataset = page.locator("dataset-view");
  /** What is pinned under each letter, of Dataset and of Robustness. @type {Record<"evaluations" | "robust", Record<string, any>>} */
  const pinned = { evaluations: {}, robust: {} };
  const pin = async (/** @type {string} */ letter, /** @type {any} */ evaluation) => {
    for (const [tab, view] of [["Dataset", "dataset-view"], ["Robustness", "robustness-view"]]) {
      await open(page, tab);
      await page.locator(view).getByRole("button", { name: "Pin for comparison" }).click();
      await page.locator(view).getByRole("button", { name: `Save JSON of pin ${letter}` }).waitFor();
    }
    pinned.evaluations[letter] = evaluation;
    pinned.robust[letter] = robust;
  };
  /** Dataset shows the pins that are of something else than now, and what the command line says of both. @param {any} now */
  const beside = async (now) => {
    const tables = [];
    for (const [letter, before] of Object.entries(pinned.evaluations)) {
      const images = [before, now].map(({ predictions }) => predictions.length);
      const words = screens.differing(before, now, images);
      if (words === "") continue;
      put(folder, { "before.json": JSON.stringify(before), "now.json": JSON.stringify(now) });
      const unpaired = before.pictures_sha256 === now.pictures_sha256 ? [] : ["--unpaired"];
      const both = await commandLine(folder, "compare", "before.json", "now.json", "--seed", `${now.seed}`, ...unpaired);
      tables.push(...screens.comparisonTables(`${letter}: ${screens.whose(before, images[0])}`, both, words));
    }
    await open(page, "Dataset");
    await onScreen(page, "dataset-view .compared", { facts: [], tables, words: [] });
  };

  await give(page, clean);
  const first = await everything(page, { folder, data: "clean", labelled: true });
  await pin("A", first);

  // Other words and another seed; then other pictures of the same names, one of which cannot be read.
  const options = [...each("--label", [...CLASSES, ...OTHERS]), ...each("--template", ["{}", "a drawing of a {}"]), "--seed", "3"];
  const edit = async () => {
    await open(page, "Dataset");
    await ask(page, "Class labels", [...CLASSES, ...OTHERS].join("\n"));
    await ask(page, "Templates for all classes", "{}\na drawing of a {}");
    await ask(page, "Random seed for intervals, tests and samples", "3");
  };
  await edit();
  await beside(await everything(page, { folder, data: "clean", options }));
  await give(page, other);
  await edit();
  const second = await everything(page, { folder, data: "other", options, pictures: false });
  await beside(second);
  const [{ image, reason }] = second.skipped;
  await dataset.getByText(`${image}: ${reason}`).waitFor();

  // Another type of weights; then the archive.
  await loadModel(page, q4, "Dataset");
  await dataset.getByRole("button", { name: "Resume" }).click();
  await page.getByText("24 of 25 pictures of other").waitFor();
  await measured(page);
  const third = await everything(page, { folder, data: "other", options: [...options, "--model", q4], labelled: true });
  await beside(third);
  await pin("B", third);
  await onScreen(page, "robustness-view .tables:not(result-frame *)", screens.robustnessesScreen(pinned.robust));
  await open(page, "Dataset");
  await give(page, archive, "Data files");
  await beside(await everything(page, { folder, data: "0.tar", options: ["--model", q4, "--seed", "3"], pictures: false }));

  // After a reload the pins are there, the first data is resumed, and is the same.
  await page.close();
  page = await visit();
  for (const [letter, evaluation] of Object.entries(pinned.evaluations)) equal(await savedJson(page, "dataset-view", `Save JSON of pin ${letter}`), evaluation, `pin ${letter}`);
  await open(page, "Robustness");
  await onScreen(page, "robustness-view .tables:not(result-frame *)", screens.robustnessesScreen(pinned.robust));
  for (const [letter, result] of Object.entries(pinned.robust)) equal(await savedJson(page, "robustness-view", `Save JSON of pin ${letter}`), result, `pin ${letter}`);
  await open(page, "Dataset");
  await give(page, clean);
  await page.getByText(/^Resumed from 24 embeddings/).waitFor();
  const again = await everything(page, { folder, data: "clean", pictures: false });
  await beside(again);
  assert.deepEqual(again.predictions, first.predictions);

  const { files, embeddings, screen } = compared;
  t.diagnostic(`compared: ${files} numbers in files, ${embeddings} values of embeddings, ${screen} numbers on screen`);
  assert.ok(files > 9_000 && embeddings > 30_000 && screen > 5_000, JSON.stringify(compared));
});
