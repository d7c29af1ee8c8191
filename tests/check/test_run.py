"""Hits become findings with the place of their cause; what several roots share is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.run import findings, merged
from mintage.errors import Location
from mintage.finding import Finding, Related
from mintage.tree.load import load
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: one
data:
  level: debug
"""


def _debug(item: Object, _: Tree) -> Iterator[Hit]:
    if item.at("data", "level") == "debug":
        yield Hit("it says `debug`", "say `info`", item, ("data", "level"), others=(Other("the map", item),))


def _empty(root: Root) -> Iterator[Hit]:
    if not root.of("Secret"):
        yield Hit("there is no Secret", "add one", place=Location(root.folder))


DEBUG = Check("level", WARNING, "object", _debug, "why", "fix", frozenset({"ConfigMap"}))
SECRET = Check("secret", ERROR, "root", _empty, "why", "fix")


def test_a_finding_has_the_place_of_its_cause(tmp_path: Path) -> None:
    """And the place of the other end."""
    (tmp_path / "one.yaml").write_text(CONFIG)
    found = findings(load(tmp_path), [DEBUG])
    assert found == [
        Finding(
            Location("one.yaml", 6, 10, 5),
            "level",
            WARNING,
            "it says `debug`",
            "say `info`",
            "ConfigMap one",
            (".",),
            (Related(Location("one.yaml", 1, 1), "the map"),),
        )
    ]


def test_a_check_sees_only_its_kinds() -> None:
    """What it does not know, it does not look at."""
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"level": "debug"}}
    assert findings(of_documents({"a": [document]}), [DEBUG, SECRET]) == []


def test_scopes_can_be_chosen() -> None:
    """Tasks look at objects and at roots apart."""
    tree = of_documents({"a": [{"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"level": "debug"}}]})
    assert [found.id for found in findings(tree, [DEBUG, SECRET], scopes=["object"])] == ["level"]
    assert [found.id for found in findings(tree, [DEBUG, SECRET], scopes=["root"])] == ["secret"]


def test_one_cause_in_several_roots_is_one_finding() -> None:
    """It names them all."""
    place = Location("base.yaml", 1, 1)
    dev = Finding(place, "a", ERROR, "m", subject="Pod dev/one")
    prod = Finding(place, "a", ERROR, "m", subject="Pod prod/one")
    other = Finding(place, "a", ERROR, "m", subject="Pod prod/two")
    found = merged([("prod", prod), ("dev", dev), ("prod", other)])
    assert [(finding.subject, finding.roots) for finding in found] == [
        ("Pod prod/one", ("dev", "prod")),
        ("Pod prod/two", ("prod",)),
    ]


def test_one_line_under_several_prefixes_is_one_finding() -> None:
    """Overlays call the object by other names; two objects of one root stay two."""
    place = Location("base.yaml", 1, 1)
    staging = Finding(place, "a", ERROR, "m", subject="Pod staging-one")
    production = Finding(place, "a", ERROR, "m", subject="Pod production-one")
    found = merged([("staging", staging), ("production", production)])
    assert [(finding.subject, finding.roots) for finding in found] == [
        ("Pod staging-one", ("production", "staging"))
    ]
    assert len(merged([("all", staging), ("all", production)])) == 2
