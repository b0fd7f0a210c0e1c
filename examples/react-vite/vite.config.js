import clipWasm from "clip-wasm/vite";

export default { plugins: [clipWasm()] };
