// @ts-check
/** @import { Demo } from "../../state/demo.js" */
import { DEMO_URL, besideDemo } from "../../state/demo.js";
import { inOneFile } from "../../state/in-one-file.js";

/**
 * The sample pictures: the demo's, or else the built-in ones.
 *
 * @typedef {object} Sample
 * @property {string} file what it is called in links
 * @property {string} path seen from the page's folder
 * @property {string} src
 * @property {string} alt
 * @property {string[]} labels empty: the demo's
 */

const FOLDER = "www/samples/";

/**
 * @param {Demo} demo
 * @param {AbortSignal} signal
 * @returns {Promise<Sample[]>}
 * @throws an error whose message is a sentence
 */
export async function fetchSamples(demo, signal) {
  const own = demo.samples.length === 0;
  const listed = own ? await fetchList(signal) : demo.samples;
  return Promise.all(
    listed.map(async ({ file, alt, labels }) => {
      const path = own ? FOLDER + file : file;
      return { file, alt, labels, path, src: await source(besideDemo(path)) };
    }),
  );
}

/**
 * Reads `www/samples/samples.json`.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<{ file: string, alt: string, labels: string[] }[]>}
 */
async function fetchList(signal) {
  const response = await fetch(new URL(`${FOLDER}samples.json`, DEMO_URL), { signal }).catch(() => null);
  if (response?.ok) return response.json();
  const reason = response ? `the host answered ${response.status}` : "the network is down";
  throw new Error(`The sample pictures cannot be fetched: ${reason}. Open a picture of your own.`);
}

/**
 * What an `img` can show: it knows nothing of the files inside of one file.
 *
 * @param {URL} address
 */
async function source(address) {
  return inOneFile ? URL.createObjectURL(await (await fetch(address)).blob()) : address.href;
}
