"""What every test may rely on: marked tests skip, with a reason, where their tool or data is absent."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, settings

from kubernetes_schemas import missing_folder

# What a test takes depends on who else is at work on the machine; an example is not wrong for being slow.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run on this machine, and say why."""
    if item.get_closest_marker("crds") and (reason := missing_folder()):
        pytest.skip(f"{reason}: name a folder with the upstream CRDs to judge custom resources")
    if item.get_closest_marker("kustomize") and shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH: install it to compare with what Kustomize builds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what is fast first, so that most mistakes show within seconds."""
    items.sort(key=lambda item: (bool(item.get_closest_marker("slow")), bool(item.get_closest_marker("e2e"))))
