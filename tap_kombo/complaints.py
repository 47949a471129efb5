"""What is said when a setting is wrong: a line each, with what to do and without the value.

A value may be a secret, or a secret that stands in the wrong place.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pendulum
from singer_sdk import typing as th
from singer_sdk.exceptions import StreamMapConfigError

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.timestamps import to_moment
from tap_kombo.changes import changes_of
from tap_kombo.config import Unread
from tap_kombo.documents import DocumentError, shown
from tap_kombo.map_complaints import map_complaints
from tap_kombo.privacy import opt_in_complaints
from tap_kombo.pseudonyms import PRESETS, key_complaints, pseudonym_complaints
from tap_kombo.selection import did_you_mean
from tap_kombo.settings import ALL_OTHERS, INTEGRATION_ID, LIMITS_OF_THE_SDK, MAX_INTEGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_REASONS = {
    "api_key": "it must be your key, a text of ASCII without white space",
    "api_url": "it must be an address without white space that begins with https:// or http://",
    "changes": "it must be a list of events, a text with JSON, or `@` and the path of a file",
    "filters": "it must be an object that names streams, each with parameters and their values",
    "pseudonyms": f"it must be one of {', '.join(PRESETS)}, or an object",
    "shard": "it must be a part and the number of parts, such as 2/8; at most 9999 parts",
    "start_date": "it must be a date such as 2026-01-31T00:00:00Z",
    "user_agent": "it must be a text of 1 to 500 characters that are printable ASCII",
}


def complaints(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each wrong setting.

    Args:
        config: The settings as they were read.
        schema: JSON Schema of the settings, with the SDK's own.
    """
    settings = schema["properties"]
    for name in schema.get("required", ()):
        if name not in config:
            yield f"Setting '{name}' is missing."
    for name, value in config.items():
        if name in settings:
            setting = settings[name] | LIMITS_OF_THE_SDK.get(name, {})
            for reason in _reasons(name, value, setting, config):
                yield f"Setting '{name}': {reason}."
        else:
            yield f"Setting '{shown(name)}' does not exist{did_you_mean(name, settings)}."


def mapper_complaints(config: Mapping[str, Any], error: Exception) -> Iterator[str]:
    """Yield what is wrong if the SDK's mapper ends with an error that is not one of its own.

    It may be of Faker, of flattening or of an `__alias__`, whose error quotes what is in it.
    """
    if isinstance(error, StreamMapConfigError):
        return
    maps = (config.get("stream_maps") or {}).values()
    if isinstance(error, AttributeError) and "locale" in config.get("faker_config", {}):
        yield "Setting 'faker_config': there is no such locale; one looks like `de_DE`."
    elif isinstance(error, ValueError) and config.get("flattening_enabled"):
        causes = ("flattening_max_key_length", "flattening_separator")
        cause = next((one for one in causes if one in config), "stream_maps")
        yield f"Setting '{cause}': with it two columns of a stream would have one name."
    elif any(isinstance(one, dict) and "__alias__" in one for one in maps):
        yield "Setting 'stream_maps': an `__alias__` cannot be evaluated."


def _reasons(
    name: str,
    value: Any,  # noqa: ANN401
    setting: Mapping[str, Any],
    config: Mapping[str, Any],
) -> Iterator[str]:
    """Yield what is wrong with the value of a setting."""
    if isinstance(value, Unread):
        yield value.why
    elif name == "integration_ids":
        yield from _bad_ids(value)
    elif name == "stream_maps" and isinstance(value, dict):
        yield from map_complaints(value)
    elif not _fits(value, setting):
        yield _misplaced(value, setting) or _REASONS.get(name) or _expected(setting)
    elif check := _CHECKS.get(name):
        yield from check(value, config)


def _fits(value: object, setting: Mapping[str, Any]) -> bool:
    """Tell whether a value fits its schema, where 10.0 counts as a whole number."""
    if "integer" in setting.get("type", ()) and not isinstance(value, int | dict):
        return False
    valid: bool = th.DEFAULT_JSONSCHEMA_VALIDATOR(setting).is_valid(value)
    return valid


def _misplaced(value: object, setting: Mapping[str, Any]) -> str:
    """Say where in a value the first mistake is, and which; empty if it is the value as a whole."""
    for error in th.DEFAULT_JSONSCHEMA_VALIDATOR(setting).iter_errors(value):
        what = _mistake(error)
        return f"{_where(error.absolute_path)} {what}" if what else ""
    return ""


def _where(path: Sequence[str | int]) -> str:
    """Name a place in a value; entries of a list are counted from 1."""
    names = [shown(str(one)) for one in path]
    if not path:
        return "it"
    if isinstance(path[-1], int):
        above = ".".join(names[:-1])
        return f"entry {path[-1] + 1} of `{above}`" if above else f"entry {path[-1] + 1}"
    return f"`{'.'.join(names)}`"


