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

/** What the row of a label says about how the model knows it. @param {Page} page @param {string} label */
const tag = (page, label) => page.locator(`[aria-label="Scores"] li[data-label="${label}"] .tag`).textContent();

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
  const purpose = page.getByText("This page shows which of your own labels fits a picture best, and uploads nothing");
  assert.ok(await purpose.isVisible());
  const { y = Infinity } = (await purpose.boundingBox()) ?? {};
  assert.ok(y < 200, "above all else");
});

for (const [width, height] of [[1280, 720], [360, 800]]) {
  visit(`the first screen says how a picture comes in, and that it stays: ${width} × ${height}`, async (page) => {
    await page.setViewportSize({ width, height });
    for (const words of ["uploads nothing", "Drop a photo here, paste it, or open a file."]) {
      const { y = Infinity, height: own = 0 } = (await page.getByText(words).boundingBox()) ?? {};
      assert.ok(y + own <= height, `${words}: ${y + own}`);
    }
  });
}

visit("the field for labels says which words work", async (page) => {
  await page.getByText("Plain words work best: “airplane”, not “passenger plane”.").waitFor();
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

visit("where the model recognizes no label the headline says so of the model, without a figure", async (page) => {
  await write(page, ["pizza", "guitar", "trousers"]);
  assert.equal(await headline(page).innerText(), "No match");
  assert.match(await readout(page).innerText(), /everyday-clip recognizes none of these labels in this picture\./);
  assert.doesNotMatch(await readout(page).innerText(), /%/);
  assert.equal(await page.locator("picture-stage .verdict").textContent(), "No match");
  await page.locator("#announcements").getByText("No match, everyday-clip recognizes none").waitFor({ state: "attached" });
  await write(page, ["pizza", "guitar", "trousers", "sailboat"]);
  assert.equal(await headline(page).innerText(), "sailboat", "a label that fits takes the place back");
  await write(page, ["guitar"]);
  assert.equal(await headline(page).innerText(), "No match");
  assert.match(await readout(page).innerText(), /everyday-clip does not recognize “guitar” in this picture/);
});

visit("where no label is recognized, those that the model does not know come first", async (page) => {
  await write(page, ["pizza", "capybara", "guitar"]);
  await readout(page).getByText("everyday-clip does not know “capybara”, and recognizes no other label in this picture.").waitFor();
  await write(page, ["narwhal", "capybara"]);
  await readout(page).getByText("everyday-clip does not know “narwhal” and “capybara”, so it cannot recognize them in this picture.").waitFor();
});

visit("where each label is scored by itself, none fits that has less than half", async (page) => {
  await page.getByRole("radio").nth(1).check();
  await write(page, ["pizza", "guitar"]);
  assert.equal(await headline(page).innerText(), "No match");
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

visit("a name that is known only from drawings is told, beside the answer and in its row", async (page) => {
  await write(page, ["sailboat", "badminton", "chess"]);
  await notes(page).getByText("everyday-clip knows “badminton” and “chess” only from drawings, so it may miss them in a photograph.").waitFor();
  assert.equal(await tag(page, "chess"), "from drawings");
  await write(page, ["sailboat", "dog"]);
  await notes(page).getByText("only from drawings").waitFor({ state: "detached" });
});

visit("a drawing, and a sample with its own labels, get no such note", async (page) => {
  const note = notes(page).getByText("only from drawings");
  await choose(page, { alt: "A happy yellow face", labels: ["happy face", "ghost"] });
  await write(page, ["happy face", "chess"]);
  await note.waitFor();
  await button(page, "For this sample").click();
  await note.waitFor({ state: "detached" });
  assert.equal(await tag(page, "happy face"), "");
});

visit("the row of a label that the model does not know says so", async (page) => {
  await write(page, ["sailboat", "capybara"]);
  await notes(page).getByText("never saw").waitFor();
  assert.equal(await tag(page, "capybara"), "unknown word");
  assert.equal(await tag(page, "sailboat"), "");
});

visit("a long word that the model does not know makes no phone's page wider", async (page) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await write(page, ["sailboat", "Donaudampfschifffahrtsgesellschaftskapitänsmütze"]);
  await notes(page).getByText("never saw").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
});

visit("below the answers of the built-in model a line leads to larger ones", async (page) => {
  await page.getByText("Wrong? This model is small. Try plainer words or a larger model.").waitFor();
  await button(page, "a larger model").click();
  await page.getByRole("tabpanel", { name: "Model" }).waitFor();
});

visit("a line that is a list is offered to be split, and a single label gets no figure", async (page) => {
  await write(page, ["sailboat, bicycle, airplane"]);
  await notes(page).getByText("With a single label").waitFor();
  assert.doesNotMatch(await readout(page).innerText(), /%/);
  assert.equal(await page.locator(`[aria-label="Scores"] li .percent`).isVisible(), false);
  await button(page, "Split into 3 labels").click();
  await scored(page, ["sailboat", "bicycle", "airplane"]);
  assert.equal(await labels(page).inputValue(), "sailboat\nbicycle\nairplane");
  assert.match(await readout(page).innerText(), /%/);
  assert.equal(await button(page, "Split into").isVisible(), false);
});

visit("each picture that is added says that the labels were written for another, until they are edited or confirmed", async (page) => {
  const note = notes(page).getByText("These labels were written for another picture.");
  const add = async (/** @type {string[]} */ names) => {
    await page.getByLabel("Picture file").setInputFiles(names.map((name) => `${FOLDER}/www/samples/${name}.webp`));
    await page.locator("picture-stage").getByText(`${names[0]}.webp`).waitFor();
    await answered(page);
  };
  await write(page, ["pizza", "octopus"]);
  await add(["pizza", "dog"]);
  assert.equal(await note.count(), 0, "they were written before the first picture came");
  await add(["octopus"]);
  await note.waitFor();
  await write(page, ["pizza", "octopus", "dog"]);
  await note.waitFor({ state: "detached" });
  for (const name of ["cat", "coffee"]) {
    await add([name]);
    await note.waitFor();
  }
  await button(page, "Use them for all pictures").click();
  await note.waitFor({ state: "detached" });
  await add(["bananas"]);
  assert.equal(await note.count(), 0);
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
  await strip.getByText("no match").waitFor();
  await strip.getByText("pizza", { exact: true }).waitFor();
  await answered(page);
  assert.equal(JSON.parse(await copiedBy(page, "Copy JSON")).best_label_fits, true);
});
