// @ts-check
/** What a result belongs to: the bytes of its pictures, their labels, its question and its model, and nothing else's. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { EMBEDDED } from "./embedded.mjs";
import { DATA, accuracy, accuracyOf, ask, commandLine, drawing, each, fill, give, giveOnly, loadModel, measured, open, openResearch, put, quantized, savedJson } from "./research-visit.mjs";

/** @import { Tree } from "./research-visit.mjs" */

const research = openResearch();
const LABELS = ["car", "cat", "rabbit", "scissors"];
const DRAWN = ["twemoji-1", "noto-1", "noto_line-1"];

/** Four folders of three pictures, whose names say nothing; `shift` gives them pictures of other classes. @param {number} shift */
function folders(shift) {
  /** @type {Tree} */
  const tree = {};
  LABELS.forEach((label, index) =>
    DRAWN.forEach((name, number) => (tree[`data/${label}/${number}.png`] = drawing(`${LABELS[(index + shift) % LABELS.length]}/${name}.png`))),
  );
  return tree;
}

/** All pictures made as long as the longest: decoders stop at a picture's end. @param {Tree} tree @returns {Tree} */
function padded(tree) {
  const most = Math.max(...Object.values(tree).map((bytes) => bytes.length));
  return Object.fromEntries(Object.entries(tree).map(([name, bytes]) => [name, Buffer.concat([Buffer.from(bytes), Buffer.alloc(most - bytes.length)])]));
}

