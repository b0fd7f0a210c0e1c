// @ts-check
/** Tests of the page that each have a visit of their own, from the folder that `./build.sh dist` makes. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchBrowser, permissions } from "./launch.mjs";
import { within } from "./within.mjs";

/** @import { Browser, BrowserContext, Page } from "playwright-core" */

export const FOLDER = "target/browser-tests/page";

/**
 * Serves the page, below a path as on a project host, and opens the browser for all tests of a file.
 *
 * @param {() => void} [prepare] runs in every page before its own scripts
 */
export function openVisits(prepare) {
  /** @type {{ url: string, close: () => Promise<void> }} */
  let site;
  /** @type {Browser} */
  let browser;
  before(async () => {
    assert.ok(existsSync(FOLDER), `${FOLDER} is missing: ./build.sh test makes it`);
    site = await serve({ root: FOLDER, mount: "/a/demo/" });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });
  const newContext = () => browser.newContext({ permissions, serviceWorkers: "block" });
  return {
    newContext,
    url: () => site.url,
    /**
     * A test that begins at the first answer; the page must not have complained by itself.
     *
     * @param {string} name
     * @param {(page: Page, context: BrowserContext) => Promise<void>} act
     */
    visit(name, act) {
      test(name, async () => {
        const context = await newContext();
        const page = await context.newPage();
        if (prepare) await page.addInitScript(prepare);
        /** @type {string[]} */
        const complaints = [];
        page.on("pageerror", (error) => complaints.push(`${error}`));
        await page.goto(site.url);
        await answered(page);
        await act(page, context);
        await context.close();
        assert.deepEqual(complaints, []);
      });
    },
  };
}

/** Waits for the newest scores. @param {Page} page */
export async function answered(page) {
  await page.locator(`main[data-state="ready"]`).waitFor();
  await page.getByRole("list", { name: "Scores", exact: true }).locator("li").first().waitFor();
}

/**
 * Makes files unreachable. The route stays when they are back: where Playwright stopped intercepting (`unroute`) while the page asked for
 * more, a busy Chromium (seen in 148) sometimes left a request without an answer.
 *
 * @param {BrowserContext} context
 * @param {string} files a glob of their addresses
 * @returns {Promise<() => void>} makes them reachable again
 */
export async function withhold(context, files) {
  let isAway = true;
  await context.route(files, (route) => (isAway ? route.abort() : route.continue()));
  return () => {
    isAway = false;
  };
}

/**
 * Waits until a condition holds that is told by a promise, which Playwright's `waitForFunction` would take for true at once.
 *
 * @param {Page} page
 * @param {() => Promise<unknown>} condition
 */
export async function until(page, condition) {
  const holds = async () => {
    while (!(await page.evaluate(condition))) await page.waitForTimeout(50);
  };
  await within(60_000, holds(), `${condition}`);
}

/**
 * The text that a button of the page copies. It is not waited for by the button's "Copied", which is gone again before a busy
 * browser is asked for it; and Firefox refuses to read a clipboard that is being written.
 *
 * @param {Page} page
 * @param {string} name of the button
 */
export async function copiedBy(page, name) {
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await button(page, name).click();
  await until(page, () => navigator.clipboard.readText().catch(() => ""));
  return page.evaluate(() => navigator.clipboard.readText());
}

/** @param {Page} page */
export const labels = (page) => page.getByRole("textbox", { name: "Labels" });

/** @param {Page} page @param {string} name */
export const button = (page, name) => page.getByRole("button", { name, exact: true });
