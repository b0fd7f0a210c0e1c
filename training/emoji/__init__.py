"""Emoji as material: their names and keywords, drawings by ten hands, and the project's own pictures made of them."""
