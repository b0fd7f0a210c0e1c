// @ts-check
/**
 * The controls of the page and what they do; the ways in have a file of their own, and so has the keyboard.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EMBEDDED } from "./embedded.mjs";
import { FOLDER, answered, button, copiedBy, labels, openVisits, withhold } from "./visits.mjs";

/** @import { Page } from "playwright-core" */

const PICTURES = ["dog", "pizza", "rockets"].map((name) => `${FOLDER}/www/samples/${name}.webp`);

const { visit, newContext, url } = openVisits();

/** @param {Page} page */
const answer = (page) => page.locator("answer-readout").innerText();
/** Steps through the history as the browser's own buttons do. @param {Page} page @param {number} steps */
const walk = (page, steps) =>
  page.evaluate((by) => {
    const arrived = new Promise((resolve) => addEventListener("popstate", () => resolve(undefined), { once: true }));
    history.go(by);
    return arrived;
  }, steps);
/** @param {Page} page @returns {Promise<string[]>} */
const scoredLabels = (page) =>
  page
    .getByRole("list", { name: "Scores", exact: true })
    .locator("li")
    .evaluateAll((items) => items.map((item) => item.dataset.label ?? ""));

visit("the drawing pad answers a stroke, and takes it back", async (page) => {
  await button(page, "Draw").click();
  await page.locator("drawing-pad canvas").scrollIntoViewIfNeeded();
  const box = await page.locator("drawing-pad canvas").boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 50, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 180, { steps: 8 });
  await page.mouse.up();
  await answered(page);
  await button(page, "Undo").click();
  await page.getByText("Draw something that your labels describe.").waitFor();
  assert.deepEqual(await scoredLabels(page), []);
});

visit("the drawing pad works from the keyboard", async (page) => {
  await button(page, "Draw").click();
  await page.getByRole("application").focus();
  await page.keyboard.press("Space");
  for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowDown");
  await answered(page);
});

visit("the camera is answered live, and a picture of it can be kept", async (page) => {
  await button(page, "Camera").click();
  await answered(page);
  await button(page, "Take a picture").click();
  await page.getByRole("img", { name: "Camera picture" }).first().waitFor();
  await answered(page);
});

visit("several pictures get a label each", async (page) => {
  await page.getByLabel("Picture file").setInputFiles(PICTURES);
  const strip = page.getByRole("list", { name: "Your pictures" });
  await page.waitForFunction(() => [...document.querySelectorAll(`[aria-label="Your pictures"] .verdict`)].filter((verdict) => verdict.textContent).length === 3);
  await strip.getByRole("button").nth(2).click();
  await answered(page);
  assert.equal(await strip.getByRole("button", { pressed: true }).getAttribute("title"), "rockets.webp");
  await button(page, "Clear your pictures").click();
  assert.equal(await strip.isVisible(), false);
});

visit("the heatmap lies over the picture for any label and by either method, and goes", async (page) => {
  await button(page, "Heatmap").click();
  const choice = page.getByRole("combobox", { name: "Evidence for" });
  await choice.waitFor();
  const options = await choice.locator("option").allTextContents();
  assert.deepEqual(options, await scoredLabels(page));
  await choice.selectOption(options[1]);
  const map = page.locator("picture-stage .heat");
  await map.waitFor();
  const drawn = () => map.evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const covered = await drawn();
  await page.getByRole("combobox", { name: "Method" }).selectOption({ label: "Patch similarity" });
  await page.getByText(/cosines range from -?0\.\d{3} to 0\.\d{3}/).waitFor();
  assert.notEqual(await drawn(), covered);
  assert.equal(await choice.inputValue(), options[1]);
  await page.getByRole("slider", { name: "Strength" }).fill("0");
  assert.notEqual(await drawn(), covered);
  await button(page, "Heatmap").click();
  assert.equal(await map.isVisible(), false);
});

visit("a long list shows its best rows, and all of them on demand", async (page) => {
  const rows = page.getByRole("list", { name: "Scores", exact: true }).locator("li");
  await labels(page).fill(Array.from({ length: 120 }, (_, index) => `thing ${index}`).join("\n"));
  await button(page, "Show all 120").click();
  await page.waitForFunction(() => document.querySelectorAll(`[aria-label="Scores"] li`).length === 120);
  await button(page, "Show the best 40").click();
  assert.equal(await rows.count(), 40);
  await labels(page).fill("car\nboat");
  await answered(page);
  await page.getByRole("button", { name: "Show all" }).waitFor({ state: "hidden" });
});

