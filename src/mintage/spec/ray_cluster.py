"""A Ray cluster under KubeRay with the job it runs: head, workers, Kueue queue, dashboard, TensorBoard, metrics.

Says what KubeRay would refuse only at run time (names, replicas, ports); does not know how the objects look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from mintage.spec.decode import Complaint, Fields
from mintage.spec.exports import Export, MetricsEndpoint, PodPort
from mintage.spec.fields import (
    CatalogueName,
    Count,
    Env,
    Labels,
    Name,
    Port,
    Reference,
    Resources,
    Spec,
    Volume,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

GCS, DASHBOARD, CLIENT = 6379, 8265, 10001
# KubeRay names a Service `<cluster>-serve-svc` and a job's cluster `<job>-xxxxx`, in 63 characters.
CLUSTER_NAME, JOB_NAME = 53, 47 - 9  # the rendered name of a job ends in a digest of it
_PORT_FIELDS = {
    "metrics": ("metrics", "port"),
    "tensorboard": ("tensorboard", "port"),
    "rollouts": ("metrics", "rollouts"),
}


class Queue(Fields, frozen=True, kw_only=True):
    """The Kueue queue that admits the cluster."""

    name: Annotated[Name, Meta(description="Name of the LocalQueue.")]
    cluster_queue: Annotated[
        str, Meta(min_length=1, description="ClusterQueue behind it; cluster administrators own it.")
    ]
    version: Annotated[
        Literal["v1beta2", "v1beta1"],
        Meta(description="API version; `v1beta1` for a Kueue that does not serve `v1beta2`."),
    ] = "v1beta2"


class Node(Fields, frozen=True, kw_only=True):
    """What head and workers have in common."""

    resources: Annotated[
        Resources, Meta(description="CPU and memory of the Ray container; Ray counts the limits.")
    ] = Resources()
    pool: Annotated[Name | None, Meta(description="Node pool of the catalogue to run on.")] = None
    shared_memory: Annotated[
        str,
        Meta(
            pattern=r"^[1-9][0-9]*[MG]i$(?!\n)",
            description="Size of /dev/shm; Ray's object store takes nine tenths of it.",
        ),
    ] = "2Gi"
    ray_start: Annotated[
        Labels, Meta(description="Parameters of `ray start`, over those that Mintage sets.")
    ] = {}


class Workers(Node, frozen=True, kw_only=True):
    """The group of worker pods; they have no accelerators."""

    group: Annotated[Name, Meta(description="Name of the group.")] = "workers"
    replicas: Annotated[Count, Meta(description="Worker pods.")] = 1
    min: Annotated[Count | None, Meta(description="Fewest worker pods; `replicas` by default.")] = None
    max: Annotated[Count | None, Meta(description="Most worker pods; `replicas` by default.")] = None

    @property
    def fewest(self) -> int:
        """The lower bound of replicas."""
        return self.replicas if self.min is None else self.min

    @property
    def most(self) -> int:
        """The upper bound of replicas."""
        return self.replicas if self.max is None else self.max

    def complaints(self) -> Iterator[Complaint]:
        """Replicas lie between their bounds, and `headgroup` is the head's own name in KubeRay and Kueue."""
        if not self.fewest <= self.replicas <= self.most:
            message = f"expected {self.fewest} to {self.most} replicas, got {self.replicas}"
            yield Complaint(("replicas",), message, "change `replicas`, `min` or `max`")
        if self.group == "headgroup":
            yield Complaint(("group",), "`headgroup` is the name of the head's group", "choose another name")


class Display(Fields, frozen=True, kw_only=True):
    """A virtual X display beside Ray in each worker pod, for programs that open windows."""

    number: Annotated[
        Count, Meta(description="Number of the display: `DISPLAY` is a colon and this number.")
    ] = 99
    screen: Annotated[
        str,
        Meta(pattern=r"^[1-9][0-9]*x[1-9][0-9]*x(8|16|24)$(?!\n)", description="Width, height and depth."),
    ] = "1024x768x16"
    resources: Annotated[Resources, Meta(description="CPU and memory of the X server.")] = Resources(
        requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "500m", "memory": "512Mi"}
    )


