"""Emoji as material: their names and keywords, drawings in ten styles, and the project's own pictures made of them."""
