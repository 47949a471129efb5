"""The bare loop: requests and msgspec, RECORD lines, nothing else.

python -m benchmarks.bare URL INTEGRATIONS MODELS THREADS
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Lock, local

import msgspec
import requests

decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
own, lock = local(), Lock()


def read(url: str, integration: str, model: str) -> None:
    """Write all records of one list."""
    if not hasattr(own, "session"):
        own.session = requests.Session()
    params: dict[str, object] = {"page_size": 250, "include_deleted": "true"}
    headers = {"X-Integration-Id": integration, "Authorization": "Bearer k"}
    while True:
        answer = own.session.get(f"{url}/ats/{model}", params=params, headers=headers, timeout=60)
        data = decode(answer.content)["data"]
        lines = b"".join(
            encode({"type": "RECORD", "stream": model, "record": record}) + b"\n"
            for record in data["results"]
        )
        with lock:
            sys.stdout.buffer.write(lines)
        if data["next"] is None:
            return
        params["cursor"] = data["next"]


if __name__ == "__main__":
    url, integrations, models, threads = sys.argv[1:]
    with ThreadPoolExecutor(int(threads)) as pool:
        lists = product([url], integrations.split(","), models.split(","))
        list(pool.map(lambda one: read(*one), lists))
