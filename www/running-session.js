// @ts-check
/**
 * The page's session, started at once: `index.html` runs this small module first, so that the engine and the model are under
 * way while the modules of the views still arrive.
 */
import "./security/trusted-types.js";
import { fetchDemo } from "./state/demo.js";
import { fragment } from "./state/url-fragment.js";
import { ModelSession } from "./state/model-session.js";
import { remembered } from "./state/remembered.js";

/** The settings of demo.json. */
export const demoRead = fetchDemo();

const wanted = fragment.parse(location.hash || remembered.read()).settings.model ?? null;

export const session = new ModelSession(demoRead.then(({ demo }) => demo.model), wanted);

/** Settles when the model that comes with the page is loaded, or has failed to. */
export const started = session.start();
