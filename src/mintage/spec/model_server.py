"""A server of one language model: vLLM in a KServe InferenceService or in a Deployment of its own.

Knows what people decide about a server (model, parallelism, limits, placement) and which of these decisions
exclude each other; does not know how vLLM or Kubernetes spell them.
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
    Name,
    Port,
    Positive,
    Probes,
    Quantity,
    Reference,
    Resources,
    Spec,
    ValueFrom,
    Volume,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# The flags that have a field; in `args` they would override it silently, because vLLM takes the last one.
FLAG_FIELDS = {
    "--model": "model.id",
    "--served-model-name": "model.name",
    "--port": "port",
    "--kv-cache-dtype": "kvCacheDtype",
    "--tensor-parallel-size": "tensorParallel",
    "--pipeline-parallel-size": "pipelineParallel",
    "--enable-prefix-caching": "prefixCaching",
    "--no-enable-prefix-caching": "prefixCaching",
    "--block-size": "blockSize",
    "--gpu-memory-utilization": "gpuMemory",
    "--max-model-len": "contextLength",
    "--max-num-seqs": "maxSequences",
    "--trust-remote-code": "trustRemoteCode",
}
# KServe labels its pods `app: isvc.<name>-predictor`, and the value of a label has at most 63 characters.
_KSERVE_NAME = 63 - len("isvc.-predictor")


class Model(Fields, frozen=True, kw_only=True):
    """The model, what clients call it, and the token that may download it."""

    id: Annotated[
        str, Meta(min_length=1, description="Name on the Hugging Face Hub, or a path in the container.")
    ]
    name: Annotated[
        Name | None,
        Meta(
            description="Name that clients ask for, and value of the label `llm-d.ai/model`; the server's own by default. "
            "Servers that share it can stand in one pool."
        ),
    ] = None
    aliases: Annotated[tuple[str, ...], Meta(description="Further names that clients may ask for.")] = ()
    token_secret: Annotated[Name | None, Meta(description="Secret with the Hugging Face token.")] = None
    token_key: Annotated[str, Meta(description="Key of the token in the Secret.")] = "HF_TOKEN"  # noqa: S105 - a key
    token_optional: Annotated[bool, Meta(description="Start even where the Secret does not exist.")] = False


class ModelServer(Spec, frozen=True, kw_only=True):
    """A model server, with the Service in front of its pods."""

    kind: Literal["ModelServer"]
    form: Annotated[
        Literal["kserve", "deployment"],
        Meta(description="A KServe InferenceService, or a Deployment for clusters without KServe."),
    ] = "kserve"
    # KServe 0.17 rewrites the older word to the newer one, which Argo CD would then report as drift for ever.
    kserve_mode: Annotated[
        Literal["Standard", "RawDeployment"],
        Meta(
            description="How KServe runs the pods: as a Deployment, under the name of KServe 0.16 and later (`Standard`) "
            "or of 0.15 and earlier (`RawDeployment`)."
        ),
    ] = "Standard"
    model: Model
    image: Annotated[str, Meta(min_length=1, description="Container image with vLLM.")]
    command: Annotated[
        tuple[str, ...], Meta(description="Entrypoint; the flags follow as its arguments.")
    ] = (
        "python",
        "-m",
        "vllm.entrypoints.openai.api_server",
    )
    port: Annotated[Port, Meta(description="Port of the OpenAI-compatible API and of the metrics.")] = 8000
    service: Annotated[Name | None, Meta(description="Name of the Service; `<name>-vllm` by default.")] = None
    tensor_parallel: Annotated[
        int, Meta(ge=1, description="Accelerators that share each layer; must divide the attention heads.")
    ] = 1
    pipeline_parallel: Annotated[
        int, Meta(ge=1, description="Groups of layers on accelerators of their own.")
    ] = 1
    context_length: Annotated[
        Positive | None, Meta(description="Tokens of prompt and answer; the model's own limit by default.")
    ] = None
    max_sequences: Annotated[Positive | None, Meta(description="Requests in one batch.")] = None
    gpu_memory: Annotated[
        Annotated[float, Meta(ge=0.01, le=1)] | None,
        Meta(description="Share of the accelerator's memory to use, such as 0.9."),
    ] = None
    prefix_caching: Annotated[
        bool | None, Meta(description="Keep the KV cache of common prefixes; vLLM's default when absent.")
    ] = None
    block_size: Annotated[Positive | None, Meta(description="Tokens of a KV-cache block.")] = None
    kv_cache_dtype: Annotated[
        str | None, Meta(description="Data type of the KV cache, such as `auto` or `fp8`.")
    ] = None
    trust_remote_code: Annotated[bool, Meta(description="Run code that comes with the model.")] = False
    args: Annotated[
        tuple[str, ...], Meta(description="Flags that have no field here, after all others.")
    ] = ()
    role: Annotated[
        Literal["decode", "prefill", "both"],
        Meta(description="Part in disaggregated serving: the label `llm-d.ai/role`."),
    ] = "decode"
    accelerator: Annotated[
        Name | None, Meta(description="Accelerator of the catalogue; without one, the server runs on CPUs.")
    ] = None
    accelerators: Annotated[
        Count | None,
        Meta(description="Accelerators of one pod; tensorParallel x pipelineParallel by default."),
    ] = None
    pool: Annotated[Name | None, Meta(description="Node pool of the catalogue to run on.")] = None
    identity: Annotated[Name | None, Meta(description="Identity it runs as.")] = None
    replicas: Annotated[int, Meta(ge=0, description="Pods.")] = 1
    resources: Resources = Resources()
    probes: Probes = Probes()
    cache: Annotated[
        Quantity | None,
        Meta(
            description="Size of the scratch volume for downloaded models; for a claim, put it in `volumes` instead."
        ),
    ] = None
    cache_path: Annotated[
        str, Meta(pattern=r"^/", description="Where downloaded models and compiled kernels are kept.")
    ] = "/tmp/huggingface"  # noqa: S108 - a path in the container
    shared_memory: Annotated[
        Quantity | None, Meta(description="Size of `/dev/shm`; the runtime's default when absent.")
    ] = None
    volumes: Annotated[dict[str, Volume], Meta(description="Further volumes by mount path.")] = {}
    env: Env = {}

    def complaints(self) -> Iterator[Complaint]:
        """Names must suit what is made of them, flags have one place, and KServe never runs zero pods."""
        yield from super().complaints()
        yield from self._name_complaints()
        if self.form == "kserve" and self.replicas == 0:
            yield Complaint(
                ("replicas",),
                "KServe runs at least one pod of an InferenceService, got 0",
                "name the environments that want it in `only`",
            )
        if self.accelerators and self.accelerator is None:
            yield Complaint(
                ("accelerators",), "a number of accelerators needs their kind", "add `accelerator: nvidia`"
            )
        for index, arg in enumerate(self.args):
            flag = arg.partition("=")[0].replace("_", "-")
            if flag in FLAG_FIELDS:
                yield Complaint(
                    ("args", index),
                    f"`{flag}` is the field `{FLAG_FIELDS[flag]}`",
                    "set the field and remove the flag",
                )

    def _name_complaints(self) -> Iterator[Complaint]:
        path = ("service",) if self.service else ("name",)
        if not self.service_name[0].isalpha():
            yield Complaint(path, f"the name of a Service begins with a letter, got `{self.service_name}`")
        if len(self.service_name) > 63:
            yield Complaint(
                path,
                f"the name of a Service has at most 63 characters, got {len(self.service_name)}",
                "set `service`",
            )
        if self.service_name == "vllm":
            message = "beside a Service called `vllm`, every vLLM reads its own port from the wrong VLLM_PORT"
            yield Complaint(path, message, "choose another name")
        if self.form != "kserve":
            return
        if self.service_name in {self.name, f"{self.name}-predictor"}:
            yield Complaint(
                path, f"KServe makes a Service `{self.service_name}` itself", "choose another name"
            )
        if not self.name[0].isalpha():
            yield Complaint(
                ("name",), f"the name of an InferenceService begins with a letter, got `{self.name}`"
            )
        if len(self.name) > _KSERVE_NAME:
            message = (
                f"the name of an InferenceService has at most {_KSERVE_NAME} characters, got {len(self.name)}"
            )
            yield Complaint(("name",), message)

    def references(self) -> Iterator[Reference]:
        """Yield the identity."""
        if self.identity is not None:
            yield Reference(("identity",), self.identity, ("Identity",))

    def catalogue_names(self) -> Iterator[CatalogueName]:
        """Yield the node pool and the kind of accelerator."""
        if self.pool is not None:
            yield CatalogueName(("pool",), "nodePools", self.pool)
        if self.accelerator is not None:
            yield CatalogueName(("accelerator",), "accelerators", self.accelerator)

    @property
    def model_name(self) -> str:
        """The name that clients ask for."""
        return self.model.name or self.name

    @property
    def service_name(self) -> str:
        """The name of its Service; KServe takes `<name>` and `<name>-predictor` for its own."""
        return self.service or f"{self.name}-vllm"

    @property
    def service_labels(self) -> dict[str, str]:
        """The labels that select its Service, and neither another server's nor those that KServe makes."""
        return {"app": self.service_name}

    @property
    def pool_labels(self) -> dict[str, str]:
        """The labels by which an InferencePool finds the pods; servers of one model may share them."""
        return {
            "llm-d.ai/inferenceServing": "true",
            "llm-d.ai/model": self.model_name,
            "llm-d.ai/role": self.role,
        }

    @property
    def pod_selector(self) -> dict[str, str]:
        """The labels that only its own pods have; KServe replaces `app` on the pods of an InferenceService."""
        return (
            {"serving.kserve.io/inferenceservice": self.name} if self.form == "kserve" else {"app": self.name}
        )

    @property
    def accelerator_count(self) -> int:
        """How many accelerators one pod gets."""
        if self.accelerator is None:
            return 0
        return (
            self.tensor_parallel * self.pipeline_parallel if self.accelerators is None else self.accelerators
        )

    @property
    def _secrets(self) -> tuple[str, ...]:
        token = (self.model.token_secret,)
        env = (value.secret for value in self.env.values() if isinstance(value, ValueFrom))
        files = (volume.secret.name for volume in self.volumes.values() if volume.secret is not None)
        return tuple(sorted({name for name in (*token, *env, *files) if name is not None}))

    def exports(self) -> Export:
        """Return the export: Service, pods, metrics, and what an endpoint picker must know of the cache."""
        ports = {"http": self.port}
        return Export(
            kind=self.kind,
            name=self.name,
            component=self.folder,
            namespace=self.namespace or "",
            service=self.service_name,
            ports=ports,
            pods=(PodPort(labels=self.pool_labels, ports=ports),),
            metrics=(MetricsEndpoint(service_labels=self.service_labels, port="http"),),
            secrets=self._secrets,
            block_size=self.block_size,
            role=self.role,
            accelerators=self.accelerator_count,
        )
