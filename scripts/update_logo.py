"""Draw docs/assets/logo.png from logo.svg, which lies next to it.

The command:

    python scripts/update_logo.py [--check]
"""

from __future__ import annotations

import sys

import resvg_py

from scripts.generated import CHECKOUT, run

LOGO = CHECKOUT / "docs" / "assets" / "logo.svg"
PIXELS = 256


def draw() -> bytes:
    """Return the logo as PNG."""
    return resvg_py.svg_to_bytes(svg_path=str(LOGO), width=PIXELS, skip_system_fonts=True)


if __name__ == "__main__":
    sys.exit(run(__doc__, [(LOGO.with_suffix(".png"), draw())]))
