"""Emoji as material: their names and keywords, drawings in fifteen styles, and the project's own pictures made of them."""
