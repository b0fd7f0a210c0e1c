// @ts-check
import { chromium } from "playwright-core";

/** Tests run as root in containers, hence no sandbox; and nothing in the background may make requests of its own. */
const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/**
 * Starts the browser that the tests run in, which `./build.sh test` finds or installs.
 * @param {string[]} flags besides those every test needs
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function launchChromium(...flags) {
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}

/**
 * The same with a profile in a folder, so that what pages store lies on the disk.
 * @param {string} folder
 * @param {string[]} flags
 * @returns {Promise<import("playwright-core").BrowserContext>}
 */
export function launchProfile(folder, ...flags) {
  return chromium.launchPersistentContext(folder, { executablePath, args: [...FLAGS, ...flags] });
}

/**
 * The same with an extension in a profile.
 * @param {string} profile a folder
 * @param {string} extension the extension's folder
 * @returns {Promise<import("playwright-core").BrowserContext>}
 */
export function launchExtension(profile, extension) {
  const flags = [`--load-extension=${extension}`, `--disable-extensions-except=${extension}`, "--disable-features=DisableLoadExtensionCommandLineSwitch", "--headless=new"];
  return chromium.launchPersistentContext(profile, { executablePath, headless: false, args: [...FLAGS, ...flags] });
}