def _mistake(error: Any) -> str:  # noqa: ANN401 - a `ValidationError`, whose parts may be unset
    """Say what is wrong at a place; empty if only the setting's own reason tells."""
    types, known = error.schema.get("type", ()), error.schema.get("properties", ())
    if error.validator == "additionalProperties":
        wrong = next(one for one in error.instance if one not in known)
        return f"has no '{shown(wrong)}'{did_you_mean(wrong, known)}"
    if error.instance in ("", []) and (error.absolute_path or "string" in types):
        return "is empty"
    if not error.absolute_path:
        return ""
    if error.validator in {"maxLength", "maxItems"}:
        return "is too long"
    return f"must be {_whole(error.schema)}" if "integer" in types else "is of a wrong type"


def _whole(setting: Mapping[str, Any]) -> str:
    return f"a whole number from {setting['minimum']} to {setting['maximum']}"


def _expected(setting: Mapping[str, Any]) -> str:
    """Say what a setting may be."""
    types = setting.get("type", ())
    if "array" in types:
        return "it must be a list of patterns, or a text with patterns between commas"
    if choice := setting.get("enum"):
        return f"it must be one of {', '.join(choice)}"
    if "boolean" in types:
        return "it must be true or false"
    if "integer" in types:
        others = ", or an object of such numbers by stream" if "object" in types else ""
        return f"it must be {_whole(setting)}{others}"
    if "string" in types and "maxLength" in setting:
        return f"it must be a text of {setting['minLength']} to {setting['maxLength']} characters"
    return "it must be an object; in an environment variable, one in JSON"


def _bad_ids(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Refuse what is not an ID before Kombo is asked for it; the place is told, not the value."""
    if not isinstance(value, list):
        yield "it must be a list of IDs, a text with IDs, or `@` and the path of a file"
    elif not value:
        yield "it names no integration"
    elif len(value) > MAX_INTEGRATIONS:
        yield f"it names over {MAX_INTEGRATIONS} integrations"
    elif bad := [
        place
        for place, one in enumerate(value, 1)
        if not (isinstance(one, str) and re.fullmatch(INTEGRATION_ID, one))
    ]:
        others = f" (nor are {len(bad) - 1} after it)" if len(bad) > 1 else ""
        first = f"entry {bad[0]} of {len(value)}"
        yield f"{first} is not an ID{others}; an ID looks like `greenhouse:AbC123`"


def _bad_start(value: str, _: Mapping[str, Any]) -> Iterator[str]:
    """Refuse the future too: the pass would leave a bookmark, and never come back to the rows."""
    try:
        moment = to_moment(value) if value[:4].isdecimal() else None  # `now` would be read
    except (OverflowError, TypeError, ValueError):
        moment = None
    if moment is None:
        yield _REASONS["start_date"]
    elif moment > pendulum.now("UTC"):
        yield "it is in the future"


def _bad_address(value: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Refuse to send the key over a network where others can read it."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        yield _REASONS["api_url"]
    elif parts.username is not None or parts.query or parts.fragment:
        yield "it must have no user name, and nothing after `?` or `#`"
    elif parts.scheme == "http" and not (config.get("allow_http") is True or _is_loopback(host)):
        yield (
            "it begins with http://, so anyone on the way could read the API key and the data; "
            "use https://, or set 'allow_http' if the way is safe"
        )


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine; a name may lead anywhere, except `localhost`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_events(value: Sequence[object], _: Mapping[str, Any]) -> Iterator[str]:
    try:
        changes_of(value)
    except DocumentError as error:
        yield str(error)


def _bad_shard(value: str, _: Mapping[str, Any]) -> Iterator[str]:
    part, parts = map(int, value.split("/"))
    if part > parts:
        yield f"there is no part {part} of {parts}"


def _bad_filters(value: Mapping[str, Mapping[str, Any]], _: Mapping[str, Any]) -> Iterator[str]:
    known = {one.name: one.filters for one in ENDPOINTS}
    for stream, parameters in value.items():
        if stream not in known:
            there = ", ".join(name for name, filters in known.items() if filters)
            yield f"there is no stream '{shown(stream)}'. Filters exist for: {there}"
            continue
        for one in parameters:
            if one not in known[stream]:
                there = ", ".join(known[stream]) or "none"
                yield f"stream '{stream}' has no parameter '{shown(one)}'. It has: {there}"


def _bad_streams(value: int | Mapping[str, int], _: Mapping[str, Any]) -> Iterator[str]:
    """Refuse an interval for a stream that does not exist, which would go unnoticed."""
    names = [one.name for one in ENDPOINTS]
    for stream in value if isinstance(value, dict) else ():
        if stream not in {*names, ALL_OTHERS}:
            yield f"there is no stream '{shown(stream)}'{did_you_mean(stream, names)}"


_CHECKS: Mapping[str, Callable[[Any, Mapping[str, Any]], Iterator[str]]] = {
    "api_url": _bad_address,
    "changes": _bad_events,
    "filters": _bad_filters,
    "full_pass_interval_days": _bad_streams,
    "pass_interval_minutes": _bad_streams,
    "opt_in": lambda patterns, _: opt_in_complaints(patterns),
    "pseudonyms": pseudonym_complaints,
    "pseudonym_key": key_complaints,
    "shard": _bad_shard,
    "start_date": _bad_start,
}
"""What a schema cannot say."""
