// @ts-check
/**
 * Measures what somebody waits for who has just cloned the project: a fresh clone of what is committed, with caches of
 * Cargo and npm of its own, is served and opened in Chromium, until it has classified and until every build is there. The
 * page stays open all the while and is asked again at the end. Then the same clone is built twice.
 * usage: node tools/first-minutes.mjs [FOLDER]    needs node_modules and Chromium here; FOLDER is target/first-minutes
 *        unless told otherwise, and is removed again
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { launchChromium } from "../tests/browser/chromium.mjs";

const folder = path.resolve(process.argv[2] ?? "target/first-minutes");
const clone = path.join(folder, "clone");
const SCORES = `main[data-state="ready"] [aria-label="Scores"] li[data-label]`;
const PATIENCE = 30 * 60_000;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
execFileSync("git", ["clone", "--quiet", ".", clone]);
const env = { ...process.env, CARGO_HOME: path.join(folder, "cargo"), npm_config_cache: path.join(folder, "npm") };

const begun = performance.now();
const since = () => {
  const seconds = Math.round((performance.now() - begun) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};
const report = (/** @type {string} */ text) => console.log(`${since()}  ${text}`);

const server = spawn("./build.sh", ["serve", "0"], { cwd: clone, env, detached: true, stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => server.pid && server.exitCode === null && process.kill(-server.pid));
try {
  let found = (/** @type {string} */ _) => {};
  let finished = () => {};
  /** @type {Promise<string>} */
  const url = new Promise((resolve) => (found = resolve));
  const all = new Promise((resolve) => (finished = () => resolve(undefined)));
  server.once("exit", (code) => (console.error(`build.sh ended with ${code}`), process.exit(1)));
  createInterface({ input: server.stdout }).on("line", (line) => {
    if (line.trim()) report(line.trim());
    const address = /http:\/\/\S+/.exec(line)?.[0];
    if (address) found(address);
    if (line.startsWith("Every build is ready")) finished();
  });

  const browser = await launchChromium();
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => report(`the page complains: ${error}`));
  page.on("console", (message) => message.type() === "error" && report(`the page complains: ${message.text()}`));
  await page.goto(await url);
  await page.waitForSelector(SCORES, { timeout: PATIENCE });
  report("THE PAGE HAS CLASSIFIED");
  await all;
  await ask("cat\nhouse\nsailing boat", "THE SAME PAGE CLASSIFIES STILL, now that every build is there");
  await page.reload();
  await page.waitForSelector(SCORES, { timeout: PATIENCE });
  report(`RELOADED: ${await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("/pkg/")).join(" ")) || "the worker has the builds"}`);
  await browser.close();

  /** @param {string} labels @param {string} text */
  async function ask(labels, text) {
    await page.getByRole("textbox", { name: "Labels" }).fill(labels);
    const last = labels.split("\n").at(-1);
    await page.waitForSelector(`${SCORES}[data-label="${last}"]`, { timeout: PATIENCE });
    report(text);
  }
} finally {
  server.removeAllListeners("exit");
  if (server.pid && server.exitCode === null) process.kill(-server.pid);
}

for (const which of ["A BUILD OF ALL after that", "A SECOND BUILD with nothing changed"]) {
  const before = performance.now();
  execFileSync("./build.sh", ["build"], { cwd: clone, env, stdio: "pipe" });
  report(`${which}: ${((performance.now() - before) / 1000).toFixed(1)} s`);
}
console.log(execFileSync("./build.sh", ["minutes"], { cwd: clone, encoding: "utf8" }));
rmSync(folder, { recursive: true });
