// @ts-check
/**
 * What Vite has to know about the package: that its worker is a module, because it fetches the build that fits the browser, and
 * that its files are to be left as they are while a program is written, because they find each other by their addresses.
 * @returns {{ name: string, config: () => object }} a plugin for `plugins` of `vite.config.js`
 */
export default function clipWasm() {
  return {
    name: "clip-wasm",
    config: () => ({ optimizeDeps: { exclude: ["clip-wasm"] }, worker: { format: "es" } }),
  };
}
