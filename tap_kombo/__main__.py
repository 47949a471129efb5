"""The program `tap-kombo`; `python -m tap_kombo` is the same."""

from __future__ import annotations

import gc

GARBAGE_AFTER = 10_000
"""Python's own 700 new objects are less than a page, in which it would look for garbage in vain."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(GARBAGE_AFTER)  # before the imports: of their time it is a sixth
    from tap_kombo.tap import TapKombo  # noqa: PLC0415

    gc.freeze()  # what they made is no garbage, and need not be walked to find some
    TapKombo.cli()


if __name__ == "__main__":
    main()
