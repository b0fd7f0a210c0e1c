// @ts-check
import { ownVersion } from "./own-version.js";

/**
 * Asks whether what the host has is still of this page's version, before a part of the page is fetched late. Where a service
 * worker has the page in hand, that sees to it.
 * @returns {Promise<boolean>} also where the host cannot be asked
 */
export async function stillCurrent() {
  if (!ownVersion || navigator.serviceWorker?.controller) return true;
  const page = new URL("../../", import.meta.url);
  const html = await fetch(page, { cache: "no-store" }).then((answer) => (answer.ok ? answer.text() : ""), () => "");
  const found = /<meta name="version" content="([^"]*)">/.exec(html)?.[1];
  return found === undefined || found === ownVersion;
}
