"""Serves an emulator from the command line until interrupted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from threading import Event

from kombo_emulator import Emulator, serve
from kombo_emulator.examples import EXAMPLES_ID, read_examples

INTEGRATIONS = {
    "greenhouse:demo": "ATS",
    "lever:demo": "ATS",
    "personio:demo": "HRIS",
    "docebo:demo": "LMS",
}


def main() -> None:
    """Fill an emulator, serve it and say where."""
    parser = argparse.ArgumentParser(prog="kombo_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="0 for a free one")
    parser.add_argument(
        "--examples", type=Path, metavar="OPENAPI.json", help="serve its examples as well"
    )
    options = parser.parse_args()
    emulator, served = Emulator(), list(INTEGRATIONS)
    for integration_id, category in INTEGRATIONS.items():
        emulator.add_integration(integration_id, category)
    if options.examples:
        emulator.examples = read_examples(options.examples)
        served.append(EXAMPLES_ID)
    with serve(emulator, port=options.port) as url:
        ready = f"{url}  api_key={emulator.api_key}  integration_ids={','.join(served)}\n"
        sys.stdout.write(ready)
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
