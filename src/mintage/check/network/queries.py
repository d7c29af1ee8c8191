"""The PromQL of a root: rules of PrometheusRules and of files in ConfigMaps, and panels of Grafana dashboards in ConfigMaps.

Dashboards are read as Grafana writes them (schema 16 and later): every `expr` is a query, unless its data source is
of another type than Prometheus. Recording rules are metrics of their own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintage.check.network.promql import Series, series_in
from mintage.errors import MintageError
from mintage.source import read_all
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_MAX_BYTES, _MAX_NODES = 2_000_000, 200_000
_LABEL_VALUES = re.compile(r"\s*label_values\(\s*+(?P<metric>\S(?:.*\S)?)\s*,\s*[\w$]+\s*\)\s*", re.DOTALL)
_QUERY_RESULT = re.compile(r"\s*query_result\((?P<expr>.+)\)\s*", re.DOTALL)


@dataclass(frozen=True)
class Query:
    """An expression, where it stands, and what people call it: ``alert `X` ``."""

    text: str
    object: Object
    path: Path
    label: str
    is_alert: bool = False
    record: str = ""

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """The series it asks for; none where it cannot be read."""
        return series_in(self.text) or ()


def queries(root: Root) -> tuple[Query, ...]:
    """Return the queries of a root."""
    return root.once(_queries)


def _queries(root: Root) -> tuple[Query, ...]:
    found = [query for item in root.of("PrometheusRule") for query in _rules(item, item.spec, ("spec",))]
    for item, path, text in texts(root):
        if isinstance(path[-1], str) and path[-1].endswith(".json"):
            found += _of_dashboard(item, path, text)
        elif "groups:" in text and "expr:" in text:
            for document in documents(text):
                found += (
                    Query(one.text, item, path, one.label, one.is_alert, one.record)
                    for one in _rules(item, document)
                )
    return tuple(found)


def texts(root: Root) -> Iterator[tuple[Object, Path, str]]:
    """Yield the files in ConfigMaps of a root, with their paths."""
    for item in root.of("ConfigMap", group=""):
        for key, text in mapping(item.document, "data").items():
            if isinstance(text, str):
                yield item, ("data", key), text


def documents(text: str) -> list[Any]:
    """Return the YAML documents in a text; none where it is no YAML."""
    try:
        found = read_all("", text.encode(), max_bytes=_MAX_BYTES, max_nodes=_MAX_NODES)
    except MintageError:
        return []
    return [document.value for document in found]


def _rules(item: Object, value: Any, path: Path = ()) -> Iterator[Query]:
    for group, found in items(value, "groups"):
        for index, rule in items(found, "rules"):
            text, alert, record = rule.get("expr"), rule.get("alert"), rule.get("record")
            if isinstance(text, str):
                label = f"alert `{alert}`" if alert else f"recording rule `{record}`"
                place = (*path, "groups", group, "rules", index, "expr")
                yield Query(text, item, place, label, bool(alert), str(record or ""))


def _of_dashboard(item: Object, path: Path, text: str) -> Iterator[Query]:
    if '"panels"' not in text and '"rows"' not in text:
        return
    try:
        board = json.loads(text)
    except (ValueError, RecursionError):
        return
    found = list(_expressions(board, "dashboard", at(board, "datasource")))
    for _, variable in items(board, "templating", "list"):
        asked = variable.get("query")
        asked = asked.get("query") if isinstance(asked, dict) else asked
        label = f"variable `{variable.get('name')}`"
        found += (
            (expression, label) for expression in (_of_variable(asked) if isinstance(asked, str) else ())
        )
    for expression, label in found:
        yield Query(expression, item, path, label)


def _of_variable(asked: str) -> Iterator[str]:
    found = _LABEL_VALUES.fullmatch(asked) or _QUERY_RESULT.fullmatch(asked)
    if found:
        yield found[1]


def _expressions(value: Any, label: str, source: Any) -> Iterator[tuple[str, str]]:
    """Yield the queries below a part of a dashboard, with the name of the panel they are in."""
    if isinstance(value, list):
        for item in value:
            yield from _expressions(item, label, source)
    elif isinstance(value, dict):
        source = value.get("datasource") or source
        if isinstance(value.get("title"), str) and "type" in value:
            label = f"panel `{value['title']}`"
        if isinstance(value.get("expr"), str) and _may_be_prometheus(source):
            yield value["expr"], label
        for key, item in value.items():
            if key not in {"templating", "options", "fieldConfig"} and isinstance(item, dict | list):
                yield from _expressions(item, label, source)


def _may_be_prometheus(source: Any) -> bool:
    kind = source.get("type") if isinstance(source, dict) else source
    return not isinstance(kind, str) or "prometheus" in kind.lower() or "$" in kind


def recorded(root: Root) -> frozenset[str]:
    """Return the metrics that recording rules anywhere in the tree make."""
    return frozenset(query.record for one in root.tree.roots for query in queries(one) if query.record)
