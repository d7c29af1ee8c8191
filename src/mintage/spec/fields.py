"""The vocabulary that several kinds share: names, quantities, probes, volumes, environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from mintage.errors import did_you_mean
from mintage.spec.decode import LABEL, PORT_NAME, QUANTITY, Complaint, Fields
from mintage.spec.exports import Export

if TYPE_CHECKING:
    from collections.abc import Iterator

Name = Annotated[
    str,
    Meta(
        pattern=LABEL,
        max_length=63,
        description="Lower-case letters, digits and dashes; at most 63 characters.",
    ),
]
PortName = Annotated[
    str,
    Meta(pattern=PORT_NAME, description="Name of a port: at most 15 lower-case letters, digits and dashes."),
]
Port = Annotated[int, Meta(ge=1, le=65535, description="A TCP port.")]
Seconds = Annotated[int, Meta(ge=0, description="Seconds.")]
Quantity = Annotated[
    Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)] | Annotated[str, Meta(pattern=QUANTITY)],
    Meta(description="A Kubernetes quantity: `2`, `500m`, `64Gi`."),
]
Labels = dict[str, str]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})


class Resources(Fields, frozen=True, kw_only=True):
    """CPU and memory of a container; accelerators are counted by the kind itself."""

    requests: Annotated[dict[str, Quantity], Meta(description="What the scheduler reserves.")] = {}
    limits: Annotated[dict[str, Quantity], Meta(description="What the container may use at most.")] = {}

    def complaints(self) -> Iterator[Complaint]:
        """Complain about a resource that Kubernetes does not know; extended ones have a domain."""
        for field, given in (("requests", self.requests), ("limits", self.limits)):
            for name in given:
                if "/" not in name and name not in _RESOURCES and not name.startswith("hugepages-"):
                    advice = did_you_mean(name, _RESOURCES)
                    yield Complaint((field, name), f"unknown resource `{name}`", advice, on_key=True)


class Probe(Fields, frozen=True, kw_only=True):
    """When a container is started, ready or alive: an HTTP path, a gRPC service or an open TCP port."""

    path: Annotated[str | None, Meta(description="HTTP path to GET.")] = None
    grpc: Annotated[str | None, Meta(description="Name of the gRPC health service to ask.")] = None
    port: Annotated[Port | None, Meta(description="Port to ask; the container's first port by default.")] = (
        None
    )
    scheme: Annotated[Literal["HTTP", "HTTPS"], Meta(description="Scheme of the HTTP request.")] = "HTTP"
    initial_delay: Annotated[Seconds, Meta(description="Seconds before the first attempt.")] = 0
    period: Annotated[Seconds, Meta(description="Seconds between attempts.")] = 10
    timeout: Annotated[Seconds, Meta(description="Seconds an attempt may take.")] = 1
    failures: Annotated[int, Meta(ge=1, description="Failed attempts in a row that count as down.")] = 3

    def complaints(self) -> Iterator[Complaint]:
        """Complain about a probe that asks for a path and for a gRPC service."""
        if self.path is not None and self.grpc is not None:
            yield Complaint(
                ("grpc",),
                "a probe has either `path` or `grpc`, got both",
                "remove one of the two",
                on_key=True,
            )


class Probes(Fields, frozen=True, kw_only=True):
    """The three probes of a container."""

    startup: Annotated[
        Probe | None, Meta(description="Holds back the other two until it has passed once.")
    ] = None
    readiness: Annotated[Probe | None, Meta(description="Whether the container gets traffic.")] = None
    liveness: Annotated[Probe | None, Meta(description="Whether the container is restarted.")] = None


class PersistentVolume(Fields, frozen=True, kw_only=True):
    """A claim for storage that outlives the pod."""

    size: Annotated[Quantity, Meta(description="How much storage to claim.")]
    name: Annotated[Name | None, Meta(description="Name of the claim; the volume's name by default.")] = None
    storage_class: Annotated[
        str | None, Meta(description="StorageClass; the cluster's default when absent.")
    ] = None
    access_mode: Annotated[
        Literal["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"],
        Meta(description="Who may mount the claim: one node, one pod, or many nodes."),
    ] = "ReadWriteOnce"


class EmptyDir(Fields, frozen=True, kw_only=True):
    """Scratch space that lives as long as the pod."""

    size: Annotated[Quantity | None, Meta(description="Upper limit.")] = None
    memory: Annotated[bool, Meta(description="Keep it in memory (counts towards the memory limit).")] = False


class ConfigFile(Fields, frozen=True, kw_only=True):
    """A ConfigMap or a Secret mounted as files."""

    name: Annotated[Name, Meta(description="Name of the ConfigMap or Secret.")]
    optional: Annotated[bool, Meta(description="Start even where it does not exist.")] = False
    mode: Annotated[
        Annotated[int, Meta(ge=0, le=0o777)] | None, Meta(description="File mode, such as 0755.")
    ] = None


class Volume(Fields, frozen=True, kw_only=True):
    """What is mounted at a path: exactly one source."""

    pvc: Annotated[PersistentVolume | None, Meta(description="A persistent volume claim.")] = None
    empty_dir: Annotated[EmptyDir | None, Meta(description="Scratch space.")] = None
    config_map: Annotated[ConfigFile | None, Meta(description="Files of a ConfigMap.")] = None
    secret: Annotated[ConfigFile | None, Meta(description="Files of a Secret.")] = None
    read_only: Annotated[bool, Meta(description="Mount it read-only.")] = False
    name: Annotated[Name | None, Meta(description="Name of the volume; made from the path by default.")] = (
        None
    )

    def complaints(self) -> Iterator[Complaint]:
        """Complain about no source or several: a delta that brings another must take the first one away."""
        sources = {
            "pvc": self.pvc,
            "emptyDir": self.empty_dir,
            "configMap": self.config_map,
            "secret": self.secret,
        }
        given = [name for name, source in sources.items() if source is not None]
        if len(given) != 1:
            got = " and ".join(f"`{name}`" for name in given) or "none"
            advice = (
                f"in a delta, take the other away with `{given[0]}: null`" if given else "add `emptyDir: {}`"
            )
            yield Complaint(
                tuple(given[-1:]), f"a volume has exactly one source, got {got}", advice, on_key=True
            )


class ValueFrom(Fields, frozen=True, kw_only=True):
    """A variable whose value stands elsewhere: in a key of a Secret or ConfigMap, or in a field of the pod."""

    secret: Annotated[Name | None, Meta(description="Name of the Secret.")] = None
    config_map: Annotated[Name | None, Meta(description="Name of the ConfigMap.")] = None
    key: Annotated[str | None, Meta(description="Key in the Secret or ConfigMap.")] = None
    field: Annotated[str | None, Meta(description="Field of the pod, such as `status.podIP`.")] = None
    optional: Annotated[bool, Meta(description="Start even where the key does not exist.")] = False

    def complaints(self) -> Iterator[Complaint]:
        """Complain about no source or several, and about a Secret or ConfigMap without a key."""
        sources = {"secret": self.secret, "configMap": self.config_map, "field": self.field}
        given = [name for name, source in sources.items() if source is not None]
        if len(given) != 1:
            got = " and ".join(f"`{name}`" for name in given) or "none"
            yield Complaint((), f"expected one of `secret`, `configMap` and `field`, got {got}")
        elif self.field is None and self.key is None:
            yield Complaint(
                ("key",), "required field `key` is missing", "add `key: ...`", "spec-missing-field"
            )


Env = Annotated[
    dict[str, str | int | float | bool | ValueFrom],
    Meta(
        description="Environment variables: a value, a reference such as `@minio`, or where the value stands."
    ),
]


# What identifies a service and places its files; an overlay is a delta of values, never a move.
FIXED = frozenset({"kind", "name", "component", "short", "only", "layout", "environments", "namespace"})


class Reference(NamedTuple):
    """A field that names another service: its path, the name, and the kinds of service that fit (all when empty).

    The name may be a selector, `Kind/pattern`, which stands for all services it matches.
    """

    path: tuple[str | int, ...]
    name: str
    kinds: tuple[str, ...] = ()


_SELECTING = frozenset(
    {"app", "app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/part-of"}
)


class CatalogueName(NamedTuple):
    """A field that names an entry of a catalogue of the system, such as a node pool."""

    path: tuple[str | int, ...]
    catalogue: Literal["nodePools", "accelerators"]
    name: str


def layout_complaints(pattern: str, path: tuple[str | int, ...]) -> Iterator[Complaint]:
    """Complain about a file pattern that leaves its folder or uses an unknown placeholder."""
    try:
        file = pattern.format(kind="kind", name="name", short="short")
    except (KeyError, IndexError, ValueError):
        yield Complaint(path, f"`{pattern}` is not a file pattern", "use `{kind}`, `{name}` and `{short}`")
        return
    parts = file.split("/")
    if (
        not file.endswith(".yaml")
        or any(part in {"", ".", ".."} for part in parts)
        or file == "kustomization.yaml"
    ):
        message = f"`{pattern}` does not name a YAML file inside the component's folder"
        yield Complaint(path, message, "use a name such as `{kind}-{name}.yaml`")


class Spec(Fields, frozen=True, kw_only=True):
    """The fields that every service has."""

    kind: str
    name: Annotated[
        Name, Meta(description="Name of the service, unique in the system; others refer to it by this name.")
    ]
    component: Annotated[
        Name | None, Meta(description="Folder under `gitops/base/`; the service's own name by default.")
    ] = None
    short: Annotated[
        Name | None, Meta(description="Short name, for the `{short}` of file patterns; `name` by default.")
    ] = None
    only: Annotated[
        tuple[str, ...],
        Meta(description="Environments the service exists in; all, and the base, when empty."),
    ] = ()
    namespace: Annotated[
        Name | None, Meta(description="Namespace of its objects, where it is not the environment's.")
    ] = None
    labels: Annotated[Labels, Meta(description="Labels added to every object.")] = {}
    annotations: Annotated[Labels, Meta(description="Annotations added to the main object.")] = {}
    layout: Annotated[
        dict[str, str], Meta(description="File patterns by object kind, over those of the system.")
    ] = {}
    environments: Annotated[
        dict[str, dict[str, Any]], Meta(description="What differs by environment: a partial spec for each.")
    ] = {}
    wave: Annotated[int | None, Meta(description="Argo CD sync wave of every object.")] = None

    def complaints(self) -> Iterator[Complaint]:
        """Complain about a file pattern that leaves the folder, and a delta that would move the service."""
        if self.folder == "patches":
            advice = "choose another name: overlays keep their patches in that folder"
            yield Complaint(("component",), "no component can be called `patches`", advice)
        for key in self.labels:
            if key in _SELECTING or key.startswith("llm-d.ai/"):
                message = f"`{key}` selects pods and Services, and is Mintage's to set"
                yield Complaint(("labels", key), message, "use a label of your own", on_key=True)
        for key, pattern in self.layout.items():
            yield from layout_complaints(pattern, ("layout", key))
        for environment, delta in self.environments.items():
            if self.only and environment not in self.only:
                message = f"it changes nothing: the service is `only` in {', '.join(self.only)}"
                yield Complaint(
                    ("environments", environment),
                    message,
                    "remove it, or add the environment to `only`",
                    on_key=True,
                )
            for field in FIXED & delta.keys():
                message = f"`{field}` is the same in every environment"
                yield Complaint(
                    ("environments", environment, field),
                    message,
                    "set it outside `environments`",
                    on_key=True,
                )

    def references(self) -> Iterator[Reference]:
        """Yield the names of other services in fields that hold nothing else (`@name` strings are found elsewhere)."""
        return iter(())

    def catalogue_names(self) -> Iterator[CatalogueName]:
        """Yield the fields that name an entry of a catalogue of the system."""
        return iter(())

    def files(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield the fields that name other files of the workspace: path, and file relative to the specs folder."""
        return iter(())

    def exports(self) -> Export:
        """Return what other services may know of this one."""
        return Export(kind=self.kind, name=self.name, component=self.folder, namespace=self.namespace or "")

    @property
    def folder(self) -> str:
        """The component's folder."""
        return self.component or self.name

    @property
    def file_name(self) -> str:
        """What `{short}` stands for in file patterns."""
        return self.short or self.name
