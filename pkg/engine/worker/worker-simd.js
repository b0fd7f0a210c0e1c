// @ts-check
/** The engine's worker with the one build that every browser runs, for programs that ship no other. */
import { serve } from "./serve.js";

serve({ builds: { simd: () => import("../../simd/clip_wasm.js") } });
