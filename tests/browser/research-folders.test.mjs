// @ts-check
/** Folders as they are dropped, samples that do not mislead, and what is said with every figure. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { shown } from "./research-screen.mjs";
import { commandLine, drawing, each, fill, give, giveOnly, measured, open, openResearch, put, savedJson, saves } from "./research-visit.mjs";

const research = openResearch();

/** @param {import("playwright-core").Page} page */
const labels = async (page) => (await page.getByLabel("Class labels").inputValue()).split("\n");
/** @param {any} document */
const names = (document) => document.predictions.map((/** @type {any} */ { image, truth }) => `${image} ${truth}`);

test("several class folders at once are one data set with those classes, and files of one name are different", async (t) => {
  const page = await (await research.visitor(t))();
  const tree = {
    "cat/1.png": drawing("cat/noto-1.png"),
    "cat/2.png": drawing("cat/twemoji-1.png"),
    "red_car/1.png": drawing("car/noto-1.png"),
    "red_car/notes.txt": "no picture",
    "snail/1.png": drawing("snail/noto-1.png"),
    "stray.png": drawing("key/noto-1.png"),
  };
  await give(page, tree);
  await page.getByText("4 of 4 pictures of cat, red_car, snail").waitFor();
  assert.deepEqual(await labels(page), ["cat", "red car", "snail"]);
  await page.getByText("stray.png: it is not in the folder of a class").waitFor();
  const folder = research.scratch();
  put(path.join(folder, "all"), tree);
  const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(folder, "eval", "all")];
  for (const key of ["predictions", "acc1", "data_sha256"]) assert.deepEqual(ours[key], theirs[key], key);
});

test("one class folder keeps its name, and one label alone is no accuracy", async (t) => {
  const page = await (await research.visitor(t))();
  await give(page, { "cat/1.png": drawing("cat/noto-1.png"), "cat/2.png": drawing("cat/twemoji-1.png") });
  await page.getByText("2 of 2 pictures of cat").waitFor();
  assert.deepEqual(await labels(page), ["cat"]);
  await page.locator("dataset-view fact-list").getByText("With a single label, every picture gets that label").waitFor();
  assert.equal(await page.locator("dataset-view fact-list").getByText("100.0 %").count(), 0);
  assert.deepEqual(names(await savedJson(page, "dataset-view")), ["cat/1.png cat", "cat/2.png cat"]);
});

test("folders in a class are of that class, and splits and a folder around the classes are told", async (t) => {
  const page = await (await research.visitor(t))();
  const [cat, car] = [drawing("cat/noto-1.png"), drawing("car/noto-1.png")];
  const tree = { "data/cat/old/1.png": cat, "data/cat/1.png": drawing("cat/twemoji-1.png"), "data/car/1.png": car };
  await give(page, tree);
  const folder = research.scratch();
  put(folder, tree);
  const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(folder, "eval", "data")];
  assert.deepEqual(names(ours), ["car/1.png car", "cat/1.png cat", "cat/old/1.png cat"]);
  assert.deepEqual(ours.predictions, theirs.predictions);
  await giveOnly(page, { "data/train/cat/1.png": cat, "data/val/cat/1.png": cat });
  await page.getByText("data contains the splits train and val, not classes. Open one of them, such as val.").waitFor();
  await giveOnly(page, { "train/cat/1.png": cat, "val/cat/1.png": cat });
  await page.getByText(/contains the splits train and val, not classes/).waitFor();
  await giveOnly(page, { "data/images/cat/1.png": cat, "data/images/car/1.png": car });
  await page.getByText("data contains a single folder, images, which contains the class folders. Open that one.").waitFor();
  await giveOnly(page, { "data/red_car/1.png": car, "data/red car/1.png": cat });
  await page.getByText("data has two folders for the class “red car”.").waitFor();
});

