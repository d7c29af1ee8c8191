"""Which metrics exist: by exporter, and for vLLM by release. Where a list is not complete, the answer is None."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mintage.check.tables.files import table
from mintage.check.tables.versions import spans
from mintage.check.tables.vllm import vllm_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mintage.check.tables.versions import Version

_TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


@cache
def _series() -> Mapping[str, str]:
    """Return every series that may be queried, with the exporter it is from."""
    data = table("metrics")
    found = dict.fromkeys(data["always"]["names"], "Prometheus")
    for exporter in data["exporters"]:
        for kind in _TYPES:
            for name in exporter.get(kind, ()):
                found |= dict.fromkeys(series(name, kind), exporter["name"])
    for name, entry in table("vllm")["metrics"].items():
        for span in spans(entry):
            found |= dict.fromkeys(series(name, span["type"]), "vllm")
    return found


def series(name: str, kind: str) -> list[str]:
    """Return the names a metric is queried by: kind is counter, gauge, histogram, summary, untyped or unknown."""
    names = [f"{name}{suffix}" for suffix in table("metrics")["suffixes"][kind]]
    return [one.replace("_total_total", "_total") for one in names]


def metric_exporter(name: str) -> str | None:
    """Return what exports a series, judged by its name or its prefix; None where nobody is known to."""
    if (exporter := _series().get(name)) is not None:
        return exporter
    entries = table("metrics")["exporters"]
    return next((one["name"] for one in entries if name.startswith(tuple(one["prefixes"]))), None)


def metric_known(name: str) -> bool | None:
    """Tell whether a series exists in any release of its exporter; None where the lists cannot tell."""
    if name in _series():
        return True
    data = table("metrics")
    if name in data["gone"]["names"]:
        return False
    found = [one for one in data["exporters"] if name.startswith(tuple(one["prefixes"]))]
    return False if found and found[0]["complete"] else None


def metric_successor(name: str) -> str | None:
    """Return what took the place of a metric that is gone."""
    successor: str | None = table("metrics")["gone"]["names"].get(name)
    return successor


def vllm_series_known(name: str, release: Version) -> bool | None:
    """Tell whether a release of vLLM exports a series by default; None where the release is not known."""
    metrics = vllm_metrics(release)
    if metrics is None:
        return None
    return any(name in series(metric, kind) for metric, kind in metrics.items())