visit("a long paste is one step, which the usual key takes back", async (page) => {
  const before = await labels(page).inputValue();
  const pasted = Array.from({ length: 150 }, (_, index) => `thing ${index}`).join("\n");
  await page.evaluate((text) => navigator.clipboard.writeText(text), pasted);
  await labels(page).press("ControlOrMeta+a");
  await labels(page).press("ControlOrMeta+v");
  await page.getByText("150 labels").waitFor();
  assert.equal(await labels(page).inputValue(), pasted);
  await labels(page).press("ControlOrMeta+z");
  assert.equal(await labels(page).inputValue(), before);
  await answered(page);
});

visit("a score on its own does not depend on the other labels", async (page) => {
  await page.getByRole("radio", { name: "Score each label independently" }).check();
  await labels(page).fill("car\nboat");
  await answered(page);
  const score = () => page.locator(`li[data-label="car"]`).getAttribute("data-score");
  const among = await score();
  await labels(page).fill("car");
  await page.waitForFunction(() => document.querySelectorAll(`[aria-label="Scores"] li`).length === 1);
  assert.equal(await score(), among);
});

visit("back and forward walk through what was set", async (page) => {
  await button(page, "Animals").click();
  await answered(page);
  await page.getByRole("radio", { name: "Score each label independently" }).check();
  await walk(page, -1);
  assert.equal(await page.getByRole("radio", { name: "Compare labels" }).isChecked(), true);
  assert.match(await labels(page).inputValue(), /^cat\ndog/);
  await walk(page, -1);
  assert.doesNotMatch(await labels(page).inputValue(), /^cat\ndog\nhorse/);
  await walk(page, 1);
  assert.match(await labels(page).inputValue(), /^cat\ndog/);
});

visit("a copied link brings labels, templates and mode along", async (page, context) => {
  await labels(page).fill("red & blue\n100 %");
  await page.getByRole("textbox", { name: "Template" }).fill("{} = what?");
  await page.getByRole("radio", { name: "Score each label independently" }).check();
  await answered(page);
  const link = await copiedBy(page, "Copy link");
  const guest = await context.newPage();
  await guest.goto(link);
  await answered(guest);
  assert.deepEqual((await scoredLabels(guest)).sort(), ["100 %", "red & blue"]);
  assert.equal(await guest.getByRole("textbox", { name: "Template" }).inputValue(), "{} = what?");
  assert.equal(await guest.getByRole("radio", { name: "Score each label independently" }).isChecked(), true);
});

visit("a copied result names the weights and has the scores in full", async (page) => {
  const result = JSON.parse(await copiedBy(page, "Copy JSON"));
  assert.match(result.model.sha256, /^[0-9a-f]{64}$/);
  const shown = await page.locator(`[aria-label="Scores"] li`).first().getAttribute("data-score");
  assert.equal(result.scores[0].score, Number(shown));
});

visit("the model's own ensemble is a preset, and tells how its templates agree", async (page) => {
  await page.getByRole("button", { name: /^The model’s \d templates$/ }).click();
  assert.equal((await page.getByRole("textbox", { name: "Template" }).inputValue()).split("\n").length, EMBEDDED.templates.length);
  await page.getByText(/templates agree on the answer/).waitFor();
});

visit("the tabs follow the arrow keys, and the address follows the tabs", async (page) => {
  await page.getByRole("tab", { name: "Classify" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tabpanel", { name: "Dataset" }).waitFor();
  assert.equal(new URL(page.url()).hash, "#tab=dataset");
  await page.keyboard.press("End");
  await page.getByRole("tabpanel", { name: "Guide" }).waitFor();
  await walk(page, -1);
  await page.keyboard.press("Home");
  await page.getByRole("tabpanel", { name: "Classify" }).waitFor();
});

visit("the way from the address bar to an answer needs the keyboard alone", async (page) => {
  /** @param {string} selector */
  const tabTo = async (selector) => {
    for (let stops = 0; stops < 60; stops++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    }
    assert.fail(`${selector} is not reached by the Tab key`);
  };
  await tabTo(`[aria-label="Samples"] button`);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await tabTo("#labels");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("banana\ncar");
  await page.locator(`[aria-label="Scores"] li[data-label="banana"]`).waitFor(); // no more the sample's labels, of which "car" is one
  await page.locator(`[aria-label="Scores"] li[data-label="car"]`).waitFor();
  assert.match(await answer(page), /^car\b/);
});

visit("a pasted text is no picture, and the page says what is", async (page) => {
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "a cat");
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  });
  await page.getByRole("alert").filter({ hasText: "not a picture" }).waitFor();
});

test("an engine that cannot be fetched is told at the top, and comes back", async () => {
  const context = await newContext();
  const page = await context.newPage();
  const give = await withhold(context, "**/*.wasm");
  await page.goto(url());
  await page.locator(`main[data-state="failed"]`).waitFor();
  give();
  await button(page, "Restart the engine").click();
  await answered(page);
  await context.close();
});
