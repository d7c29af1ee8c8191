"""What every test may rely on: marked tests skip, with a reason, where their tool or data is absent."""

from __future__ import annotations

import shutil

import pytest

from kubernetes_schemas import missing_folder


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run on this machine, and say why."""
    if item.get_closest_marker("crds") and (reason := missing_folder()):
        pytest.skip(f"{reason}: name a folder with the upstream CRDs to judge custom resources")
    if item.get_closest_marker("kustomize") and shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH: install it to compare with what Kustomize builds")
