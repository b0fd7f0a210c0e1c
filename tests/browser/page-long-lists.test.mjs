// @ts-check
/** Lists that are too long for an address: kept in this browser, whole, over reloads; and what a link says of them. */
import assert from "node:assert/strict";
import { answered, button, copiedBy, labels, openVisits } from "./visits.mjs";

/** @import { Page } from "playwright-core" */

const { visit, newContext, url } = openVisits();

const MANY = Array.from({ length: 10_000 }, (_, index) => `thing number ${index} with 100 % & more`).join("\n");
const SOME = Array.from({ length: 600 }, (_, index) => `thing ${index}`).join("\n");
/** More than a browser's address bar shows. */
const LONG = 4200;

/** @param {Page} page @param {string} text */
async function write(page, text) {
  await labels(page).evaluate((field, text) => {
    /** @type {HTMLTextAreaElement} */ (field).value = text;
    field.dispatchEvent(new Event("input"));
  }, text);
  await page.waitForFunction(() => /label/.test(location.hash));
  await page.waitForTimeout(400); // the address follows typing
}
/** @param {Page} page */
const address = (page) => page.evaluate(() => location.href);
/** Once the field is filled, it is with this text. @param {Page} page @param {string} text */
async function holds(page, text) {
  await page.waitForFunction(() => /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#labels"))?.value);
  assert.equal(await labels(page).inputValue(), text);
}
/** @param {Page} page */
const copied = async (page) => {
  await answered(page); // what is said of the new labels moves the button
  return copiedBy(page, "Copy link");
};

visit("10,000 labels do not fill the address, and are there after a reload, in another tab and at the next visit", async (page, context) => {
  await write(page, MANY);
  const place = await address(page);
  assert.ok(place.length < LONG, `${place.length} characters`);
  await page.reload();
  await holds(page, MANY);
  for (const from of [place, url()]) {
    const other = await context.newPage();
    await other.goto(from);
    await holds(other, MANY);
    await other.close();
  }
});

visit("back and forward bring long lists back whole", async (page) => {
  await write(page, MANY);
  await page.getByRole("radio", { name: "Score each label independently" }).check();
  await button(page, "Animals").click();
  await page.evaluate(() => history.back());
  await page.waitForFunction(() => /** @type {HTMLTextAreaElement} */ (document.querySelector("#labels")).value.startsWith("thing"));
  await holds(page, MANY);
  await page.reload();
  await holds(page, MANY);
});

visit("a link is without a list that is too long for one, and says so where it is copied", async (page) => {
  await page.getByRole("textbox", { name: "Template" }).fill("{} in ink");
  await write(page, MANY);
  const link = await copied(page);
  assert.ok(link.length < LONG, `${link.length} characters`);
  assert.doesNotMatch(link, /label/);
  assert.match(link, /template=/);
  await page.locator("p.hint").filter({ hasText: "The link leaves out your labels", visible: true }).waitFor();
  await page.getByRole("tab", { name: "Share" }).click();
  await button(page, "Copy link").click();
  await page.locator("p.hint").filter({ hasText: "The link leaves out your labels", visible: true }).waitFor();
});

visit("a few hundred labels are in a link, whole, though not in the address", async (page) => {
  await write(page, SOME);
  assert.ok((await address(page)).length < LONG);
  const link = await copied(page);
  const context = await newContext();
  const guest = await context.newPage();
  await guest.goto(link);
  await answered(guest);
  await holds(guest, SOME);
  await guest.reload();
  await holds(guest, SOME);
  await context.close();
});

visit("an address whose list is kept in another browser says so", async (page) => {
  await write(page, MANY);
  const place = await address(page);
  const context = await newContext();
  const guest = await context.newPage();
  await guest.goto(place);
  await guest.getByRole("alert").filter({ hasText: "The 10,000 labels of this link are stored only in the browser where it was made" }).waitFor();
  await answered(guest);
  await context.close();
});

visit("where storage is full or switched off the page goes on", async (page) => {
  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("", "QuotaExceededError");
    };
  });
  await write(page, MANY);
  assert.ok((await address(page)).length < LONG);
  await page.reload();
  await holds(page, MANY);
});
