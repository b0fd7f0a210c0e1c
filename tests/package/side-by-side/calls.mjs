// @ts-check
/**
 * The calls that transformers.js's documentation and tests make for CLIP and SigLIP, each as it stands there: only the library that is
 * imported differs, and the ids lead to small checkpoints. `raw` is a RawImage of transformers.js, or the plain object that stands for one.
 */

/** @typedef {{ lib: any, CLIP: string, SIGLIP: string, image: string, images: string[], raw: any }} Given */
/** @typedef {{ name: string, from: string, call: (given: Given) => Promise<unknown>, scores?: false }} Call `scores`: whether values can be compared */

const LABELS = ["cat", "dog"];
const ANIMALS = ["tiger", "horse", "dog"];
const TEMPLATE = "a photo of a {}";
const OPTIONS = Object.freeze({ dtype: "fp32" });
const CLASSIFICATION = "tests/pipelines/test_pipelines_zero_shot_image_classification.js";
const FEATURES = "tests/pipelines/test_pipelines_image_feature_extraction.js";

/** @param {Given} given @param {string} task @param {string} model @param {(pipe: any) => Promise<unknown>} act */
async function using({ lib: { pipeline } }, task, model, act) {
  const pipe = await pipeline(task, model, OPTIONS);
  try {
    return await act(pipe);
  } finally {
    await pipe.dispose();
  }
}

/** @param {Given} given @param {(pipe: any) => Promise<unknown>} act */
const classified = (given, act) => using(given, "zero-shot-image-classification", given.CLIP, act);
/** @param {Given} given @param {(pipe: any) => Promise<unknown>} act */
const extracted = (given, act) => using(given, "image-feature-extraction", given.CLIP, act);

/** @type {Call[]} */
export const CALLS = [
  {
    name: "an image and labels",
    from: "src/pipelines/zero-shot-image-classification.js, example",
    scores: false, // by each library's own default template
    call: ({ lib: { pipeline }, CLIP, image: url }) =>
      pipeline("zero-shot-image-classification", CLIP).then(async (/** @type {any} */ classifier) => {
        const output = await classifier(url, ANIMALS);
        await classifier.dispose();
        return output;
      }),
  },
  { name: "a template", from: `${CLASSIFICATION}, batch_size=1`, call: (given) => classified(given, (pipe) => pipe(given.image, LABELS, { hypothesis_template: TEMPLATE })) },
  { name: "the template that is transformers.js's default", from: `${CLASSIFICATION}, batch_size=1`, call: (given) => classified(given, (pipe) => pipe(given.image, LABELS, { hypothesis_template: "This is a photo of {}" })) },
  { name: "several images", from: `${CLASSIFICATION}, batch_size>1`, call: (given) => classified(given, (pipe) => pipe(given.images, LABELS, { hypothesis_template: TEMPLATE })) },
  { name: "a list of one image", from: `${CLASSIFICATION}, batch_size>1`, call: (given) => classified(given, (pipe) => pipe([given.image], LABELS, { hypothesis_template: TEMPLATE })) },
  { name: "a RawImage", from: `${CLASSIFICATION}, load_cached_image`, call: (given) => classified(given, (pipe) => pipe(given.raw, LABELS, { hypothesis_template: TEMPLATE })) },
  { name: "SigLIP, each label by itself", from: "src/pipelines/zero-shot-image-classification.js, siglip", call: (given) => using(given, "zero-shot-image-classification", given.SIGLIP, (pipe) => pipe(given.images, LABELS, { hypothesis_template: TEMPLATE })) },
  { name: "the pipeline's class and task", from: `${CLASSIFICATION}, instance`, call: (given) => classified(given, async (pipe) => [pipe instanceof given.lib.ZeroShotImageClassificationPipeline, pipe.task]) },
  { name: "the embedding of an image", from: "src/pipelines/image-feature-extraction.js, example", call: (given) => extracted(given, (pipe) => pipe(given.image)) },
  { name: "the mean of an embedding", from: `${FEATURES}, CLIP-like, batch_size=1`, call: (given) => extracted(given, async (pipe) => (await pipe(given.image)).mean().item()) },
  { name: "the embeddings of several images", from: `${FEATURES}, CLIP-like, batch_size>1`, call: (given) => extracted(given, (pipe) => pipe(given.images)) },
  { name: "pooled embeddings of SigLIP", from: "src/pipelines/image-feature-extraction.js, pool", call: (given) => using(given, "image-feature-extraction", given.SIGLIP, (pipe) => pipe(given.images, { pool: true })) },
  { name: "pooling that CLIP has none of", from: "src/pipelines/image-feature-extraction.js, pool", call: (given) => extracted(given, (pipe) => pipe(given.image, { pool: true })) },
  {
    name: "rows of a tensor",
    from: "src/utils/tensor.js, tests/utils/tensor.test.js",
    call: (given) =>
      extracted(given, async (pipe) => {
        const output = await pipe(given.images);
        const [first, second] = output;
        return { list: output.tolist(), size: output.size, first, dims: output[1].dims, values: [...second].length, unit: output.normalize().tolist() };
      }),
  },
  {
    name: "the cosine of two embeddings",
    from: "src/utils/maths.js, cos_sim",
    call: (given) =>
      extracted(given, async (pipe) => {
        const [one, other] = (await pipe(given.images)).tolist();
        return [given.lib.cos_sim(one, other), given.lib.dot(one, other)];
      }),
  },
  {
    name: "progress",
    from: "tests/progress_callbacks.test.js",
    call: async ({ lib: { pipeline }, CLIP }) => {
      /** @type {any[]} */
      const events = [];
      const pipe = await pipeline("zero-shot-image-classification", CLIP, { ...OPTIONS, progress_callback: (/** @type {any} */ event) => events.push(event) });
      await pipe.dispose();
      const totals = events.filter(({ status }) => status === "progress_total");
      const tracked = [...new Set(events.filter(({ file }) => file).map(({ file }) => file))].map((file) => events.filter((event) => event.file === file));
      return {
        keys: Object.fromEntries(events.map((event) => [event.status, Object.keys(event).sort()])),
        names: [...new Set(events.flatMap(({ name }) => name ?? []))],
        rises: totals.every(({ loaded }, index) => index === 0 || loaded >= totals[index - 1].loaded),
        ends: totals.at(-1).progress,
        everyFile: tracked.every((own) => own[0].status === "initiate" && own.at(-1).status === "done"),
        last: events.at(-1),
      };
    },
  },
  {
    name: "no callback, as the React tutorial passes it",
    from: "docs/source/tutorials/react.md",
    call: async ({ lib: { pipeline }, CLIP }) => {
      const pipe = await pipeline("zero-shot-image-classification", CLIP, { ...OPTIONS, progress_callback: null });
      return (await pipe.dispose()) === undefined;
    },
  },
  { name: "no labels", from: "src/tokenization_utils.js", call: (given) => classified(given, (pipe) => pipe(given.image, [])) },
  { name: "a task that there is not", from: "src/pipelines.js", call: ({ lib: { pipeline }, CLIP }) => pipeline("no-such-task", CLIP) },
  { name: "an image that there is not", from: "src/utils/image.js", call: (given) => classified(given, (pipe) => pipe("nowhere.png", LABELS)) },
];

