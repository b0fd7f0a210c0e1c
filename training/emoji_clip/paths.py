"""Where the recipe keeps what it installs, renders and trains; all of it is ignored by git."""

import os
from pathlib import Path

TRAINING = Path(__file__).resolve().parent.parent
CACHE = TRAINING / "cache"
OUT = Path(os.environ.get("EMOJI_CLIP_OUT", TRAINING / "out"))
NODE_MODULES = CACHE / "npm" / "node_modules"
SYMBOLA = Path("/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf")
