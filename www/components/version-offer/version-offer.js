// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/**
 * Says that there is a newer version of the page, and offers it. Hidden until `offer` is called; nothing happens before its
 * button is pressed.
 *
 * Event `take` when the visitor wants the newer version.
 */
export class VersionOffer extends Component {
  build() {
    this.setAttribute("role", "status");
    this.hidden = this.childElementCount === 0;
  }

  /** Shows the offer, once. */
  offer() {
    if (this.childElementCount > 0) return;
    const take = element("button", { type: "button", class: "button" }, "Reload");
    const later = element("button", { type: "button", class: "button" }, "Later");
    take.addEventListener("click", () => this.send("take"));
    later.addEventListener("click", () => (this.hidden = true));
    const words = "A new version of this page is available. This one keeps working until you reload.";
    this.append(element("p", {}, words), take, later);
    this.hidden = false;
  }
}

customElements.define("version-offer", VersionOffer);
