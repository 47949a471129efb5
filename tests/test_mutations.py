"""The deliberate defects of `make mutations` fit the code; that they are caught it shows itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutations import CHECKOUT, Defect, defects


def test_the_defects_fit_the_code() -> None:
    for one in defects():
        assert one.applied(CHECKOUT) != (CHECKOUT / one.file).read_text(), one.name
        modules = [Path(__file__).parent / f"{name}.py" for name in one.tests]
        assert [module for module in modules if not module.exists()] == [], one.name


def test_a_defect_that_no_longer_fits_is_told() -> None:
    gone = Defect("it is gone", "tap_kombo/run.py", "never written anywhere", "", [])

    with pytest.raises(ValueError, match=r"it is gone: .* 0 times"):
        gone.applied(CHECKOUT)
