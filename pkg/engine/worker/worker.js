// @ts-check
/** The engine's worker, with all builds. */
import { BUILDS } from "../runtime/builds.js";
import { ThreadPool } from "../runtime/thread-pool.js";
import { serve } from "./serve.js";

serve({ builds: BUILDS, Pool: ThreadPool });
