// @ts-check
/** The programs that are built of the package, each as its bundler's documentation begins one. */

/** What is asked of every program. */
export const LABELS = ["red ball", "green triangle", "blue sky"];
export const PICTURE = "scene.png";

/** What every program around a page does. @param {string} [options] of `pipeline` */
const main = (options = "undefined") => `async function main() {
  const classify = await pipeline("zero-shot-image-classification", undefined, ${options});
  const scores = await classify(new URL("/${PICTURE}", location.href), ${JSON.stringify(LABELS)});
  const { flavour, threads } = classify.model;
  await classify.dispose();
  return { scores, flavour, threads };
}
`;

/**
 * A program that classifies the picture, and leaves the answer on the page. @param {string} name what it imports
 * @param {string} [options] of `pipeline`
 */
const program = (name, options) => `import { pipeline } from ${JSON.stringify(name)};

${main(options)}main().then(
  (answer) => (globalThis.answer = answer),
  (error) => (globalThis.answer = { failure: \`\${error.code} \${error.message} \${error.cause ?? ""}\` }),
);
`;

/** @param {string} script */
const page = (script) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>clip-wasm</title>
<script type="module" src="${script}"></script>
</html>
`;

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {Record<string, string>} files
 * @property {string[]} [build] the command that makes `folder`
 * @property {string} [folder] what is served; the program's own where absent
 * @property {string[]} [develop] the command that serves it while it is written, with PORT for its port
 * @property {boolean} [firefox] whether Firefox opens it as well
 * @property {string[]} [run] the command that prints its answer, where it has no page
 * @property {string[]} [copy] the command that puts the package's files where the program looks for them
 * @property {"cdn"} [from] the package is on another origin
 * @property {boolean} [single] whether it has one thread, also where the page is isolated
 * @property {number} [wasm] how many WebAssembly files the build has
 */

const VITE_CONFIG = `import clipWasm from "clip-wasm/vite";\n\nexport default { plugins: [clipWasm()] };\n`;
const WEBPACK_CONFIG = `export default { entry: "./main.js", performance: { hints: false } };\n`;

/** A program without a page: the picture is a file. */
const script = `import { pipeline } from "clip-wasm/node";

const classify = await pipeline("zero-shot-image-classification");
const scores = await classify("${PICTURE}", ${JSON.stringify(LABELS)});
const { flavour, threads } = classify.model;
await classify.dispose();
console.log(JSON.stringify({ scores, flavour, threads }));
`;

/** @type {Program[]} */
export const PROGRAMS = [
  {
    name: "vite",
    files: {
      "index.html": page("/main.js"),
      "main.js": program("clip-wasm"),
      "vite.config.js": VITE_CONFIG,
    },
    build: ["vite", "build"],
    folder: "dist",
    develop: ["vite", "--port", "PORT", "--strictPort", "--host", "127.0.0.1"],
    firefox: true,
  },
  {
    name: "vite, simd alone",
    files: {
      "index.html": page("/main.js"),
      "main.js": program("clip-wasm/simd"),
      "vite.config.js": VITE_CONFIG,
    },
    build: ["vite", "build"],
    folder: "dist",
    wasm: 1,
    single: true,
  },
  {
    name: "webpack",
    files: { "dist/index.html": page("main.js"), "main.js": program("clip-wasm"), "webpack.config.js": WEBPACK_CONFIG },
    build: ["webpack", "--mode", "production"],
    folder: "dist",
    firefox: true,
  },
  {
    name: "webpack, development",
    files: { "dist/index.html": page("main.js"), "main.js": program("clip-wasm"), "webpack.config.js": WEBPACK_CONFIG },
    build: ["webpack", "--mode", "development"],
    folder: "dist",
  },
  {
    name: "webpack, simd alone",
    files: { "dist/index.html": page("main.js"), "main.js": program("clip-wasm/simd"), "webpack.config.js": WEBPACK_CONFIG },
    build: ["webpack", "--mode", "production"],
    folder: "dist",
    wasm: 1,
    single: true,
  },
  {
    name: "esbuild",
    files: {
      "dist/index.html": page("main.js"),
      "main.js": program("clip-wasm"),
      "build.mjs": `import { build } from "esbuild";
