// @ts-check
/** What the page says of itself and of the limits of its model: on the first screen, where no label fits, of names never taught. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { EMBEDDED } from "./embedded.mjs";
import { FOLDER, answered, button, copiedBy, labels, openVisits } from "./visits.mjs";

/** @import { Page } from "playwright-core" */

const { visit } = openVisits();
/** @type {{ file: string, alt: string, labels: string[] }[]} */
const SAMPLES = JSON.parse(readFileSync("www/samples/samples.json", "utf8"));

/** @param {Page} page */
const readout = (page) => page.locator("answer-readout");
/** @param {Page} page */
const headline = (page) => readout(page).locator(".answer-label");
/** @param {Page} page */
const notes = (page) => page.getByRole("list", { name: "About these scores" });

/** The newest scores are there, and are of these labels. @param {Page} page @param {string[]} own */
async function scored(page, own) {
  await page.locator(`[aria-label="Scores"] li[data-label="${own[own.length - 1]}"]`).waitFor();
  await answered(page);
}

/** @param {Page} page @param {string[]} lines */
async function write(page, lines) {
  await labels(page).fill(lines.join("\n"));
  await scored(page, lines);
}

/** @param {Page} page @param {{ alt: string, labels: string[] }} sample */
async function choose(page, { alt, labels: own }) {
  await page.getByRole("list", { name: "Samples" }).getByRole("button", { name: alt }).click();
  await scored(page, own);
}

visit("the page opens with a photograph, named right by the labels it comes with, and says in a sentence what it is", async (page) => {
  assert.equal(await page.locator("picture-stage img").getAttribute("alt"), SAMPLES[0].alt);
  assert.equal(await headline(page).innerText(), "sailboat");
  const purpose = page.getByText("This page shows which of your own labels fits a picture best.");
  assert.ok(await purpose.isVisible());
  const { y = Infinity } = (await purpose.boundingBox()) ?? {};
  assert.ok(y < 200, "above all else");
});

visit("each sample is answered by the first of its labels, which fits", async (page) => {
  for (const sample of SAMPLES) {
    await choose(page, sample);
    assert.equal(await headline(page).innerText(), sample.labels[0], sample.alt);
  }
});

visit("each on its own, what a sample shows is likelier than not", async (page) => {
  await page.getByRole("radio", { name: "Score each label independently" }).check();
  for (const sample of SAMPLES) {
    await choose(page, sample);
    const best = page.locator(`[aria-label="Scores"] li`).first();
    assert.ok(Number(await best.getAttribute("data-score")) > 0.5, `${sample.alt}: ${await best.getAttribute("data-label")}`);
  }
});

visit("where no label fits the headline says so, and the best guess can still be read", async (page) => {
  await write(page, ["pizza", "guitar", "trousers"]);
  assert.equal(await headline(page).innerText(), "None of these labels fits");
  assert.match(await readout(page).innerText(), /Best guess: (?:pizza|guitar|trousers), \d+\.\d\s%/);
  assert.match(await page.locator("picture-stage .verdict").innerText(), /^No label fits\. Best guess: /);
  await page.locator("#announcements").getByText("None of these labels fits, Best guess:").waitFor({ state: "attached" });
  await write(page, ["pizza", "guitar", "trousers", "sailboat"]);
  assert.equal(await headline(page).innerText(), "sailboat", "a label that fits takes the place back");
  await write(page, ["guitar"]);
  assert.equal(await headline(page).innerText(), "This label does not fit");
  assert.match(await readout(page).innerText(), /does not look like “guitar”/);
});

visit("where each label is scored by itself, none fits that has less than half", async (page) => {
  await page.getByRole("radio").nth(1).check();
  await write(page, ["pizza", "guitar"]);
  assert.equal(await headline(page).innerText(), "None of these labels fits");
  await write(page, ["pizza", "sailboat"]);
  assert.equal(await headline(page).innerText(), "sailboat");
});

visit("a name that the model never saw in training is told, with PE-Core S/16 one press away", async (page) => {
  await write(page, ["two sailboats", "Capybara", "the Eiffel Tower", "a photo of a dog"]);
  await notes(page).getByText("never saw the names “Capybara” and “the Eiffel Tower” in training").waitFor();
  await write(page, ["sailboat", "dog"]);
  await notes(page).getByText("never saw").waitFor({ state: "detached" });
  await write(page, ["sailboat", "capybara"]);
  await notes(page).getByText("never saw the name “capybara” in training").waitFor();
  await button(page, "Show PE-Core S/16").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("tabpanel", { name: "Model" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label")?.startsWith("Download PE-Core S/16"));
});

visit("names are told of a model alone whose record has a list of them", async (page) => {
  await page.getByLabel("Picture file").setInputFiles(`${FOLDER}/models/emoji-clip.gguf`);
  await page.waitForFunction((own) => document.querySelector("#model-line strong")?.textContent !== own, EMBEDDED.name);
  await page.getByRole("tab", { name: "Classify" }).click();
  await write(page, ["sailboat", "capybara"]);
  assert.equal(await notes(page).getByText("never saw").count(), 0);
});

visit("of several pictures those that no label fits are not given one, and a copied result says which answers fit", async (page) => {
  await labels(page).fill("pizza\nguitar");
  await page.getByLabel("Picture file").setInputFiles(["pizza", "octopus"].map((name) => `${FOLDER}/www/samples/${name}.webp`));
  const strip = page.getByRole("list", { name: "Your pictures" });
  await strip.getByText("no label fits").waitFor();
  await strip.getByText("pizza", { exact: true }).waitFor();
  await answered(page);
  assert.equal(JSON.parse(await copiedBy(page, "Copy JSON")).best_label_fits, true);
});
