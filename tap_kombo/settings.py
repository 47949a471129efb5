"""The settings of the tap: their JSON Schema and what is said when one is wrong."""

from __future__ import annotations

import difflib
import hashlib
import ipaddress
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pendulum.parsing.exceptions import ParserError
from singer_sdk import typing as th

from tap_kombo.api.filters import filter_complaints
from tap_kombo.api.timestamps import to_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REGIONS = {
    "eu": "https://api.kombo.dev/v1",
    "us": "https://api.us.kombo.dev/v1",
    "ca": "https://api.ca.kombo.dev/v1",
}
"""Base URL of each Kombo region; a key works in one of them only."""

MAX_PAGE_SIZE = 250
"""The most records that Kombo puts on one page of a list."""

MAX_CONCURRENCY = 30
"""Kombo allows no more actions at a time (docs.kombo.dev/ats/guides/concurrency-limiting)."""

SETTINGS: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType(pattern=r"^[!-~]+$"),
        required=True,
        nullable=False,
        secret=True,
        title="API key",
        description="Kombo API key. It belongs to one region and one environment.",
    ),
    th.Property(
        "integration_ids",
        th.CustomType(
            {
                "type": ["array", "string"],
                "items": {"type": "string", "pattern": r"^\s*[!-~]+\s*$"},
                "minItems": 1,
                "pattern": r"^(@.+|\s*[!-+\--~]+\s*(,\s*[!-+\--~]+\s*)*)$",
            }
        ),
        required=True,
        title="Integration IDs",
        description=(
            "The integrations to read, as a list or separated by commas; `@PATH` reads them from "
            "a file. Each ID stands on the integration's page in the Kombo dashboard."
        ),
    ),
    th.Property(
        "shard",
        th.StringType(pattern=r"^[1-9][0-9]*/[1-9][0-9]*$"),
        title="Shard",
        description=(
            "Read one part of the integrations only: `2/8` is the second of eight parts. "
            "Which part an integration belongs to follows from its ID and never changes."
        ),
    ),
    th.Property(
        "region",
        th.StringType(allowed_values=list(REGIONS)),
        default="eu",
        title="Region",
        description="Kombo region of the API key.",
    ),
    th.Property(
        "api_url",
        th.StringType(pattern=r"^https?://[!-~]+$"),
        title="API URL",
        description="Base URL to use instead of the region's, for a proxy or the emulator.",
    ),
    th.Property(
        "allow_http",
        th.BooleanType(),
        default=False,
        title="Allow HTTP",
        description=(
            "Let the API key and the data travel unencrypted if `api_url` begins with `http://`; "
            "to this machine they may in any case."
        ),
    ),
    th.Property(
        "start_date",
        th.DateTimeType(),
        title="Start date",
        description="A pass without a bookmark asks only for what changed after this moment.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=MAX_PAGE_SIZE),
        default=MAX_PAGE_SIZE,
        title="Page size",
        description="Records per request, 1 to 250.",
    ),
    th.Property(
        "concurrency",
        th.IntegerType(minimum=1, maximum=MAX_CONCURRENCY),
        default=4,
        title="Concurrency",
        description="Requests in flight at most; 1 asks for one page after the other.",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0),
        default=300,
        title="Lookback",
        description="Seconds that an incremental pass reaches back behind its bookmark.",
    ),
    th.Property(
        "full_pass_interval_days",
        th.IntegerType(minimum=0),
        default=7,
        title="Full pass interval",
        description="Days after which a model is read in full again, against drift; 0 is never.",
    ),
    th.Property(
        "include_deleted",
        th.BooleanType(),
        default=True,
        title="Include deleted",
        description="Ask for deleted records too; they carry `remote_deleted_at`.",
    ),
    th.Property(
        "anonymized_records",
        th.StringType(allowed_values=["emit", "skip"]),
        default="emit",
        title="Anonymized records",
        description=(
            "Deleted records that Kombo has blanked after 14 days: `emit` lets the blanks "
            "overwrite the last values, `skip` keeps them."
        ),
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType(),
        default=False,
        title="Emit ACTIVATE_VERSION",
        description=(
            "After a FULL_TABLE stream of which every integration was read, tell the target to "
            "drop the rows that were not sent."
        ),
    ),
    th.Property(
        "filters",
        th.ObjectType(
            additional_properties=th.ObjectType(
                additional_properties=th.CustomType(
                    {
                        "type": ["array", "string", "number", "boolean"],
                        "items": {"type": ["string", "number", "boolean"]},
                    }
                )
            )
        ),
        title="Filters",
        description=(
            "Per stream, the endpoint's own filter parameters, "
            'such as `{"interviews": {"job_ids": ["..."]}}`.'
        ),
    ),
    th.Property(
        "ignore_unsupported_filters",
        th.BooleanType(),
        default=False,
        title="Ignore unsupported filters",
        description="Let Kombo leave out a filter that the connected tool has no data for.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.IntegerType(minimum=1),
        default=60,
        title="Request timeout",
        description="Seconds in which an answer has to be complete; then it is asked for again.",
    ),
    th.Property(
        "max_retries",
        th.IntegerType(minimum=0),
        default=8,
        title="Maximum retries",
        description="How often a request that may succeed later is tried again.",
    ),
    th.Property(
        "user_agent",
        th.StringType(min_length=1),
        title="User agent",
        description="`User-Agent` header; the default is `tap-kombo/<version>`.",
    ),
    additional_properties=False,
).to_dict()
"""JSON Schema of the configuration, without what the SDK adds."""


