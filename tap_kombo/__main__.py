"""`python -m tap_kombo` is the same as `tap-kombo`."""

from __future__ import annotations

from tap_kombo.tap import TapKombo

TapKombo.cli()
