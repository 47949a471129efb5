"""The generated layers of the dbt package are those of the schemas."""

from __future__ import annotations

import subprocess
import sys

import yaml

from scripts.dbt_models import LEFT_OUT, bridges, stagings
from scripts.meltano_project import CHECKOUT
from scripts.update_dbt import MODELS
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.schemas import load_schema


def test_generated_models_are_current() -> None:
    script = [sys.executable, "-m", "scripts.update_dbt", "--check"]
    subprocess.run(script, cwd=CHECKOUT, check=True)


def test_every_stream_has_a_model() -> None:
    streams = {one.stream for one in stagings()}
    assert {one.name for one in ENDPOINTS} <= streams


def test_every_list_of_objects_has_a_bridge() -> None:
    made = {(one.stream, one.path) for one in bridges()}
    lists = {
        (one.name, (name,))
        for one in ENDPOINTS
        for name, node in load_schema(one.name)["properties"].items()
        if "properties" in node.get("items", {})
    }
    left_out = {path[-1] for stream, path in lists - made}
    assert left_out == {*LEFT_OUT, "integration_fields"}


def test_no_column_of_a_generated_model_is_there_twice() -> None:
    for file in ("staging/_staging.yml", "bridges/_bridges.yml"):
        for model in yaml.safe_load((MODELS / file).read_text())["models"]:
            columns = [column["name"] for column in model["columns"]]
            assert len(columns) == len(set(columns)), model["name"]
