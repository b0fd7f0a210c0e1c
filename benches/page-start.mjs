// @ts-check
/**
 * How soon the page is of use, in Chromium: a first visit with nothing cached, a reload without a network, and a label that is
 * typed. Medians, with the least and the most, in milliseconds.
 *
 * usage: node benches/page-start.mjs [--root FOLDER] [--rounds N]
 *   FOLDER: what `./build.sh build` leaves in the project's own folder (as `./build.sh serve` shows it), or a `dist`
 */
import { parseArgs } from "node:util";
import { launchChromium } from "../tests/browser/chromium.mjs";
import { serve } from "../tools/serve.mjs";

/** @import { Page } from "playwright-core" */

/** Labels typed in a round, each with scores of its own. */
const TYPED = ["house", "tree", "sailboat", "octopus", "guitar"];
/** A pause for what the page does after its first answer: a second opinion, trying the kernels. */
const SETTLED_MS = 4000;

/** Runs in the page before its own scripts: notes when the first scores stand, and when those of a label do. */
function watch() {
  const rows = () => document.querySelectorAll(`main[data-state="ready"] [aria-label="Scores"] li`);
  const seen = { answer: 0, key: 0, typed: 0, wanted: "" };
  Reflect.set(window, "seen", seen);
  const look = () => {
    const now = performance.now();
    if (!seen.answer && rows().length > 0) seen.answer = now;
    if (seen.wanted && [...rows()].some((row) => row.getAttribute("data-label") === seen.wanted)) {
      seen.typed = now - seen.key;
      seen.wanted = "";
    }
  };
  addEventListener("keydown", () => (seen.key = performance.now()), { capture: true });
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

/** @param {Page} page @returns {Promise<{ paint: number, answer: number }>} milliseconds since the navigation began */
async function start(page) {
  await page.waitForFunction(() => Reflect.get(window, "seen").answer > 0);
  return page.evaluate(() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    answer: Reflect.get(window, "seen").answer,
  }));
}

/** From the last key of a label to its scores. @param {Page} page @returns {Promise<number[]>} */
async function typing(page) {
  const labels = page.getByRole("textbox", { name: "Labels" });
  const times = [];
  for (const word of TYPED) {
    await labels.press("ControlOrMeta+End");
    await labels.pressSequentially(`\n${word.slice(0, -1)}`, { delay: 40 });
    await page.waitForTimeout(400);
    await page.evaluate((wanted) => (Reflect.get(window, "seen").wanted = wanted), word);
    await page.keyboard.press(word.slice(-1));
    await page.waitForFunction(() => Reflect.get(window, "seen").wanted === "");
    times.push(await page.evaluate(() => Reflect.get(window, "seen").typed));
  }
  return times;
}

/** One visit of a browser that has never been here. @param {string} root */
async function round(root) {
  const site = await serve({ root });
  const browser = await launchChromium();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(watch);
    await page.goto(site.url);
    const first = await start(page);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await page.waitForTimeout(SETTLED_MS);
    const typed = await typing(page);
    await site.close();
    await page.reload();
    const again = await start(page);
    return { first, typed, again };
  } finally {
    await browser.close();
    await site.close();
  }
}

/** @param {number[]} values */
function told(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted[sorted.length - 1]];
  return `${Math.round(median)} (${Math.round(least)}–${Math.round(most)})`;
}

const { values } = parseArgs({ options: { root: { type: "string", default: "." }, rounds: { type: "string", default: "5" } } });
const rounds = [];
for (let count = 0; count < Number(values.rounds); count++) rounds.push(await round(values.root));
console.log(`| ${rounds.length} rounds, ms | median (least–most) |\n|---|---|`);
console.log(`| first visit: first paint | ${told(rounds.map(({ first }) => first.paint))} |`);
console.log(`| first visit: sample classified | ${told(rounds.map(({ first }) => first.answer))} |`);
console.log(`| reload without a network: first paint | ${told(rounds.map(({ again }) => again.paint))} |`);
console.log(`| reload without a network: sample classified | ${told(rounds.map(({ again }) => again.answer))} |`);
console.log(`| from the last key of a new label to its scores | ${told(rounds.flatMap(({ typed }) => typed))} |`);