/** Without the first folder. @param {Tree} tree @returns {Tree} */
const inside = (tree) => Object.fromEntries(Object.entries(tree).map(([name, bytes]) => [name.replace(/^data\//, ""), bytes]));

/** @param {import("playwright-core").Page} page */
const frame = (page) => page.locator("dataset-view > section > result-frame");

test("a folder with the names and sizes of another shows its own numbers, also after a reload", async (t) => {
  const visit = await research.visitor(t);
  const [clean, other] = [padded(folders(0)), padded(folders(1))];
  const folder = research.scratch();
  const theirs = [clean, other].map((tree, index) => {
    put(path.join(folder, `${index}`), inside(tree));
    return commandLine(folder, "eval", `${index}`);
  });
  let page = await visit();
  for (const round of [0, 1]) {
    for (const [index, tree] of [clean, other].entries()) {
      await give(page, tree);
      const ours = await savedJson(page, "dataset-view");
      assert.deepEqual(ours.predictions, theirs[index].predictions);
      for (const key of ["data_sha256", "pictures_sha256", "weights_sha256", "acc1"]) assert.equal(ours[key], theirs[index][key], key);
      // The second holds the first one's pictures under other names: their embeddings are the same.
      const resumed = await page.getByText(/^Resumed from/).isVisible();
      assert.equal(resumed, round + index > 0, `round ${round}, folder ${index}`);
    }
    await page.close();
    page = await visit();
  }
});

test("a corrected table of labels corrects the result", async (t) => {
  const page = await (await research.visitor(t))();
  const pictures = Object.fromEntries(LABELS.map((label) => [`data/${label}.png`, drawing(`${label}/noto-1.png`)]));
  const table = (/** @type {string[]} */ labels) => `file,label\n${LABELS.map((label, index) => `${label}.png,${labels[index]}`).join("\n")}\n`;
  const folder = research.scratch();
  const found = [];
  for (const labels of [LABELS, ["cat", "car", "rabbit", "scissors"]]) {
    const tree = { ...pictures, "data/labels.csv": table(labels) };
    put(folder, inside(tree));
    await give(page, tree);
    const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(folder, "eval", "labels.csv")];
    for (const key of ["acc1", "confusion", "predictions", "data_sha256", "pictures_sha256"]) assert.deepEqual(ours[key], theirs[key], key);
    assert.equal(await accuracy(page), accuracyOf(theirs));
    found.push(ours);
  }
  assert.equal(found[0].pictures_sha256, found[1].pictures_sha256);
  assert.notEqual(found[0].data_sha256, found[1].data_sha256);
});

test("two archives of as many pictures with the same names and sizes are two data sets", async (t) => {
  const page = await (await research.visitor(t))();
  /** @type {string[]} */
  const hashes = [];
  for (const shift of [0, 1]) {
    const folder = research.scratch();
    const samples = Object.entries(padded(folders(shift)));
    samples.forEach(([name, bytes], index) => put(folder, { [`s${index}.png`]: bytes, [`s${index}.cls`]: `${LABELS.indexOf(name.split("/")[1])}` }));
    put(folder, { "classnames.txt": LABELS.join("\n") });
    execFileSync("tar", ["-cf", "0.tar", ...samples.flatMap((_, index) => [`s${index}.png`, `s${index}.cls`])], { cwd: folder });
    const archive = execFileSync("cat", [path.join(folder, "0.tar")], { maxBuffer: 1 << 26 });
    await give(page, { "0.tar": archive, "classnames.txt": LABELS.join("\n") }, "Data files");
    const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(folder, "eval", "0.tar")];
    for (const key of ["predictions", "data_sha256", "acc1"]) assert.deepEqual(ours[key], theirs[key], key);
    hashes.push(ours.pictures_sha256);
  }
  assert.notEqual(hashes[0], hashes[1]);
});

test("a hit says what it is resumed from, and can be refused", async (t) => {
  const visit = await research.visitor(t);
  let page = await visit();
  await give(page, folders(0));
  assert.equal(await page.getByText(/^Resumed from/).isVisible(), false);
  await page.close();
  page = await visit();
  await give(page, folders(0));
  const words = () => page.getByText(/^Resumed from 12 embeddings of the same pictures and weights, saved on \w+ \d+, \d{4}/);
  await words().waitFor();
  const before = await accuracy(page);
  await page.getByRole("button", { name: "Start over" }).click();
  await words().waitFor({ state: "hidden" });
  await page.getByText("12 of 12 pictures").waitFor();
  await measured(page);
  assert.equal(await accuracy(page), before);
  await page.close();
  page = await visit();
  await give(page, folders(0));
  await words().waitFor();
  await page.getByRole("button", { name: "Remove data set" }).click();
  await page.getByText("12 of 12 pictures").waitFor({ state: "hidden" });
  await give(page, folders(0));
  assert.equal(await words().isVisible(), false, "what was removed is gone");
});

test("a picture that was replaced is embedded anew, and the result is that of the data as it is", async (t) => {
  const visit = await research.visitor(t);
  let page = await visit();
  await give(page, folders(0));
  await page.close();
  page = await visit();
  const tree = { ...folders(0), "data/cat/1.png": drawing("umbrella/noto-1.png") };
  await give(page, tree);
  await page.getByText(/^Resumed from 11 embeddings/).waitFor();
  const folder = research.scratch();
  put(folder, tree);
  const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(folder, "eval", "data")];
  for (const key of ["predictions", "intervals", "data_sha256"]) assert.deepEqual(ours[key], theirs[key], key);
});

test("damaged files of saved embeddings are embedded anew", async (t) => {
  const visit = await research.visitor(t);
  let page = await visit();
  await give(page, folders(0));
  const before = await accuracy(page);
  await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("embeddings");
    for await (const [name, handle] of /** @type {any} */ (folder)) {
      if (!name.endsWith(".f32")) continue;
      const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
      bytes[10] ^= 255;
      const writable = await handle.createWritable();
      await writable.write(bytes);
      await writable.close();
    }
  });
  await page.close();
  page = await visit();
  await give(page, folders(0));
  assert.equal(await page.getByText(/^Resumed from/).isVisible(), false);
  assert.equal(await accuracy(page), before);
});