test("a sample is drawn at random by the seed, and says its size, its interval and its time before it starts", async (t) => {
  const page = await (await research.visitor(t))();
  const labels = ["car", "cat", "fish", "rabbit", "snail", "umbrella"];
  const tree = Object.fromEntries(labels.flatMap((label) => ["doodle-1", "noto-1", "twemoji-1"].map((name) => [`data/${label}/${name}.png`, drawing(`${label}/${name}.png`)])));
  const folder = research.scratch();
  put(folder, tree);
  await give(page, tree);
  await open(page, "Robustness");
  const view = page.locator("robustness-view");
  for (const family of ["noise", "weather", "digital"]) await view.getByLabel(family).uncheck();
  await view.getByText(/^12 of 18 pictures: 2 per label for 6 labels, sampled at random with seed 0 \(stratified\)\. 312 versions to embed, clean and corrupted, about \d+ (s|min|h) at the \d+ pictures per second/).waitFor();
  await fill(view.getByLabel("Pictures per label"), "1");
  await view.getByText(/^6 of 18 pictures: 1 per label/).waitFor();
  await view.getByRole("button", { name: "Measure" }).click();
  await page.locator(`robustness-view[data-state="ready"]`).waitFor();
  const ours = await savedJson(page, "robustness-view");
  const blur = each("--corruption", ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "gaussian_blur"]);
  const theirs = commandLine(folder, "robustness", "data", "--limit", "1", ...blur);
  for (const key of ["clean", "clean_resampled", "families", "cells", "retention", "sample", "data_sha256"]) assert.deepEqual(ours[key], theirs[key], key);
  const facts = (await view.locator("fact-list").first().textContent()) ?? "";
  assert.ok(facts.includes(shown(theirs.clean)), facts);
  for (const { retained } of theirs.retention) assert.ok(facts.includes(shown(retained)), facts);
  await view.getByText("its band is the bootstrapped 95 % interval over the 6 pictures, including the clean ones").waitFor();
  // The band means the same at every point: the intervals that the export has.
  const points = await view.locator(".band").first().getAttribute("points");
  const heights = (points ?? "").split(" ").map((point) => Number(point.split(",")[1]));
  const estimates = [theirs.clean_resampled, ...theirs.families.map((/** @type {any} */ { acc1 }) => acc1)];
  const up = (/** @type {number} */ share) => 240 - 28 - share * (240 - 28 - 8);
  const expected = [...estimates.map(({ high }) => up(high)), ...estimates.map(({ low }) => up(low)).reverse()];
  heights.forEach((height, index) => assert.ok(Math.abs(height - expected[index]) < 1e-6, `point ${index}`));
});

test("where every picture is wrong, nothing says that every picture is right, and where all are right, that is said", async (t) => {
  const page = await (await research.visitor(t))();
  const [cat, car] = ["cat/noto-1.png", "car/noto-1.png"].map(drawing);
  const facts = page.locator("dataset-view fact-list").first();
  await give(page, { "data/cat/1.png": car, "data/car/1.png": cat });
  await facts.getByText("none: uniform scores would fit better than these").waitFor();
  assert.equal(await facts.getByText("every picture is classified correctly").count(), 0);
  await give(page, { "data/cat/1.png": cat, "data/car/1.png": car });
  await facts.getByText("none: every picture is classified correctly").waitFor();
  await facts.getByText("100.0 % (no interval: all resamples are identical)").waitFor();
});

test("pictures that a table of groups does not name are counted, and a table that names none says so", async (t) => {
  const page = await (await research.visitor(t))();
  const tree = Object.fromEntries(["cat", "car"].flatMap((label) => ["noto-1", "twemoji-1"].map((name) => [`data/${label}/${name}.png`, drawing(`${label}/${name}.png`)])));
  await give(page, tree);
  await open(page, "Bias");
  const groups = page.getByLabel("Groups: a table of files and groups");
  const start = page.getByRole("button", { name: "Compare the groups" });
  await fill(groups, "file,label\ncat/noto-1.png,one\ncar/noto-1.png,two\nelsewhere.png,two\n");
  await start.click();
  await page.getByText("2 of 4 pictures are in no group and not measured.").waitFor();
  await fill(groups, "file,label\ndata/cat/noto-1.png,one\n");
  await start.click();
  await page.getByText("The table names none of the pictures.").waitFor();
  await page.getByLabel("Table of groups").setInputFiles({ name: "groups.csv", mimeType: "text/csv", buffer: Buffer.from([0x63, 0xe9]) });
  await page.getByText("groups.csv is not UTF-8: save it as UTF-8.").waitFor();
});

test("every interval has the number of its pictures under it", async (t) => {
  const page = await (await research.visitor(t))();
  const tree = Object.fromEntries(["cat", "car", "snail"].flatMap((label) => ["noto-1", "twemoji-1"].map((name) => [`data/${label}/${name}.png`, drawing(`${label}/${name}.png`)])));
  await give(page, tree);
  await fill(page.getByLabel("Templates for all classes"), "{}\na drawing of a {}");
  await page.getByRole("table", { name: /^Each template on its own/ }).waitFor();
  await page.getByLabel("Other names for it").fill("kitten");
  await page.getByRole("button", { name: "Compare these names" }).click();
  await page.locator(`words-panel[data-state="ready"]`).waitFor();
  await page.getByRole("button", { name: "Fit a linear probe" }).click();
  await page.locator(`features-panel[data-state="ready"]`).waitFor();
  await open(page, "Robustness");
  const robust = page.locator("robustness-view");
  for (const family of ["blur", "weather", "digital"]) await robust.getByLabel(family).uncheck();
  await robust.getByRole("button", { name: "Measure" }).click();
  await page.locator(`robustness-view[data-state="ready"]`).waitFor();
  await open(page, "Bias");
  await page.getByRole("button", { name: "Compare the groups" }).click();
  await page.locator(`bias-view[data-state="ready"]`).waitFor();
  for (const view of ["dataset-view", "robustness-view", "bias-view"]) {
    const cells = await page.locator(`${view} :is(td, dd)`).evaluateAll((cells) => cells.map((cell) => cell.textContent ?? ""));
    const intervals = cells.filter((text) => /\(-?\d+\.\d+ to -?\d+\.\d+\)/.test(text));
    assert.ok(intervals.length > 5, `${view} has ${intervals.length} intervals`);
    for (const text of intervals) assert.match(text, / n = [\d,]+$/, `${view}: ${text}`);
  }
});

