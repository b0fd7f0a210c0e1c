// @ts-check
/**
 * Tries the package where web developers are: packs it, installs the tarball into a fresh folder for each bundler, makes a real
 * build, opens that in a browser, and holds the scores of a picture against those of the command line.
 * usage: node tests/package/matrix.mjs [PROGRAM...]; `./build.sh package` makes what it needs
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { launchChromium } from "../browser/chromium.mjs";
import { EMBEDDED } from "../browser/embedded.mjs";
import { launchFirefox } from "../browser/launch.mjs";
import { tryErrors } from "./errors.mjs";
import { EXAMPLES } from "./examples.mjs";
import { host } from "./host.mjs";
import { LABELS, PICTURE, PROGRAMS } from "./programs.mjs";
/** @import { Browser } from "playwright-core" */
/** @import { Example } from "./examples.mjs" */
/** @import { Program } from "./programs.mjs" */

const FOLDER = path.resolve("target/package");
const TARBALL = path.join(FOLDER, process.env.TARBALL ?? "clip-wasm.tgz");
const CLI = "target/release/clip-wasm";
const SCENE = "tests/browser/pictures/scene.png";
/** How long a build, and a page, may take, in milliseconds. */
const PATIENCE = 240_000;

/** @param {{ name: string }} program */
const isChosen = ({ name }) => process.argv.length === 2 || process.argv.slice(2).some((word) => name.startsWith(word));
const chosen = PROGRAMS.filter(isChosen);
const examples = EXAMPLES.filter(({ name }) => isChosen({ name: `example ${name}` }));
const isErrors = isChosen({ name: "errors" });
const names = ["errors", ...PROGRAMS.map(({ name }) => name), ...EXAMPLES.map(({ name }) => `example ${name}`)];
assert.ok(chosen.length + examples.length > 0 || isErrors, `no program of that name: there are ${names.join("; ")}`);
const expected = nativeScores();
const chromium = !isErrors && examples.length === 0 && chosen.every((program) => program.run) ? null : await launchChromium();
const other = chosen.some((program) => program.firefox) && process.env.FIREFOX ? await launchFirefox() : null;
/** @type {string[]} */
const failed = [];
console.log("program                                      browser   build   answer   built MB  fetched MB  engine");
for (const program of chosen)
  await attempt(program.name, async () => {
    const folder = prepare(program);
    if (program.run) tryRun(program, program.run, folder);
    if (program.run || !chromium) return;
    const seconds = made(program, folder);
    await tryBuilt(program, folder, seconds, chromium, "chromium");
    if (program.firefox && other) await tryBuilt(program, folder, seconds, other, "firefox");
    if (program.develop) await tryDeveloped(program, program.develop, folder, chromium);
  });
if (chromium) for (const example of examples) await attempt(`example ${example.name}`, () => tryExample(example, chromium));
if (chromium && isErrors)
  await attempt("errors", async () => {
    const begun = performance.now();
    const count = await tryErrors(fresh("errors"), chromium);
    row("errors", "chromium", null, { seconds: (performance.now() - begun) / 1000, engine: `${count} cases` }, null, null);
  });
await Promise.all([chromium?.close(), other?.close()]);
if (failed.length > 0) throw new Error(`the package does not work in ${failed.join("; ")}`);

/** Goes on after a failure, which is told here and at the end. @param {string} name @param {() => Promise<void>} act */
async function attempt(name, act) {
  try {
    await act();
  } catch (error) {
    const { stdout = "", stderr = "", message } = /** @type {any} */ (error);
    failed.push(name);
    console.log(`${name}: FAILED\n${stdout}${stderr}${message}`);
  }
}

/** A fresh folder with the program and the package from its tarball. @param {Program} program */
function prepare({ name, files }) {
  const folder = fresh(name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  // Where what is served by itself, and what serves while it is written, look for it.
  for (const place of [folder, path.join(folder, "public")]) {
    mkdirSync(place, { recursive: true });
    copyFileSync(SCENE, path.join(place, PICTURE));
  }
  return folder;
}

/** A fresh folder with the package from its tarball. @param {string} name */
function fresh(name) {
  const folder = path.join(FOLDER, "programs", name.replace(/\W+/g, "-"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "program", private: true, type: "module" }));
  run(["npm", "install", "--offline", "--no-audit", "--no-fund", "--no-package-lock", TARBALL], folder);
  return folder;
}

/** @param {Example} example @param {Browser} browser */
async function tryExample({ name, build, use }, browser) {
  const folder = fresh(`example-${name}`);
  cpSync(`examples/${name}`, folder, { recursive: true });
  copyFileSync(SCENE, path.join(folder, PICTURE));
  mkdirSync(path.join(folder, "pictures"));
  copyFileSync(SCENE, path.join(folder, "pictures", PICTURE));
  const begun = performance.now();
  if (build) run(build, folder);
  const built = performance.now();
  const scores = plain(await use(folder, browser));
  assert.deepEqual(scores, expected.slice(0, scores.length));
  const seconds = (performance.now() - built) / 1000;
  row(`example ${name}`, name.startsWith("node") ? "–" : "chromium", build ? (built - begun) / 1000 : null, { seconds, engine: "" }, null, null);
}

/** Builds the program. @param {Program} program @param {string} folder @returns {number} how many seconds that took */
function made({ build, copy }, folder) {
  const begun = performance.now();
  if (build) run(build, folder);
  if (copy) run(copy, folder);
  return (performance.now() - begun) / 1000;
}

