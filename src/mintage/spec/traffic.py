"""Who may talk to whom: what reaches the pods of a namespace, written in names of services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, field

from mintage.spec.decode import Complaint, Fields
from mintage.spec.fields import Name, Reference, Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = "all"


class Namespaces(Fields, frozen=True, kw_only=True):
    """Callers in certain namespaces, named as the cluster names them."""

    namespaces: Annotated[tuple[Name, ...], Meta(min_length=1, description="Names of the namespaces.")]


class Allow(Fields, frozen=True, kw_only=True):
    """Traffic that is let in: to which pods, from where, on which ports."""

    name: Annotated[
        Name, Meta(description="Name of the policy; the first part of it where it takes several.")
    ]
    to: Annotated[
        str,
        Meta(description="`all` pods of the namespace, a service, or several as in `ModelServer/*`."),
    ]
    from_: Annotated[
        Literal["namespace", "anywhere"] | Namespaces,
        Meta(description="Pods of the same `namespace`, of any (`anywhere`), or of `{namespaces: [...]}`."),
    ] = field(name="from")
    ports: Annotated[
        tuple[str, ...],
        Meta(description="Names of the ports; every port the service's pods have, by default."),
    ] = ()

    def complaints(self) -> Iterator[Complaint]:
        """Complain about port names without a service they could belong to."""
        if self.to == ALL and self.ports:
            message = "`to: all` opens every port of every pod; `ports` are those of a service"
            yield Complaint(("ports",), message, "name a service in `to`, or remove `ports`", on_key=True)


class Traffic(Spec, frozen=True, kw_only=True):
    """NetworkPolicies: pods that one of them selects accept the allowed traffic and nothing else."""

    kind: Literal["Traffic"]
    allow: Annotated[tuple[Allow, ...], Meta(min_length=1, description="What is let in.")]

    def complaints(self) -> Iterator[Complaint]:
        """Complain about entries that share a name."""
        yield from super().complaints()
        seen: set[str] = set()
        for index, entry in enumerate(self.allow):
            if entry.name in seen:
                yield Complaint(
                    ("allow", index, "name"), f"`{entry.name}` stands twice", "rename one of the two"
                )
            seen.add(entry.name)

    def references(self) -> Iterator[Reference]:
        """Yield the services let through to, and all the others: a selector must be known to miss those."""
        targets = [(index, entry.to) for index, entry in enumerate(self.allow) if entry.to != ALL]
        for index, name in targets:
            yield Reference(("allow", index, "to"), name)
        if targets:
            yield Reference(("allow",), "*/*")
