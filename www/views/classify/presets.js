// @ts-check
/** The ensemble that OpenAI found best for ImageNet, spelt as there ("itap": "I took a picture"). */
const SEVEN = [
  "itap of a {}.",
  "a bad photo of the {}.",
  "a origami {}.",
  "a photo of the large {}.",
  "a {} in a video game.",
  "art of the {}.",
  "a photo of the small {}.",
];

/** Label sets and templates to start from. The labels are things that can be drawn, which the embedded model knows; they go without an article, which the templates bring. */
export const PRESETS = Object.freeze({
  labels: [
    {
      id: "faces",
      title: "Faces",
      lines: ["happy face", "crying face", "angry face", "sleeping face", "face with sunglasses", "surprised face"],
    },
    { id: "animals", title: "Animals", lines: ["cat", "dog", "horse", "bird", "fish", "snake", "elephant", "bee"] },
    {
      id: "food",
      title: "Food",
      lines: ["apple", "banana", "pizza", "hamburger", "cup of coffee", "cake", "ice cream"],
    },
    { id: "travel", title: "Travel", lines: ["car", "bicycle", "airplane", "train", "sailboat", "rocket"] },
    { id: "sky", title: "Sky", lines: ["sun", "moon", "cloud", "star", "rainbow", "lightning", "snowflake"] },
  ],
  templates: [
    { id: "bare", title: "Label alone", lines: ["{}"] },
    { id: "drawing", title: "A drawing", lines: ["a drawing of a {}"] },
    { id: "photo", title: "A photo", lines: ["a photo of a {}."] },
    { id: "ensemble", title: "OpenAI’s seven", lines: SEVEN },
  ],
});
