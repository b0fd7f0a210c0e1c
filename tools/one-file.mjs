// @ts-check
/**
 * Writes `www/export/one-file.html`: the page as one HTML file, without what a demo adds (its model, its pictures, demo.json)
 * and the engine's builds, which `www/export/single-file.js` adds in a visitor's browser. The bundler follows the imports.
 * What is fetched only when somebody asks for it (the research tabs, this very export) has no host there and stays out.
 * usage: node tools/one-file.mjs [FOLDER]
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const root = path.resolve(process.argv[2] ?? ".");
const entries = path.resolve(import.meta.dirname, "one-file");
const TARGET = "www/export/one-file.html";
/** Imported on demand, and in the file all the same: what runs there, in every browser. */
const IN_IT = new Set(["pkg/engine/worker/worker.js", "pkg/simd/clip_wasm.js", "pkg/research/clip_wasm.js"]);

/** @param {string} file @returns {string} its path in the page's folder */
const inPage = (file) => path.relative(root, file).split(path.sep).join("/");

/** Leaves on-demand imports out, and tells each module where it believes to lie. @type {import("esbuild").Plugin} */
const inside = {
  name: "inside",
  setup(bundler) {
    bundler.onResolve({ filter: /./ }, ({ path: name, resolveDir, kind }) => {
      const file = path.resolve(resolveDir, name);
      if (kind !== "dynamic-import" || (IN_IT.has(inPage(file)) && existsSync(file))) return { path: file };
      return { path: name, external: true };
    });
    bundler.onLoad({ filter: /\.js$/ }, async ({ path: file }) => {
      const define = { "import.meta.url": JSON.stringify(`inside:///${inPage(file)}`) };
      const { code } = await transform(readFileSync(file, "utf8"), { define, sourcefile: file });
      return { contents: code };
    });
  },
};

/**
 * @param {string} entry
 * @param {import("esbuild").BuildOptions} [options]
 * @returns {Promise<string>}
 */
async function bundled(entry, options) {
  const { outputFiles = [] } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    legalComments: "none",
    charset: "utf8",
    target: "es2022",
    write: false,
    ...options,
  });
  return outputFiles[0].text;
}

/** @param {string} text that has no such end in it @param {string} end */
function whole(text, end) {
  if (text.toLowerCase().includes(end) || text.includes("<!--")) throw new Error(`a bundle has ${end} or <!-- in it`);
  return text;
}

/** @param {string} text */
const digest = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * index.html with everything it names put in place of the name; fails where index.html has changed its form.
 *
 * @param {{ policy: string, icon: string, style: string, script: string, worker: string }} own
 */
function filled(own) {
  const shell = readFileSync(path.join(root, "index.html"), "utf8");
  const steps = /** @type {[RegExp, (...found: string[]) => string][]} */ ([
    [/(http-equiv="Content-Security-Policy" content=")[^"]*/, (_, before) => before + own.policy],
    [/(rel="icon" href=")[^"]*/, (_, before) => before + own.icon],
    [/<link rel="stylesheet"[^>]*>/, () => `<style>${own.style}</style>`],
    [/( *<(link rel="preload"|script)[^>]*>(<\/script>)?\n)+/, () => ""],
    [/ *<\/body>/, () => `${own.worker}<!-- files -->\n<script type="module">${own.script}</script>\n</body>`],
  ]);
  return steps.reduce((html, [pattern, write]) => {
    if (!pattern.test(html)) throw new Error(`index.html has nothing like ${pattern}`);
    return html.replace(pattern, write);
  }, shell);
}

const [script, worker, style] = await Promise.all([
  bundled(path.join(entries, "page.js"), { format: "esm", plugins: [inside] }),
  bundled(path.join(entries, "worker.js"), { format: "iife", plugins: [inside] }),
  bundled(path.join(root, "www/styles/page.css")),
]);
whole(script, "</script");
whole(style, "</style");
const policy = [
  "default-src 'none'",
  `script-src ${digest(script)} 'wasm-unsafe-eval'`,
  `style-src ${digest(style)}`,
  "img-src blob: data:",
  "media-src blob:",
  "connect-src blob:",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types default",
].join("; ");
const icon = `data:image/svg+xml;base64,${readFileSync(path.join(root, "www/icon.svg")).toString("base64")}`;
const packed = gzipSync(worker, { level: 9 }).toString("base64");
const block = `<script type="text/plain" data-file="pkg/engine/worker/worker.js" data-type="text/javascript" data-gzip>${packed}</script>\n`;
const html = filled({ policy, icon, style, script, worker: block });
writeFileSync(path.join(root, TARGET), html);
console.log(`${TARGET}: ${html.length} bytes`);