test("labels, templates and the seed of Dataset are those of Robustness and Bias, and edits mark what was measured before", async (t) => {
  const page = await (await research.visitor(t))();
  const folder = research.scratch();
  put(folder, folders(0));
  await give(page, folders(0));
  const [robust, bias] = [page.locator("robustness-view"), page.locator("bias-view")];
  const noise = each("--corruption", ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"]);
  await open(page, "Robustness");
  for (const family of ["blur", "weather", "digital"]) await robust.getByLabel(family).uncheck();
  await fill(robust.getByLabel("Pictures per label"), "2");
  await robust.getByRole("button", { name: "Measure" }).click();
  await page.locator(`robustness-view[data-state="ready"]`).waitFor();
  await open(page, "Bias");
  assert.equal(await bias.getByLabel("Labels to score").inputValue(), LABELS.join("\n"));
  await bias.getByRole("button", { name: "Compare the groups" }).click();
  await page.locator(`bias-view[data-state="ready"]`).waitFor();
  assert.equal(await bias.locator(".earlier").first().isVisible(), false);

  await open(page, "Dataset");
  await ask(page, "Class labels", "car\ncat\nhare\nscissors\nbanana");
  await ask(page, "Templates for all classes", "a picture of a {}");
  await ask(page, "Random seed for intervals, tests and samples", "5");
  const question = [...each("--label", ["car", "cat", "hare", "scissors", "banana"]), "--template", "a picture of a {}", "--seed", "5"];
  const whole = await savedJson(page, "dataset-view");
  for (const [key, value] of Object.entries(commandLine(folder, "eval", "data", ...question)))
    if (!["engine", "data", "sample", "resumed", "config_sha256"].includes(key)) assert.deepEqual(whole[key], value, key);

  await open(page, "Robustness");
  await robust.getByText("the labels, the templates and the seed changed since").waitFor();
  await open(page, "Bias");
  await bias.getByText(/the labels, the templates and the seed changed since/).first().waitFor();
  assert.equal(await bias.getByLabel("Labels to score").inputValue(), "car\ncat\nhare\nscissors\nbanana");
  await bias.getByRole("button", { name: "Compare the groups" }).click();
  await bias.locator(".earlier").first().waitFor({ state: "hidden" });
  const [groups, theirGroups] = [await savedJson(page, "bias-view"), commandLine(folder, "bias", "data", ...question)];
  for (const key of ["groups", "differences", "labels", "templates", "seed", "data_sha256"]) assert.deepEqual(groups[key], theirGroups[key], key);

  await open(page, "Robustness");
  await fill(robust.getByLabel("Word for the typographic attack"), "car");
  await robust.getByRole("button", { name: "Measure" }).click();
  await robust.locator(".earlier").first().waitFor({ state: "hidden" });
  const [ours, theirs] = [await savedJson(page, "robustness-view"), commandLine(folder, "robustness", "data", "--limit", "2", ...noise, ...question)];
  for (const key of ["images", "clean", "cells", "families", "retention", "labels", "templates", "seed", "sample", "word", "data_sha256", "pictures_sha256"])
    assert.deepEqual(ours[key], theirs[key], key);
});

test("another model takes results with it or marks them, and pins keep their own names", async (t) => {
  const page = await (await research.visitor(t))();
  const folder = research.scratch();
  const q4 = quantized(folder, "q4_0");
  put(folder, folders(0));
  await give(page, folders(0));
  const view = page.locator("dataset-view");
  await view.getByRole("button", { name: "Pin for comparison" }).click();
  const robust = page.locator("robustness-view");
  await open(page, "Robustness");
  for (const family of ["blur", "weather", "digital"]) await robust.getByLabel(family).uncheck();
  await fill(robust.getByLabel("Pictures per label"), "1");
  await robust.getByRole("button", { name: "Measure" }).click();
  await page.locator(`robustness-view[data-state="ready"]`).waitFor();

  await loadModel(page, q4, "Dataset");
  await page.getByText("0 of 12 pictures").waitFor();
  assert.equal(await frame(page).isVisible(), false, "nothing of the other model is beside 0 of 12");
  for (const name of ["Pin for comparison", "Save CSV", "Save JSON"]) assert.equal(await view.getByRole("button", { name, exact: true }).isDisabled(), true, name);
  const pins = view.getByRole("list", { name: "Pinned runs" });
  assert.match((await pins.textContent()) ?? "", new RegExp(EMBEDDED.dtype));
  await open(page, "Robustness");
  await robust.getByText(/^Outdated: the model/).waitFor();
  await robust.getByRole("button", { name: "Pin for comparison" }).click();
  const kept = robust.getByRole("list", { name: "Pinned runs" });
  assert.match((await kept.textContent()) ?? "", new RegExp(EMBEDDED.dtype), "a pin bears what it is of, whatever is loaded now");
  assert.equal((await savedJson(page, "robustness-view")).dtype, EMBEDDED.dtype, "and so does an export");

  await open(page, "Dataset");
  await view.getByRole("button", { name: "Resume" }).click();
  await page.getByText("12 of 12 pictures").waitFor();
  await measured(page);
  const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(folder, "eval", "data", "--model", q4)];
  for (const key of ["model", "dtype", "weights_sha256", "predictions", "acc1", "data_sha256"]) assert.deepEqual(ours[key], theirs[key], key);
  await view.getByRole("table", { name: new RegExp(`^Compared with A: .*${EMBEDDED.dtype}`) }).waitFor();
  // Back to the first model: its embeddings are still there, and nothing has to be embedded.
  await open(page, "Model");
  await page.getByRole("button", { name: "Use the built-in model" }).click();
  await open(page, "Dataset");
  await frame(page).locator(".whose").getByText(new RegExp(`^Measured: ${EMBEDDED.name} ${EMBEDDED.dtype}`)).first().waitFor();
  await measured(page);
  assert.equal((await savedJson(page, "dataset-view")).dtype, EMBEDDED.dtype);
});

