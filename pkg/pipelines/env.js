// @ts-check
/** The settings of transformers.js's `env` that mean something here; any other is an error that says what to do instead. */
import { EngineError } from "../engine/protocol/engine-error.js";

/** @typedef {{ remoteHost: string, allowRemoteModels: true, allowLocalModels: false }} Env */

/** What there is instead of the others. @type {Record<string, string>} */
const ELSEWHERE = {
  backends: "threads is an option of pipeline(), and so is base, the folder of a copy of this package",
  localModelPath: "pass the URL of a GGUF file as the model",
  remotePathTemplate: "set remoteHost, or the option hub of pipeline(), to a host with the hub's paths",
  useBrowserCache: "models are always stored; classify.engine.deleteModel() removes one",
  useFSCache: "in Node, models are kept only while the program runs",
  cacheDir: "the browser stores the models; in Node, pass the path of a GGUF file as the model",
  customCache: "the browser stores the models",
  useCustomCache: "the browser stores the models",
  useWasmCache: "the browser's own cache has the builds of the engine",
  logLevel: "nothing is logged but where an ONNX repository's weights come from",
  fetch: "pass a File or Blob as the model",
};

/** The settings: which values each takes. @type {Record<string, { takes: (value: unknown) => boolean, expected: string }>} */
const SETTINGS = {
  remoteHost: {
    takes: (value) => typeof value === "string" && /^https?:/.test(value),
    expected: "the address of a host with the hub's paths, such as https://huggingface.co",
  },
  allowRemoteModels: {
    takes: (value) => value === true,
    expected: "true. To use nothing of the hub, pass a GGUF file or its URL as the model",
  },
  allowLocalModels: {
    takes: (value) => value === false,
    expected: "false. To use a model of your own, pass a GGUF file or its URL as the model",
  },
};

/** @type {Env} */
const settings = { remoteHost: "https://huggingface.co/", allowRemoteModels: true, allowLocalModels: false };

/** Applies to pipelines that are opened later. @type {Env} */
export const env = new Proxy(settings, {
  get: (target, name) => {
    if (typeof name === "string" && Object.hasOwn(ELSEWHERE, name)) throw unknown(name);
    return Reflect.get(target, name);
  },
  set: (target, name, value) => {
    if (!Object.hasOwn(SETTINGS, name)) throw unknown(String(name));
    const setting = /** @type {string} */ (name);
    const { takes, expected } = SETTINGS[setting];
    if (!takes(value)) throw new EngineError("option", `env.${setting} is ${JSON.stringify(value)}: expected ${expected}`);
    return Reflect.set(target, setting, value);
  },
});

/** @param {string} name */
function unknown(name) {
  const instead = Object.hasOwn(ELSEWHERE, name) ? `${ELSEWHERE[name]}. ` : "";
  return new EngineError("option", `env has no "${name}" that can be set: ${instead}The settings are ${Object.keys(SETTINGS).join(", ")}`);
}
