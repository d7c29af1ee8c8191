"""What is watched: the metrics of services, dashboards that show them, and alerts on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, field

from mintage.spec.decode import Complaint, Fields
from mintage.spec.fields import Name, Reference, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Duration = Annotated[
    str, Meta(pattern=r"^([0-9]+(ms|[smhdwy]))+$(?!\n)", description="A duration such as `30s`.")
]


class Watch(Fields, frozen=True, kw_only=True):
    """Services whose metrics are scraped together."""

    name: Annotated[
        Name, Meta(description="Name of the ServiceMonitor; the first part where it takes several.")
    ]
    services: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Services by name, or several as in `ModelServer/*`."),
    ]
    interval: Annotated[
        Duration | None, Meta(description="Scrape interval, where it is not the common one.")
    ] = None


class Dashboard(Fields, frozen=True, kw_only=True):
    """A Grafana dashboard in a file beside the specs."""

    name: Annotated[Name, Meta(description="Name of the ConfigMap.")]
    file: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\.json$(?!\n)",
            description="JSON file of the dashboard, relative to the folder of specs.",
        ),
    ]
    key: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.json$(?!\n)")] | None,
        Meta(description="Key in the ConfigMap; the file's own name by default."),
    ] = None


class Rule(Fields, frozen=True, kw_only=True):
    """An alert."""

    alert: Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)", description="Name of the alert.")]
    expr: Annotated[
        str, Meta(min_length=1, description="PromQL expression; every series it returns is an alert.")
    ]
    for_: Annotated[Duration | None, Meta(description="How long it must hold before the alert fires.")] = (
        field(name="for", default=None)
    )
    severity: Annotated[
        Literal["info", "warning", "critical"], Meta(description="Label that decides who is told.")
    ] = "warning"
    summary: Annotated[str, Meta(min_length=1, description="One line for the person who is told.")]


class Monitoring(Spec, frozen=True, kw_only=True):
    """ServiceMonitors, Grafana dashboards as ConfigMaps, and a PrometheusRule."""

    kind: Literal["Monitoring"]
    watch: Annotated[tuple[Watch, ...], Meta(description="Groups of services to scrape.")] = ()
    interval: Annotated[Duration, Meta(description="Scrape interval of every group.")] = "30s"
    dashboards: Annotated[tuple[Dashboard, ...], Meta(description="Dashboards.")] = ()
    rules: Annotated[tuple[Rule, ...], Meta(description="Alerts.")] = ()

    def complaints(self) -> Iterator[Complaint]:
        """Complain about groups, dashboards and alerts that share a name."""
        yield from super().complaints()
        yield from _repeated("watch", "name", (group.name for group in self.watch))
        yield from _repeated("dashboards", "name", (dashboard.name for dashboard in self.dashboards))
        yield from _repeated("rules", "alert", (rule.alert for rule in self.rules))

    def references(self) -> Iterator[Reference]:
        """Yield the services watched, and all the others: a selector must be known to miss those."""
        for index, group in enumerate(self.watch):
            for position, name in enumerate(group.services):
                yield Reference(("watch", index, "services", position), name)
        if self.watch:
            yield Reference(("watch",), "*/*")

    def files(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the files of the dashboards."""
        for index, dashboard in enumerate(self.dashboards):
            yield ("dashboards", index, "file"), dashboard.file


def _repeated(items: str, key: str, names: Iterable[str]) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Complaint((items, index, key), f"`{name}` stands twice", "rename one of the two")
        seen.add(name)
