// @ts-check
/**
 * What the research tabs have to show of what the command line prints: tables, figures and sentences, worded here anew, so that
 * a fault of the page's own wording shows too. And what they do show, as text.
 */

/** @import { Locator } from "playwright-core" */
/**
 * @typedef {object} Screen
 * @property {string[]} facts a term and its value each
 * @property {{ caption: string, rows: string[] }[]} tables cells of a row are parted by " | "
 * @property {string[]} words whatever else has a digit in it
 */

/** Reads what a part shows; hidden parts, axes of charts and controls are left out. @param {Locator} part @returns {Promise<Screen>} */
export function screenOf(part) {
  return part.evaluate((root) => {
    const text = (/** @type {Node} */ node) => (node.textContent ?? "").replace(/\s+/g, " ").trim();
    const shown = (/** @type {string} */ selector) => [...root.querySelectorAll(selector)].filter((node) => node.checkVisibility());
    const tables = shown("table").map((table) => ({
      caption: text(/** @type {Element} */ (table.querySelector("caption"))),
      rows: [...table.querySelectorAll("tbody tr")].map((row) => [...row.children].map(text).join(" | ")),
    }));
    const facts = shown("dt").map((term) => `${text(term)}: ${text(/** @type {Element} */ (term.nextElementSibling))}`);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    /** @type {Set<Element>} */
    const parents = new Set();
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      const isElsewhere = parent?.closest("table, dl, button, select, textarea, label, .axes");
      if (parent?.checkVisibility() && !isElsewhere && /\d/.test(walker.currentNode.textContent ?? "")) parents.add(parent);
    }
    return { facts, tables, words: [...parents].map(text) };
  });
}

/** How many numbers a screen shows; names of files, hashes and captions do not count. @param {Screen} screen */
export function numbersIn({ facts, tables, words }) {
  const texts = [...facts, ...tables.flatMap(({ rows }) => rows), ...words.filter((line) => !line.startsWith("Measured: "))];
  const cells = texts.flatMap((line) => line.split(" | ")).filter((cell) => !/\/\S*\.\w+$/.test(cell));
  return cells.join(" ").match(/\d+(?:[.,]\d+)*/g)?.length ?? 0;
}

const rounded = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const counted = new Intl.NumberFormat("en");

/** A share as the page shows it. @param {number | null} share */
export function percent(share) {
  if (share === null) return "–";
  if (share > 0 && share < 0.0005) return "<0.1 %";
  return share < 1 && share > 0.9995 ? ">99.9 %" : `${rounded.format(share * 100)} %`;
}

/** @typedef {{ value: number, low: number, high: number, n: number }} Estimate */

/** An estimate as the page shows it. @param {Estimate | null} estimate */
export function shown(estimate) {
  if (!estimate) return "";
  const { value, low, high, n } = estimate;
  const [a, b, c] = [value, low, high].map((share) => (share * 100).toFixed(1));
  const interval = low === high ? "no interval: all resamples are identical" : `${b} to ${c}`;
  return `${a} % (${interval}) n = ${counted.format(n)}`;
}

/** @param {...(string | number)} cells */
const row = (...cells) => cells.join(" | ");

/** What a result is of, in one line. @param {any} document @param {number} images */
export function whose({ model, dtype, weights_sha256: weights, data, data_sha256: hash, labels, templates, seed }, images) {
  const asked = labels.length + templates.length > 0;
  const quoted = templates.map((/** @type {string} */ template) => `“${template}”`).join(", ");
  const words = quoted.length > 60 ? `${templates.length} templates` : quoted;
  const pictures = `${images} ${images === 1 ? "picture" : "pictures"}, ${hash.slice(0, 8)}`;
  const names = labels.length === 1 ? "1 label" : `${labels.length} labels`;
  return `${model} ${dtype} (${weights.slice(0, 8)}) on ${data} (${pictures})${asked ? `, ${names}, ${words}, seed ${seed}` : ""}`;
}

const NO_TEMPERATURE = /** @type {Record<string, string>} */ ({
  "every-picture-right": "none: every picture is classified correctly, so a lower temperature always fits better",
  "lower-is-likelier": "none: the lower the temperature, the better the fit",
  "higher-is-likelier": "none: uniform scores would fit better than these",
});

