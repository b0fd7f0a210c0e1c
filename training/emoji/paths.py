"""Where what is installed and rendered is kept; all of it is ignored by git."""

from pathlib import Path

TRAINING = Path(__file__).resolve().parent.parent
CACHE = TRAINING / "cache"
NODE_MODULES = CACHE / "npm" / "node_modules"
SYMBOLA = Path("/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf")
