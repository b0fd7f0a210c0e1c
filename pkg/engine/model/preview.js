// @ts-check
/** @import { Dtype, ModelSource, Preview } from "../protocol/types.js" */
/** @import { DownloadContext } from "../download/download-plan.js" */
/** @import { ModelStore } from "../store/model-store.js" */
import { downloadWhole } from "../download/download-file.js";
import { isOf } from "./stored-model.js";
import { memoryNeed } from "./memory-need.js";
import { planDownload } from "../download/download-plan.js";

/**
 * Describes a download before it starts: its sizes, and whether the model fits this device.
 * @param {ModelSource} source
 * @param {Dtype} dtype
 * @param {DownloadContext} context
 * @param {ModelStore} store
 * @returns {Promise<Preview>}
 * @throws {EngineError} "unsupported-architecture", and whatever keeps the source from being found
 */
export async function preview(source, dtype, context, store) {
  const plan = await planDownload(source, dtype, context);
  if (!plan) return { name: "id" in source ? source.id : "file", bytes: 0, sizes: {}, stored: true };
  const { name, weights, companions, record } = plan;
  const bytes = weights.reduce((sum, file) => sum + file.bytes, 0);
  const { config } = companions ?? {};
  const text = typeof config === "string" ? await downloadWhole(config, context.signal, context.token) : await config?.arrayBuffer();
  /** @type {Preview["sizes"]} */
  const sizes = text ? (await context.research()).model_sizes(new Uint8Array(text)) : {};
  const stored = (await store.list()).some((model) => model.complete && isOf(model, source, dtype));
  return { name, license: record.license, bytes, sizes, stored, warning: await warning(sizes[dtype] ?? bytes, store) };
}

/**
 * @param {number} needed bytes of the finished model
 * @param {ModelStore} store
 */
async function warning(needed, store) {
  const tight = memoryNeed.warning(needed);
  if (tight) return tight;
  const { quota, used, kind } = await store.state();
  if (kind === "memory") return "This browser cannot store the model here: it will be gone when the page is closed.";
  if (quota && quota - used < needed) return `The disk has ${gigabytes(quota - used)} free, but the model takes ${gigabytes(needed)}.`;
  return undefined;
}

/** @param {number} bytes */
function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
