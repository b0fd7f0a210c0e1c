// @ts-check
/** The examples, and how each is used: what a visitor would click, and where the scores are read. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { launchExtension } from "../browser/chromium.mjs";
import { host } from "./host.mjs";
import { LABELS, PICTURE } from "./programs.mjs";
/** @import { Browser, Page } from "playwright-core" */

/** @typedef {{ label: string, score: number }[]} Scores */

/**
 * @typedef {object} Example
 * @property {string} name of its folder in `examples/`
 * @property {string[]} [build]
 * @property {(folder: string, browser: Browser) => Promise<Scores>} use the scores of the picture, best first; or the best alone
 */

/** @type {Example[]} */
export const EXAMPLES = [
  {
    name: "page",
    use: (folder, browser) =>
      visit(folder, browser, async (page) => {
        await page.waitForFunction(`document.querySelector("clip-classify").scores?.length > 0`);
        return page.evaluate(`document.querySelector("clip-classify").scores`);
      }),
  },
  {
    name: "react-vite",
    build: ["vite", "build"],
    use: (folder, browser) =>
      visit(path.join(folder, "dist"), browser, async (page) => {
        await page.getByLabel("Picture").setInputFiles(path.join(folder, PICTURE));
        await page.locator("li").nth(LABELS.length - 1).waitFor();
        return page.locator("li").evaluateAll((items) =>
          items.map((item) => ({ label: (item.textContent ?? "").split(":")[0], score: Number(item.dataset.score) })),
        );
      }),
  },
  {
    name: "semantic-search",
    use: (folder, browser) =>
      visit(folder, browser, async (page) => {
        await page.getByText("Choose a folder.").waitFor();
        await page.getByLabel("Folder").setInputFiles(path.join(folder, "pictures"));
        await page.getByText(`${PICTURE} 0.`).waitFor();
        return [];
      }),
  },
  {
    name: "node-labels",
    use: async (folder) => {
      const lines = execFileSync("node", ["label.mjs", "pictures", LABELS.join(", ")], { cwd: folder, encoding: "utf8" }).trim().split("\n");
      const [, name, label, score] = /^"(.*)","(.*)",(.*)$/.exec(lines[1]) ?? [];
      if (lines[0] !== "file,label,score" || name !== PICTURE) throw new Error(`it printed\n${lines.join("\n")}`);
      return [{ label, score: Number(score) }];
    },
  },
  {
    name: "extension",
    build: ["node", "copy.mjs"],
    use: async (folder) => {
      const profile = mkdtempSync(path.join(tmpdir(), "clip-wasm-extension-"));
      const context = await launchExtension(profile, folder);
      try {
        const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
        const page = await context.newPage();
        await page.goto(new URL("popup.html", worker.url()).href);
        const asked = `chrome.runtime.sendMessage({ image: chrome.runtime.getURL("${PICTURE}"), labels: ${JSON.stringify(LABELS)} })`;
        const { scores, failure } = await page.evaluate(`(async () => await ${asked})()`);
        if (failure) throw new Error(`${failure.code}: ${failure.message}`);
        return scores;
      } finally {
        await context.close();
        rmSync(profile, { recursive: true, force: true });
      }
    },
  },
];

/** @param {string} root @param {Browser} browser @param {(page: Page) => Promise<Scores>} use */
async function visit(root, browser, use) {
  const site = await host(root);
  const page = await browser.newPage();
  try {
    await page.goto(site.url);
    return await use(page);
  } finally {
    await page.close();
    await site.close();
  }
}
