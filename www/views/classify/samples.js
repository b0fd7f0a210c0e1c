// @ts-check
/**
 * The sample pictures that come with the page.
 *
 * @typedef {{ file: string, src: string, alt: string, labels: string[] }} Sample
 */

const FOLDER = new URL("../../samples/", import.meta.url);

/**
 * Reads `www/samples/samples.json`.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Sample[]>} `src` is absolute
 * @throws an error whose message is a sentence
 */
export async function fetchSamples(signal) {
  const response = await fetch(new URL("samples.json", FOLDER), { signal }).catch(() => null);
  if (!response?.ok) {
    const reason = response ? `the host answered ${response.status}` : "the network is down";
    throw new Error(`The sample pictures cannot be fetched: ${reason}. Open a picture of your own.`);
  }
  /** @type {{ file: string, alt: string, labels: string[] }[]} */
  const listed = await response.json();
  return listed.map(({ file, alt, labels }) => ({ file, alt, labels, src: new URL(file, FOLDER).href }));
}
