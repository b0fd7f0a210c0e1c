// @ts-check
/** A picture by its address: what is asked, when, of whom, and what the visitor hears where a site refuses. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchBrowser } from "./launch.mjs";

const FOLDER = "target/browser-tests/page";
const PICTURE = readFileSync(`${FOLDER}/www/samples/pizza.webp`);

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {http.Server} another site: what is below /open/ may be read by anyone */
let other;
/** @type {string} */
let host;
/** @type {{ path: string, referrer: string | undefined, cookie: string | undefined }[]} what it was asked */
const asked = [];

before(async () => {
  other = http.createServer(({ url = "", headers }, response) => {
    asked.push({ path: url, referrer: headers.referer, cookie: headers.cookie });
    if (url.startsWith("/open/")) response.setHeader("access-control-allow-origin", "*");
    if (url.endsWith("page")) response.setHeader("content-type", "text/html").end("<p>hello");
    else if (url.endsWith("gone")) response.writeHead(404).end();
    else response.setHeader("content-type", "image/webp").end(PICTURE);
  });
  await new Promise((resolve) => other.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = other.address();
  host = `http://127.0.0.1:${typeof address === "object" && address?.port}`;
  site = await serve({ root: FOLDER, mount: "/a/demo/" });
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.goto(site.url);
  await page.locator(`main[data-state="ready"]`).waitFor();
});
after(async () => {
  await browser?.close();
  await site?.close();
  other?.close();
});

const frame = () => page.frameLocator(`iframe[title="A picture from an address"]`);
const ask = () => frame().getByRole("button", { name: /^Ask 127/ });

/** Opens the panel with an address, by a drop. @param {string} address */
async function dropAddress(address) {
  await page.locator("picture-stage").evaluate((stage, uri) => {
    const transfer = new DataTransfer();
    transfer.setData("text/uri-list", uri);
    stage.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, address);
  await frame().getByText("will see your IP address").waitFor();
}

test("an address that is dropped asks nobody before the visitor says so, and then brings the picture", async () => {
  await dropAddress(`${host}/open/slice.webp`);
  assert.deepEqual(asked, []);
  await ask().click();
  await page.getByRole("img", { name: "Your picture slice.webp" }).first().waitFor();
  await page.locator(`main[data-state="ready"]`).waitFor();
  assert.deepEqual(asked, [{ path: "/open/slice.webp", referrer: undefined, cookie: undefined }]);
  assert.equal(await page.locator("iframe").count(), 0);
});

for (const [path, name] of [["100%.webp", "100%.webp"], ["50%25%20off.webp", "50% off.webp"], ["%E0%A4%A.webp", "%E0%A4%A.webp"]])
  test(`a picture at /${path} is called ${name}`, async () => {
    await dropAddress(`${host}/open/${path}`);
    await ask().click();
    await page.locator(`picture-stage img[alt="Your picture ${name}"]`).waitFor();
    await page.locator(`main[data-state="ready"]`).waitFor();
  });

for (const [path, words] of [
  ["/closed.webp", "does not let other pages read"],
  ["/open/gone", "answered 404"],
  ["/open/page", "something other than a picture"],
])
  test(`what comes of ${path} is a sentence: ${words}`, async () => {
    await dropAddress(host + path);
    await ask().click();
    await frame().getByText(words).waitFor();
  });

test("the frame is as high as what it says, also in a narrower window", async () => {
  await dropAddress(`${host}/open/slice.webp`);
  const inside = () => frame().locator("html").evaluate(() => document.documentElement.offsetHeight);
  const outside = () => page.locator("address-panel iframe").evaluate((iframe) => iframe.clientHeight);
  const wide = await inside();
  await page.setViewportSize({ width: 280, height: 780 });
  await page.waitForFunction((wide) => Number(document.querySelector("address-panel iframe")?.clientHeight) > wide, wide);
  assert.equal(await outside(), await inside());
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.waitForFunction((wide) => document.querySelector("address-panel iframe")?.clientHeight === wide, wide);
});

test("a frame that is not laid out yet, and so has no height, is seen all the same", async () => {
  await frame()
    .locator("html")
    .evaluate(() => parent.postMessage({ height: 0 }, "*"));
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  await frame().getByText("will see your IP address").waitFor();
});

test("what is no address is told in the frame, and the button closes it", async () => {
  await frame().getByRole("textbox").fill("cat.jpg");
  await frame().getByRole("button", { name: "Ask for the picture" }).click();
  await frame().getByText("Enter the full address").waitFor();
  await page.getByRole("button", { name: "Address", exact: true }).click();
  assert.equal(await page.locator("iframe").count(), 0);
});

test("the page itself can neither ask another site nor reach into the frame", async () => {
  await dropAddress(`${host}/open/slice.webp`);
  const before = asked.length;
  const outcome = await page.evaluate(
    (url) =>
      fetch(url).then(
        () => "answered",
        () => "refused",
      ),
    `${host}/open/secret`,
  );
  assert.equal(outcome, "refused");
  assert.equal(await page.evaluate(() => document.querySelector("iframe")?.contentDocument ?? null), null);
  assert.equal(asked.length, before);
});

test("the frame's policy names the very script and style that are written in it", () => {
  const html = readFileSync("www/address/ask.html", "utf8");
  for (const tag of ["script", "style"]) {
    const text = html.split(`<${tag}>`)[1].split(`</${tag}>`)[0];
    const hash = createHash("sha256").update(text).digest("base64");
    assert.ok(html.includes(`${tag}-src 'sha256-${hash}'`), `the hash of the ${tag} is sha256-${hash}`);
  }
});