/** What `clip-wasm eval` prints, of up to sixty labels. @param {any} document @returns {Screen} */
export function evaluationScreen(document) {
  const { images, labels, acc1, acc5, mean_per_class_recall: recall, intervals, calibration, per_class, confusion, most_confused, each_template, predictions } = document;
  const bounded = (/** @type {number} */ value, /** @type {[number, number]} */ [low, high]) => shown({ value, low, high, n: images });
  const spread = each_template.map((/** @type {any} */ { acc1 }) => acc1.value * 100);
  const bins = calibration.bins.filter((/** @type {any} */ { images }) => images > 0);
  const misses = predictions.filter((/** @type {any} */ { rank }) => rank > 0).length;
  const tables = [
    { caption: "Confusion matrix: true labels in rows, predicted labels in columns", rows: confusion.map((/** @type {number[]} */ counts, /** @type {number} */ at) => row(labels[at], ...counts.map((count) => count || ""))) },
    { caption: "Most confused", rows: most_confused.map((/** @type {any} */ pair) => row(labels[pair.truth], labels[pair.predicted], pair.images, "Show")) },
    { caption: "Each label", rows: per_class.map((/** @type {any} */ one) => row(one.label, one.images, shown(one.precision), shown(one.recall), percent(one.f1))) },
    ...(each_template.length > 0
      ? [{ caption: "Each template on its own, with McNemar’s p against the ensemble", rows: each_template.map((/** @type {any} */ one) => row(one.template, shown(one.acc1), one.p.toFixed(3))) }]
      : []),
    {
      caption: "Confidence and accuracy",
      rows: bins.map((/** @type {any} */ { low, high, images, confidence, accuracy }) =>
        row(`${(low * 100).toFixed(0)} to ${(high * 100).toFixed(0)} %`, images, percent(confidence), shown(accuracy)),
      ),
    },
  ];
  return {
    facts: [
      `Top-1 accuracy: ${bounded(acc1, intervals.acc1)}`,
      `Top-5 accuracy: ${acc5 === null ? "– (needs at least five labels)" : bounded(acc5, intervals.acc5)}`,
      `Mean per-class recall: ${bounded(recall, intervals.mean_per_class_recall)}`,
      `Expected calibration error: ${calibration.ece.toFixed(3)}`,
      `Fitted temperature: ${calibration.temperature?.toFixed(2) ?? NO_TEMPERATURE[calibration.no_temperature]}`,
    ],
    tables,
    words: [
      `Measured: ${whose(document, predictions.length)}.`,
      `Errors: ${misses}`,
      ...(spread.length > 0 ? [`Top-1 accuracy ranges from ${Math.min(...spread).toFixed(1)} to ${Math.max(...spread).toFixed(1)} %, depending on the template alone.`] : []),
    ],
  };
}

/** What `clip-wasm compare` prints, below the evaluation it is compared with. @param {string} named the pin @param {any} document @param {string} differing @returns {Screen["tables"]} */
export function comparisonTables(named, { first, second, difference, only_first_right: lost, only_second_right: won, p, moved, without_label: without = 0 }, differing) {
  const paired = moved && [row("Correct only in the pinned run", lost), row("Correct only now", won), row("McNemar’s exact p", p.toFixed(4)), row("Changed answers", moved.length), ...(without > 0 ? [row("Not compared: label not among the choices", without)] : [])];
  const others = [row("Pictures", "not the same in both runs, so only the accuracies are compared")];
  const rows = [row("Differs in", differing), row("Pinned", shown(first)), row("Now", shown(second)), row("Difference", shown(difference)), ...(paired ?? others)];
  return [{ caption: `Compared with ${named}`, rows }, ...(moved?.length > 0 ? [movedTable(moved)] : [])];
}

/** @param {{ image: string, first: string, second: string }[]} moved */
const movedTable = (moved) => ({ caption: "Pictures with a different answer", rows: moved.map(({ image, first, second }) => row(image, first, second)) });

