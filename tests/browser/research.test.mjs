// @ts-check
/**
 * The research tabs as a researcher meets them: the bundled drawings through Dataset, Robustness and Bias, and the same numbers
 * from the command line. The tests follow each other and share the page.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { giveFiles } from "./give-files.mjs";
import { launchBrowser } from "./launch.mjs";
import { stopAtFirstPictures } from "./stop-run.mjs";

const FOLDER = "target/browser-tests/page";
const CLI = "target/release/clip-wasm";
const DATA = "datasets/drawings";
/** How long the page may take over a run, in milliseconds, on a machine that has other things to do. */
const PATIENCE = 180_000;

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {string[]} what the page complains about by itself */
const complaints = [];

before(async () => {
  assert.ok(existsSync(FOLDER), `${FOLDER} is missing: ./build.sh test makes it`);
  site = await serve({ root: FOLDER });
  browser = await launchBrowser();
  page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.setDefaultTimeout(PATIENCE);
});
after(async () => {
  await browser?.close();
  await site?.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** @type {string[]} */
const folders = [];

/** A folder of its own, removed at the end. @param {string} prefix */
function scratch(prefix) {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

/** @param {string} tab */
async function open(tab) {
  await page.getByRole("tab", { name: tab }).click();
}

/** @param {string} view a tag */
async function settled(view) {
  await page.locator(`${view}[data-state="ready"]`).waitFor();
}

/**
 * The text of the file that is saved meanwhile. It is caught on its way into the file, because not every browser tells a test
 * of its downloads.
 *
 * @param {() => Promise<void>} act
 * @returns {Promise<string>}
 */
async function caught(act) {
  await page.evaluate(() => {
    const original = URL.createObjectURL;
    const text = new Promise((resolve) => {
      URL.createObjectURL = (/** @type {Blob} */ blob) => {
        // A picture that comes into view has an address, too.
        if (/json|csv|svg/.test(blob.type)) {
          resolve(blob.text());
          URL.createObjectURL = original;
        }
        return original.call(URL, blob);
      };
    });
    Reflect.set(window, "saved", text);
  });
  await act();
  return page.evaluate(() => Reflect.get(window, "saved"));
}

/** The JSON that a view saves. @param {string} view @returns {Promise<any>} */
async function saved(view) {
  return JSON.parse(await caught(() => page.locator(view).getByRole("button", { name: "Save JSON", exact: true }).click()));
}

/** @param {...string} args of the command line @returns {any} */
function commandLine(...args) {
  return JSON.parse(execFileSync(CLI, [...args, "--json"], { encoding: "utf8", maxBuffer: 1 << 26 }));
}

test("research costs nothing before one of its tabs is opened", async () => {
  /** @type {string[]} */
  const asked = [];
  const listen = (/** @type {import("playwright-core").Request} */ request) => asked.push(request.url());
  page.on("request", listen);
  await page.goto(site.url);
  await page.locator(`main[data-state="ready"]`).waitFor();
  page.off("request", listen);
  const early = asked.filter((address) => /research-host|dataset-view|research\.css|datasets\//.test(address));
  assert.deepEqual(early, []);
});

test("a run that is stopped goes on, and gives the command line's numbers to the last digit", async () => {
  await open("Dataset");
  const view = page.locator("dataset-view");
  const stopping = page.evaluate(stopAtFirstPictures);
  await view.getByRole("button", { name: "Try the 276 drawings" }).click();
  const stopped = await stopping;
  await settled("dataset-view");
  await view.getByRole("button", { name: "Resume" }).click();
  await view.getByText("276 of 276 pictures").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("dataset-view .confusion tbody tr").length === 24);
  await settled("dataset-view");
  const ours = await saved("dataset-view");
  const theirs = commandLine("eval", DATA);
  assert.ok(stopped < 1000, `it took ${stopped} ms to stop`);
  for (const key of ["acc1", "acc5", "mean_per_class_recall", "intervals", "per_class", "confusion", "calibration", "predictions"]) {
    assert.deepEqual(ours[key], theirs[key], key);
  }
  assert.equal(ours.weights_sha256, theirs.weights_sha256);
});

test("a reload keeps the embeddings", async () => {
  await page.reload();
  await page.locator(`main[data-state="ready"]`).waitFor();
  const begun = Date.now();
  await page.locator("dataset-view").getByRole("button", { name: "Try the 276 drawings" }).click();
  await page.locator("dataset-view").getByText("276 of 276 pictures").waitFor();
  await settled("dataset-view");
  assert.ok(Date.now() - begun < 15_000, "nothing is embedded again");
});

test("a cell of the confusion matrix shows its pictures, and a pinned run is compared", async () => {
  const view = page.locator("dataset-view");
  await view.locator(".confusion .cell.wrong").first().click();
  assert.ok((await view.locator("picture-row li").count()) > 0);
  await view.getByRole("button", { name: "Pin for comparison" }).click();
  const templates = view.getByLabel("Templates for all classes");
  const own = await templates.inputValue();
  await templates.fill("art of the {}");
  await view.getByText("McNemar’s exact p").first().waitFor();
  // Robustness and Bias ask with the templates of Dataset: the model's own again.
  await templates.fill(own);
  await view.getByText("McNemar’s exact p").first().waitFor({ state: "hidden" });
  await settled("dataset-view");
});

test("robustness equals the command line's", async () => {
  await open("Robustness");
  const view = page.locator("robustness-view");
  // Firefox's driver adds to a number where it should replace it.
  await view.getByLabel("Pictures per label").evaluate((field) => Reflect.set(field, "value", "1"));
  for (const family of ["blur", "weather", "digital"]) await view.getByLabel(family).uncheck();
  await view.getByRole("button", { name: "Measure" }).click();
  await settled("robustness-view");
  const ours = await saved("robustness-view");
  const noise = ["gaussian", "shot", "impulse", "speckle"].flatMap((name) => ["--corruption", `${name}_noise`]);
  const theirs = commandLine("robustness", DATA, "--limit", "1", ...noise);
  for (const key of ["images", "clean", "cells", "corruptions", "retention", "mean_corruption_error"]) {
    assert.deepEqual(ours[key], theirs[key], key);
  }
  await view.getByRole("button", { name: "Show" }).click();
  await view.locator(".picture-row canvas").nth(4).waitFor();
});

test("bias equals the command line's", async () => {
  await open("Bias");
  const view = page.locator("bias-view");
  await view.getByLabel("Labels to score").fill("cat\nrabbit\ncar");
  await view.getByRole("button", { name: "Compare the groups" }).click();
  await settled("bias-view");
  const ours = await saved("bias-view");
  const theirs = commandLine("bias", `${DATA}/by-hand.csv`, "--label", "cat", "--label", "rabbit", "--label", "car");
  for (const key of ["groups", "differences"]) assert.deepEqual(ours[key], theirs[key], key);
});

test("an association equals the command line's", async () => {
  const view = page.locator("bias-view");
  await view.getByLabel("First group", { exact: true }).selectOption("doodle");
  await view.getByLabel("Second group").selectOption("fluent_3d");
  await view.getByLabel("Words, one per line").fill("a pencil\nink");
  await view.getByLabel("Words to compare with").fill("a photo");
  await view.getByRole("button", { name: "Test the association" }).click();
  const shown = await view.getByText(/^Effect size /).textContent();
  const words = ["--attribute", "a pencil", "--attribute", "ink", "--other-attribute", "a photo"];
  const { association } = commandLine("bias", `${DATA}/by-hand.csv`, "--label", "cat", "--targets", "doodle", "fluent_3d", ...words);
  assert.equal(shown, `Effect size ${association.effect.toFixed(2)}, p = ${association.p.toFixed(4)}.`);
});

test("another name for a class moves pictures, and so does another set of labels", async () => {
  await open("Dataset");
  const view = page.locator("dataset-view");
  await view.getByLabel("Templates for all classes").fill("a drawing of a {}");
  await settled("dataset-view");
  const words = view.locator("words-panel");
  await words.getByRole("combobox", { name: "Label" }).selectOption("umbrella");
  await words.getByLabel("Other names for it").fill("parasol\nsunshade");
  await words.getByRole("button", { name: "Compare these names" }).click();
  await words.getByRole("rowheader", { name: "sunshade" }).waitFor();
  // Other templates change the answer; they do not take it away, even while it is on its way.
  await view.getByLabel("Templates for all classes").fill("a picture of a {}");
  await words.getByRole("button", { name: "Compare these names" }).click();
  await view.locator(".whose").filter({ hasText: "“a picture of a {}”" }).first().waitFor();
  await settled("dataset-view");
  await words.getByRole("rowheader", { name: "sunshade" }).waitFor();
  await open("Bias");
  const bias = page.locator("bias-view");
  await bias.getByLabel("Labels to score").fill("cat\nrabbit\ncar");
  await bias.getByLabel("Second set of labels").fill("cat\nrabbit\nbicycle");
  await bias.getByRole("button", { name: "Compare the two sets" }).click();
  const moved = Number.parseInt((await bias.getByText(/pictures get a different answer\.$/).textContent()) ?? "");
  const asked = ["cat", "rabbit", "car"].flatMap((label) => ["--label", label]);
  const other = ["cat", "rabbit", "bicycle"].flatMap((label) => ["--other-label", label]);
  const theirs = commandLine("bias", `${DATA}/by-hand.csv`, ...asked, ...other, "--template", "a picture of a {}");
  assert.equal(moved, theirs.label_sets.moved.length);
});

test("a probe equals the command line's, and a map has a table beside it", async () => {
  await open("Dataset");
  const view = page.locator("features-panel");
  await view.getByRole("button", { name: "Fit a linear probe" }).click();
  const shown = await view.getByRole("row", { name: /^Probe, cross-validated/ }).textContent();
  const { cross_validated: theirs } = commandLine("probe", DATA);
  const [value, low, high] = [theirs.value, theirs.low, theirs.high].map((share) => (share * 100).toFixed(1));
  assert.ok(shown?.includes(`${value} % (${low} to ${high})`), `${shown}, not ${value}`);
  await view.getByRole("button", { name: "Draw the map" }).click();
  await view.getByLabel("Highlighted label", { exact: true }).selectOption("cat");
  await view.getByRole("img", { name: "Map of the embeddings, “cat” highlighted" }).waitFor();
  assert.equal(await view.getByRole("table", { name: "Position of each label" }).getByRole("row").count(), 25);
});

test("a figure is saved as a file that stands alone", async () => {
  const view = page.locator("features-panel");
  const text = await caught(() => view.getByRole("button", { name: /^Save SVG/ }).click());
  assert.match(text, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(text, /stroke="(oklch|rgb|color)/, "with its colours");
});

test("embeddings that were kept elsewhere are measured as the command line measures them", async () => {
  const folder = scratch("kept-");
  commandLine("eval", DATA, "--limit", "4", "--keep", path.join(folder, "some"));
  const [npy, csv] = ["npy", "csv"].map((kind) => readFileSync(path.join(folder, `some.${kind}`)));
  const files = [{ path: "some.npy", bytes: [...npy] }, { path: "some.csv", text: csv.toString() }];
  await giveFiles(page, files, "Data files");
  await page.getByText("96 of 96 pictures of some.npy").waitFor();
  await settled("dataset-view");
  const [ours, theirs] = [await saved("dataset-view"), commandLine("eval", path.join(folder, "some.npy"))];
  for (const key of ["acc1", "intervals", "confusion", "calibration", "predictions"]) assert.deepEqual(ours[key], theirs[key], key);
  // The run that was pinned is of other pictures: their accuracies are compared, as the command line does it.
  const runs = [commandLine("eval", DATA), theirs].map((run, index) => {
    const file = path.join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(run));
    return file;
  });
  const { difference } = commandLine("compare", ...runs, "--unpaired");
  const [value, low, high] = [difference.value, difference.low, difference.high].map((share) => (share * 100).toFixed(1));
  const compared = page.locator("dataset-view").getByRole("table", { name: /^Compared with/ });
  await compared.getByRole("row", { name: `Difference ${value} % (${low} to ${high})` }).waitFor();
  assert.equal(await compared.getByText("McNemar").count(), 0);
  await giveFiles(page, [files[0]], "Data files");
  await page.getByText("some.npy needs some.csv beside it").waitFor();
});

test("an archive of CLIP_benchmark is measured as the command line measures it", async () => {
  const folder = scratch("archive-");
  writeFileSync(path.join(folder, "classnames.txt"), "cat\ncar\ndog\n");
  writeFileSync(path.join(folder, "zeroshot_classification_templates.txt"), "a drawing of a {c}\n{c}\n");
  const samples = ["twemoji-1", "noto-1", "doodle-1"].flatMap((hand) => ["cat", "car"].map((label, truth) => ({ hand, label, truth })));
  for (const [index, { hand, label, truth }] of samples.entries()) {
    execFileSync("cp", [`${DATA}/${label}/${hand}.png`, path.join(folder, `s${index}.png`)]);
    writeFileSync(path.join(folder, `s${index}.cls`), `${truth}`);
  }
  const names = samples.flatMap((_, index) => [`s${index}.png`, `s${index}.cls`]);
  execFileSync("tar", ["-cf", "0.tar", ...names], { cwd: folder });
  const given = ["0.tar", "classnames.txt", "zeroshot_classification_templates.txt"];
  await giveFiles(page, given.map((name) => ({ path: name, bytes: [...readFileSync(path.join(folder, name))] })), "Data files");
  await page.getByText("6 of 6 pictures of 0.tar").waitFor();
  await settled("dataset-view");
  const [ours, theirs] = [await saved("dataset-view"), commandLine("eval", path.join(folder, "0.tar"))];
  for (const key of ["templates", "acc1", "confusion", "each_template", "predictions"]) assert.deepEqual(ours[key], theirs[key], key);
});

test("nothing was complained about", () => {
  assert.deepEqual(complaints, []);
});
