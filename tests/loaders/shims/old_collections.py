"""Runs target-csv 0.3.0, which knows `collections` as it was until Python 3.9."""

from __future__ import annotations

import collections
import collections.abc

collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]

import target_csv  # noqa: E402

target_csv.main()