/** What `clip-wasm probe` prints. @param {any} document @param {number} images @returns {Screen} */
export function probeScreen(document, images) {
  const shots = document.few_shot.map((/** @type {any} */ { shots, accuracy, deviation }) => row(`${shots} per label`, `${percent(accuracy)}, standard deviation ${(deviation * 100).toFixed(1)}`));
  const untested = document.untested_shots.map((/** @type {number} */ shots) => row(`${shots} per label`, "not tested: no label has more pictures than that"));
  const rows = [row("Zero-shot, from the prompts", shown(document.zero_shot)), row(`Probe, cross-validated (C ${document.c})`, shown(document.cross_validated)), ...shots, ...untested];
  return { facts: [], tables: [{ caption: "Learned from the embeddings", rows }], words: [`Measured: ${whose(document, images)}.`] };
}

const VERDICTS = /** @type {Record<string, string>} */ ({
  different: "different",
  "no-evidence": "no evidence of a difference",
  "too-few-pictures": "too few pictures to tell",
});

/** The groups that `clip-wasm bias` prints. @param {any} document @param {number} images @returns {Screen} */
export function groupsScreen(document, images) {
  const { groups, differences } = document;
  const found = differences.filter((/** @type {any} */ { verdict }) => verdict === "different").length;
  const sorted = [...differences].sort((a, b) => a.p_adjusted - b.p_adjusted || a.p - b.p);
  const shares = (/** @type {string} */ which) => groups.map((/** @type {any} */ { group, labels }) => row(group, ...labels.map((/** @type {any} */ label) => shown(label[which]))));
  const tested = (/** @type {any} */ one) =>
    row(one.label, `${one.first} – ${one.second}`, (one.difference * 100).toFixed(1), one.effect?.toFixed(2) ?? "–", one.p.toFixed(4), one.p_adjusted.toFixed(4), VERDICTS[one.verdict]);
  return {
    facts: [],
    tables: [
      { caption: "Groups", rows: groups.map((/** @type {any} */ { group, images, small }) => row(group, images, small ? "too few to tell" : "")) },
      { caption: "Differences in mean score, by adjusted p", rows: sorted.slice(0, 200).map(tested) },
      { caption: "Mean score of each label", rows: shares("score") },
      { caption: "How often each label ranks first", rows: shares("top1") },
    ],
    words: [`Measured: ${whose(document, images)}.`, `${differences.length} tests; ${found} show a difference after Holm’s correction.`],
  };
}

/** The sets of labels that `clip-wasm bias` prints. @param {any} document @param {number} images @returns {Screen} */
export function setsScreen(document, images) {
  const { counts, moved } = document.label_sets;
  const changed = counts.filter((/** @type {any} */ { first, second }) => first !== second).slice(0, 12);
  return {
    facts: [],
    tables: [{ caption: "Pictures of each label", rows: counts.map((/** @type {any} */ { label, first, second }) => row(label, first ?? "–", second ?? "–", (second ?? 0) - (first ?? 0))) }, movedTable(moved)],
    words: [
      `Measured: ${whose(document, images)}.`,
      `${moved.length} of ${images} pictures get a different answer.`,
      ...changed.flatMap((/** @type {any} */ { label, first, second }) => [`${label} ${first ?? "–"}`, `${second ?? "–"} ${label}`]).filter((/** @type {string} */ words) => /\d/.test(words)),
    ],
  };
}

/** The association that `clip-wasm bias` prints. @param {any} document @param {number} images @param {string[]} targets @returns {Screen} */
export function associationScreen(document, images, targets) {
  const { first, second, effect, p, small } = document.association;
  const nearness = (/** @type {Estimate} */ { value, low, high, n }) => `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}) n = ${n}`;
  return {
    facts: [],
    tables: [{ caption: "Similarity to the first words minus that to the others", rows: [row(targets[0], nearness(first)), row(targets[1], nearness(second))] }],
    words: [`Measured: ${whose(document, images)}.`, `Effect size ${effect === null ? "undefined" : effect.toFixed(2)}, p = ${(p ?? 1).toFixed(4)}${small ? ": too few pictures to tell" : ""}.`],
  };
}

const SEVERITIES = [1, 2, 3, 4, 5];