# A validator's own message quotes the value, which must not happen to secrets and e-mail addresses.
_REASONS = {
    "api_key": "it must be a text that is not empty and has no white space",
    "integration_ids": "it must name at least one integration, each an ID without white space",
    "filters": "it must name streams, each with parameters and their values",
    "stream_map_config": "it must be an object",  # may hold the seed of a hash
    "api_url": "it must be an address without white space that begins with https:// or http://",
}


def complaints(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each wrong setting, without the value of a secret one.

    Args:
        config: The configuration as the user gave it.
        schema: JSON Schema of the settings, with the SDK's own.

    Yields:
        A line that names the setting and says what is wrong.
    """
    settings = schema["properties"]
    for error in th.DEFAULT_JSONSCHEMA_VALIDATOR(schema).iter_errors(dict(config)):
        if error.validator == "required":
            missing = error.message.split("'")[1]
            yield f"Setting '{missing}' is missing."
        elif error.validator == "additionalProperties":
            yield from (_unknown(name, settings) for name in config if name not in settings)
        else:
            name = str(error.path[0]) if error.path else "?"
            yield f"Setting '{name}': {_REASONS.get(name, error.message)}."
    yield from _bad_start_date(config.get("start_date"))
    yield from _bad_ids_file(config.get("integration_ids"))
    yield from _unencrypted(config.get("api_url"), allowed=config.get("allow_http") is True)
    yield from _bad_shard(config.get("shard"))
    filters = config.get("filters")
    if isinstance(filters, dict) and all(isinstance(one, dict) for one in filters.values()):
        yield from filter_complaints(filters)


def environment_complaints(prefix: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each environment variable that the SDK cannot read.

    Args:
        prefix: What all variables of the tap begin with, `TAP_KOMBO_`.
        schema: JSON Schema of the settings.

    Yields:
        A line that names the variable.
    """
    for name, setting in schema["properties"].items():
        value = os.environ.get(variable := prefix + name.upper())
        if value is None:
            continue
        if "integer" in setting.get("type", ()) and not value.lstrip("+-").isdecimal():
            yield f"Setting '{name}': {variable} is not a whole number."
        if "object" in setting.get("type", ()) and not _is_json(value):
            yield f"Setting '{name}': {variable} is not JSON."


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _unknown(name: str, settings: Mapping[str, Any]) -> str:
    """Say that a setting does not exist, and which one may have been meant."""
    close = difflib.get_close_matches(name, settings, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"Setting '{name}' does not exist.{hint}"


def _bad_start_date(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        return
    try:
        to_moment(value)
    except (ParserError, TypeError, ValueError):
        yield f"Setting 'start_date': '{value}' is not a date such as 2026-01-31T00:00:00Z."


def _unencrypted(url: object, *, allowed: bool) -> Iterator[str]:
    """Refuse to send the key over a network where others can read it."""
    if not (isinstance(url, str) and url.lower().startswith("http://")) or allowed:
        return
    if not _is_loopback(urlsplit(url).hostname or ""):
        yield (
            "Setting 'api_url': it begins with http://, so anyone on the way could read the API "
            "key and the data. Use https://, or set 'allow_http' if the way is safe."
        )


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine; a name may lead anywhere, except `localhost`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_ids_file(value: object) -> Iterator[str]:
    if not (isinstance(value, str) and value.startswith("@")):
        return
    try:
        if not integration_ids(value):
            yield f"Setting 'integration_ids': the file {value[1:]} names no integration."
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        yield f"Setting 'integration_ids': the file {value[1:]} cannot be read: {why}."


def _bad_shard(value: object) -> Iterator[str]:
    if isinstance(value, str) and _SHARD.fullmatch(value):
        part, parts = map(int, value.split("/"))
        if part > parts:
            yield f"Setting 'shard': there is no part {part} of {parts}."


_SHARD = re.compile(r"[0-9]+/[0-9]+")


def integration_ids(value: str | list[str]) -> list[str]:
    """Return the configured integrations in the order given; one may stand there twice.

    Args:
        value: A list of IDs, or one text with IDs separated by commas, or `@` and the path of a
            file with IDs separated by commas or white space.

    Returns:
        The IDs without white space around them.

    Raises:
        OSError: If the file cannot be read.
        UnicodeDecodeError: If it is no text.
    """
    if isinstance(value, str):
        text = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
        value = re.split(r"[,\s]+", text)
    return [one.strip() for one in value if one.strip()]


def of_shard(ids: Iterable[str], shard: str | None) -> list[str]:
    """Return the integrations that a part of the runs has to read.

    Args:
        ids: All integrations.
        shard: `2/8` is the second of eight parts; `None` is everything.

    Returns:
        Those whose hash falls to the part; the same on every machine and in every run.
    """
    if shard is None:
        return list(ids)
    part, parts = map(int, shard.split("/"))
    return [one for one in ids if _hash(one) % parts == part - 1]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
