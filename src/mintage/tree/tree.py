"""A tree of manifests as one value: what its roots build to, and the files they are built from.

A root is what is applied as a whole: a kustomization that no other one uses, or a folder of plain manifests. Pure: who
loads a tree reads and builds (`mintage.tree.load`), who asks it only looks things up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintage.spec.validation import Externals, Rules
from mintage.tree.objects import Object, Once, Pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mintage.errors import Problem
    from mintage.schemas.store import Schemas
    from mintage.tree.files import Files
    from mintage.tree.kustomization import Kustomization
    from mintage.tree.objects import Container


class Root(Once):
    """What one folder builds to.

    `kustomization` is None for a folder of plain manifests. `problems` say why it could not be built; then it has no
    objects. `reached` are the files it is built from. `environment` names the environment of a workspace.
    """

    def __init__(
        self,
        folder: str,
        objects: Iterable[Object] = (),
        *,
        kustomization: Kustomization | None = None,
        problems: Sequence[Problem] = (),
        reached: Iterable[str] = (),
        environment: str = "",
    ) -> None:
        self.folder = folder
        self.objects = tuple(objects)
        self.kustomization = kustomization
        self.problems = tuple(problems)
        self.reached = frozenset(reached)
        self.environment = environment
        self.tree = Tree()  # the one it is part of, once it is

    def __repr__(self) -> str:
        return f"Root({self.folder}, {len(self.objects)} objects)"

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[Object, ...]]:
        """The objects by kind, of whatever group."""
        found: dict[str, list[Object]] = defaultdict(list)
        for item in self.objects:
            found[item.kind].append(item)
        return {kind: tuple(group) for kind, group in found.items()}

    def of(self, *kinds: str, group: str | None = None) -> tuple[Object, ...]:
        """Return the objects of some kinds, of any group unless one is named."""
        found = (item for kind in kinds for item in self.by_kind.get(kind, ()))
        return tuple(item for item in found if group is None or item.group == group)

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], tuple[Object, ...]]:
        found: dict[tuple[str, str], list[Object]] = defaultdict(list)
        for item in self.objects:
            found[item.kind, item.name].append(item)
        return {key: tuple(group) for key, group in found.items()}

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return an object by kind and name; a namespace that is not known, on either side, is any."""
        for item in self._named.get((kind, name), ()):
            if namespace is None or item.namespace is None or item.namespace == namespace:
                return item
        return None

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The pods of all objects."""
        return tuple(pod for item in self.objects for pod in item.pods)

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers of all pods."""
        return tuple(container for pod in self.pods for container in pod.containers)

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that its objects are in."""
        return frozenset(item.namespace for item in self.objects if item.namespace)

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """Kind and name of every object."""
        return frozenset((item.kind, item.name) for item in self.objects)

    @cached_property
    def variants(self) -> tuple[Root, ...]:
        """The roots that hold an object of the same kind and name: other environments of the same system."""
        return tuple(other for other in self.tree.roots if other is not self and other.names & self.names)

    @cached_property
    def companions(self) -> tuple[Root, ...]:
        """The roots that share no object with it, which may stand beside it in one cluster."""
        return tuple(other for other in self.tree.roots if other is not self and other not in self.variants)

    def find(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return an object of this root, of one beside it, or of any that goes into the very namespace."""
        own = self.get(kind, name, namespace)
        if own is not None:
            return own
        for other in self.tree.roots:
            found = other.get(kind, name, namespace) if other is not self else None
            if found is not None and (
                other in self.companions or (namespace and found.namespace == namespace)
            ):
                return found
        return None


@dataclass(eq=False)
class Tree(Once):
    """Everything that checks may look at.

    `loose` are objects in files that no root reaches. `files` and `schemas` are None in a tree made of values alone.
    """

    roots: tuple[Root, ...] = ()
    loose: tuple[Object, ...] = ()
    files: Files | None = None
    kustomizations: Mapping[str, Kustomization] = field(default_factory=dict)
    schemas: Schemas | None = None
    kubernetes_version: str | None = None
    externals: Externals = field(default_factory=Externals)
    rules: Rules = field(default_factory=Rules)
    problems: tuple[Problem, ...] = ()  # of files that could not be read
    notes: tuple[str, ...] = ()  # what was not looked at, in sentences
    before: Tree | None = None  # an earlier state of it, to which it is compared

    def __post_init__(self) -> None:
        for root in self.roots:
            root.tree = self

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        """The objects of all roots and the loose ones."""
        return (*(item for root in self.roots for item in root.objects), *self.loose)

    def of(self, *kinds: str, group: str | None = None) -> tuple[Object, ...]:
        """Return the objects of some kinds in all roots."""
        return tuple(item for root in self.roots for item in root.of(*kinds, group=group))


def of_documents(documents: Mapping[str, Sequence[dict[str, Any]]], **settings: Any) -> Tree:
    """Return a tree made of values: documents by folder of their root; for tests and for other programs."""
    return Tree(tuple(Root(folder, map(Object, found)) for folder, found in documents.items()), **settings)
