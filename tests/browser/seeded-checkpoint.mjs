// @ts-check
/**
 * A Hugging Face folder with seeded weights, large enough (19 MB) that a download of it can be cut, and small enough
 * to be made on the spot.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const GOLDEN = "tests/golden/models/quick-gelu";
const WIDTH = 256;
const MLP = 1024;
const TOWERS = { vision_model: 4, text_model: 2 };

/** @param {string} folder made if it is not there */
export function writeSeededCheckpoint(folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of ["tokenizer.json", "preprocessor_config.json"]) {
    copyFileSync(path.join(GOLDEN, file), path.join(folder, file));
  }
  writeFileSync(path.join(folder, "config.json"), JSON.stringify(config()));
  writeFileSync(path.join(folder, "model.safetensors"), weights());
}

function config() {
  const tower = { hidden_size: WIDTH, intermediate_size: MLP, num_attention_heads: 4, hidden_act: "quick_gelu" };
  return {
    model_type: "clip",
    projection_dim: 64,
    vision_config: { ...tower, num_hidden_layers: TOWERS.vision_model, image_size: 32, patch_size: 8 },
    text_config: {
      ...tower,
      num_hidden_layers: TOWERS.text_model,
      vocab_size: 600,
      max_position_embeddings: 16,
      eos_token_id: 599,
    },
  };
}

/** @returns {Array<[string, number[]]>} */
function shapes() {
  /** @type {Array<[string, number[]]>} */
  const shapes = [
    ["logit_scale", []],
    ["visual_projection.weight", [64, WIDTH]],
    ["text_projection.weight", [64, WIDTH]],
    ["vision_model.embeddings.class_embedding", [WIDTH]],
    ["vision_model.embeddings.patch_embedding.weight", [WIDTH, 3, 8, 8]],
    ["vision_model.embeddings.position_embedding.weight", [17, WIDTH]],
    ["text_model.embeddings.token_embedding.weight", [600, WIDTH]],
    ["text_model.embeddings.position_embedding.weight", [16, WIDTH]],
  ];
  /** @param {string} layer @param {number[]} weight */
  const affine = (layer, weight) => shapes.push([`${layer}.weight`, weight], [`${layer}.bias`, [weight[0]]]);
  for (const norm of ["vision_model.pre_layrnorm", "vision_model.post_layernorm", "text_model.final_layer_norm"]) {
    affine(norm, [WIDTH]);
  }
  for (const [tower, layers] of Object.entries(TOWERS)) {
    for (let index = 0; index < layers; index++) {
      const block = `${tower}.encoder.layers.${index}`;
      for (const part of ["q_proj", "k_proj", "v_proj", "out_proj"]) affine(`${block}.self_attn.${part}`, [WIDTH, WIDTH]);
      for (const norm of ["layer_norm1", "layer_norm2"]) affine(`${block}.${norm}`, [WIDTH]);
      affine(`${block}.mlp.fc1`, [MLP, WIDTH]);
      affine(`${block}.mlp.fc2`, [WIDTH, MLP]);
    }
  }
  return shapes.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Small weights; gains of about one, and of twelve in one of a hundred channels. */
function weights() {
  let state = 1;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * 2 - 1;
  /** @type {Record<string, unknown>} */
  const header = {};
  const parts = [];
  let offset = 0;
  for (const [name, shape] of shapes()) {
    const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
    const isGain = shape.length === 1 && name.endsWith(".weight");
    for (let i = 0; i < values.length; i++) values[i] = isGain ? (i % 100 === 7 ? 12 : 1 + 0.2 * random()) : 0.1 * random();
    if (name === "logit_scale") values[0] = 4.6;
    parts.push(new Uint8Array(values.buffer));
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, ...parts]);
}
