// @ts-check
/** `<clip-classify>` of the npm package, in Chromium, around a stub of the WebAssembly module. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { openStage } from "./stage.mjs";

/** @type {import("./stage.mjs").Stage} */
let stage;
/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);

before(async () => {
  stage = await openStage({
    overlay: "tests/browser/stub",
    script: `
      import "/pkg/element.js";
      const heard = (element, name) => new Promise((resolve) => element.addEventListener(name, ({ detail }) => resolve(detail), { once: true }));
      const put = (html) => {
        document.body.innerHTML = html;
        return document.body.firstElementChild;
      };
      const words = (element) => [...element.shadowRoot.querySelectorAll("[part=item]")].map((item) => item.textContent);
      Object.assign(window, { heard, put, words });
    `,
  });
});
after(() => stage.close());

describe("<clip-classify>", () => {
  test("classifies its picture with one line of HTML, and tells the scores", async () => {
    const { detail, shown, busy } = await inPage(`(async () => {
      const element = put('<clip-classify src="/tests/browser/pictures/scene.png" labels="a cat, a dog" alt="A scene" model="/models/everyday-clip.gguf"></clip-classify>');
      const detail = await heard(element, "clip-result");
      return { detail, shown: words(element), busy: element.ariaBusy };
    })()`);
    assert.equal(detail.scores.length, 2);
    assert.equal(shown.length, 2);
    assert.match(shown[0], /^a (cat|dog)\d+\.\d %$/);
    assert.equal(busy, null);
  });

  test("works anew when labels or the picture change, once for changes that come together", async () => {
    const { count, labels } = await inPage(`(async () => {
      const element = document.body.firstElementChild;
      let count = 0;
      element.addEventListener("clip-result", () => (count += 1));
      element.labels = ["a house", "a tree", "a car"];
      element.setAttribute("template", "a drawing of {}.");
      element.image = new ImageData(4, 4);
      const { scores } = await heard(element, "clip-result");
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { count, labels: scores.map(({ label }) => label).sort() };
    })()`);
    assert.equal(count, 1);
    assert.deepEqual(labels, ["a car", "a house", "a tree"]);
  });

  test("says what went wrong, and goes on when it is mended", async () => {
    const { code, said, after: mended } = await inPage(`(async () => {
      const element = document.body.firstElementChild;
      element.setAttribute("template", "no place");
      const { code } = await heard(element, "clip-error");
      const said = element.shadowRoot.querySelector("[role=status]").textContent;
      element.setAttribute("template", "{}");
      await heard(element, "clip-result");
      return { code, said, after: words(element).length };
    })()`);
    assert.equal(code, "template");
    assert.match(said, /\{\}/);
    assert.equal(mended, 3);
  });

  test("shows nothing, and is at rest, once its labels are taken away, whether it had answered or was about to", async () => {
    const ends = await inPage(`(async () => {
      const element = document.body.firstElementChild;
      const shown = () => ({ busy: element.ariaBusy, said: element.shadowRoot.querySelector("[role=status]").hidden, items: words(element).length, scores: element.scores.length });
      const answered = shown();
      element.labels = "a cat, a dog";
      await Promise.resolve(); // it begins
      const working = element.ariaBusy;
      element.removeAttribute("labels");
      await new Promise((resolve) => setTimeout(resolve, 100));
      const ends = [answered.items, working, shown()];
      element.labels = ["a house", "a tree", "a car"];
      await heard(element, "clip-result");
      return ends;
    })()`);
    assert.deepEqual(ends, [3, "true", { busy: null, said: true, items: 0, scores: 0 }]);
  });

  test("lets no style of the page in but by parts and properties, and takes a picture and words of the page's in its slots", async () => {
    const { inner, bar, slotted } = await inPage(`(async () => {
      const style = document.head.appendChild(document.createElement("style"));
      style.textContent = "li { color: rgb(1, 2, 3) } clip-classify::part(label) { color: rgb(4, 5, 6) } clip-classify { --clip-classify-bar: rgb(7, 8, 9) }";
      const element = put('<clip-classify labels="a" model="/models/everyday-clip.gguf" src="/tests/browser/pictures/scene.png"><img slot="image" alt="mine"></clip-classify>');
      await heard(element, "clip-result");
      const of = (selector, name) => getComputedStyle(element.shadowRoot.querySelector(selector))[name];
      const found = { inner: of("li", "color"), bar: of("[part=bar]", "backgroundColor"), slotted: element.shadowRoot.querySelector("slot[name=image]").assignedElements().length };
      const label = of("[part=label]", "color");
      style.remove();
      return { ...found, inner: [found.inner, label] };
    })()`);
    assert.deepEqual(inner, ["rgb(0, 0, 0)", "rgb(4, 5, 6)"]);
    assert.equal(bar, "rgb(7, 8, 9)");
    assert.equal(slotted, 1);
  });

  test("has no fault that axe finds", async () => {
    await inPage(`(async () => {
      const element = put('<clip-classify labels="a cat, a dog" alt="A scene" model="/models/everyday-clip.gguf" src="/tests/browser/pictures/scene.png"></clip-classify>');
      await heard(element, "clip-result");
    })()`);
    await stage.page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") });
    const { violations } = await stage.page.evaluate("axe.run('clip-classify')");
    assert.deepEqual(violations.map((/** @type {any} */ { id, help }) => `${id}: ${help}`), []);
  });

  test("ends its engine when it leaves the page", async () => {
    const code = await inPage(`(async () => {
      const { pipeline } = await import("/pkg/index.js");
      const element = document.body.firstElementChild;
      const same = await pipeline("zero-shot-image-classification", "/models/everyday-clip.gguf");
      await same.dispose();
      element.remove();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return same.embedTexts("a").then(() => "alive", ({ code }) => code);
    })()`);
    assert.equal(code, "disposed");
  });
});