import clipWasm from "clip-wasm/esbuild";

await build({ entryPoints: ["main.js"], bundle: true, minify: true, format: "esm", outdir: "dist", plugins: [clipWasm()] });
`,
    },
    build: ["node", "build.mjs"],
    folder: "dist",
  },
  {
    name: "rollup",
    files: {
      "dist/index.html": page("main.js"),
      "main.js": program("clip-wasm"),
      "rollup.config.js": `import resolve from "@rollup/plugin-node-resolve";
import clipWasm from "clip-wasm/rollup";

export default { input: "main.js", output: { dir: "dist", format: "es" }, plugins: [resolve(), clipWasm()] };
`,
    },
    build: ["rollup", "--config"],
    folder: "dist",
  },
  {
    name: "parcel",
    files: {
      "index.html": page("main.js"),
      "main.js": program("clip-wasm"),
    },
    build: ["parcel", "build", "index.html", "--no-cache", "--public-url", "./"],
    folder: "dist",
    develop: ["parcel", "serve", "index.html", "--no-cache", "--port", "PORT", "--host", "127.0.0.1"],
  },
  {
    name: "next",
    files: {
      "next.config.js": `import path from "node:path";\n\nexport default { output: "export", turbopack: { root: path.resolve(import.meta.dirname, "../..") } };\n`,
      "app/layout.jsx": `export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`,
      "app/page.jsx": `"use client";

import { useEffect } from "react";
import { pipeline } from "clip-wasm";

${main()}
export default function Page() {
  useEffect(() => {
    main().then(
      (answer) => (globalThis.answer = answer),
      (error) => (globalThis.answer = { failure: \`\${error.code} \${error.message}\` }),
    );
  }, []);
  return <p>A picture is classified.</p>;
}
`,
    },
    build: ["next", "build"],
    folder: "out",
    develop: ["next", "dev", "--port", "PORT", "--hostname", "127.0.0.1"],
  },
  { name: "node", files: { "main.js": script }, run: ["node", "main.js"] },
  { name: "deno", files: { "main.js": script }, run: ["deno", "run", "--allow-read", "--allow-env", "--allow-sys", "main.js"] },
  { name: "bun", files: { "main.js": script }, run: ["bun", "main.js"] },
  {
    name: "service worker",
    single: true,
    files: {
      "index.html": page("main.js"),
      "worker.js": `import { pipeline } from "./node_modules/clip-wasm/inline.js";

addEventListener("message", async ({ data, ports }) => {
  try {
    const classify = await pipeline("zero-shot-image-classification");
    const scores = await classify(data.image, data.labels);
    ports[0].postMessage({ scores, flavour: classify.model.flavour, threads: classify.model.threads });
  } catch ({ code, message }) {
    ports[0].postMessage({ failure: code + " " + message });
  }
});
`,
      "main.js": `const { installing, waiting, active } = await navigator.serviceWorker.register("worker.js", { type: "module" });
const { port1, port2 } = new MessageChannel();
port1.onmessage = ({ data }) => (globalThis.answer = data);
(installing ?? waiting ?? active).postMessage({ image: new URL("${PICTURE}", location.href).href, labels: ${JSON.stringify(LABELS)} }, [port2]);
`,
    },
  },
  {
    name: "files by themselves",
    files: { "index.html": page("main.js"), "main.js": program("./node_modules/clip-wasm/index.js") },
    firefox: true,
  },
  {
    name: "a bundler that follows nothing, with a copy",
    files: { "dist/index.html": page("main.js"), "main.js": program("clip-wasm", `{ base: "/clip-wasm/" }`) },
    build: ["esbuild", "main.js", "--bundle", "--format=esm", "--outdir=dist"],
    copy: ["cp", "-R", "node_modules/clip-wasm", "dist/clip-wasm"],
    folder: "dist",
  },
  {
    name: "another origin, as a CDN",
    files: { "index.html": page("main.js"), "main.js": program("CDN/index.js") },
    from: "cdn",
    firefox: true,
  },
];
