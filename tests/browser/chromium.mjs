// @ts-check
/** Starts the Chromium that the tests run in: the one named by CHROMIUM, else the first that is installed. */
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Tests run as root in containers, hence no sandbox; and nothing in the background may make requests of its own. */
const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** @returns {Promise<import("playwright-core").Browser>} */
export function launchChromium() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? installed(), args: FLAGS });
}

function installed() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  for (const name of NAMES) {
    const found = folders.map((folder) => path.join(folder, name)).find(executable);
    if (found) return found;
  }
  throw new Error(`no browser found: looked for ${NAMES.join(", ")} in PATH; CHROMIUM can name one`);
}

/** @param {string} file */
function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
