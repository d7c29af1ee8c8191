"""Running checks over a tree: hits become findings, the same finding of several roots becomes one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mintage.errors import Location
from mintage.finding import Finding, Related

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mintage.check.interface import Check, Hit, Other
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree


def findings(
    tree: Tree, checks: Sequence[Check], *, scopes: Iterable[str] = ("object", "root", "tree")
) -> list[Finding]:
    """Return what the checks find in a tree, sorted by place; pods and containers count as parts of objects."""
    found: list[tuple[str, Finding]] = []
    for root in tree.roots:
        if "object" in scopes:
            found += ((root.folder, finding) for finding in of_objects(tree, root.objects, checks))
        if "root" in scopes:
            found += ((root.folder, finding) for finding in of_root(root, checks))
    if "object" in scopes:
        found += (("", finding) for finding in of_objects(tree, tree.loose, checks))
    if "tree" in scopes:
        found += (("", finding) for finding in of_tree(tree, checks))
    return merged(found)


# What a check of objects looks at in each of them.
_PARTS: dict[str, Callable[[Object], Iterable[object]]] = {
    "object": lambda item: (item,),
    "pod": lambda item: item.pods,
    "container": lambda item: item.containers,
}


def of_objects(tree: Tree, objects: Sequence[Object], checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield what the checks of single objects find."""
    for check in checks:
        parts = _PARTS.get(check.on)
        for item in objects if parts else ():
            if parts and check.applies(item):
                for part in parts(item):
                    yield from placed(check, check.run(part, tree))


def of_root(root: Root, checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield what holds between the objects of a root."""
    for check in checks:
        if check.on == "root":
            yield from placed(check, check.run(root))


def of_tree(tree: Tree, checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield what holds between roots, and between files."""
    for check in checks:
        if check.on == "tree":
            for finding in placed(check, check.run(tree)):
                reached = (root.folder for root in tree.roots if finding.location.file in root.reached)
                yield replace(finding, roots=finding.roots or tuple(reached))


def merged(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Return findings in the order of their places; those of several roots with the same words once.

    An object that each root calls by another name, since it has a prefix there, is one object.
    """
    roots: dict[tuple[object, ...], set[str]] = {}
    first: dict[tuple[object, ...], Finding] = {}
    for root, finding in found:
        key = (finding.location, finding.id, finding.message, finding.subject.rpartition("/")[2])
        first.setdefault(key, finding)
        roots.setdefault(key, set()).update({*finding.roots, root} - {""})
    renamed: dict[tuple[object, ...], list[tuple[Finding, set[str]]]] = {}
    for same, finding in first.items():
        alike = renamed.setdefault((finding.location, finding.id, finding.message), [])
        other = next((seen for twin, seen in alike if _are_variants(finding, roots[same], twin, seen)), None)
        if other is None:
            alike.append((finding, roots[same]))
        else:
            other.update(roots[same])
    return sorted(
        replace(finding, roots=tuple(sorted(seen))) for alike in renamed.values() for finding, seen in alike
    )


def _are_variants(one: Finding, roots: set[str], other: Finding, others: set[str]) -> bool:
    """Tell whether what is found on one line in some roots and in others is one object under several prefixes."""
    if not one.location.line or not roots or not others or roots & others:
        return False
    return _unprefixed(one.subject) == _unprefixed(other.subject) != ("", "")


def _unprefixed(subject: str) -> tuple[str, str]:
    kind, _, name = subject.partition(" ")
    core = name.rpartition("/")[2].partition("-")[2]
    return (kind, core) if core else ("", "")


def placed(check: Check, hits: Iterable[Hit]) -> Iterator[Finding]:
    """Yield the findings that hits of a check are, with the places of their causes."""
    for hit in hits:
        places = _places(hit)
        related = [Related(place, "the object as it is written") for place in places[1:2]]
        related += [found for other in hit.others if (found := _related(other)) is not None]
        yield Finding(
            location=places[0],
            id=check.id,
            severity=check.severity,
            message=hit.message,
            advice=hit.advice,
            subject=hit.subject.label if hit.subject else "",
            related=tuple(related),
            confidential=hit.confidential,
        )


def _places(hit: Hit) -> list[Location]:
    if hit.place is not None:
        return [hit.place]
    if hit.subject is None:
        return [Location(".")]
    found = hit.subject.locate(hit.path, on_key=hit.on_key)
    return found or [Location(hit.subject.file or hit.subject.label)]


def _related(other: Other) -> Related | None:
    if other.place is not None:
        return Related(other.place, other.text)
    if other.subject is None:
        return None
    found = other.subject.locate(other.path)
    return Related(found[0] if found else Location(other.subject.file or other.subject.label), other.text)
