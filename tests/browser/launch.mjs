// @ts-check
/** The browser that the tests of the page run in: `PAGE_BROWSER` says `chromium`, as without it, or `firefox`. */
import { firefox } from "playwright-core";
import { launchChromium } from "./chromium.mjs";

/** A camera that shows a test picture, and no question about it. */
const CHROMIUM_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** The same for Firefox, and a clipboard that a test may read without a gesture. */
const FIREFOX_PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "dom.events.testing.asyncClipboard": true,
};

export const browserName = process.env.PAGE_BROWSER ?? "chromium";

/** @returns {Promise<import("playwright-core").Browser>} with a camera that needs no permission */
export function launchBrowser() {
  if (browserName === "chromium") return launchChromium(...CHROMIUM_CAMERA);
  return launchFirefox(FIREFOX_PREFERENCES);
}

/**
 * Starts a distribution's Firefox, which speaks WebDriver BiDi.
 * @param {Record<string, string | number | boolean>} [firefoxUserPrefs]
 */
export function launchFirefox(firefoxUserPrefs) {
  return firefox.launch({ channel: "moz-firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", firefoxUserPrefs });
}

/** What a test's visit may do without asking; Firefox takes it from its preferences. */
export const permissions = browserName === "chromium" ? ["clipboard-read", "clipboard-write"] : [];