/** @param {Program} program @param {string} folder @param {number} seconds @param {Browser} browser @param {string} named */
async function tryBuilt(program, folder, seconds, browser, named) {
  const root = path.join(folder, program.folder ?? ".");
  copyFileSync(SCENE, path.join(root, PICTURE));
  const cdn = program.from === "cdn" ? await host(path.join(folder, "node_modules/clip-wasm"), "cdn") : null;
  if (cdn) {
    const main = path.join(folder, "main.js");
    writeFileSync(main, readFileSync(main, "utf8").replace(/"[^"]*\/index\.js"/, JSON.stringify(`${cdn.url}index.js`)));
  }
  const site = await host(root);
  try {
    const built = program.build && named === "chromium" ? sizes(root) : null;
    if (built && program.wasm !== undefined) assert.equal(built.wasm, program.wasm, "WebAssembly files in the build");
    const answer = await opened(site.url, browser);
    // In Firefox there is one, unless more are asked for.
    if (named === "chromium" && !program.single) assert.match(answer.engine, /-threads, (?!1 )/, "an isolated page has threads");
    const fetched = site.bytes() + (cdn?.bytes() ?? 0);
    row(program.name, named, program.build ? seconds : null, answer, built?.bytes ?? null, fetched);
  } finally {
    await Promise.all([site.close(), cdn?.close()]);
  }
}

/** Runs a program that has no page. @param {Program} program @param {string[]} command @param {string} folder */
function tryRun({ name }, command, folder) {
  const begun = performance.now();
  const { scores, flavour, threads } = JSON.parse(run(command, folder));
  const seconds = (performance.now() - begun) / 1000;
  assert.deepEqual(plain(scores), expected);
  row(name, "–", null, { seconds, engine: `${flavour}, ${threads} threads` }, null, null);
}

/** @param {Program} program @param {string[]} command @param {string} folder @param {Browser} browser */
async function tryDeveloped(program, command, folder, browser) {
  const port = await freePort();
  const [name, ...words] = command.map((word) => word.replace("PORT", `${port}`));
  const server = spawn(binary(name), words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: environment(), detached: true });
  let told = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (told += text));
  const begun = performance.now();
  try {
    await listening(port, () => told);
    const seconds = (performance.now() - begun) / 1000;
    row(`${program.name}, its development server`, "chromium", seconds, await opened(`http://127.0.0.1:${port}/`, browser), null, null);
  } catch (error) {
    throw Object.assign(/** @type {Error} */ (error), { stdout: told });
  } finally {
    process.kill(-(/** @type {number} */ (server.pid)), "SIGKILL"); // it and what it started
  }
}

/** Opens a page and waits for its answer, which has to be the command line's. @param {string} url @param {Browser} browser */
async function opened(url, browser) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const told = [];
  page.on("console", (message) => message.type() === "error" && told.push(message.text()));
  page.on("pageerror", (error) => told.push(error.message));
  page.on("requestfailed", (request) => told.push(`${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => response.status() >= 400 && told.push(`${response.status()} ${response.url()}`));
  const begun = performance.now();
  try {
    await page.goto(url);
    await page.waitForFunction(() => "answer" in globalThis, null, { timeout: 60_000 });
    const seconds = (performance.now() - begun) / 1000;
    const { scores, failure, flavour, threads } = await page.evaluate(() => Reflect.get(globalThis, "answer"));
    assert.equal(failure, undefined);
    assert.deepEqual(plain(scores), expected);
    return { seconds, engine: `${flavour}, ${threads} threads` };
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message}\n${told.join("\n")}`);
  } finally {
    await page.close();
  }
}

/** @param {string} name @param {string} browser @param {number | null} build @param {{ seconds: number, engine: string }} answer @param {number | null} built @param {number | null} fetched */
function row(name, browser, build, answer, built, fetched) {
  const number = (/** @type {number | null} */ value, /** @type {number} */ width) => (value === null ? "–" : value.toFixed(1)).padStart(width);
  const megabytes = (/** @type {number | null} */ bytes) => number(bytes === null ? null : bytes / 1e6, 10);
  console.log(`${name.padEnd(44)} ${browser.padEnd(9)}${number(build, 6)} ${number(answer.seconds, 8)} ${megabytes(built)}  ${megabytes(fetched)}  ${answer.engine}`);
}

/** What a build takes on the disk, without maps for its authors, and how many of its files are WebAssembly. @param {string} root */
function sizes(root) {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => path.join(root, name));
  const shipped = files.filter((file) => statSync(file).isFile() && !/\.map$/.test(file) && path.basename(file) !== PICTURE);
  return { bytes: shipped.reduce((sum, file) => sum + statSync(file).size, 0), wasm: shipped.filter((file) => file.endsWith(".wasm")).length };
}

function nativeScores() {
  const words = ["classify", "--json", "--model", `models/${EMBEDDED.file}`, "--labels", LABELS.join(","), SCENE];
  const [{ scores }] = JSON.parse(execFileSync(CLI, words, { encoding: "utf8" }));
  return plain(scores);
}

/** @param {{ label: string, score: number }[]} scores @returns {[string, number][]} */
function plain(scores) {
  return scores.map(({ label, score }) => [label, Math.fround(score)]);
}

/** @param {string[]} command @param {string} folder */
function run([name, ...words], folder) {
  return execFileSync(binary(name), words, { cwd: folder, encoding: "utf8", stdio: "pipe", timeout: PATIENCE, env: environment() });
}

/** A command of the bundlers, or of the system. @param {string} name */
function binary(name) {
  return ["npm", "node", "cp"].includes(name) ? name : path.join(FOLDER, "node_modules/.bin", name);
}

function environment() {
  return { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "1", NODE_ENV: undefined };
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** @param {number} port @param {() => string} told */
async function listening(port, told) {
  for (const end = performance.now() + 60_000; performance.now() < end; ) {
    if (await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the development server does not answer: ${told()}`);
}