class TensorBoard(Fields, frozen=True, kw_only=True):
    """TensorBoard beside Ray in the head pod."""

    port: Annotated[Port, Meta(description="Port it listens on.")] = 6006
    logs: Annotated[
        str,
        Meta(
            pattern=r"^/",
            description="Folder of event files: scratch space, unless a volume is mounted there.",
        ),
    ] = "/tensorboard"
    resources: Annotated[Resources, Meta(description="CPU and memory of TensorBoard.")] = Resources(
        requests={"cpu": "250m", "memory": "512Mi"}, limits={"cpu": "1", "memory": "2Gi"}
    )


class RayMetrics(Fields, frozen=True, kw_only=True):
    """Where Ray and the job's driver show their Prometheus metrics."""

    port: Annotated[Port, Meta(description="Port of Ray's own metrics, on every pod.")] = 8080
    rollouts: Annotated[
        Port | None,
        Meta(description="Port of the job's driver, on the head; the driver finds it in `METRICS_PORT`."),
    ] = None
    path: Annotated[str, Meta(description="HTTP path.")] = "/metrics"


class Prepare(Fields, frozen=True, kw_only=True):
    """A container that runs before Ray in every pod, with the variables and volumes of Ray."""

    image: Annotated[str, Meta(min_length=1, description="Container image.")]
    command: Annotated[tuple[str, ...], Meta(min_length=1, description="Command.")]


class RayJob(Fields, frozen=True, kw_only=True):
    """The job that is submitted to the cluster."""

    name: Annotated[
        Name | None, Meta(description="Name of the RayJob; that of the cluster and `-job` by default.")
    ] = None
    run: Annotated[
        str,
        Meta(
            min_length=1, description="Entrypoint; it starts on the head, in the image's working directory."
        ),
    ]
    env: Annotated[
        dict[str, str | int | float | bool],
        Meta(
            description="Variables of the job: in its runtime environment, and in the Ray containers for runs by hand."
        ),
    ] = {}
    resources: Annotated[
        Resources, Meta(description="CPU and memory of the pod that submits the job and follows its log.")
    ] = Resources(requests={"cpu": "500m", "memory": "200Mi"}, limits={"cpu": "1", "memory": "1Gi"})