test("another data set brings its own labels, and what was measured of the one before says so or is gone", async (t) => {
  const page = await (await research.visitor(t))();
  await give(page, folders(0));
  await page.locator("features-panel").getByRole("button", { name: "Draw the map" }).click();
  await page.locator(`features-panel[data-state="ready"]`).waitFor();
  const bias = page.locator("bias-view");
  await open(page, "Bias");
  await fill(bias.getByLabel("Labels to score"), "cat\ncar");
  await bias.getByRole("button", { name: "Compare the groups" }).click();
  await page.locator(`bias-view[data-state="ready"]`).waitFor();
  await open(page, "Dataset");
  await give(page, { "more/snail/1.png": drawing("snail/noto-1.png"), "more/key/1.png": drawing("key/noto-1.png") });
  await page.locator("features-panel").getByText("Outdated: the data changed since").waitFor();
  await open(page, "Bias");
  assert.equal(await bias.getByLabel("Labels to score").inputValue(), "key\nsnail");
  assert.deepEqual(await bias.getByLabel("First group", { exact: true }).locator("option").allTextContents(), ["key", "snail"]);
  await bias.getByText(/^Outdated: the data.* changed since/).waitFor();
  assert.match((await bias.locator("result-frame .whose").first().textContent()) ?? "", /on data \(12 pictures/);
  await open(page, "Dataset");
  await page.getByRole("button", { name: "Remove data set" }).click();
  await open(page, "Bias");
  assert.equal(await bias.locator("result-frame").first().isVisible(), false, "without data there is no result");
});

test("several runs are pinned, each compared with what is measured now", async (t) => {
  const page = await (await research.visitor(t))();
  const view = page.locator("dataset-view");
  const folder = research.scratch();
  put(folder, folders(0));
  await give(page, folders(0));
  const runs = [];
  for (const template of ["{}", "a drawing of a {}", "a photo of a {}"]) {
    await ask(page, "Templates for all classes", template);
    put(folder, { [`${runs.length}.json`]: JSON.stringify(commandLine(folder, "eval", "data", "--template", template)) });
    runs.push(template);
    if (runs.length < 3) await view.getByRole("button", { name: "Pin for comparison" }).click();
  }
  for (const [index, letter] of ["A", "B"].entries()) {
    const { first, second, difference, p, moved } = commandLine(folder, "compare", `${index}.json`, "2.json");
    const table = view.getByRole("table", { name: new RegExp(`^Compared with ${letter}:`) });
    const text = (await table.textContent()) ?? "";
    for (const estimate of [first, second, difference]) assert.ok(text.includes(`${(estimate.value * 100).toFixed(1)} % (`), text);
    for (const words of [p.toFixed(4), `Changed answers${moved.length}`]) assert.ok(text.includes(words), `${words} in ${text}`);
  }
  await view.getByRole("button", { name: "Remove pin A" }).click();
  await view.getByRole("table", { name: /^Compared with A:/ }).waitFor({ state: "hidden" });
  await view.getByRole("table", { name: /^Compared with B:/ }).waitFor();
});

test("pins are there after a reload until they are removed; one that was damaged is not", async (t) => {
  const visit = await research.visitor(t);
  let page = await visit();
  const pins = () => page.locator("dataset-view").getByRole("list", { name: "Pinned runs" }).locator("li");
  const again = async () => {
    await page.close();
    page = await visit();
  };
  await give(page, folders(0));
  for (const letter of ["A", "B", "C"]) {
    await page.locator("dataset-view").getByRole("button", { name: "Pin for comparison" }).click();
    await page.getByRole("button", { name: `Remove pin ${letter}` }).waitFor();
  }
  const before = await savedJson(page, "dataset-view", "Save JSON of pin B");
  await again();
  await page.getByRole("button", { name: "Remove pin A" }).click();
  await page.getByRole("button", { name: "Remove pin A" }).waitFor({ state: "detached" });
  await page.getByText("Stored in this browser until you remove them.").waitFor();
  await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("pins");
    const names = [];
    for await (const name of /** @type {any} */ (folder).keys()) names.push(name);
    const newest = await folder.getFileHandle(names.sort().at(-1));
    const text = await (await newest.getFile()).text();
    const writable = await newest.createWritable();
    await writable.write(text.replace(/"acc1":1|"acc1":0\.\d/, '"acc1":0.5'));
    await writable.close();
  });
  await again();
  await page.getByRole("button", { name: "Remove pin B" }).waitFor();
  assert.equal(await pins().count(), 1, "A was removed, C damaged");
  assert.deepEqual(await savedJson(page, "dataset-view", "Save JSON of pin B"), before);
  // Where there is nothing to keep them in, that is said.
  await page.evaluate(() => void (navigator.storage.getDirectory = () => Promise.reject(new DOMException("no room", "SecurityError"))));
  await give(page, folders(0));
  await page.locator("dataset-view").getByRole("button", { name: "Pin for comparison" }).click();
  await page.getByText("There is no space to store them: save them before you close this tab").waitFor();
});

