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

/**
 * Label sets and templates to start from. The labels are names that everyday-clip was taught; they go without an article, which the
 * templates bring. Behind the sets for photographs: how many of the photographs that were kept aside from its training, and show
 * one of the labels, it finds right among them.
 */
export const PRESETS = Object.freeze({
  labels: [
    // 84 % of 926
    {
      id: "animals",
      title: "Animals",
      lines: ["cat", "dog", "horse", "bird", "elephant", "bear", "butterfly", "frog", "spider"],
    },
    // 80 % of 158
    { id: "food", title: "Food", lines: ["pizza", "hamburger", "ice cream", "bread", "cake", "salad", "mashed potato"] },
    // 92 % of 499
    {
      id: "fruit",
      title: "Fruit",
      lines: ["apple", "banana", "orange", "lemon", "pear", "strawberry", "pineapple", "pomegranate"],
    },
    // 92 % of 828
    {
      id: "vehicles",
      title: "Vehicles",
      lines: ["car", "truck", "bus", "train", "airplane", "ship", "sailboat", "motorcycle", "tractor", "bicycle"],
    },
    // 98 % of 329
    { id: "rooms", title: "Rooms", lines: ["kitchen", "bathroom", "bedroom", "front of a house"] },
    // 90 % of 569
    { id: "clothes", title: "Clothes", lines: ["t-shirt", "dress", "skirt", "trousers", "shorts", "jacket", "hat", "shoes"] },
    // 89 % of 256
    {
      id: "things",
      title: "Things",
      lines: ["chair", "lamp", "umbrella", "scissors", "clock", "teapot", "guitar", "laptop", "camera", "piano"],
    },
    // Of drawings.
    {
      id: "faces",
      title: "Faces",
      lines: ["happy face", "crying face", "angry face", "sleeping face", "smiling face with sunglasses", "astonished face"],
    },
    { id: "sky", title: "Sky", lines: ["sun", "moon", "cloud", "star", "rainbow", "lightning", "snowflake"] },
  ],
  templates: [
    { id: "bare", title: "Label only", lines: ["{}"] },
    { id: "drawing", title: "A drawing", lines: ["a drawing of a {}"] },
    { id: "photo", title: "A photo", lines: ["a photo of a {}."] },
    { id: "ensemble", title: "OpenAI’s seven templates", lines: SEVEN },
  ],
});
