// @ts-check
/** axe-core over every tab and the component gallery: WCAG 2.2 A and AA and its best practices, the light theme wide, the dark one narrow. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchChromium } from "./chromium.mjs";

/** @import { Page } from "playwright-core" */

const FOLDER = "target/browser-tests/page";
const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {{ url: string, close: () => Promise<void> }} */
let site;
before(async () => {
  browser = await launchChromium();
  site = await serve({ root: FOLDER });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** How to get into each state, from the first answer on. @type {Record<string, (page: Page) => Promise<unknown>>} */
const STATES = {
  "a first visit": async () => {},
  "labels and a template with faults": async (page) => {
    await page.getByRole("textbox", { name: "Labels" }).fill("");
    await page.getByRole("textbox", { name: "Template" }).fill("no place");
    await page.locator("template-editor").getByRole("alert").waitFor();
  },
  "the drawing pad": (page) => page.getByRole("button", { name: "Draw", exact: true }).click(),
  "a picture's address": async (page) => {
    await page.getByRole("button", { name: "Address", exact: true }).click();
    await page.frameLocator("iframe").getByRole("textbox").waitFor();
  },
  "the Model tab, verified": async (page) => {
    await page.getByRole("tab", { name: "Model" }).click();
    await page.getByText("Origin and measurements").click();
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator("model-view .check").nth(3).waitFor();
  },
  "the Share tab, with a file made": async (page) => {
    await page.getByRole("tab", { name: "Share" }).click();
    await page.getByRole("button", { name: "Make a folder" }).click();
    await page.getByRole("link", { name: /^Save/ }).waitFor();
  },
  "the Dataset tab, with everything measured": async (page) => {
    await drawings(page);
    await page.getByRole("button", { name: "Pin for comparison" }).click();
    await page.getByLabel("Templates for all classes").fill("{}\na drawing of a {}");
    await page.getByText("McNemar’s exact p").first().waitFor();
    await page.getByLabel("Other names for it").fill("parasol");
    await page.getByRole("button", { name: "Compare these names" }).click();
    await page.locator(`words-panel[data-state="ready"]`).waitFor();
    await page.getByRole("button", { name: "Draw the map" }).click();
    await page.locator(`features-panel[data-state="ready"]`).waitFor();
  },
  "the Robustness tab, with a strip": async (page) => {
    await drawings(page);
    await page.getByRole("tab", { name: "Robustness" }).click();
    const view = page.locator("robustness-view");
    await view.getByLabel("Pictures per label").fill("1");
    for (const family of ["blur", "weather", "digital"]) await view.getByLabel(family).uncheck();
    await view.getByRole("button", { name: "Measure" }).click();
    await page.locator(`robustness-view[data-state="ready"]`).waitFor({ timeout: 90_000 }); // 480 corrupted pictures
    await view.getByRole("button", { name: "Show" }).click();
    await view.locator(".picture-row canvas").nth(4).waitFor();
  },
  "the Bias tab, with groups and sets compared": async (page) => {
    await drawings(page);
    await page.getByRole("tab", { name: "Bias" }).click();
    const view = page.locator("bias-view");
    await view.getByLabel("Labels to score").fill("cat\ncar");
    await view.getByRole("button", { name: "Compare the groups" }).click();
    await page.locator(`bias-view[data-state="ready"]`).waitFor();
    await view.getByRole("button", { name: "Compare the two sets" }).click();
    await view.getByText(/\d pictures get a different answer/).waitFor();
  },
  "the guide": (page) => page.getByRole("tab", { name: "Guide" }).click(),
};

for (const [colorScheme, width] of /** @type {["light" | "dark", number][]} */ ([["light", 1280], ["dark", 320]]))
  test(`axe finds nothing, ${colorScheme}, ${width} px wide`, async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    await context.addInitScript(AXE);
    const page = await context.newPage();
    for (const [state, reach] of Object.entries(STATES)) {
      await page.goto("about:blank");
      await page.goto(`${site.url}#sample=pizza.webp`); // an address wins over what the last visit left
      await page.locator(`main[data-state="ready"] [aria-label="Scores"] li`).first().waitFor();
      await reach(page);
      assert.deepEqual(await violations(page), [], state);
      assert.equal(await sideways(page), 0, `${state} scrolls sideways`);
    }
    await page.goto(`${site.url}www/gallery.html`);
    await page.locator("#gallery section").nth(8).waitFor();
    assert.deepEqual(await violations(page), [], "the gallery");
    await context.close();
  });

/** Opens the drawings under Dataset. @param {Page} page */
async function drawings(page) {
  await page.getByRole("tab", { name: "Dataset" }).click();
  await page.getByRole("button", { name: "Try the 276 drawings" }).click();
  await page.getByText("276 of 276 pictures").waitFor();
  await page.locator(`dataset-view[data-state="ready"]`).waitFor();
}

/** @param {Page} page @returns {Promise<string[]>} */
function violations(page) {
  return page.evaluate(async (tags) => {
    const axe = Reflect.get(window, "axe");
    const { violations } = await axe.run({ runOnly: tags, iframes: false });
    return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
  }, TAGS);
}

/** Pixels that the page is wider than its window. @param {Page} page @returns {Promise<number>} */
function sideways(page) {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
}
