// @ts-check
/**
 * An engine without a model, with the exports of the real one: for tests of what lies around it (the protocol, cancel,
 * a dying worker) and for work on the page. An image's embedding comes from its bytes, a label's from its letters.
 *
 * Some words make it misbehave: a label "trap" dies as a panic in WebAssembly does, "slow" takes 50 ms, and a model
 * file that begins with "bad" is refused.
 */
const DIM = 8;

/** @param {string} code @param {string} message */
function failure(code, message) {
  return Object.assign(new Error(message), { code });
}

/** @param {Iterable<number>} bytes */
function embed(bytes) {
  const embedding = new Float32Array(DIM);
  let position = 0;
  for (const byte of bytes) embedding[position++ % DIM] += Math.sin(byte + position);
  return embedding;
}

/** @param {string} text */
const letters = (text) => new TextEncoder().encode(text);

/** @param {number} milliseconds */
function spin(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

class ImageEmbedding {
  decode_ms = 1;
  preprocess_ms = 2;
  /** So that a picture takes the time of a dozen slow labels, as it would. */
  encode_ms = 600;
  /** @param {Uint8Array} bytes @param {string} format @param {number} width @param {number} height */
  constructor(bytes, format, width, height) {
    this.embedding = embed(bytes);
    this.format = format;
    this.width = width;
    this.height = height;
  }
  free() {}
}

/** @param {Uint8Array} bytes */
function sniff(bytes) {
  const head = String.fromCharCode(...bytes.slice(0, 12));
  if (head.startsWith("\x89PNG")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("GIF8")) return "gif";
  if (head.startsWith("BM")) return "bmp";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return "webp";
  if (head.slice(4).startsWith("ftyp")) throw failure("image-format", "AVIF images are not supported");
  throw failure("image-decode", "cannot decode the image: the bytes are of no known format");
}

class Engine {
  #cache = new Map();
  preprocessor = "pillow";
  /** @param {number} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
  info() {
    return {
      name: "stub",
      architecture: "clip",
      dtype: "q8_0",
      parameters: 1,
      bytes: this.bytes,
      image_size: 32,
      crops: true,
      preprocessor: this.preprocessor,
      context_length: 77,
      projection_dim: DIM,
      logit_scale: 100,
      mode: "softmax",
      templates: ["a drawing of a {}."],
      ensemble: [],
      license: "MIT OR Apache-2.0",
      description: "No model: scores are made up.",
      source: "tests/browser/stub",
      flavour: "simd",
      threads: 1,
      version: "0.0.0",
    };
  }
  try_kernels() {
    return [];
  }
  sha256() {
    return "0".repeat(64);
  }
  embedded_by() {
    return this.sha256();
  }
  /** @param {string} name */
  set_preprocessor(name) {
    this.preprocessor = name;
  }
  pictures_together() {
    return 1;
  }
  /** @param {Uint8Array} bytes */
  embed_image(bytes) {
    return new ImageEmbedding(bytes, sniff(bytes), 64, 48);
  }
  /** @param {Uint8Array} rgba @param {number} width @param {number} height */
  embed_pixels(rgba, width, height) {
    return new ImageEmbedding(rgba, "pixels", width, height);
  }
  /** @param {string[]} texts */
  embed_texts(texts) {
    for (const text of texts) {
      if (text.includes("trap")) throw new WebAssembly.RuntimeError("unreachable");
      if (text.includes("slow")) spin(50);
    }
    const flat = new Float32Array(texts.length * DIM);
    texts.forEach((text, index) => flat.set(embed(letters(text)), index * DIM));
    return flat;
  }
  /** @param {string[]} labels @param {string[]} templates */
  missing_labels(labels, templates) {
    if (labels.length === 0) throw failure("no-labels", "no labels were given: at least one is needed");
    for (const template of templates) {
      if (!template.includes("{}")) throw failure("template", `template "${template}" has no {} where the label goes`);
    }
    labels.forEach((label, index) => {
      if (!label.trim()) throw failure("empty-label", `label ${index} is empty`);
    });
    return [...new Set(labels)].filter((label) => !this.#cache.has(JSON.stringify([label, templates])));
  }
  /** @param {string[]} labels @param {string[]} templates */
  prompts(labels, templates) {
    return templates.flatMap((template) => labels.map((label) => template.replaceAll("{}", () => label)));
  }
  /** @param {string[]} labels @param {string[]} templates */
  keep_labels(labels, templates) {
    for (const label of labels) this.#cache.set(JSON.stringify([label, templates]), embed(letters(label)));
  }
  /** @param {Float32Array} embedding @param {string[]} labels @param {string[]} templates @param {string} mode */
  classify(embedding, labels, templates, mode) {
    const cosines = labels.map((label) => cosine(embedding, this.#cache.get(JSON.stringify([label, templates]))));
    const weights = cosines.map((value) => Math.exp(5 * value));
    const sum = weights.reduce((a, b) => a + b, 0);
    return labels
      .map((label, index) => {
        const score = mode === "independent" ? 1 / (1 + Math.exp(-5 * cosines[index])) : weights[index] / sum;
        return { label, score, cosine: cosines[index], logit: 100 * cosines[index], index };
      })
      .sort((a, b) => b.score - a.score || a.index - b.index);
  }
  /** @param {string} text */
  tokenize(text) {
    return Uint32Array.from(letters(text));
  }
  free() {}
}

/** @param {Float32Array} a @param {Float32Array} b */
function cosine(a, b) {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}

export class ModelLoader {
  #head = "";
  #bytes = 0;
  /** @param {Uint8Array} chunk */
  push(chunk) {
    if (this.#bytes === 0) this.#head = String.fromCharCode(...chunk.slice(0, 3));
    this.#bytes += chunk.length;
  }
  finish() {
    if (this.#head === "bad") throw failure("malformed", 'not a valid GGUF file: it begins with "bad"');
    return new Engine(this.#bytes);
  }
  free() {}
}

export default async function init() {}
