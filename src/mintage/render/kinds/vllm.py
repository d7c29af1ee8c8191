"""What vLLM is told: one ordered list of flags, and the variables of its environment.

Knows the spelling of vLLM's command line; does not know which Kubernetes object carries it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mintage.spec.fields import ValueFrom

if TYPE_CHECKING:
    from mintage.spec.model_server import ModelServer
    from mintage.spec.system import Accelerator


class Flag(NamedTuple):
    """One flag: a switch without values, a setting with one, or a list with several."""

    name: str
    values: tuple[str, ...] = ()


def flags(spec: ModelServer) -> list[Flag]:
    """Return the flags of a server in the order in which people read them; what is not set is left to vLLM."""
    settings: list[tuple[str, Any]] = [
        ("--model", spec.model.id),
        ("--served-model-name", (spec.model_name, *spec.model.aliases)),
        ("--host", "0.0.0.0"),  # noqa: S104 - the pod's own address, which the probes and the Service need
        ("--port", spec.port),
        ("--kv-cache-dtype", spec.kv_cache_dtype),
        ("--tensor-parallel-size", spec.tensor_parallel if spec.tensor_parallel > 1 else None),
        ("--pipeline-parallel-size", spec.pipeline_parallel if spec.pipeline_parallel > 1 else None),
        ("--enable-prefix-caching", spec.prefix_caching or None),
        ("--no-enable-prefix-caching", True if spec.prefix_caching is False else None),
        ("--block-size", spec.block_size),
        ("--gpu-memory-utilization", spec.gpu_memory),
        ("--max-model-len", spec.context_length),
        ("--max-num-seqs", spec.max_sequences),
        ("--trust-remote-code", spec.trust_remote_code or None),
    ]
    return [Flag(name, _values(value)) for name, value in settings if value is not None]


def _values(value: Any) -> tuple[str, ...]:
    if value is True:
        return ()
    if isinstance(value, tuple):
        return value
    return (f"{value:g}" if isinstance(value, float) else str(value),)


def argv(given: list[Flag]) -> list[str]:
    """Return flags as arguments of a process: `--flag`, `--flag=value`, or `--flag` and its values."""
    words: list[str] = []
    for name, values in given:
        words += [f"{name}={values[0]}"] if len(values) == 1 else [name, *values]
    return words


def variables(spec: ModelServer, accelerator: Accelerator | None) -> dict[str, Any]:
    """Return the variables of a server; those of the accelerator and of the spec come last and win."""
    token = ValueFrom(
        secret=spec.model.token_secret, key=spec.model.token_key, optional=spec.model.token_optional
    )
    return {
        **({"HF_TOKEN": token} if spec.model.token_secret else {}),
        "HF_HOME": spec.cache_path,
        # vLLM, Triton and Torch keep compiled kernels below HOME, which is `/` and read-only for the arbitrary
        # user that OpenShift gives a container.
        "HOME": spec.cache_path,
        "VLLM_LOGGING_LEVEL": "INFO",
        **({"NCCL_DEBUG": "WARN"} if spec.accelerator_count > 1 else {}),
        **(accelerator.env if accelerator else {}),
        **spec.env,
    }
