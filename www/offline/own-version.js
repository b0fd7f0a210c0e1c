// @ts-check
/** The version of this page, which its build wrote into `index.html`; empty in the sources, which have none, and elsewhere. */
export const ownVersion = /** @type {HTMLMetaElement | null} */ (document.querySelector(`meta[name="version"]`))?.content ?? "";
