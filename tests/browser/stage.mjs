// @ts-check
import { serve } from "../../tools/serve.mjs";
import { launchChromium } from "./chromium.mjs";
import { within } from "./within.mjs";

/** How long an expression may take, in milliseconds. */
const LONGEST = 300_000;

/**
 * @typedef {object} Stage
 * @property {(expression: string) => Promise<any>} inPage runs an expression, which may await, in the page
 * @property {import("playwright-core").Page} page
 * @property {() => Promise<void>} renew closes the page as a visitor does, whatever runs in it, and opens another
 * @property {string} url of the site, with a slash at its end
 * @property {() => Promise<void>} close
 */

/**
 * Serves the project and opens an empty page of it in which a module script has run.
 * @param {object} options
 * @param {string} [options.overlay] a folder whose files stand in front of the project's
 * @param {string} options.script source of a module; what it puts on `window` is there for `inPage`
 * @param {string} [options.connect] a host that the page may ask beside its own
 * @param {() => Promise<import("playwright-core").Browser>} [options.launch] Chromium by default
 * @returns {Promise<Stage>}
 */
export async function openStage({ overlay, script, connect, launch = launchChromium }) {
  const site = await serve({ root: ".", overlay, connect });
  const browser = await launch();
  const context = await browser.newContext();
  const open = async () => {
    const page = await context.newPage();
    await page.goto(`${site.url}tests/browser/blank.html`);
    await page.evaluate((source) => {
      const element = document.createElement("script");
      element.type = "module";
      element.textContent = source;
      document.head.append(element);
    }, `${script}\nwindow.ready = true;`);
    await page.waitForFunction("window.ready");
    return page;
  };
  /** @type {Stage} */
  const stage = {
    inPage: (expression) => within(LONGEST, stage.page.evaluate(`(async () => (${expression}))()`), expression),
    page: await open(),
    url: site.url,
    renew: async () => {
      await stage.page.close();
      stage.page = await open();
    },
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
  return stage;
}
