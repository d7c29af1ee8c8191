"""Names and labels that the API server refuses.

Facts: `pkg/apis/core/validation` and `apimachinery/pkg/util/validation` of Kubernetes 1.32. Kinds whose names follow rules of
their own (those of OpenShift's users and images) are not judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, Check, Hit
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Tree

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_COMPUTED = re.compile(r"\$\(|\$\{|\{\{")
_SEGMENT_GROUPS = frozenset({"rbac.authorization.k8s.io", "flowcontrol.apiserver.k8s.io"})
_IN_LABEL = "lower-case letters, digits and `-`, a letter or digit at both ends"
_SUBDOMAIN_WORDS = "lower-case letters, digits, `-` and `.`, a letter or digit at both ends"
_PATTERNS = ("kyverno.io", "gatekeeper.sh")  # their selectors hold wildcards
_OWN_RULES = ("openshift.io", "metrics.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io")


def _name_invalid(item: Object, _: Tree) -> Iterator[Hit]:
    name = item.metadata.get("name")
    if isinstance(name, str) and name and not _COMPUTED.search(name):
        wrong = _wrong_name(item, name)
        if wrong:
            yield Hit(f"the name `{name}` {wrong}", _mended(name), item, ("metadata", "name"))
    for pod in item.pods:
        for field, what in (
            ("containers", "container"),
            ("initContainers", "container"),
            ("volumes", "volume"),
        ):
            for index, part in items(pod.spec, field):
                yield from _wrong_part(item, (*pod.path, field, index, "name"), part.get("name"), what)


def _wrong_part(item: Object, path: Path, name: Any, what: str) -> Iterator[Hit]:
    if isinstance(name, str) and name and not _COMPUTED.search(name):
        wrong = _against(name, _LABEL, 63, _IN_LABEL)
        if wrong:
            yield Hit(f"the {what} name `{name}` {wrong}", _mended(name), item, path)


def _wrong_name(item: Object, name: str) -> str:
    if item.group in _SEGMENT_GROUPS:
        bad = name in {".", ".."} or "/" in name or "%" in name
        return "holds `/` or `%`, which a path segment cannot" if bad else ""
    if item.group.endswith(_OWN_RULES):
        return ""
    if item.is_a("Service", ""):
        return _against(name, _LABEL_1035, 63, "lower-case letters, digits and `-`, a letter first")
    if item.is_a("Namespace", ""):
        return _against(name, _LABEL, 63, _IN_LABEL)
    return _against(name, _SUBDOMAIN, 253, _SUBDOMAIN_WORDS)


def _against(name: str, pattern: re.Pattern[str], limit: int, words: str) -> str:
    if len(name) > limit:
        return f"has {len(name)} characters, at most {limit} are allowed"
    return "" if pattern.fullmatch(name) else f"is not allowed: want {words}"


def _mended(name: str) -> str:
    fixed = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    return f"call it `{fixed}`" if fixed and fixed != name and len(fixed) <= 63 else "give it another name"


def _label_value_invalid(item: Object, _: Tree) -> Iterator[Hit]:
    for path, labels in _label_maps(item):
        for key, value in labels.items():
            wrong_key = _wrong_key(key)
            if wrong_key:
                yield Hit(
                    f"the label key `{key}` {wrong_key}",
                    "use `name` or `domain/name`, the name of at most 63 letters, digits, `-`, `_` and `.`",
                    item, (*path, key), on_key=True,
                )  # fmt: skip
            wrong = _wrong_value(value)
            if wrong:
                yield Hit(
                    f"the label value `{_cut(value)}` of `{key}` {wrong}",
                    "shorten or rename it, or make it an annotation, whose value may be any text",
                    item, (*path, key),
                )  # fmt: skip


def _label_maps(item: Object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the mappings of labels in an object: its own, its pods', and those it selects by."""
    if item.kind == "CustomResourceDefinition":
        return
    yield ("metadata", "labels"), mapping(item.document, "metadata", "labels")
    for pod in item.pods:
        if pod.path[-1] == "spec" and len(pod.path) > 1:
            path = (*pod.path[:-1], "metadata", "labels")
            yield path, mapping(item.document, *path)
        yield (*pod.path, "nodeSelector"), mapping(pod.spec, "nodeSelector")
    if item.is_a("Service", ""):
        yield ("spec", "selector"), mapping(item.spec, "selector")
    if not item.group.endswith(_PATTERNS):
        yield from _selectors(item.document, ())


def _selectors(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "matchLabels" and isinstance(inner, dict):
                yield (*path, key), inner
            elif isinstance(inner, dict | list):
                yield from _selectors(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict | list):
                yield from _selectors(inner, (*path, index))


def _wrong_value(value: Any) -> str:
    if not isinstance(value, str) or _COMPUTED.search(value):
        return ""
    return _against(value, _VALUE, 63, "letters, digits, `-`, `_` and `.`, a letter or digit at both ends")


def _wrong_key(key: Any) -> str:
    if not isinstance(key, str) or _COMPUTED.search(key):
        return ""
    prefix, slash, name = key.rpartition("/")
    if slash and (wrong := _against(prefix, _SUBDOMAIN, 253, _SUBDOMAIN_WORDS)):
        return wrong
    if not name:
        return "has no name"
    return _against(name, _VALUE, 63, "letters, digits, `-`, `_` and `.`, a letter or digit at both ends")


def _cut(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:67]}..."


CHECKS = (
    Check(
        "name-invalid",
        ERROR,
        "object",
        _name_invalid,
        why="Names become parts of host names and paths: the API server refuses what cannot be one.",
        fix="Use lower-case letters, digits and `-`.",
    ),
    Check(
        "label-value-invalid",
        ERROR,
        "object",
        _label_value_invalid,
        why="The API server refuses an object with a label that breaks the syntax, such as an image reference or a URL.",
        fix="Shorten or rename the value, or make it an annotation.",
    ),
)
