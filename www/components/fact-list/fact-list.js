// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/** Names and values side by side. Property `facts`: `[name, value]` pairs; pairs with an empty value are left out. */
export class FactList extends Component {
  #list = element("dl");

  build() {
    this.append(this.#list);
  }

  set facts(/** @type {[string, import("../../dom/element.js").Child][]} */ facts) {
    const told = facts.filter(([, value]) => value);
    this.#list.replaceChildren(
      ...told.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    );
  }
}

customElements.define("fact-list", FactList);
