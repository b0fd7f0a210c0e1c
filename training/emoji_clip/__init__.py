"""A small CLIP of drawings, trained from scratch: concepts, renderings, scenes, training, evaluation."""
