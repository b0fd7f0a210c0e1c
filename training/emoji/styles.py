"""Colours of grounds, and how often each kind of style is chosen: what single drawings and training scenes have in common."""

COLOURS = {  # name -> sRGB of its middle; every scene jitters around it
    "red": (220, 40, 40), "orange": (250, 145, 30), "yellow": (250, 220, 50), "green": (50, 165, 70),
    "turquoise": (60, 200, 195), "blue": (45, 95, 215), "purple": (135, 60, 175), "pink": (250, 150, 190),
    "brown": (130, 80, 45), "black": (18, 18, 20), "grey": (145, 145, 148), "white": (250, 250, 250),
}  # fmt: skip
COLOUR_NAMES = list(COLOURS)
INK_HANDS = {"high_contrast", "noto_line", "symbola", "emojione_mono"}  # black shapes: drawn in any ink
INK_SHARE, PEN_SHARE = 0.45, 0.3  # how often an ink or pen style is chosen, relative to a coloured style's 1
