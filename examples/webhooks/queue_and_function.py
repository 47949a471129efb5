"""The same with AWS: a function puts events into a queue, a scheduled task takes them out.

`handler` is for Lambda behind a function URL; `python queue_and_function.py` for what can run
Meltano, once a minute.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

COMMAND = ("meltano", "run", "tap-kombo", "target-postgres")
HIDDEN_SECONDS = 3600
"""For so long others do not see what is taken out; the run has to end within."""

AT_MOST = 5000
"""The tap takes a file of 10 MB."""


def handler(request: dict[str, Any], _: object) -> dict[str, int]:
    """Keep an event that Kombo has signed; all but `data-changed` may name a person."""
    body = request["body"].encode()
    if request.get("isBase64Encoded"):
        body = base64.b64decode(body)
    digest = hmac.digest(os.environ["KOMBO_WEBHOOK_SECRET"].encode(), body, hashlib.sha256)
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    given = request["headers"].get("x-kombo-signature", "").encode()
    if not hmac.compare_digest(expected, given):
        return {"statusCode": 401}
    event = json.loads(body)
    if event["type"] == "data-changed":
        queue().send_message(MessageBody=json.dumps(event))
    return {"statusCode": 204}


def drain() -> int:
    """Let Meltano run once for all events that wait; what failed comes back into the queue."""
    taken: list[Any] = []
    options = {"MaxNumberOfMessages": 10, "VisibilityTimeout": HIDDEN_SECONDS}
    while len(taken) < AT_MOST and (found := queue().receive_messages(**options)):
        taken += found
    if not taken:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events"
        path.write_text("\n".join(one.body for one in taken))
        variables = os.environ | {"TAP_KOMBO_CHANGES": f"@{path}"}
        code = subprocess.run(COMMAND, env=variables, check=False).returncode  # noqa: S603
    for one in taken if code == 0 else ():
        one.delete()
    return code


def queue() -> Any:  # noqa: ANN401
    """Return the queue."""
    return boto3.resource("sqs").Queue(os.environ["KOMBO_QUEUE_URL"])


if __name__ == "__main__":
    sys.exit(drain())
