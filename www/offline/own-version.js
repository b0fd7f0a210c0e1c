// @ts-check
/** The version that this page is, as its build put it into `index.html`; empty in the sources, which have none, and elsewhere. */
export const ownVersion = /** @type {HTMLMetaElement | null} */ (document.querySelector(`meta[name="version"]`))?.content ?? "";
