"""The bare loop: requests and msgspec, no SDK; a SCHEMA line per stream and then RECORD lines.

python -m benchmarks.bare URL INTEGRATIONS STREAMS THREADS
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from threading import Lock, local

import msgspec
import requests

SCHEMAS = Path(__file__).parent.parent / "tap_kombo" / "schemas"
decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
own, lock = local(), Lock()


def describe(stream: str) -> None:
    """Write the schema of a stream, for a loader."""
    schema = msgspec.Raw((SCHEMAS / f"{stream}.json").read_bytes())
    message = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]}
    sys.stdout.buffer.write(encode(message).replace(b"\n", b" ") + b"\n")


def read(url: str, integration: str, stream: str) -> None:
    """Write all records of one list."""
    if not hasattr(own, "session"):
        own.session = requests.Session()
    path = stream.replace("hris_", "hris/") if stream.startswith("hris_") else f"ats/{stream}"
    params: dict[str, object] = {"page_size": 250, "include_deleted": "true"}
    headers = {"X-Integration-Id": integration, "Authorization": "Bearer k"}
    while True:
        answer = own.session.get(
            f"{url}/{path.replace('_', '-')}", params=params, headers=headers, timeout=60
        )
        data = decode(answer.content)["data"]
        lines = b"".join(
            encode({"type": "RECORD", "stream": stream, "record": record}) + b"\n"
            for record in data["results"]
        )
        with lock:
            sys.stdout.buffer.write(lines)
        if data["next"] is None:
            return
        params["cursor"] = data["next"]


if __name__ == "__main__":
    url, integrations, streams, threads = sys.argv[1:]
    for stream in streams.split(","):
        describe(stream)
    with ThreadPoolExecutor(int(threads)) as pool:
        lists = product([url], integrations.split(","), streams.split(","))
        list(pool.map(lambda one: read(*one), lists))
