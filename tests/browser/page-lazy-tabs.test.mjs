// @ts-check
/** Scripts that are fetched late: what is shown before, where that fails, and how it is tried again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, button, openVisits, withhold } from "./visits.mjs";

/** @import { BrowserContext, Page } from "playwright-core" */

const { visit, newContext, url } = openVisits();

/** @param {Page} page @param {string} name */
const failed = (page, name) => page.getByRole("alert").filter({ hasText: `${name} cannot be opened.` });

/** Opens a tab while some files do not come. @param {Page} page @param {BrowserContext} context @param {string} files */
async function openWithout(page, context, files) {
  const give = await withhold(context, files);
  await page.getByRole("tab", { name: "Dataset" }).click();
  await failed(page, "Dataset").waitFor();
  give();
}

test("where the page's script has not come there is no empty box of an error", async () => {
  const context = await newContext();
  await context.route("**/*.js", (route) => route.abort());
  const page = await context.newPage();
  await page.goto(url());
  await page.getByRole("heading", { name: "clip-wasm" }).waitFor();
  assert.equal(await page.locator("error-note").isVisible(), false);
  await context.close();
});

for (const files of ["**/research.js*", "**/dataset-view.js*", "**/research.css"])
  visit(`without ${files} the tab says so, and opens when it is tried again`, async (page, context) => {
    await openWithout(page, context, files);
    assert.match(await failed(page, "Dataset").innerText(), /could not be fetched/);
    await button(page, "Try again").click();
    await page.locator("dataset-view").waitFor();
    await page.getByRole("tab", { name: "Bias" }).click();
    await page.locator("bias-view").waitFor();
  });

visit("a tab that failed is tried again when it is opened again", async (page, context) => {
  await openWithout(page, context, "**/research.js*");
  await page.getByRole("tab", { name: "Classify" }).click();
  await answered(page);
  await page.getByRole("tab", { name: "Dataset" }).click();
  await page.locator("dataset-view").waitFor();
});

visit("where the browser keeps the failure of an inner module, a reload is offered, and the tab is there", async (page, context) => {
  await page.getByRole("textbox", { name: "Labels" }).fill("pizza\ncar");
  await openWithout(page, context, "**/embedding-store.js");
  await button(page, "Try again").click();
  // Chromium asks for the file anew, Firefox does not.
  const reload = button(page, "Reload the page");
  await page.locator("dataset-view").or(reload).first().waitFor();
  if (await reload.isVisible()) await reload.click();
  await page.locator("dataset-view").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Labels", includeHidden: true }).first().inputValue(), "pizza\ncar");
});

visit("while the host does not answer, the tab goes on offering to try again", async (page, context) => {
  const give = await withhold(context, "**/www/**");
  await page.getByRole("tab", { name: "Robustness" }).click();
  for (let tries = 0; tries < 3; tries++) {
    await failed(page, "Robustness").waitFor();
    await button(page, "Try again").click();
  }
  await failed(page, "Robustness").waitFor();
  give();
  await button(page, "Try again").click();
  await page.locator("robustness-view").waitFor();
});

visit("what packs a demo is fetched again where that failed", async (page, context) => {
  await page.getByRole("tab", { name: "Share" }).click();
  const give = await withhold(context, "**/exported-demo.js*");
  await button(page, "Make a folder").click();
  await page.locator("share-view").getByRole("alert").filter({ hasText: "could not be fetched" }).waitFor();
  give();
  await button(page, "Make a folder").click();
  await page.getByRole("link", { name: /^Save [\d.]+ MB$/ }).waitFor();
});
