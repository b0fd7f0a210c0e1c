/** A program in strict TypeScript, against the declarations of the packed package: what compiles, and what does not. */
import { cos_sim, dot, EngineClient, EngineError, env, pipeline, Tensor, topK, ZeroShotImageClassificationPipeline, type Score } from "clip-wasm";
import { EngineClient as Engine } from "clip-wasm/engine";
import { pipeline as simdPipeline } from "clip-wasm/simd";
import esbuildPlugin from "clip-wasm/esbuild";
import rollupPlugin from "clip-wasm/rollup";
import vitePlugin from "clip-wasm/vite";

export async function classifies(file: File, canvas: OffscreenCanvas): Promise<void> {
  const classify = await pipeline("zero-shot-image-classification", "openai/clip-vit-base-patch32", {
    dtype: "q8",
    device: "wasm",
    revision: "main",
    progress_callback: (event) => console.log(event.status === "progress" ? event.progress.toFixed(1) : event.status),
  });
  console.log(classify instanceof ZeroShotImageClassificationPipeline);
  const one: Score[] = await classify(file, ["a cat", "a dog"], { hypothesis_template: "a photo of {}." });
  const many: Score[][] = await classify([file, canvas, "data:image/png;base64,"], "a cat, a dog");
  console.log(one[0].label, many[0][0].score, classify.model.projection_dim);
  const { values, side } = await classify.engine.heatmaps(file, { key: "a", method: "patches", labels: ["a cat"], templates: ["{}"] });
  console.log(values.length, side);
  for (const { key, bytes } of (await classify.engine.listModels()).stored) if (bytes > 1e9) await classify.engine.deleteModel(key);
  await classify.dispose();

  const extract = await simdPipeline("image-feature-extraction");
  const features: Tensor = await extract([file, { width: 1, height: 1, channels: 3, data: new Uint8Array(3) }], { normalize: true });
  console.log(cos_sim(features.data, features), dot([1], [2]), topK(features.data, 3)[0].index, features.dims);
  console.log(features[0].data.length, features.mean().item(), features.normalize().tolist());

  const engine: EngineClient = await Engine.start({ threads: 1, token: "hf_…" });
  const { scores } = await engine.classify(await engine.embedImage(file), { labels: ["a"], templates: ["{}"] });
  console.log(scores[0].cosine, engine.flavour);
  const problem = new EngineError("option", "an option");
  console.log(problem.code);
}

env.remoteHost = "https://hub.example";
env.allowLocalModels = false;
// @ts-expect-error a setting that there is not
env.cacheDir = "models";

export const plugins = [esbuildPlugin().name, rollupPlugin().name, vitePlugin().name];

// @ts-expect-error an option that there is not
pipeline("zero-shot-image-classification", null, { cache_dir: "models" });
// @ts-expect-error a task that there is not
pipeline("text-generation");
// @ts-expect-error a device that there is not
pipeline("feature-extraction", null, { device: "webgpu" });
