// @ts-check
/**
 * Folders with seeded weights, small enough to be made on the spot: Hugging Face's of a CLIP, large enough (19 MB) that a
 * download of it can be cut, and OpenCLIP's of a Perception Encoder, of a MobileCLIP and of a CLIP with an EfficientNet-Lite.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const GOLDEN = "tests/golden/models/quick-gelu";
const WIDTH = 256;
const MLP = 1024;
const TOWERS = { vision_model: 4, text_model: 2 };
/** The width of the smallest Perception Encoder's vision tower, and the side of the pictures it gets here. */
const PE_WIDTH = 192;
const SIDE = 64;
/** MobileCLIP's towers: the channels and blocks of S0, and of S2, whose first stage fills no blocks of 32. */
const FAST_VITS = {
  fastvit_mci0: { width: 64, blocks: [2, 6, 10, 2] },
  fastvit_mci2: { width: 80, blocks: [4, 12, 24, 4] },
};

/** @param {string} folder made if it is not there */
export function writeSeededCheckpoint(folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of ["tokenizer.json", "preprocessor_config.json"]) {
    copyFileSync(path.join(GOLDEN, file), path.join(folder, file));
  }
  writeFileSync(path.join(folder, "config.json"), JSON.stringify(config()));
  writeFileSync(path.join(folder, "model.safetensors"), weights(shapes()));
}

/**
 * As OpenCLIP stores `PE-Core-T-16-384`, with that vision tower for small pictures, and a text tower of two layers.
 * @param {string} folder made if it is not there
 */
export function writeSeededPerceptionEncoder(folder) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(GOLDEN, "tokenizer.json"), path.join(folder, "tokenizer.json"));
  const vision_cfg = { image_size: SIDE, timm_model_name: "vit_pe_core_tiny_patch16_384", timm_pool: "map", timm_proj: null };
  const text_cfg = { context_length: 16, vocab_size: 600, width: WIDTH, heads: 4, layers: 2 };
  const preprocess_cfg = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], interpolation: "bilinear", resize_mode: "squash" };
  const model_cfg = { embed_dim: 64, custom_text: true, vision_cfg, text_cfg };
  writeFileSync(path.join(folder, "open_clip_config.json"), JSON.stringify({ model_cfg, preprocess_cfg }));
  writeFileSync(path.join(folder, "open_clip_model.safetensors"), weights(perceptionEncoderShapes()));
}

/**
 * As OpenCLIP stores `MobileCLIP2-S0`, or another, with that vision tower for small pictures, and a text tower of two layers.
 * @param {string} folder made if it is not there
 * @param {keyof typeof FAST_VITS} [tower]
 */
export function writeSeededMobileClip(folder, tower = "fastvit_mci0") {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(GOLDEN, "tokenizer.json"), path.join(folder, "tokenizer.json"));
  const vision_cfg = { image_size: SIDE, timm_model_name: tower, timm_pool: "avg", timm_proj: null };
  const text_cfg = { context_length: 16, vocab_size: 600, width: WIDTH, heads: 4, layers: 2, no_causal_mask: true };
  const preprocess_cfg = { mean: [0, 0, 0], std: [1, 1, 1], interpolation: "bilinear", resize_mode: "shortest" };
  const model_cfg = { embed_dim: 64, custom_text: true, vision_cfg, text_cfg };
  writeFileSync(path.join(folder, "open_clip_config.json"), JSON.stringify({ model_cfg, preprocess_cfg }));
  writeFileSync(path.join(folder, "open_clip_model.safetensors"), weights(mobileClipShapes(FAST_VITS[tower])));
}

/**
 * As OpenCLIP stores a CLIP with `tf_efficientnet_lite0`, for small pictures, and a text tower of two layers.
 * @param {string} folder made if it is not there
 */
export function writeSeededEfficientNet(folder) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(GOLDEN, "tokenizer.json"), path.join(folder, "tokenizer.json"));
  const vision_cfg = { image_size: SIDE, timm_model_name: "tf_efficientnet_lite0", timm_pool: "avg", timm_proj: "linear" };
  const text_cfg = { context_length: 16, vocab_size: 600, width: WIDTH, heads: 4, layers: 2, hf_tokenizer_name: "seeded" };
  const preprocess_cfg = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], interpolation: "bicubic", resize_mode: "shortest" };
  const model_cfg = { embed_dim: 64, custom_text: true, vision_cfg, text_cfg };
  writeFileSync(path.join(folder, "open_clip_config.json"), JSON.stringify({ model_cfg, preprocess_cfg }));
  writeFileSync(path.join(folder, "open_clip_model.safetensors"), weights(efficientNetShapes()));
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