const PROVENANCE = ["version", "model", "dtype", "weights_sha256", "engine", "data", "pictures_sha256", "data_sha256", "images", "labels", "templates", "seed"];

test("what is saved while the next result is about to be shown is what is on screen", async (t) => {
  const page = await (await research.visitor(t))();
  await give(page, { "data/cat/1.png": drawing("cat/noto-1.png"), "data/car/1.png": drawing("car/noto-1.png") });
  // The answer has come when the next frame is asked for, in which it would be shown.
  const save = () =>
    page.evaluate(() => {
      const request = window.requestAnimationFrame;
      const view = /** @type {HTMLElement} */ (document.querySelector("dataset-view"));
      const button = [...view.querySelectorAll("button")].find(({ textContent }) => textContent === "Save CSV");
      window.requestAnimationFrame = (frame) => {
        if (view.dataset.state === "working") {
          window.requestAnimationFrame = request;
          button?.click();
        }
        return request.call(window, frame);
      };
      const labels = /** @type {HTMLTextAreaElement} */ (view.querySelector("textarea"));
      labels.value = "thing\nanimal";
      labels.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
  const files = await saves(page, save, 2);
  const { labels } = JSON.parse(files["predictions.csv-metadata.json"]);
  const predicted = files["predictions.csv"].trim().split("\n").slice(1).map((line) => line.split(",")[2]);
  assert.deepEqual([labels, predicted], [["car", "cat"], ["car", "cat"]]);
  await measured(page);
});

test("every file that the page saves says what made it", async (t) => {
  const page = await (await research.visitor(t))();
  const tree = Object.fromEntries(["cat", "car", "snail"].flatMap((label) => ["noto-1", "twemoji-1"].map((name) => [`data/${label}/${name}.png`, drawing(`${label}/${name}.png`)])));
  await give(page, tree);
  const folder = research.scratch();
  put(folder, tree);
  const theirs = commandLine(folder, "eval", "data");
  const holds = (/** @type {any} */ document, /** @type {string} */ what) => {
    for (const key of PROVENANCE) assert.ok(document[key] !== undefined && document[key] !== null, `${key} in ${what}`);
    for (const key of ["weights_sha256", "version", "model", "dtype"]) assert.equal(document[key], theirs[key], `${key} in ${what}`);
    assert.ok(document.engine.flavour && document.engine.browser, what);
  };
  const save = (/** @type {string} */ view, /** @type {string} */ name, count = 1) => saves(page, () => page.locator(view).getByRole("button", { name }).first().click(), count);
  const json = async (/** @type {string} */ view, /** @type {string} */ name) => holds(JSON.parse(Object.values(await save(view, name))[0]), name);
  await json("dataset-view", "Save JSON");
  for (const [button, table] of [["Save CSV", "predictions.csv"], ["Save embeddings", "embeddings.csv"]]) {
    const files = await save("dataset-view", button, table.startsWith("emb") ? 3 : 2);
    holds(JSON.parse(files[`${table}-metadata.json`]), table);
    assert.ok(files[table].split("\n")[1].includes(theirs.weights_sha256), table);
  }
  await page.getByLabel("Other names for it").fill("kitten");
  await page.getByRole("button", { name: "Compare these names" }).click();
  await page.locator(`words-panel[data-state="ready"]`).waitFor();
  await json("words-panel", "Save names as JSON");
  await page.getByRole("button", { name: "Fit a linear probe" }).click();
  await json("features-panel", "Save probe as JSON");
  await page.getByRole("button", { name: "Draw the map" }).click();
  await json("features-panel", "Save map as JSON");
  const svg = Object.values(await save("features-panel", "Save SVG"))[0];
  holds(JSON.parse(/<metadata[^>]*>(.*)<\/metadata>/s.exec(svg)?.[1].replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&") ?? "{}"), "SVG");
  await open(page, "Robustness");
  for (const family of ["blur", "weather", "digital"]) await page.locator("robustness-view").getByLabel(family).uncheck();
  await page.locator("robustness-view").getByRole("button", { name: "Measure" }).click();
  await page.locator(`robustness-view[data-state="ready"]`).waitFor();
  await json("robustness-view", "Save JSON");
  await open(page, "Bias");
  await page.getByRole("button", { name: "Compare the groups" }).click();
  await page.locator(`bias-view[data-state="ready"]`).waitFor();
  await json("bias-view", "Save JSON");
  await page.getByRole("button", { name: "Compare the two sets" }).click();
  await json("bias-view", "Save sets as JSON");
  await page.getByLabel("Words, one per line").fill("ink");
  await page.getByLabel("Words to compare with").fill("paint");
  await page.getByRole("button", { name: "Test the association" }).click();
  await json("bias-view", "Save association as JSON");
});
