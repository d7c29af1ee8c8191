"""What the schemas say of every object: each is judged once, whichever check asks first."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mintage.check.tables.apis import api_life
from mintage.schemas.core import minors_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mintage.errors import Location
    from mintage.schemas.cel import Verdict
    from mintage.schemas.explain import SchemaError
    from mintage.schemas.judge import Judge
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

_PARTIAL = "is missing"
_RBAC = "rbac.authorization.k8s.io"
_DEFAULTED = "field `apiGroup` is missing"
_VARIABLE = re.compile(r"\$(?:\{\w[^{}]*\}|\w+)")  # for envsubst, or Flux's `postBuild`


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one schema says of one object. `judge` is None where there is no schema of its kind."""

    judge: Judge | None
    errors: tuple[SchemaError, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who judged how many objects: sentence of the schema's source -> objects; and `apiVersion/kind` that nobody judged."""

    judged: Mapping[str, int] = field(default_factory=dict)
    unjudged: Mapping[str, int] = field(default_factory=dict)


class _Judgements:
    def __init__(self, tree: Tree) -> None:
        self.schemas = tree.schemas
        self.loose = frozenset(tree.loose)
        self.known: dict[Object, Judgement] = {}
        self.verdicts: dict[Object, Verdict | None] = {}

    def of(self, item: Object) -> Judgement:
        if item not in self.known:
            self.known[item] = self._judge(item)
        return self.known[item]

    def _judge(self, item: Object) -> Judgement:
        judge = self.schemas.judge(item.api_version, item.kind) if self.schemas is not None else None
        if judge is None:
            return Judgement(None)
        errors = [error for error in judge.errors(item.document) if not _is_no_error(item, error)]
        if item in self.loose:
            errors = _of_a_fragment(errors)
        return Judgement(judge, tuple(errors))

    def verdict(self, item: Object) -> Verdict | None:
        if item not in self.verdicts:
            found = self.of(item)
            judged = found.judge is not None and found.judge.has_rules and not found.errors
            self.verdicts[item] = found.judge.cel(item.document) if judged and found.judge else None
        return self.verdicts[item]


def _is_no_error(item: Object, error: SchemaError) -> bool:
    """Tell whether a value is put in later, or by the API server (pkg/apis/rbac/v1/defaults.go of Kubernetes)."""
    value = item.at(*error.path)
    if isinstance(value, str) and _VARIABLE.fullmatch(value.strip()):
        return True
    return item.group == _RBAC and error.path == ("roleRef",) and error.message == _DEFAULTED


def _of_a_fragment(errors: list[SchemaError]) -> list[SchemaError]:
    """Return what is also wrong with a part of an object: a file that no root reaches may be a patch."""
    if not any(error.message.endswith(_PARTIAL) for error in errors):
        return errors
    return [error for error in errors if error.unknown and not str(error.path[-1]).startswith("$")]


def judgement(item: Object, tree: Tree) -> Judgement:
    """Return what the schema of its kind says of an object of a tree."""
    return tree.once(_Judgements).of(item)


def verdict(item: Object, tree: Tree) -> Verdict | None:
    """Return what the CEL rules of its kind say of an object that is otherwise valid; None where there are none."""
    return tree.once(_Judgements).verdict(item)


def remarks(tree: Tree, roots: Iterable[Root] | None = None) -> list[str]:
    """Return what was not judged though it could be, in sentences: rules, and schemas that were not fetched."""
    if tree.schemas is None:
        return []
    found = []
    if missing := tree.schemas.not_fetched:
        count = "1 schema" if len(missing) == 1 else f"{len(missing)} schemas"
        found.append(f"{count} that `schemas.lock` pins were not fetched: run `doit schemas fetch`")
    items = (item for root in (tree.roots if roots is None else roots) for item in root.objects)
    verdicts = [seen for item in items if (seen := verdict(item, tree)) is not None and seen.not_evaluated]
    reasons = sorted({seen.reason or "cel-python cannot evaluate some" for seen in verdicts})
    found += [f"CEL rules were not evaluated: {reason}" for reason in reasons]
    return found


def places_of_errors(tree: Tree) -> frozenset[Location]:
    """Return the places that schemas complain about."""
    return frozenset(
        place
        for item in (tree.objects if tree.schemas is not None else ())
        for error in judgement(item, tree).errors
        for place in item.locate(error.path)
    )


def unjudged(tree: Tree) -> Iterator[Object]:
    """Yield the objects for whose kind there is no schema; what Kubernetes has removed is known to other checks."""
    for item in tree.objects if tree.schemas is not None else ():
        if judgement(item, tree).judge is None and not _is_of_kubernetes(item):
            yield item


def _is_of_kubernetes(item: Object) -> bool:
    """Tell whether another release of Kubernetes has the kind."""
    life = api_life(item.api_version, item.kind)
    return bool(minors_of(item.api_version, item.kind)) or (life is not None and life.project == "Kubernetes")


def coverage(tree: Tree, roots: Iterable[Root] | None = None) -> Coverage:
    """Return which schemas judged how many objects of a tree, or of some roots, and which kinds nobody judged."""
    judged: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    items = tree.objects if roots is None else [item for root in roots for item in root.objects]
    for item in items if tree.schemas is not None else ():
        judge = judgement(item, tree).judge
        if judge is None:
            missing[f"{item.api_version}/{item.kind}"] += 1
        else:
            judged[judge.source] += 1
    return Coverage(dict(sorted(judged.items())), dict(sorted(missing.items())))
