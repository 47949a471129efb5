"""Serves an emulator from the command line until interrupted."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from threading import Event

from kombo_emulator import DEFAULT_KEY, Emulator, Size, serve
from kombo_emulator.examples import EXAMPLES_ID

DEFAULT_INTEGRATIONS = ("greenhouse:demo", "lever:demo", "personio:demo=HRIS", "docebo:demo=LMS")


def main() -> None:
    """Read the options, fill the emulator, serve it and say where."""
    options = _options()
    size = None if options.interviews is None else Size.around(options.interviews)
    emulator = Emulator(api_key=options.api_key, size=size)
    gc.disable()  # what is made here stays: looking for garbage in it would only take time
    for given in options.integration or DEFAULT_INTEGRATIONS:
        integration_id, _, category = given.partition("=")
        emulator.add_integration(integration_id, category or "ATS")
    gc.freeze()
    gc.enable()
    served = list(emulator.integrations)
    if options.examples:
        emulator.serve_examples(options.examples)
        served.append(EXAMPLES_ID)
    with serve(emulator, port=options.port) as url:
        ready = f"{url}  api_key={emulator.api_key}  integration_ids={','.join(served)}\n"
        sys.stdout.write(ready)
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            return


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kombo_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="0 for a free one")
    parser.add_argument("--api-key", default=DEFAULT_KEY)
    parser.add_argument(
        "--integration",
        action="append",
        metavar="ID[=CATEGORY]",
        help="an ATS, or HRIS, LMS or ASSESSMENT; may be given several times",
    )
    parser.add_argument("--interviews", type=int, metavar="N", help="per integration")
    parser.add_argument(
        "--examples", type=Path, metavar="OPENAPI.json", help="serve its examples as well"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