/** What `clip-wasm robustness` prints. @param {any} document @returns {Screen} */
export function robustnessScreen(document) {
  const { clean, clean_resampled: resampled, retention, families, cells, corruptions, relative_mean_corruption_error: relative } = document;
  const names = [...new Set(families.map((/** @type {any} */ { family }) => family))];
  const of = (/** @type {any[]} */ list, /** @type {string} */ key, /** @type {unknown} */ name) => list.filter((one) => one[key] === name).map(({ acc1 }) => shown(acc1));
  const corruption = (/** @type {any} */ { corruption: name, relative_error: error, never_changed: never }) => row(name.replaceAll("_", " "), ...of(cells, "corruption", name), (error * 100).toFixed(1), never);
  return {
    facts: [
      `Top-1 accuracy, clean: ${shown(clean)}`,
      `Mean corruption error above the clean error: ${(relative * 100).toFixed(1)} points`,
      ...retention.map((/** @type {any} */ { severity, retained }) => `Accuracy retained at severity ${severity}: ${shown(retained)}`),
    ],
    tables: [
      { caption: "Top-1 accuracy by family and severity", rows: names.map((name) => row(name, shown(resampled), ...of(families, "family", name))) },
      { caption: "Top-1 accuracy by corruption and severity", rows: corruptions.map(corruption) },
    ],
    words: [
      `Measured: ${whose(document, document.images)}.`,
      `Each line is the mean over a family’s corruptions; its band is the bootstrapped 95 % interval over the ${resampled.n} pictures, including the clean ones.`,
    ],
  };
}

/** Results of `clip-wasm robustness` beside each other. @param {Record<string, any>} runs by name @returns {Screen} */
export function robustnessesScreen(runs) {
  const named = Object.entries(runs);
  const retained = (/** @type {any} */ { retention }, /** @type {number} */ severity) => retention.find((/** @type {any} */ one) => one.severity === severity).retained;
  return {
    facts: [],
    tables: [
      {
        caption: "Pinned and current runs",
        rows: [
          row("Top-1 accuracy, clean", ...named.map(([, { clean }]) => shown(clean))),
          ...SEVERITIES.map((severity) => row(`retained at severity ${severity}`, ...named.map(([, run]) => shown(retained(run, severity))))),
        ],
      },
    ],
    words: [...named.map(([name, run]) => `${name} ${whose(run, run.images)}`), "How much of its own clean accuracy each run retains, with its 95 % interval as a band."],
  };
}

/**
 * One label under other names, of what `clip-wasm eval` prints for each.
 *
 * @param {any} document of the first name
 * @param {number} images
 * @param {any[]} namings as the page saves them
 * @returns {Screen}
 */
export function namingsScreen(document, images, namings) {
  const values = namings.map(({ acc1 }) => acc1.value * 100);
  const rows = namings.map(({ name, acc1, recall, predicted, moved, p }, index) =>
    row(name, shown(acc1), shown(recall), predicted, index === 0 ? "–" : moved.length, index === 0 ? "–" : p.toFixed(3)),
  );
  return {
    facts: [],
    tables: [{ caption: "Results for each name", rows }],
    words: [`Measured: ${whose(document, images)}.`, `Top-1 accuracy ranges from ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)} %, depending on this name alone.`],
  };
}

/** What differs between what two results are of, in the page's words. @param {any} first @param {any} second @param {number[]} images of either */
export function differing(first, second, images) {
  const differs = (/** @type {string[]} */ ...keys) => keys.some((key) => JSON.stringify(first[key]) !== JSON.stringify(second[key]));
  const data = differs("data", "pictures_sha256") || images[0] !== images[1];
  /** @type {[string, boolean][]} */
  const parts = [
    ["the model", differs("weights_sha256", "model", "dtype")],
    ["the data", data],
    ["the true labels", !data && differs("data_sha256")],
    ["the labels", differs("labels")],
    ["the templates", differs("templates")],
    ["the seed", differs("seed")],
  ];
  return parts.flatMap(([words, differs]) => (differs ? [words] : [])).join(", ");
}

/** The page's map, whose numbers have no command: `mapOf` of research-map.mjs computes them. @param {any} map as the page saves it @returns {Screen} */
export function mapScreen(map) {
  const [along, across] = map.explained;
  const rows = map.classes.map((/** @type {any} */ { label, members, centre, spread }) => row(label, members.length, centre.map((/** @type {number} */ at) => at.toFixed(2)).join(", "), spread.toFixed(2)));
  const words = `Two components explain ${percent(along)} and ${percent(across)} of the variance: points that are close here may be far apart along other components.`;
  return { facts: [], tables: [{ caption: "Position of each label", rows }], words: [`Measured: ${whose({ ...map, labels: [], templates: [] }, map.images)}.`, words] };
}