/** The embeddings of texts, which transformers.js's pipeline has for no CLIP: each library by its own calls. */
export const TEXTS = ["a photo of a car", "a photo of a football match"];

/** @param {Given} given */
export async function textEmbeddings(given) {
  const { lib, CLIP } = given;
  if (!lib.AutoTokenizer) return using(given, "feature-extraction", CLIP, (extract) => extract(TEXTS));
  const tokenizer = await lib.AutoTokenizer.from_pretrained(CLIP);
  const model = await lib.CLIPTextModelWithProjection.from_pretrained(CLIP, OPTIONS);
  const { text_embeds } = await model(tokenizer(TEXTS, { padding: true, truncation: true }));
  return text_embeds;
}

/** What a call gives, in JSON: tensors by their parts, errors as errors. @param {() => Promise<unknown>} call */
export async function outcome(call) {
  try {
    return plain(await call());
  } catch (error) {
    return { error: error instanceof Error };
  }
}

/** @param {any} value @returns {any} */
function plain(value) {
  if (value?.dims) return { type: value.type, dims: [...value.dims], size: value.size, data: value.data.constructor.name, values: [...value.data] };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  return value;
}

/**
 * What differs between two outcomes: in shape, keys, order, types, or by more than a tolerance.
 * @param {any} one @param {any} other @param {number} tolerance of numbers; infinite where only their type matters
 * @param {string} [place]
 * @returns {string[]}
 */
export function differences(one, other, tolerance, place = "") {
  if (typeof one !== typeof other || Array.isArray(one) !== Array.isArray(other)) return [`${place}: ${JSON.stringify(one)}, ${JSON.stringify(other)}`];
  if (typeof one === "number") return Math.abs(one - other) <= tolerance ? [] : [`${place}: ${one}, ${other}`];
  if (typeof one !== "object" || one === null) return one === other || (tolerance === Infinity && place.endsWith("label")) ? [] : [`${place}: ${one}, ${other}`];
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  if (keys.join() !== others.join()) return [`${place}: {${keys}}, {${others}}`];
  return keys.flatMap((key) => differences(one[key], other[key], tolerance, `${place}.${key}`));
}
