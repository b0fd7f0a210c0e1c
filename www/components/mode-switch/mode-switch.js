// @ts-check
/** @import { Mode } from "../../state/url-fragment.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/** @type {{ mode: Mode, title: string }[]} */
const MODES = [
  { mode: "softmax", title: "Compare labels" },
  { mode: "independent", title: "Score each label independently" },
];

/** How scores are read. Property `mode`; event `change-mode` with `detail.mode`. */
export class ModeSwitch extends Component {
  #inputs = new Map(
    MODES.map(({ mode }) => [mode, element("input", { type: "radio", name: "score-mode", value: mode })]),
  );

  build() {
    const choices = MODES.map(({ mode, title }) =>
      element("label", {}, this.#inputs.get(mode), element("span", {}, title)),
    );
    this.append(element("fieldset", {}, element("legend", { class: "visually-hidden" }, "Scoring"), ...choices));
  }

  attach() {
    this.listen(this, "change", ({ target }) => {
      if (target instanceof HTMLInputElement) this.send("change-mode", { mode: target.value });
    });
  }

  set mode(/** @type {Mode} */ mode) {
    const input = this.#inputs.get(mode);
    if (input) input.checked = true;
  }
}

customElements.define("mode-switch", ModeSwitch);
