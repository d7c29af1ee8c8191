"""What a ModelServer spec refuses, and what it shows to other services."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import MetricsEndpoint, PodPort
from mintage.spec.fields import Reference
from mintage.spec.model_server import ModelServer

MINIMAL = "kind: ModelServer\nname: chat\nimage: vllm\nmodel: {id: org/model}\n"


def parsed(more: str = "", text: str = MINIMAL) -> ModelServer:
    """Return the smallest server with more lines."""
    document = read("specs/chat.yaml", (text + more).encode())
    return decode(document.value, ModelServer, Layers((Layer(document),)))


def refused(more: str = "", text: str = MINIMAL) -> list[tuple[str, str, str]]:
    """Return the problems of a spec: place, message and advice."""
    with pytest.raises(MintageError) as caught:
        parsed(more, text)
    return [(str(problem.location), problem.message, problem.advice) for problem in caught.value.problems]


def test_four_lines_make_a_server() -> None:
    """Kind, name, image and model are enough; everything else has a default."""
    spec = parsed()
    assert (spec.form, spec.port, spec.replicas, spec.tensor_parallel, spec.role) == (
        "kserve",
        8000,
        1,
        1,
        "decode",
    )


def test_names_follow_the_name_of_the_server() -> None:
    """The model name, the Service and the file name come from the name unless the spec says otherwise."""
    spec = parsed()
    assert (spec.model_name, spec.service_name, spec.file_name) == ("chat", "chat-vllm", "chat")
    spec = parsed(
        "service: llm\nshort: c\n", MINIMAL.replace("{id: org/model}", "{id: org/model, name: shared}")
    )
    assert (spec.model_name, spec.service_name, spec.file_name) == ("shared", "llm", "c")


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("", 0),
        ("tensorParallel: 4\n", 0),
        ("accelerator: nvidia\n", 1),
        ("accelerator: nvidia\ntensorParallel: 4\n", 4),
        ("accelerator: nvidia\ntensorParallel: 2\npipelineParallel: 3\n", 6),
        ("accelerator: tpu\ntensorParallel: 8\naccelerators: 4\n", 4),
        ("accelerator: nvidia\naccelerators: 0\n", 0),
    ],
)
def test_accelerators_follow_parallelism(more: str, count: int) -> None:
    """A pod gets tensorParallel x pipelineParallel accelerators, or what `accelerators` says, or none on CPUs."""
    assert parsed(more).accelerator_count == count
    assert parsed(more).exports().accelerators == count


def test_kserve_never_runs_zero_pods() -> None:
    """Zero replicas of an InferenceService are refused, because KServe would run one all the same."""
    message = "KServe runs at least one pod of an InferenceService, got 0"
    assert refused("replicas: 0\n") == [
        ("specs/chat.yaml:5:11", message, "name the environments that want it in `only`")
    ]
    assert parsed("replicas: 0\nform: deployment\n").replicas == 0


def test_a_number_of_accelerators_needs_their_kind() -> None:
    """A count without a catalogue name would be dropped silently, so it is refused."""
    message = "a number of accelerators needs their kind"
    assert refused("accelerators: 2\n") == [("specs/chat.yaml:5:15", message, "add `accelerator: nvidia`")]


@pytest.mark.parametrize(
    ("arg", "flag", "field"),
    [
        ("--max-model-len=1", "--max-model-len", "contextLength"),
        ("--max_num_seqs=1", "--max-num-seqs", "maxSequences"),
        ("--trust-remote-code", "--trust-remote-code", "trustRemoteCode"),
    ],
)
def test_a_flag_with_a_field_is_not_an_argument(arg: str, flag: str, field: str) -> None:
    """A flag in `args` that has a field is refused: vLLM would take it and ignore the field."""
    expected = (
        "specs/chat.yaml:5:28",
        f"`{flag}` is the field `{field}`",
        "set the field and remove the flag",
    )
    assert refused(f"args: [--dtype=bfloat16,   {arg}]\n") == [expected]


def test_other_flags_are_arguments() -> None:
    """Flags without a field pass."""
    assert parsed("args: [--dtype=bfloat16, --seed, '1']\n").args == ("--dtype=bfloat16", "--seed", "1")


@pytest.mark.parametrize("service", ["chat", "chat-predictor"])
def test_a_service_keeps_clear_of_those_of_kserve(service: str) -> None:
    """KServe makes two Services of its own, so ours cannot have their names; a Deployment's can."""
    message = f"KServe makes a Service `{service}` itself"
    assert refused(f"service: {service}\n") == [("specs/chat.yaml:5:10", message, "choose another name")]
    assert parsed(f"service: {service}\nform: deployment\n").service_name == service


def test_no_service_is_called_vllm() -> None:
    """A Service called vllm would set VLLM_PORT, which vLLM reads as its own setting."""
    message = "beside a Service called `vllm`, every vLLM reads its own port from the wrong VLLM_PORT"
    assert refused("service: vllm\n") == [("specs/chat.yaml:5:10", message, "choose another name")]


def test_names_begin_with_a_letter() -> None:
    """Services and InferenceServices are stricter than other objects: no digit comes first."""
    found = refused(text=MINIMAL.replace("name: chat", "name: 7b"))
    assert [message for _, message, _ in found] == [
        "the name of a Service begins with a letter, got `7b-vllm`",
        "the name of an InferenceService begins with a letter, got `7b`",
    ]


def test_names_leave_room_for_what_is_made_of_them() -> None:
    """A name is refused where the Service's, or KServe's label made of it, would be too long."""
    long = MINIMAL.replace("chat", "a" * 49)
    assert refused(text=long) == [
        ("specs/chat.yaml:2:7", "the name of an InferenceService has at most 48 characters, got 49", "")
    ]
    assert parsed("form: deployment\n", long).service_name == "a" * 49 + "-vllm"
    longer = MINIMAL.replace("chat", "a" * 59)
    message = "the name of a Service has at most 63 characters, got 64"
    assert refused("form: deployment\n", longer) == [("specs/chat.yaml:2:7", message, "set `service`")]


def test_bounds_are_explained() -> None:
    """A share of memory above one is refused with the bound and the value."""
    assert refused("gpuMemory: 1.5\n") == [("specs/chat.yaml:5:12", "expected at most 1, got 1.5", "")]


def test_the_export_tells_what_a_gateway_and_a_monitor_need() -> None:
    """Service, pods, metrics, cache blocks and Secrets are all another kind may know."""
    text = MINIMAL.replace("{id: org/model}", "{id: org/model, name: shared, tokenSecret: hub}")
    more = "blockSize: 16\nrole: both\nenv: {KEY: {secret: other, key: k}, PLAIN: 1}\nvolumes: {/tls: {secret: {name: tls}}}\n"
    export = parsed(more, text).exports()
    labels = {"llm-d.ai/inferenceServing": "true", "llm-d.ai/model": "shared", "llm-d.ai/role": "both"}
    assert (export.service, export.ports, export.block_size, export.role) == (
        "chat-vllm",
        {"http": 8000},
        16,
        "both",
    )
    assert export.pods == (PodPort(labels=labels, ports={"http": 8000}),)
    assert export.metrics == (
        MetricsEndpoint(service_labels={"app": "chat-vllm"}, port="http", path="/metrics"),
    )
    assert export.secrets == ("hub", "other", "tls")


def test_the_identity_is_a_reference() -> None:
    """The account must be an Identity of the system; a server without one refers to nothing."""
    assert list(parsed("identity: runner\n").references()) == [
        Reference(("identity",), "runner", ("Identity",))
    ]
    assert list(parsed().references()) == []
