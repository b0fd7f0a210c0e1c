// @ts-check
/** Label sets and templates to start from. The label sets are things that can be drawn, which the embedded model knows. */
export const PRESETS = Object.freeze({
  labels: [
    { id: "faces", title: "Faces", lines: ["a grinning face", "a crying face", "an angry face", "a sleeping face", "a face with sunglasses", "a surprised face"] },
    { id: "animals", title: "Animals", lines: ["a cat", "a dog", "a horse", "a bird", "a fish", "a snake", "an elephant", "a bee"] },
    { id: "food", title: "Food", lines: ["an apple", "a banana", "a slice of pizza", "a hamburger", "a cup of coffee", "a cake", "an ice cream"] },
    { id: "travel", title: "Travel", lines: ["a car", "a bicycle", "an airplane", "a train", "a sailboat", "a rocket"] },
    { id: "sky", title: "Sky", lines: ["the sun", "the moon", "a cloud", "a star", "a rainbow", "lightning", "a snowflake"] },
  ],
  templates: [
    { id: "bare", title: "Label alone", lines: ["{}"] },
    { id: "drawing", title: "A drawing", lines: ["a drawing of {}"] },
    { id: "ensemble", title: "Ensemble of 5", lines: ["{}", "a drawing of {}", "a picture of {}", "an icon of {}", "an emoji of {}"] },
  ],
});
