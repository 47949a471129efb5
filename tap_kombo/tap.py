"""The tap: its streams from the endpoint table, and the verdict at the end of a run."""

from __future__ import annotations

import copy
import json
import logging
import os
import sys
from collections import Counter
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

import click
from click.types import FuncParamType
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import ConfigValidationError, MappingError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.tap_base import CliTestOptionValue, Tap
from typing_extensions import override

from tap_kombo.api.endpoints import STREAMS
from tap_kombo.api.problems import KomboError
from tap_kombo.changes import changes_of
from tap_kombo.cli import DOCTOR, ENV, READERS, merged
from tap_kombo.complaints import complaints, mapper_complaints
from tap_kombo.config import (
    FROM_FILES,
    environment,
    environment_complaints,
    is_run_by_meltano,
    read,
    selected_by_meltano,
)
from tap_kombo.doctor import examine
from tap_kombo.documents import catalog_complaints, state_complaints, unwrapped
from tap_kombo.kinds import make_stream
from tap_kombo.logs import LOG_REFUSED, quieten
from tap_kombo.mapping import name_complaints, selected_alone
from tap_kombo.privacy import NOT_OPTED_IN, is_opted_in, not_opted_in, private_catalog
from tap_kombo.reference import reference
from tap_kombo.replication.fanout import InterruptedRunError, Runner
from tap_kombo.replication.report import RunFailedError
from tap_kombo.run import Run
from tap_kombo.sdk import SeamTap
from tap_kombo.selection import is_selected, misspelt
from tap_kombo.settings import REGIONS, SETTINGS, of_shard
from tap_kombo.writer import BufferedWriter, OutputError, SilentWriter, wait_for_readers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_kombo.changes import Changes
    from tap_kombo.streams import KomboStream

# Its lines quote expressions of stream maps, which may hold a secret or a name.
logging.getLogger("singer_sdk.mapper").setLevel(logging.WARNING)


