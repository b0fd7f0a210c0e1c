// @ts-check
/**
 * Writes `www/offline/precache.js` of a built page: the files it needs offline, the SHA-256 of those that make its version,
 * and that version, which it also puts into `index.html`. Without a folder it is about the sources themselves, which change
 * all the time: those have no version, and nothing of them is kept.
 * usage: node tools/precache.mjs [FOLDER]
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RELAXED } from "../pkg/engine/runtime/capabilities.js";
import { BUILDS as IMPORTS } from "../pkg/engine/runtime/builds.js";

const root = process.argv[2] ?? ".";
const development = process.argv[2] === undefined;

/** Beside index.html, which is asked for as the folder itself. */
const FILES = ["demo.json"];
const FOLDERS = ["www", "pkg/engine", "models"];
/** Of the engine's a browser runs the two with the kernels it can: one without threads, one with. */
const BUILDS = Object.keys(IMPORTS);
const SUFFIXES = new Set([
  ".avif",
  ".css",
  ".gguf",
  ".gif",
  ".html",
  ".jpg",
  ".js",
  ".json",
  ".png",
  ".svg",
  ".txt",
  ".wasm",
  ".webmanifest",
  ".webp",
]);
/** What the browser keeps as part of the service worker itself, and what is for whoever works on the page. */
const SERVICE_WORKER = ["service-worker.js", "www/offline/service-worker.js", "www/offline/development.js"];
const GALLERY = ["www/gallery.css", "www/gallery.html", "www/gallery.js"];
const LEFT_OUT = new Set(["www/offline/precache.js", ...SERVICE_WORKER, ...GALLERY]);
/** What says in a page which version it is; the service worker and the page read it. */
const STAMP = / *<meta name="version" content="[^"]*">\n/;

/** @param {string} folder @returns {string[]} the files in it that belong to the page */
function filesIn(folder) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
    .filter((file) => SUFFIXES.has(path.extname(file)) && !LEFT_OUT.has(file))
    .sort();
}

const files = FOLDERS.flatMap(filesIn).concat(FILES).sort();
const builds = Object.fromEntries(BUILDS.map((build) => [build, filesIn(`pkg/${build}`)]));
const all = [...files, ...Object.values(builds).flat()];

/** @param {string} file */
const content = (file) => readFileSync(path.join(root, file));
const page = content("index.html").toString().replace(STAMP, "");
/** Only of the code: data is compared with the host's whenever it is used, and may change independently. */
const code = all.filter((file) => /^(?:www|pkg)\//.test(file));
/** By file, as `fetch` takes it. Some hosts modify pages, so pages are not checked. */
const integrity = Object.fromEntries(
  code.filter((file) => !file.endsWith(".html")).map((file) => [file, `sha256-${createHash("sha256").update(content(file)).digest("base64")}`]),
);
const hash = createHash("sha256").update(page).update(JSON.stringify(integrity));
for (const file of [...SERVICE_WORKER, ...code.filter((file) => file.endsWith(".html"))]) hash.update(`${file}\n`).update(content(file));
const version = hash.digest("hex").slice(0, 16);
const size = (/** @type {string} */ file) => statSync(path.join(root, file)).size;
/** Of the models a visitor keeps the one that the page begins with: at most the largest. */
const models = all.filter((file) => file.endsWith(".gguf"));
const bytes = all.filter((file) => !models.includes(file)).reduce((sum, file) => sum + size(file), Math.max(0, ...models.map(size)));

if (!development) {
  const stamped = page.replace(/( *)<meta charset="utf-8">\n/, (line, indent) => `${line}${indent}<meta name="version" content="${version}">\n`);
  writeFileSync(path.join(root, "index.html"), stamped);
}
const list = JSON.stringify({ version, development, files: ["./", ...files], builds, integrity, bytes, relaxedProbe: RELAXED }, null, 2);
writeFileSync(
  path.join(root, "www/offline/precache.js"),
  `// Written by tools/precache.mjs.\nself.PRECACHE = ${list};\n`,
);
console.log(development ? "the sources: nothing is kept for offline use" : `${all.length + 1} files for offline use, version ${version}`);
