// @ts-check
/**
 * Tells which labels name something that a model was trained on, using the list of its names. A label is looked up as people
 * write it: "Two dogs", "a photo of a dog.", "dog on a red background" all say "dog". `tests/browser/taught-names.test.mjs` has the rates of
 * error. Words that are in no name may still mean something to the model: it reads them piece by piece.
 */

/** What a caption may have around a name, as the training recipe writes captions. */
const MEDIA = "photo|photograph|picture|image|snapshot|drawing|line drawing|sketch|doodle|outline|cartoon|icon|emoji|painting|clip art|close-?up";
const THIS_IS = /^(?:(?:this|that|it|here|there)(?:'s| is)|(?:these|those|here|there) are) /;
const BEFORE = new RegExp(`^(?:(?:an?|the|my|some|this|one) )?(?:(?:blurry|hand-drawn|black and white|bad|good) )*(?:${MEDIA})s? of `);
const ARTICLE = /^(?:an?|the|my|our|your|some|this|that|these|those|many|several|(?:a )?(?:single|pair of|couple of|group of|bunch of)|one|two|three|four|five|six|\d{1,2}) (?=.)/;
/** What is of a kind of food or drink is told by the food. */
const PART = /^(?:slices?|pieces?|cups?|mugs?|bowls?|plates?|glass(?:es)?|bottles?|cans?|boxe?s?|bags?|loaf|loaves) of /;
const SIZE = /^(?:small|little|tiny|big|large|huge) (?=.)/;
const COLOURS = "red|orange|yellow|green|turquoise|cyan|teal|blue|purple|violet|pink|brown|black|white|gr[ae]y|dark|light|plain|beige";
const AFTER = new RegExp(`,? (?:(?:on|with|in front of) an? (?:(?:${COLOURS}) )*(?:background|ground|wall)|on (?:${COLOURS})|(?:on|at|in) the (?:top|bottom|left|right|middle|cent(?:re|er)|(?:top|bottom) (?:left|right))(?: corner)?)$`);
/** Plurals that no rule makes. */
const IRREGULAR = new Map(
  "men man,women woman,children child,people person,feet foot,teeth tooth,geese goose,mice mouse,oxen ox,leaves leaf,wolves wolf,knives knife,loaves loaf,shelves shelf,halves half,scarves scarf,calves calf,elves elf,thieves thief,wives wife,hooves hoof,dice die,cacti cactus,octopi octopus,fungi fungus"
    .split(",")
    .map((pair) => /** @type {[string, string]} */ (pair.split(" "))),
);

/** How well a name is known. */
const [UNKNOWN, DRAWN, PHOTOGRAPHED] = [0, 1, 2];

export class TaughtNames {
  /** How well each name is known. @type {Map<string, number>} */
  #names = new Map();

  /** @param {string} text the names in lower case, one a line; after a blank line those known only from drawings */
  constructor(text) {
    const [photographed, drawn = ""] = text.split("\n\n");
    for (const [names, how] of /** @type {const} */ ([[drawn, DRAWN], [photographed, PHOTOGRAPHED]]))
      for (const name of names.split("\n").map(plain).filter(Boolean))
        for (const spelt of [name, name.replaceAll("-", " ")]) this.#names.set(spelt, how);
  }

  /**
   * @param {string[]} labels
   * @returns {string[]} those that are no name which the model was taught, in any form of it
   */
  missing(labels) {
    return labels.filter((label) => !this.has(label));
  }

  /**
   * @param {string[]} labels
   * @returns {string[]} those that the model knows, but only from drawings
   */
  drawn(labels) {
    return labels.filter((label) => this.#how(label) === DRAWN);
  }

  /** @param {string} label */
  has(label) {
    return this.#how(label) !== UNKNOWN;
  }

  /** @param {string} label */
  #how(label) {
    const whole = plain(label);
    // Of "cat and dog" both must be known, unless the whole is a name, like "fish and chips".
    return this.#best(whole) || Math.min(...whole.split(/ (?:and|or|&) |[/,;] ?/).map((part) => this.#best(part)));
  }

  /** @param {string} text */
  #best(text) {
    return Math.max(...bare(text).flatMap(singulars).map((name) => this.#names.get(name) ?? UNKNOWN));
  }
}

/** Lower case, straight apostrophes, no accents, no full stop, single spaces. @param {string} text */
function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[’‘`]/g, "'")
    .replace(/[_\s]+/g, " ")
    .replace(/^["'“”«» ]+|["'“”«».!?:; ]+$/g, "");
}

/**
 * The text with less and less around the name in it; each step is kept, because a name may begin like a caption ("two hearts").
 *
 * @param {string} text
 */
function bare(text) {
  const forms = [text];
  for (const around of [THIS_IS, BEFORE, AFTER, ARTICLE, ARTICLE, SIZE, ARTICLE, PART]) {
    const less = forms[forms.length - 1].replace(around, "");
    if (less !== forms[forms.length - 1]) forms.push(less);
  }
  return forms.flatMap((form) => (form.includes("-") ? [form, form.replaceAll("-", " "), form.replaceAll("-", "")] : [form]));
}

/**
 * A noun and what it may be the plural of, and its own plural, as the list has some names in the plural alone ("jeans").
 *
 * @param {string} text
 */
function singulars(text) {
  const [, head, tail] = /^(.+?)( (?:of|with|in|on|without) .+)?$/.exec(text) ?? ["", text, ""];
  return numbers(head).map((noun) => noun + (tail ?? "")).concat(tail ? numbers(text) : []);
}

/** @param {string} noun */
function numbers(noun) {
  const forms = [noun, `${noun}s`];
  const last = noun.slice(noun.lastIndexOf(" ") + 1);
  const irregular = IRREGULAR.get(last);
  if (irregular) forms.push(noun.slice(0, -last.length) + irregular);
  if (noun.endsWith("ies")) forms.push(`${noun.slice(0, -3)}y`);
  if (/(?:s|x|z|ch|sh|o)es$/.test(noun)) forms.push(noun.slice(0, -2));
  if (noun.endsWith("s") && !noun.endsWith("ss")) forms.push(noun.slice(0, -1));
  if (noun.endsWith("y")) forms.push(`${noun.slice(0, -1)}ies`);
  if (/(?:s|x|ch|sh)$/.test(noun)) forms.push(`${noun}es`);
  return forms;
}
