"""Which metrics there are: those of known exporters, of the tree's own programs, and those that somebody declares.

Programs of the tree are Python files that make metrics with prometheus_client by literal names. Programs in other
languages, and names put together at run time, are not understood: then nothing is said of the names like theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check.network.monitors import image_of, vllm_in
from mintage.check.network.queries import recorded
from mintage.check.tables.metrics import series
from mintage.errors import MintageError

if TYPE_CHECKING:
    from mintage.check.known import KnownPod
    from mintage.check.tables import Version
    from mintage.tree.tree import Root, Tree

_PYTHON = re.compile(
    r"\b(?P<kind>Counter|Gauge|Histogram|Summary|Info|Enum)\(\s*(?:name\s*=\s*)?[\"'](?P<name>[A-Za-z_:][\w:]*)[\"']"
)
_COMPOSED = re.compile(r"\b(?:namespace|subsystem|Namespace|Subsystem)\s*[=:]")
_PROGRAMS = (".py", ".go", ".rs", ".ts", ".js", ".java", ".kt", ".cc", ".cpp", ".lua")
_KINDS = {
    "Counter": "counter",
    "Gauge": "gauge",
    "Histogram": "histogram",
    "Summary": "summary",
    "Enum": "gauge",
}
_SUFFIX = re.compile(r"_(?:total|bucket|sum|count|created|info)$")
_MAX_BYTES = 1_000_000
# First words of metrics that many programs and libraries make.
_COMMON = frozenset(
    {
        "api", "app", "cache", "client", "container", "cpu", "db", "fastapi", "go", "gpu", "grpc", "http", "inference", "job",
        "kube", "llm", "memory", "model", "node", "process", "prometheus", "python", "queue", "ray", "redis", "request",
        "requests", "server", "service", "starlette", "task", "up", "worker",
    }
)  # fmt: skip
_HOLDS_VLLM = re.compile(r"vllm|/llm-d(-\w+)?(?=[:@]|$)")


def is_declared(root: Root, name: str) -> bool:
    """Tell whether a recording rule makes a metric, or the settings say that something exports it."""
    patterns = root.tree.externals.metrics
    return name in root.once(recorded) or any(fnmatchcase(name, pattern) for pattern in patterns)


def own_metrics(tree: Tree) -> dict[str, str]:
    """Return the series that the tree's own Python programs make, with the file of each; once a tree: `tree.once`."""
    found: dict[str, str] = {}
    for path, text in tree.once(_programs).items():
        for match in _PYTHON.finditer(text) if path.endswith(".py") else ():
            names = (
                [f"{match['name']}_info"]
                if match["kind"] == "Info"
                else series(match["name"], _KINDS[match["kind"]])
            )
            found |= dict.fromkeys(names, path)
    return found


def _programs(tree: Tree) -> dict[str, str]:
    """Return the programs of a tree that speak of metrics, by path."""
    found: dict[str, str] = {}
    for path in tree.files.paths if tree.files else ():
        if path.endswith(_PROGRAMS) and tree.files:
            try:
                text = tree.files.text(path, _MAX_BYTES)
            except MintageError:
                continue
            if "prometheus" in text or "metric" in text.lower():
                found[path] = text
    return found


def family(name: str) -> str:
    """Return the first word of a metric's name, by which programs tell their metrics from others'."""
    return re.split(r"[_:]", name, maxsplit=1)[0]


def _families(tree: Tree) -> dict[str, str]:
    """Return the families of which the tree's programs make more than one metric, with a file of each."""
    stems = {_SUFFIX.sub("", name): path for name, path in tree.once(own_metrics).items()}
    counts = Counter(map(family, stems))
    return {
        family(name): path
        for name, path in stems.items()
        if counts[family(name)] > 1 and family(name) not in _COMMON
    }


def is_missing_from_own(root: Root, name: str) -> str:
    """Return a file of the tree that makes metrics of the same family but not this one; empty where it may be made."""
    own = root.tree.once(own_metrics)
    maker = root.tree.once(_families).get(family(name), "")
    if not maker or name in own:
        return ""
    programs = root.tree.once(_programs).values()
    stem = _SUFFIX.sub("", name)
    if any(_COMPOSED.search(text) for text in programs) or any(stem in text for text in programs):
        return ""
    return maker


def vllm_releases(pods: list[KnownPod]) -> dict[str, Version] | None:
    """Return the vLLM in the images of pods; None where an image may hold one that nobody can tell."""
    found: dict[str, Version] = {}
    for pod in pods:
        if pod.source.group == "serving.kserve.io" and not image_of(pod):
            return None  # a runtime says which image
        for image in image_of(pod):
            release = vllm_in(image)
            if release is not None:
                found[image] = release
            elif _HOLDS_VLLM.search(image):
                return None
    return found
