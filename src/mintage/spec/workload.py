"""Any program in a container: a service that runs on, a job that ends, or a job on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from mintage.spec.decode import Complaint, Fields
from mintage.spec.exports import Export, MetricsEndpoint, PodPort
from mintage.spec.fields import (
    CatalogueName,
    Count,
    Env,
    Name,
    Port,
    PortName,
    Positive,
    Probe,
    Probes,
    Reference,
    Resources,
    Spec,
    Volume,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


_JOB_NAME = 63 - 9  # the rendered name ends in a digest of the job


class Metrics(Fields, frozen=True, kw_only=True):
    """Where the program shows its Prometheus metrics."""

    port: Annotated[str, Meta(description="Name of the port.")] = "metrics"
    path: Annotated[str, Meta(description="HTTP path.")] = "/metrics"
    monitor: Annotated[bool, Meta(description="Write a ServiceMonitor beside the service itself.")] = False
    interval: Annotated[str, Meta(description="Scrape interval of that ServiceMonitor.")] = "30s"


class Buckets(Fields, frozen=True, kw_only=True):
    """Buckets that a job creates in this object store once it answers."""

    names: Annotated[tuple[str, ...], Meta(description="Names of the buckets.")]
    image: Annotated[str, Meta(description="Image with the MinIO client `mc`.")]
    secret: Annotated[Name, Meta(description="Secret with the credentials.")]
    access_key: Annotated[str, Meta(description="Key of the access key in the Secret.")] = "access-key"
    secret_key: Annotated[str, Meta(description="Key of the secret key in the Secret.")] = "secret-key"  # noqa: S105 - a name
    port: Annotated[str | None, Meta(description="Name of the API's port; the first one by default.")] = None


class Job(Fields, frozen=True, kw_only=True):
    """How a job ends, and what happens when it does not."""

    retries: Annotated[int, Meta(ge=0, description="Times a failed pod is tried again.")] = 3
    deadline: Annotated[Positive | None, Meta(description="Seconds after which the job is stopped.")] = None
    keep: Annotated[
        Count | None,
        Meta(
            description="Seconds the finished job is kept; for ever by default, because Argo CD runs a job again that has vanished."
        ),
    ] = None
    schedule: Annotated[str | None, Meta(description="Cron schedule; only for `run: cron`.")] = None
    restart: Annotated[
        Literal["OnFailure", "Never"], Meta(description="Whether a failed container starts again in its pod.")
    ] = "OnFailure"


class Workload(Spec, frozen=True, kw_only=True):
    """A Deployment, Job or CronJob with its Service, claims, metrics and buckets."""

    kind: Literal["Workload"]
    image: Annotated[str, Meta(min_length=1, description="Container image.")]
    run: Annotated[
        Literal["service", "job", "cron"], Meta(description="Runs on, ends, or runs on a schedule.")
    ] = "service"
    command: Annotated[tuple[str, ...], Meta(description="Entrypoint; the image's by default.")] = ()
    args: Annotated[tuple[str, ...], Meta(description="Arguments.")] = ()
    env: Env = {}
    ports: Annotated[
        dict[PortName, Port], Meta(description="Ports by name; with any, the workload gets a Service.")
    ] = {}
    service: Annotated[Name | None, Meta(description="Name of the Service; the workload's by default.")] = (
        None
    )
    headless: Annotated[bool, Meta(description="Give the Service no address of its own.")] = False
    volumes: Annotated[dict[str, Volume], Meta(description="Volumes by mount path.")] = {}
    probes: Probes = Probes()
    resources: Resources = Resources()
    replicas: Annotated[int, Meta(ge=0, description="Pods of a service; a job has none of it.")] = 1
    strategy: Annotated[
        Literal["RollingUpdate", "Recreate"],
        Meta(description="How a service's pods are replaced; a job has none of it."),
    ] = "RollingUpdate"
    job: Job = Job()
    identity: Annotated[Name | None, Meta(description="Identity it runs as.")] = None
    service_account: Annotated[
        bool, Meta(description="Give it a ServiceAccount of its own, called like it and without permissions.")
    ] = False
    pool: Annotated[Name | None, Meta(description="Node pool of the catalogue to run on.")] = None
    metrics: Metrics | None = None
    buckets: Buckets | None = None
    config: Annotated[dict[str, str], Meta(description="Files of a ConfigMap called like the workload.")] = {}

    def complaints(self) -> Iterator[Complaint]:
        """Complain about names that lead nowhere, and about fields that mean nothing for what is run."""
        yield from super().complaints()
        yield from self._port_complaints()
        yield from self._probe_complaints()
        yield from self._run_complaints()
        if self.identity is not None and self.service_account:
            message = "a workload has an `identity` or a `serviceAccount` of its own, got both"
            yield Complaint(("serviceAccount",), message, "remove one of the two", on_key=True)

    def _port_complaints(self) -> Iterator[Complaint]:
        numbers: dict[int, str] = {}
        for name, number in self.ports.items():
            if (other := numbers.setdefault(number, name)) != name:
                message = f"port {number} is called `{other}` already"
                yield Complaint(("ports", name), message, "a Service has each port once")
        if self.metrics and self.metrics.port not in self.ports:
            message = f"no port is called `{self.metrics.port}`"
            yield Complaint(("metrics", "port"), message, f"add it to `ports`: {{{self.metrics.port}: 8080}}")
        if self.buckets and self.buckets.port is not None and self.buckets.port not in self.ports:
            yield Complaint(("buckets", "port"), f"no port is called `{self.buckets.port}`")
        if self.buckets and len(self.name) > _JOB_NAME - len("-buckets"):
            message = f"with `buckets`, the name has at most {_JOB_NAME - len('-buckets')} characters, got {len(self.name)}"
            yield Complaint(("name",), message)
        if self.ports and not self.service_name[0].isalpha():
            message = f"a Service begins with a letter, got `{self.service_name}`"
            yield Complaint(("name",), message, "set `service`, or choose another name")
        if self.buckets and not self.ports:
            yield Complaint(("buckets",), "an object store needs a port", "add `ports: {api: 9000}`")

    def _run_complaints(self) -> Iterator[Complaint]:
        if (self.run == "cron") != (self.job.schedule is not None):
            advice = 'add both: `run: cron` and `schedule: "0 3 * * *"`'
            yield Complaint(("job", "schedule"), "`schedule` and `run: cron` go together", advice)
        if self.run == "service":
            return
        if self.run == "job" and len(self.name) > _JOB_NAME:
            message = f"the name of a job has at most {_JOB_NAME} characters, got {len(self.name)}"
            yield Complaint(("name",), message)
        for path, volume in self.volumes.items():
            if volume.pvc is not None and volume.pvc.access_mode == "ReadWriteOncePod":
                message = "a job's retries cannot share a ReadWriteOncePod claim"
                yield Complaint(("volumes", path, "pvc"), message)

    def _probe_complaints(self) -> Iterator[Complaint]:
        """Yield what probes lack: each needs a port, and Kubernetes takes that of a gRPC probe by number only."""
        for name in ("startup", "readiness", "liveness"):
            probe: Probe | None = getattr(self.probes, name)
            if probe is None or probe.port is not None:
                continue
            if not self.ports:
                yield Complaint(
                    ("probes", name),
                    "a probe needs a port, and the workload has none",
                    "add `port` to the probe",
                )
            elif probe.grpc is not None:
                yield Complaint(
                    ("probes", name), "a gRPC probe needs the number of its port", "add `port` to the probe"
                )

    def references(self) -> Iterator[Reference]:
        """Yield the identity."""
        if self.identity is not None:
            yield Reference(("identity",), self.identity, ("Identity",))

    def catalogue_names(self) -> Iterator[CatalogueName]:
        """Yield the node pool."""
        if self.pool is not None:
            yield CatalogueName(("pool",), "nodePools", self.pool)

    @property
    def service_name(self) -> str:
        """The name of its Service."""
        return self.service or self.name

    @property
    def account(self) -> str | None:
        """The ServiceAccount it runs as, None for the namespace's default one."""
        return self.name if self.service_account else self.identity

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels that select its pods."""
        return {"app": self.name}

    def exports(self) -> Export:
        """Return the export: Service, ports, pods, metrics and buckets."""
        metrics = (
            (MetricsEndpoint(service_labels=self.pod_labels, port=self.metrics.port, path=self.metrics.path),)
            if self.metrics
            else ()
        )
        return Export(
            kind=self.kind,
            name=self.name,
            component=self.folder,
            namespace=self.namespace or "",
            service=self.service_name if self.ports else "",
            ports=dict(self.ports),
            buckets=self.buckets.names if self.buckets else (),
            pods=(PodPort(labels=self.pod_labels, ports=dict(self.ports)),),
            metrics=metrics,
        )
