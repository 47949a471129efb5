"""The tap: its streams from the endpoint table, and the verdict at the end of a run."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import requests
from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import ConfigValidationError, MappingError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from typing_extensions import override

from tap_kombo.cli import TYPES
from tap_kombo.endpoints import ENDPOINTS
from tap_kombo.errors import KomboError
from tap_kombo.integrations import Integrations
from tap_kombo.settings import SETTINGS, complaints, environment_complaints, integration_ids
from tap_kombo.streams import make_stream
from tap_kombo.verdict import RunFailedError, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import click

    from tap_kombo.client import KomboStream

CHECKPOINT_SECONDS = 30
"""At most so much work is done twice after a run was cut off."""


class TapKombo(Tap):
    """Singer tap for the Kombo Unified API."""

    name = "tap-kombo"
    package_name = "tap-kombo"
    config_jsonschema = SETTINGS
    message_writer_class = MsgSpecWriter
    # BATCH is not offered: in the SDK it bypasses column selection and stream maps.
    capabilities = [  # noqa: RUF012 - a class variable in the SDK
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *, validate_config: bool = True, **kwargs: Any) -> None:  # noqa: ANN401
        """Check the settings and say in one line each what is wrong with them.

        Args:
            validate_config: Whether wrong settings are refused; discovery needs none.
            kwargs: As the SDK's `Tap`.

        Raises:
            ConfigValidationError: If a setting is missing, unknown or wrong.
        """
        self.verdict = Verdict()
        self._last_checkpoint = time.monotonic()
        try:
            super().__init__(validate_config=validate_config, **kwargs)
        except ConfigValidationError as error:
            _refuse(complaints(self.config, error.schema or SETTINGS))
            raise
        except ValueError:
            _refuse(environment_complaints("TAP_KOMBO_", SETTINGS))
            raise
        if validate_config:
            _refuse(complaints(self.config, self.config_jsonschema))

    @cached_property
    def integration_ids(self) -> list[str]:
        """The integrations to read, each once."""
        return integration_ids(self.config["integration_ids"])

    @cached_property
    def session(self) -> requests.Session:
        """One HTTP session for all streams, so that connections are kept alive."""
        return requests.Session()

    @override
    def discover_streams(self) -> Sequence[KomboStream]:
        return [make_stream(self, endpoint) for endpoint in ENDPOINTS]

    def stream(self, name: str) -> KomboStream:
        """Return a stream by its name."""
        return cast("KomboStream", self.streams[name])

    @cached_property
    def integrations(self) -> Integrations:
        """What Kombo says about each integration."""
        return Integrations(self.stream("integrations"))

    def checkpoint(self, *, finished: bool = False) -> None:
        """Write the state out, so that a run that is cut off loses little.

        Args:
            finished: Whether a pass has just been completed.
        """
        now = time.monotonic()
        if finished or now >= self._last_checkpoint + CHECKPOINT_SECONDS:
            self.state_writer.write_state(self.state)
            self._last_checkpoint = now

    def conclude(self, stream: KomboStream) -> None:
        """Give the verdict after the last stream.

        Args:
            stream: The stream that has just been concluded.

        Raises:
            RunFailedError: If something failed.
        """
        streams = [self.stream(name) for name in self.streams]
        if stream is streams[-1]:
            self.verdict.conclude(streams, self.logger)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        for option in command.params:
            option.type = TYPES.get(option.name, option.type)
        return command

    @classmethod
    @override
    def invoke(cls, **kwargs: Any) -> None:
        with _told_in_one_line(cls):
            super().invoke(**kwargs)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        with _told_in_one_line(cls):
            super().cb_test(ctx, param, value)


def _refuse(complaints: Iterable[str]) -> None:
    """Raise if there are complaints, without the SDK's error, which quotes values."""
    if errors := list(complaints):
        msg = "Config validation failed"
        raise ConfigValidationError(msg, errors=errors) from None


@contextmanager
def _told_in_one_line(tap: type[Tap]) -> Iterator[None]:
    """End with a line for each mistake and exit code 1, not with a stack trace."""
    try:
        yield
    except ConfigValidationError as error:
        lines = error.errors
    except (KomboError, MappingError, RunFailedError) as error:
        lines = [str(error)]
    else:
        return
    for line in lines:
        tap.logger.error(line)
    sys.exit(1)