class TapKombo(SeamTap):
    """Singer tap for the Kombo Unified API."""

    name = "tap-kombo"
    package_name = "tap-kombo"
    config_jsonschema = SETTINGS
    message_writer_class = BufferedWriter
    endpoints = STREAMS  # a subclass that reads few of them need not make them all
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

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = True,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Check the settings and say in one line each what is wrong with them.

        As in the SDK, settings of the environment win over those of files, and discovery does not
        validate them, but for `opt_in`, which it goes by.

        Raises:
            ConfigValidationError: If a setting is missing, unknown or wrong.
        """
        self._runner = Runner()
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        variables = environment(schema) if parse_env_config else {}
        given = {**(config or {}), **variables}
        if not validate_config:  # discovery must leave standard input to the run
            for name in FROM_FILES:
                given.pop(name, None)
        settings = read(given, schema)
        if validate_config:
            alone = environment_complaints(settings, schema, parsed=parse_env_config)
            _refuse((*complaints(settings, schema), *alone))
        elif "opt_in" in settings:
            chosen = {"opt_in": settings["opt_in"]}
            _refuse(complaints(chosen, {"properties": schema["properties"]}))
        if isinstance(catalog := kwargs.get("catalog"), dict):
            _refuse(catalog_complaints(catalog))
            kwargs["catalog"] = private_catalog(catalog, settings.get("opt_in", ()))
        super().__init__(config=settings, validate_config=validate_config, **kwargs)

    @override
    def setup_mapper(self) -> None:
        self.stream_maps = copy.deepcopy(self.config.get("stream_maps"))  # the SDK takes `__else__`
        super(Tap, self).setup_mapper()  # `Tap` has maps for all, whatever is selected
        for stream in self.selected:
            _ = stream.stream_maps

    def make_maps(self, stream: str) -> None:
        """Let the SDK make the maps of a stream, as of one that is selected.

        Raises:
            ConfigValidationError: If the settings keep it from that.
        """
        try:
            self.mapper.register_raw_streams_from_catalog(selected_alone(self.catalog, stream))
        except Exception as error:  # of Faker, or of an `__alias__`, which raises anything
            _refuse(mapper_complaints(self.config, error))
            raise

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        state = dict(unwrapped(state))
        _refuse(state_complaints(state))
        super().load_state(state)

    @cached_property
    def configured_ids(self) -> list[str]:
        """All configured integrations, each once."""
        listed = Counter(self.config["integration_ids"])
        for one, times in listed.items():
            if times > 1:
                self.logger.warning("%s is listed %d times; it is read once.", one, times)
        return list(listed)

    @cached_property
    def integration_ids(self) -> list[str]:
        """The integrations that this run reads."""
        shard, configured = self.config.get("shard"), self.configured_ids
        if not shard:
            return configured
        ids = of_shard(configured, shard)
        told = "%d of %d integration(s) belong to shard %s."
        self.logger.info(told, len(ids), len(configured), shard)
        return ids

    @cached_property
    def changes(self) -> Changes | None:
        """What the webhook events say that the run goes by; none if it reads everything."""
        events = self.config.get("changes")
        return None if events is None else changes_of(events)

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return str(self.config.get("api_url") or REGIONS[self.config["region"]]).rstrip("/")

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers of the requests that belong to no stream, with the credentials.

        They have the version, which the SDK looks up in the package's metadata each time.
        """
        user_agent = self.config.get("user_agent") or f"{self.name}/{self.plugin_version}"
        return {"Authorization": f"Bearer {self.config['api_key']}", "User-Agent": user_agent}

    @cached_property
    def run(self) -> Run:
        """The run: all that is asked and written."""
        return self.make_run(self.selected)

    def make_run(self, streams: Sequence[KomboStream], max_retries: int | None = None) -> Run:
        """Make a run of some streams; a signal ends it from then on."""
        self._runner = Runner()
        retries = self.config["max_retries"] if max_retries is None else max_retries
        return Run(self, streams, self._runner, retries)

    @override
    def interrupt(self, number: int) -> None:
        """End the run, as a signal asks for it."""
        self._runner.interrupt(number)

    # Final in the SDK, which calls it once for all streams. It does the same here; but whatever
    # ends it, be it the last stream, a signal or the loader, ends the run in the one way.
    @override  # type: ignore[misc]
    def sync_all(self) -> None:
        _refuse(name_complaints(self.selected))
        self.is_syncing = True
        for line in self.unread:
            self.logger.warning("%s", line)
        try:
            super().sync_all()
        except BaseException as error:
            if "run" in vars(self):
                self.run.end(error)
            raise
        self.run.end()

    @override
    def discover_streams(self) -> Sequence[KomboStream]:
        patterns = self.config.get("opt_in", ())
        return [
            make_stream(self, endpoint)
            for endpoint in self.endpoints
            if not endpoint.parent or is_opted_in(endpoint.name, patterns)
        ]

    @property
    def selected(self) -> list[KomboStream]:
        """The streams that are read."""
        streams = cast("list[KomboStream]", list(self.streams.values()))
        return [one for one in streams if one.selected]

    def select(self, patterns: Sequence[str]) -> None:
        """Select streams and columns as Meltano does for a run, by the patterns of `select`."""
        for stream in self.streams.values():
            for breadcrumb, metadata in stream.metadata.items():
                metadata.selected = is_selected(patterns, stream.name, breadcrumb)
            stream.selected = stream.metadata.root.selected  # the SDK looks at them again

    @cached_property
    def unread(self) -> list[str]:
        """A line on what is selected, but does not exist at all or until `opt_in` names it."""
        entries = self.input_catalog.streams if self.input_catalog else ()
        chosen = [one.tap_stream_id for one in entries if one.metadata.root.selected]
        patterns = selected_by_meltano() or chosen  # the catalog that Meltano keeps may be old
        missing = ", ".join(not_opted_in(patterns, self.config["opt_in"]))
        lines = [f"{NOT_OPTED_IN}: {missing}."] if missing else []
        return [*lines, *misspelt(patterns, [one.name for one in STREAMS])]

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[Any, ...]) -> Any:
        given = super().cb_config(ctx, param, tuple(one for one in value if one == ENV))
        given.config = merged(value)
        return given

    @plugin_cli
    @override
    def cli(cls) -> click.Command:  # noqa: N805 - a descriptor of the SDK, which passes the class
        try:
            return super().cli
        except Exception as error:  # noqa: BLE001 - of `logging` or of YAML
            sys.exit(f"{cls.name}: {LOG_REFUSED} [{type(error).__name__}].")

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        quieten()
        wait_for_readers()
        for option in command.params:
            if reader := READERS.get(option.name):
                option.type = FuncParamType(reader)
        command.params.append(DOCTOR)
        return command

    @classmethod
    @override
    def print_about(cls, output_format: str | None = None) -> None:
        super().print_about(output_format)
        if output_format == "markdown":
            click.echo(reference())

    @classmethod
    @override
    def invoke(cls, *, doctor: bool = False, **kwargs: Any) -> None:
        with _told_in_one_line(cls):
            if doctor:
                cls._examine(kwargs["config"], kwargs["catalog"], kwargs["state"])
            super().invoke(**kwargs)

    @classmethod
    def _examine(
        cls,
        given: Any,  # noqa: ANN401
        catalog: IO[str] | None,
        state: IO[str] | None,
    ) -> NoReturn:
        """Print what can be read, and exit with 0 if that is everything."""
        if by_meltano := is_run_by_meltano():
            catalog = state = None  # it makes none for this, and hands on those of an earlier run
        tap = cls(
            config=given.config,
            parse_env_config=given.parse_env,
            catalog=json.load(catalog) if catalog else None,
            state=json.load(state) if state else None,
        )
        if by_meltano:
            tap.select(selected_by_meltano())
        _refuse(name_complaints(tap.selected))
        found = examine(tap, tap.make_run([], max_retries=0), tap.selected)
        for line in found.lines():
            click.echo(line)
        sys.exit(0 if found.is_fine else 1)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        if cls.message_writer_class is not SilentWriter:
            silent: type[TapKombo] = type(
                cls.__name__, (cls,), {"message_writer_class": SilentWriter}
            )
            silent.cb_test(ctx, param, value)
            return
        with _told_in_one_line(cls):
            try:
                super().cb_test(ctx, param, value)
            except click.exceptions.Exit:
                if value != CliTestOptionValue.Schema.value:  # for which nothing is asked
                    cls.logger.info("Every stream can be read.")
                raise


def _refuse(complaints: Iterable[str]) -> None:
    """Raise if there are complaints, without the SDK's error, which quotes values."""
    if errors := list(complaints):
        msg = "Config validation failed"
        raise ConfigValidationError(msg, errors=errors) from None


@contextmanager
def _told_in_one_line(tap: type[TapKombo]) -> Iterator[None]:
    """End with a line for each mistake and exit code 1, not with a stack trace."""
    try:
        yield
    except InterruptedRunError as interrupted:
        sys.stdout.flush()
        logging.shutdown()
        os._exit(interrupted.exit_code)  # a worker may still wait for an answer
    except ConfigValidationError as error:
        lines = error.errors
    except (KomboError, MappingError, OutputError, RunFailedError) as error:
        lines = [str(error)]
    else:
        return
    for line in lines:
        tap.logger.error(line)
    sys.exit(1)
