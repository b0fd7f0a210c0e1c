// @ts-check
/** The Model view: what the loaded model is, what it is for, and another one from disk. */
import { Component } from "../../dom/component.js";

export class ModelView extends Component {}

customElements.define("model-view", ModelView);
