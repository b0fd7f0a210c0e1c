// @ts-check
/**
 * What both libraries are asked about: two checkpoints of seeded weights, under ids that tutorials use, and two small pictures: 8 × 8
 * pixels of seeded noise (NumPy's default_rng(0) and (1)), enlarged to 32 × 32 by Pillow.
 */
import { serveHub } from "../../browser/hub.mjs";

const FOLDER = "tests/package/side-by-side";
/** Of converted repositories; this package reads the authors' own. */
export const IDS = { clip: "Xenova/clip-vit-base-patch32", siglip: "Xenova/siglip-base-patch16-224" };
/** @type {Record<string, string>} */
export const CHECKPOINTS = { [IDS.clip]: "tests/golden/models/quick-gelu", [IDS.siglip]: "tests/golden/models/siglip" };
/** @type {Record<string, string>} */
const AUTHORS = { "openai/clip-vit-base-patch32": CHECKPOINTS[IDS.clip], "google/siglip-base-patch16-224": CHECKPOINTS[IDS.siglip] };

/**
 * Of values of order one: both compute in f32, in different orders, from pixels that are alike, because the pictures have the models'
 * own size. What was seen is 2e-5.
 */
export const TOLERANCE = 1e-4;

/**
 * @param {any} lib
 * @param {(pixels: any) => any} [RawImage]
 * @returns {import("./calls.mjs").Given}
 */
export function given(lib, RawImage = (pixels) => pixels) {
  const images = [`${FOLDER}/one.png`, `${FOLDER}/other.png`];
  const data = Uint8ClampedArray.from({ length: 32 * 32 * 3 }, (_, index) => (index * 7) % 256);
  return { lib, CLIP: IDS.clip, SIGLIP: IDS.siglip, image: images[0], images, raw: RawImage({ data, width: 32, height: 32, channels: 3 }) };
}

/** This package in Node, with a hub that has the checkpoints under their authors' names. */
export async function ours() {
  const lib = await import("../../../pkg/node.js");
  const hub = await serveHub(AUTHORS);
  const { remoteHost } = lib.env;
  const { info } = console;
  console.info = () => {}; // where the weights come from is told
  lib.env.remoteHost = hub.url;
  const close = async () => {
    lib.env.remoteHost = remoteHost;
    console.info = info;
    await hub.close();
  };
  return { lib, close };
}
