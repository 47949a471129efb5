"""The deliberate defects of `make mutations` fit the code; that they are caught it shows itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.mutations import CHECKOUT, Defect, defects


@pytest.mark.parametrize("defect", defects(), ids=lambda one: one.name)
def test_a_defect_fits_the_code(defect: Defect) -> None:
    assert defect.applied(CHECKOUT) != (CHECKOUT / defect.file).read_text()
    assert all(Path(__file__).with_name(f"{one}.py").exists() for one in defect.tests)


def test_a_defect_that_no_longer_fits_is_told() -> None:
    gone = Defect("it is gone", "tap_kombo/run.py", "never written anywhere", "", [])

    with pytest.raises(ValueError, match=r"it is gone: .* 0 times"):
        gone.applied(CHECKOUT)
