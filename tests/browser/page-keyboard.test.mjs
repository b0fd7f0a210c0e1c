// @ts-check
/** Classify and Model without a mouse: every control is reached by the Tab key, shows that it is, and works. Chromium. */
import assert from "node:assert/strict";
import { answered, button, labels, openVisits } from "./visits.mjs";

/** @import { Page } from "playwright-core" */

/** More stops than any view has. */
const MOST_STOPS = 120;

const { visit } = openVisits(describeControls);

/** Runs in the page: puts the names of its controls, and of the one in focus, on `window`. */
function describeControls() {
  /** @param {Element} control */
  const name = (control) => {
    const label = control instanceof HTMLInputElement ? control.labels?.[0]?.textContent : "";
    const words = control.getAttribute("aria-label") ?? (control.id || label || control.textContent || control.getAttribute("title"));
    return `${control.localName} ${words?.trim()}`;
  };
  /** A radio group has one stop: the chosen one. @param {Element} control */
  const isStop = (control) => {
    if (!control.checkVisibility({ visibilityProperty: true }) || control.matches(":disabled")) return false;
    if (control instanceof HTMLInputElement && control.type === "radio") return control.checked;
    return control instanceof HTMLElement && control.tabIndex >= 0;
  };
  const controls = "a[href], button, input, select, textarea, summary, iframe, [tabindex]";
  Reflect.set(window, "stops", () => [...document.querySelectorAll(controls)].filter(isStop).map(name));
  Reflect.set(window, "inFocus", () => {
    const control = document.activeElement;
    if (!control || control === document.body) return null;
    const shown = [control, control.nextElementSibling].some((part) => part && getComputedStyle(part).outlineStyle !== "none");
    return { name: name(control), shown: shown || control.localName === "iframe" };
  });
}

/** @typedef {{ name: string, shown: boolean }} Stop */

/** @param {Page} page @returns {Promise<Stop | null>} */
const inFocus = (page) => page.evaluate(() => Reflect.get(window, "inFocus")());

/** Goes once round the page. @param {Page} page @returns {Promise<Stop[]>} */
async function walk(page) {
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
  });
  await page.locator(".skip").focus();
  const stops = [/** @type {Stop} */ (await inFocus(page))];
  while (stops.length < MOST_STOPS) {
    await page.keyboard.press("Tab");
    const stop = await inFocus(page);
    if (!stop || stop.name === stops[0].name) return stops;
    stops.push(stop);
  }
  return assert.fail(`the Tab key goes on and on: ${stops.slice(-6).map(({ name }) => name).join(", ")}`);
}

/** Holds a round against the controls that are on the page. @param {Page} page */
async function assertReached(page) {
  const stops = await walk(page);
  const expected = await page.evaluate(() => Reflect.get(window, "stops")());
  assert.deepEqual(stops.map(({ name }) => name), expected, "every control, in the order of the page");
  assert.deepEqual(stops.filter(({ shown }) => !shown), [], "focus shows");
}