class RayCluster(Spec, frozen=True, kw_only=True):
    """A RayCluster, its RayJob, LocalQueue and Services."""

    kind: Literal["RayCluster"]
    image: Annotated[
        str,
        Meta(min_length=1, description="Image of head, workers and submitter: Ray and the job's own code."),
    ]
    ray_version: Annotated[
        str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$(?!\n)", description="Version of Ray in the image.")
    ]
    queue: Annotated[
        Queue | None, Meta(description="Kueue queue; without one, the cluster starts at once.")
    ] = None
    head: Node = Node()
    workers: Workers = Workers()
    env: Env = {}
    volumes: Annotated[
        dict[str, Volume], Meta(description="Volumes of head and workers, by mount path.")
    ] = {}
    prepare: Prepare | None = None
    display: Display | None = None
    tensorboard: TensorBoard | None = None
    metrics: RayMetrics = RayMetrics()
    job: RayJob | None = None
    identity: Annotated[Name | None, Meta(description="Identity of head, workers and submitter.")] = None

    def complaints(self) -> Iterator[Complaint]:
        """Names fit KubeRay, the ports of the head differ, and pods can share their volumes."""
        yield from super().complaints()
        yield from _name_complaints(self.name, CLUSTER_NAME, ("name",), "a RayCluster")
        if self.job:
            yield from _name_complaints(self.job_name, JOB_NAME, ("job", "name"), "a RayJob")
        yield from self._port_complaints()
        for path, volume in self.volumes.items():
            if volume.pvc is not None and volume.pvc.access_mode.startswith("ReadWriteOnce"):
                message = f"head and workers cannot share a {volume.pvc.access_mode} claim"
                yield Complaint(
                    ("volumes", path, "pvc"), message, "use `accessMode: ReadWriteMany`", on_key=True
                )

    def _port_complaints(self) -> Iterator[Complaint]:
        """Yield the ports of the head pod that are taken: all its containers share one network."""
        taken = {GCS: "gcs-server", CLIENT: "client", DASHBOARD: "dashboard"}
        for name, path in _PORT_FIELDS.items():
            port = self.head_ports.get(name, 0)
            if port in taken:
                yield Complaint(
                    path, f"port {port} is that of `{taken[port]}` in the head pod", "choose another port"
                )
            elif port:
                taken[port] = name

    def references(self) -> Iterator[Reference]:
        """Yield the identity."""
        if self.identity is not None:
            yield Reference(("identity",), self.identity, ("Identity",))

    def catalogue_names(self) -> Iterator[CatalogueName]:
        """Yield the node pools of head and workers."""
        for field, node in (("head", self.head), ("workers", self.workers)):
            if node.pool is not None:
                yield CatalogueName((field, "pool"), "nodePools", node.pool)

    @property
    def job_name(self) -> str:
        """The name of the RayJob."""
        return (self.job and self.job.name) or f"{self.name}-job"

    @property
    def dashboard_service(self) -> str:
        """The name of the Service of dashboard and TensorBoard; KubeRay's own is `<name>-head-svc`."""
        return f"{self.name}-dashboard"

    @property
    def metrics_service(self) -> str:
        """The name of the headless Service that Prometheus finds the pods by."""
        return f"{self.name}-metrics"

    def pod_labels(self, node_type: Literal["head", "worker"]) -> dict[str, str]:
        """Return the labels KubeRay gives to the pods of the head or of the workers."""
        return {"ray.io/cluster": self.name, "ray.io/node-type": node_type}

    @property
    def service_ports(self) -> dict[str, int]:
        """The ports of the dashboard's Service."""
        return {
            "dashboard": DASHBOARD,
            **({"tensorboard": self.tensorboard.port} if self.tensorboard else {}),
        }

    @property
    def metrics_ports(self) -> dict[str, int]:
        """The ports that Prometheus scrapes."""
        return {
            "metrics": self.metrics.port,
            **({"rollouts": self.metrics.rollouts} if self.metrics.rollouts else {}),
        }

    @property
    def head_ports(self) -> dict[str, int]:
        """All ports of the head pod."""
        return {"gcs-server": GCS, "client": CLIENT, **self.service_ports, **self.metrics_ports}

    def exports(self) -> Export:
        """Return the export: the dashboard's Service, the pods, and where metrics are."""
        labels = {"app": self.metrics_service}
        return Export(
            kind=self.kind,
            name=self.name,
            component=self.folder,
            namespace=self.namespace or "",
            service=self.dashboard_service,
            ports=self.service_ports,
            pods=(
                PodPort(labels=self.pod_labels("head"), ports=self.head_ports),
                PodPort(labels=self.pod_labels("worker"), ports={"metrics": self.metrics.port}),
            ),
            metrics=tuple(
                MetricsEndpoint(service_labels=labels, port=port, path=self.metrics.path)
                for port in self.metrics_ports
            ),
            service_account=self.identity or "",
        )


def _name_complaints(name: str, longest: int, path: tuple[str, ...], what: str) -> Iterator[Complaint]:
    if len(name) > longest:
        yield Complaint(
            path,
            f"the name of {what} has at most {longest} characters, got {len(name)}",
            "choose a shorter name",
        )
    if name[0].isdigit():
        yield Complaint(path, f"the name of {what} begins with a letter, got `{name}`", "put a letter first")