/** @returns {Array<[string, number[]]>} */
function perceptionEncoderShapes() {
  const trunk = "visual.trunk";
  /** @type {Array<[string, number[]]>} */
  const shapes = [
    ["logit_scale", []],
    [`${trunk}.cls_token`, [1, 1, PE_WIDTH]],
    [`${trunk}.pos_embed`, [1, 1 + (SIDE / 16) ** 2, PE_WIDTH]],
    [`${trunk}.patch_embed.proj.weight`, [PE_WIDTH, 3, 16, 16]],
    [`${trunk}.attn_pool.latent`, [1, 1, PE_WIDTH]],
  ];
  /** @param {string} layer @param {number[]} weight */
  const affine = (layer, weight) => shapes.push([`${layer}.weight`, weight], [`${layer}.bias`, [weight[0]]]);
  /** @param {string} place @param {string[]} names of the two layers @param {number} width */
  const mlp = (place, [first, second], width) => {
    affine(`${place}.${first}`, [4 * width, width]);
    affine(`${place}.${second}`, [width, 4 * width]);
  };
  affine(`${trunk}.head`, [64, PE_WIDTH]);
  for (const norm of ["norm_pre", "norm", "attn_pool.norm"]) affine(`${trunk}.${norm}`, [PE_WIDTH]);
  for (const part of ["q", "proj"]) affine(`${trunk}.attn_pool.${part}`, [PE_WIDTH, PE_WIDTH]);
  affine(`${trunk}.attn_pool.kv`, [2 * PE_WIDTH, PE_WIDTH]);
  mlp(`${trunk}.attn_pool.mlp`, ["fc1", "fc2"], PE_WIDTH);
  for (let index = 0; index < 12; index++) {
    const block = `${trunk}.blocks.${index}`;
    affine(`${block}.attn.qkv`, [3 * PE_WIDTH, PE_WIDTH]);
    affine(`${block}.attn.proj`, [PE_WIDTH, PE_WIDTH]);
    for (const norm of ["norm1", "norm2"]) affine(`${block}.${norm}`, [PE_WIDTH]);
    mlp(`${block}.mlp`, ["fc1", "fc2"], PE_WIDTH);
  }
  return [...shapes, ...openClipTextShapes()].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The shapes of OpenCLIP's text tower. @returns {Array<[string, number[]]>} */
function openClipTextShapes() {
  /** @type {Array<[string, number[]]>} */
  const shapes = [
    ["text.token_embedding.weight", [600, WIDTH]],
    ["text.positional_embedding", [16, WIDTH]],
    ["text.text_projection", [WIDTH, 64]],
  ];
  /** @param {string} layer @param {number[]} weight */
  const affine = (layer, weight) => shapes.push([`${layer}.weight`, weight], [`${layer}.bias`, [weight[0]]]);
  affine("text.ln_final", [WIDTH]);
  for (let index = 0; index < 2; index++) {
    const block = `text.transformer.resblocks.${index}`;
    shapes.push([`${block}.attn.in_proj_weight`, [3 * WIDTH, WIDTH]], [`${block}.attn.in_proj_bias`, [3 * WIDTH]]);
    affine(`${block}.attn.out_proj`, [WIDTH, WIDTH]);
    for (const norm of ["ln_1", "ln_2"]) affine(`${block}.${norm}`, [WIDTH]);
    affine(`${block}.mlp.c_fc`, [4 * WIDTH, WIDTH]);
    affine(`${block}.mlp.c_proj`, [WIDTH, 4 * WIDTH]);
  }
  return shapes;
}

/** @param {{ width: number, blocks: number[] }} tower @returns {Array<[string, number[]]>} */
function mobileClipShapes({ width, blocks: stages }) {
  const trunk = "visual.trunk";
  /** @type {Array<[string, number[]]>} */
  const shapes = [["logit_scale", []]];
  /** @param {string} layer @param {number[]} weight */
  const affine = (layer, weight) => shapes.push([`${layer}.weight`, weight], [`${layer}.bias`, [weight[0]]]);
  /** @param {string} name @param {number} channels */
  const norm = (name, channels) => {
    affine(name, [channels]);
    shapes.push([`${name}.running_mean`, [channels]], [`${name}.running_var`, [channels]]);
  };
  /** @param {string} name @param {number} outputs @param {number} inputs @param {number} kernel */
  const convolution = (name, outputs, inputs, kernel) => {
    shapes.push([`${name}.conv.weight`, [outputs, inputs, kernel, kernel]]);
    norm(`${name}.bn`, outputs);
  };
  /** @param {string} name @param {number} outputs @param {number} inputs */
  const branches = (name, outputs, inputs) => {
    convolution(`${name}.conv_kxk.0`, outputs, inputs, 3);
    convolution(`${name}.conv_scale`, outputs, inputs, 1);
  };
  /** @param {string} name @param {number} channels */
  const pointwise = (name, channels) => {
    norm(`${name}.identity`, channels);
    convolution(`${name}.conv_kxk.0`, channels, channels, 1);
  };
  /** @param {string} name @param {number} channels @param {number} squeezed */
  const excitation = (name, channels, squeezed) => {
    affine(`${name}.se.fc1`, [squeezed, channels, 1, 1]);
    affine(`${name}.se.fc2`, [channels, squeezed, 1, 1]);
  };
  /** @param {string} name @param {number} channels */
  const scale = (name, channels) => shapes.push([`${name}.gamma`, [channels, 1, 1]]);

  branches(`${trunk}.stem.0`, width, 3);
  branches(`${trunk}.stem.1`, width, 1);
  pointwise(`${trunk}.stem.2`, width);
  stages.forEach((blocks, stage) => {
    const channels = width << stage;
    const attends = stage === 3;
    const place = `${trunk}.stages.${stage}`;
    if (stage) {
      convolution(`${place}.downsample.proj.0.large_conv`, channels, 1, 7);
      convolution(`${place}.downsample.proj.0.small_conv`, channels, 1, 3);
      if (stage > 1) excitation(`${place}.downsample.proj.0`, channels, channels / 4);
      pointwise(`${place}.downsample.proj.1`, channels);
    }
    if (attends) affine(`${place}.pos_emb.pos_enc`, [channels, 1, 7, 7]);
    for (let index = 0; index < blocks; index++) {
      const block = `${place}.blocks.${index}`;
      if (attends) {
        norm(`${block}.norm`, channels);
        shapes.push([`${block}.token_mixer.qkv.weight`, [3 * channels, channels]]);
        affine(`${block}.token_mixer.proj`, [channels, channels]);
        scale(`${block}.layer_scale_1`, channels);
      } else {
        norm(`${block}.token_mixer.norm.identity`, channels);
        norm(`${block}.token_mixer.mixer.identity`, channels);
        branches(`${block}.token_mixer.mixer`, channels, 1);
        scale(`${block}.token_mixer.layer_scale`, channels);
      }
      convolution(`${block}.mlp.conv`, channels, 1, 7);
      affine(`${block}.mlp.fc1`, [3 * channels, channels, 1, 1]);
      affine(`${block}.mlp.fc2`, [channels, 3 * channels, 1, 1]);
      scale(attends ? `${block}.layer_scale_2` : `${block}.layer_scale`, channels);
    }
  });
  branches(`${trunk}.final_conv`, 16 * width, 1);
  excitation(`${trunk}.final_conv`, 16 * width, width);
  affine(`${trunk}.head.fc`, [64, 16 * width]);
  return [...shapes, ...openClipTextShapes()].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @returns {Array<[string, number[]]>} */
function efficientNetShapes() {
  const trunk = "visual.trunk";
  /** @type {Array<[string, number[]]>} */
  const shapes = [["logit_scale", []], ["visual.head.proj.weight", [64, 1280]]];
  /** @param {string} place @param {string} name @param {number} count of the norm @param {number[]} shape of the kernel */
  const convolution = (place, name, count, shape) => {
    shapes.push([`${place}.${name}.weight`, shape]);
    for (const part of ["weight", "bias", "running_mean", "running_var"]) shapes.push([`${place}.bn${count}.${part}`, [shape[0]]]);
  };
  convolution(trunk, "conv_stem", 1, [32, 3, 3, 3]);
  let inputs = 32;
  const stages = [[1, 16, 3], [2, 24, 3], [2, 40, 5], [3, 80, 3], [3, 112, 5], [4, 192, 5], [1, 320, 3]];
  stages.forEach(([blocks, outputs, kernel], stage) => {
    for (let index = 0; index < blocks; index++) {
      const block = `${trunk}.blocks.${stage}.${index}`;
      const inner = stage ? 6 * inputs : inputs;
      if (stage) convolution(block, "conv_pw", 1, [inner, inputs, 1, 1]);
      convolution(block, "conv_dw", stage ? 2 : 1, [inner, 1, kernel, kernel]);
      convolution(block, stage ? "conv_pwl" : "conv_pw", stage ? 3 : 2, [outputs, inner, 1, 1]);
      inputs = outputs;
    }
  });
  convolution(trunk, "conv_head", 2, [1280, inputs, 1, 1]);
  return [...shapes, ...openClipTextShapes()].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Small weights; gains of about one, and of twelve in one of a hundred channels.
 * @param {Array<[string, number[]]>} shapes
 */
function weights(shapes) {
  let state = 1;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * 2 - 1;
  /** @type {Record<string, unknown>} */
  const header = {};
  const parts = [];
  let offset = 0;
  for (const [name, shape] of shapes) {
    const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
    const isGain = shape.length === 1 && name.endsWith(".weight");
    for (let i = 0; i < values.length; i++) values[i] = isGain ? (i % 100 === 7 ? 12 : 1 + 0.2 * random()) : 0.1 * random();
    if (name === "logit_scale") values[0] = 4.6;
    if (name.endsWith(".running_var")) values.fill(0.5); // what a batch norm has seen, never negative
    parts.push(new Uint8Array(values.buffer));
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, ...parts]);
}