test("a run is ended by another model, and says so", async (t) => {
  const page = await (await research.visitor(t))();
  const q4 = quantized(research.scratch(), "q4_0");
  await give(page, folders(0));
  const robust = page.locator("robustness-view");
  await open(page, "Robustness");
  await fill(robust.getByLabel("Pictures per label"), "3");
  await robust.getByRole("button", { name: "Measure" }).click();
  await robust.locator(".run").getByText(/ of 12,/).waitFor();
  await loadModel(page, q4, "Robustness");
  await robust.getByText("the model or the data changed meanwhile").waitFor();
  assert.equal(await robust.locator("result-frame").first().isVisible(), false);
});

test("the drawings of the page have the hash that the command line has of them", async (t) => {
  const page = await (await research.visitor(t))();
  await page.getByRole("button", { name: "Try the 276 drawings" }).click();
  await page.getByText("276 of 276 pictures").waitFor();
  await measured(page);
  const [ours, theirs] = [await savedJson(page, "dataset-view"), commandLine(".", "eval", DATA)];
  for (const key of ["pictures_sha256", "data_sha256", "acc1"]) assert.equal(ours[key], theirs[key], key);
});

test("data that cannot be used with another model says so and comes back with the first", async (t) => {
  const page = await (await research.visitor(t))();
  const folder = research.scratch();
  put(folder, folders(0));
  commandLine(folder, "eval", "data", "--keep", "some");
  const files = Object.fromEntries(["some.npy", "some.csv"].map((name) => [name, execFileSync("cat", [path.join(folder, name)])]));
  await give(page, files, "Data files");
  await loadModel(page, quantized(folder, "q4_0"), "Dataset");
  await page.locator(".data-title").getByText(/0 of 12 pictures of some.npy: .*weights/).waitFor();
  assert.equal(await frame(page).isVisible(), false);
  await open(page, "Bias");
  await page.getByRole("button", { name: "Compare the groups" }).click();
  await page.locator(`bias-view[data-state="failed"]`).getByRole("alert").filter({ hasText: "weights" }).waitFor();
  await open(page, "Dataset");
  await giveOnly(page, folders(0));
  await page.getByText("12 of 12 pictures of data").waitFor();
});
