"""The custom resources that this repository's workspace renders, and the upstream definitions of them (tests only)."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubernetes_schemas import missing_folder, upstream_folder
from mintage.schemas.convert import definitions
from mintage.schemas.judge import Judge
from mintage.schemas.own import files

ROOT = Path(__file__).parents[2]
_GROUPS = sorted({api_version.partition("/")[0] for api_version, _ in files()})


def rendered() -> list[dict[str, Any]]:
    """Return the custom resources below `gitops/` that are whole: no patches, no lists of targets."""
    paths = [
        path
        for path in sorted((ROOT / "gitops").rglob("*.yaml"))
        if "patches" not in path.parts and path.name != "targets.yaml"
    ]
    documents = [document for path in paths for document in yaml.safe_load_all(path.read_bytes())]
    return [
        document
        for document in documents
        if isinstance(document, dict) and (document.get("apiVersion"), document.get("kind")) in files()
    ]


@cache
def upstream() -> dict[tuple[str, str], Judge]:
    """Return judges made from the upstream definitions of the groups that Mintage has schemas of its own for."""
    if reason := missing_folder():
        pytest.skip(reason)
    folder = upstream_folder()
    found = {}
    for group in _GROUPS:
        for path in sorted((folder / group).glob("*.yaml")):
            for stored in definitions(os.fspath(path), path.read_bytes()).schemas:
                found[stored.api_version, stored.kind] = Judge(stored.schema, path.name, custom=True)
    return found