/** Presses Tab until a control has the focus. @param {Page} page @param {import("playwright-core").Locator} control */
async function tabTo(page, control) {
  await control.waitFor();
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    if (await control.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${control} is not reached`);
}

visit("every control of Classify is reached, in order, and shows the focus", assertReached);

visit("so is every one of the heatmap's, of the drawing pad, and of a long list", async (page) => {
  await labels(page).fill(Array.from({ length: 60 }, (_, at) => `thing ${at}`).join("\n"));
  await answered(page);
  await tabTo(page, button(page, "Heatmap"));
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Evidence for" }).waitFor();
  await assertReached(page);
  await tabTo(page, button(page, "Draw"));
  await page.keyboard.press("Enter");
  await page.getByRole("application").waitFor();
  await assertReached(page);
});

visit("all samples are one stop", async (page) => {
  const stops = page.locator(`[aria-label="Samples"] button`).evaluateAll((nodes) => nodes.filter((node) => node.tabIndex === 0).length);
  assert.equal(await stops, 1);
});

visit("every control of Model is reached, in order, and shows the focus", async (page) => {
  await page.getByRole("tab", { name: "Classify" }).focus();
  while (!(await page.getByRole("tabpanel", { name: "Model" }).isVisible())) await page.keyboard.press("ArrowRight");
  await page.locator("model-list li").nth(3).waitFor();
  await assertReached(page);
});

visit("pictures, presets, modes and heatmaps are chosen by keys", async (page) => {
  const samples = page.locator(`[aria-label="Samples"] button`);
  await tabTo(page, samples.first());
  for (const key of ["End", "ArrowRight", "Home", "Control+End", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"]) await page.keyboard.press(key);
  assert.ok(await samples.nth(2).evaluate((node) => node === document.activeElement));
  await page.keyboard.press("Space");
  await page.getByRole("img", { name: /dog/i }).first().waitFor();
  await tabTo(page, page.getByRole("radio", { name: "Compare labels" }));
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getByRole("radio", { name: "Score each label independently" }).isChecked(), true);
  await answered(page);
  await tabTo(page, button(page, "Heatmap"));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByRole("combobox", { name: "Method" }));
  await page.keyboard.press("ArrowDown");
  await page.getByText("cosines range from").waitFor();
  const strength = page.getByRole("slider", { name: "Strength" });
  await tabTo(page, strength);
  await page.keyboard.press("Home");
  assert.equal(await strength.inputValue(), "0");
  await tabTo(page, button(page, "Animals"));
  await page.keyboard.press("Enter");
  await page.locator(`[aria-label="Scores"] li[data-label="elephant"]`).waitFor();
});

visit("the drawing pad is entered, drawn on and left by keys, and what was there comes back", async (page) => {
  const before = await page.locator("picture-stage img").getAttribute("alt");
  await tabTo(page, button(page, "Draw"));
  await page.keyboard.press("Enter");
  assert.match((await inFocus(page))?.name ?? "", /^canvas Drawing area/);
  await page.keyboard.press("Space");
  for (let step = 0; step < 8; step++) await page.keyboard.press("ArrowDown");
  await answered(page);
  await tabTo(page, page.getByRole("radio", { name: "Black" }));
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getByRole("radio", { name: "Red", exact: true }).isChecked(), true);
  await tabTo(page, button(page, "Undo"));
  await page.keyboard.press("Enter");
  await page.getByText("Draw something that your labels describe.").waitFor();
  await tabTo(page, button(page, "Draw"));
  await page.keyboard.press("Enter");
  await answered(page);
  assert.equal(await page.locator("picture-stage img").getAttribute("alt"), before);
});

visit("the camera's picture is kept by keys", async (page) => {
  await tabTo(page, button(page, "Camera"));
  await page.keyboard.press("Enter");
  await answered(page);
  await tabTo(page, button(page, "Take a picture"));
  await page.keyboard.press("Enter");
  await page.getByRole("img", { name: "Camera picture" }).first().waitFor();
});

visit("labels of one's own are one key away from a picture of one's own", async (page) => {
  const file = { name: "blot.png", mimeType: "image/png", buffer: await page.locator("picture-stage img").screenshot() };
  await page.getByLabel("Picture file").setInputFiles(file);
  await tabTo(page, button(page, "Write your own labels"));
  await page.keyboard.press("Enter");
  await page.keyboard.type("sun\nmoon");
  await page.locator(`[aria-label="Scores"] li[data-label="moon"]`).waitFor();
  await button(page, "Write your own labels").waitFor({ state: "hidden" });
});

visit("a model is verified, and its type chosen, by keys", async (page) => {
  await page.getByRole("tab", { name: "Classify" }).focus();
  while (!(await page.getByRole("tabpanel", { name: "Model" }).isVisible())) await page.keyboard.press("ArrowRight");
  await tabTo(page, page.getByText("Origin and measurements"));
  await page.keyboard.press("Enter");
  await page.getByText("SHA-256").waitFor();
  await tabTo(page, button(page, "Verify"));
  await page.keyboard.press("Enter");
  await page.locator("model-view .check").nth(3).waitFor();
  const dtype = page.getByRole("combobox", { name: "Precision of downloads" });
  await tabTo(page, dtype);
  await page.keyboard.press("ArrowDown");
  assert.equal(await dtype.inputValue(), "q6_k");
});
