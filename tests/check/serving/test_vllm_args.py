"""Reading the command line of a vLLM server."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.serving.vllm_args import VllmArgs, parse
from mintage.tree.objects import Object

IMAGE = "vllm/vllm-openai:v0.11.2"


def read(container: dict[str, Any], kind: str = "Deployment") -> VllmArgs | None:
    """Return the arguments of a container in a Deployment."""
    template = {"spec": {"containers": [{"name": "vllm", **container}]}}
    item = Object({"apiVersion": "apps/v1", "kind": kind, "spec": {"template": template}})
    return parse(item.containers[0])


def known(container: dict[str, Any]) -> VllmArgs:
    """Return the arguments of a container that is a server."""
    found = read(container)
    assert found is not None
    return found


def kserve(document: dict[str, Any], kind: str = "InferenceService") -> VllmArgs | None:
    """Return the arguments of the first container of a KServe object."""
    item = Object(
        {"apiVersion": "serving.kserve.io/v1beta1", "kind": kind, "metadata": {"name": "x"}, "spec": document}
    )
    return parse(item.containers[0])


@pytest.mark.parametrize(
    "container",
    [
        {"command": ["vllm", "serve"], "args": ["Qwen/Qwen3-8B", "--port", "8000", "-tp", "2"]},
        {"command": ["vllm", "serve", "Qwen/Qwen3-8B"], "args": ["--port=8000", "--tensor_parallel_size=2"]},
        {
            "command": ["python3", "-m", "vllm.entrypoints.openai.api_server"],
            "args": ["--model=Qwen/Qwen3-8B", "--port=8000", "-tp=2"],
        },
        {"args": ["--model", "Qwen/Qwen3-8B", "--port", "8000", "--tensor-parallel-size", "2"]},
        {"args": ["Qwen/Qwen3-8B", "--model=Qwen/Qwen3-8B", "--port", "8000", "--tensor-parallel=2"]},
        {"command": ["sh", "-c"], "args": ["exec vllm serve Qwen/Qwen3-8B --port 8000 \\\n  -tp 2"]},
        {
            "command": ["/bin/bash", "-euo", "pipefail", "-c"],
            "args": [
                "# don't ask\nnvidia-smi | head; vllm serve Qwen/Qwen3-8B -tp 2 --port 8000 2>&1 | tee log"
            ],
        },
        {
            "command": ["bash", "-c", "vllm serve $MODEL --port ${PORT} -tp $(TP)"],
            "env": [
                {"name": "MODEL", "value": "Qwen/Qwen3-8B"},
                {"name": "PORT", "value": "8000"},
                {"name": "TP", "value": "2"},
            ],
        },
        {
            "command": ["vllm", "serve", "$(MODEL)", "--port=8000", "-tp=2"],
            "env": [{"name": "MODEL", "value": "Qwen/Qwen3-8B"}],
        },
    ],
)
def test_every_way_to_start_the_server_reads_the_same(container: dict[str, Any]) -> None:
    """Model, flags with and without `=`, short names, underscores and beginnings."""
    args = known({"image": IMAGE, **container})
    assert args.model == "Qwen/Qwen3-8B"
    assert args.integer("--port") == 8000
    assert args.integer("--tensor-parallel-size") == 2
    assert str(args.release) == "0.11.2"
    assert (args.complete, args.plain) == (True, True)
    assert args.served_names == ("Qwen/Qwen3-8B",)


@pytest.mark.parametrize(
    "container",
    [
        {"image": "ghcr.io/acme/server:1.0", "args": ["--port=8000"]},
        {"image": IMAGE, "command": ["nvidia-smi"]},
        {"image": IMAGE, "command": ["sh", "-c", "echo vllm serving"]},
        {"image": IMAGE, "command": ["sh", "-c", "echo 'open quote; vllm serve x"]},
        {"image": "ghcr.io/llm-d/llm-d-inference-sim:v0.6.0", "args": ["--model=x", "--port=8000"]},
        {"image": "ghcr.io/acme/vllm-sim:v0.6.0", "args": ["--model=x", "--port=8000"]},
        {"image": "ghcr.io/llm-d/llm-d:v0.2.0", "args": ["bash"]},
        {"image": "ghcr.io/acme/vllm-proxy:v0.6.0", "args": ["--port=8000"]},
        {"image": IMAGE, "command": None, "args": {"a": 1}},
    ],
)
def test_what_is_no_vllm_server_is_none(container: dict[str, Any]) -> None:
    """Other commands in its image, simulators, unreadable scripts."""
    found = read(container)
    assert found is None or found.arguments == ()


@pytest.mark.parametrize(
    "script",
    [
        "vllm serve x $EXTRA_ARGS",
        "vllm serve x ${EXTRA_ARGS}",
        'vllm serve x "$@"',
        "vllm serve x `cat flags`",
        "vllm serve x $(cat flags)",
        "if test $A; then vllm serve x --port 1; else vllm serve x; fi",
        "vllm serve x --config /etc/vllm.yaml",
        'eval "exec vllm serve x ${ARGS}"',
    ],
)
def test_a_command_line_that_may_go_on_is_not_complete(script: str) -> None:
    """Nobody may then say that a flag is missing."""
    assert known({"image": IMAGE, "command": ["bash", "-c", script]}).complete is False


def test_a_variable_in_a_value_hides_only_that_value() -> None:
    """It cannot become further flags where it is joined to one."""
    args = known(
        {"image": IMAGE, "command": ["sh", "-c", "vllm serve m --port=$PORT --seed=$((1 + 2)) -tp 2"]}
    )
    assert (args.complete, args.text("--port"), args.integer("--tensor-parallel-size")) == (True, None, 2)


def test_json_values_and_dotted_keys_come_together() -> None:
    """As vLLM merges them."""
    args = known(
        {
            "image": IMAGE,
            "args": [
                "--model=m",
                "--kv-transfer-config",
                '{"kv_connector":"NixlConnector"}',
                "--kv-transfer-config.kv_role=kv_both",
            ],
        }
    )
    assert args.json("--kv-transfer-config") == {"kv_connector": "NixlConnector", "kv_role": "kv_both"}
    assert args.json("--hf-overrides") is None


@pytest.mark.parametrize("text", ["{", "[]", "$(CONFIG)", "3", "[" * 100_000])
def test_json_that_nobody_can_read_is_none(text: str) -> None:
    """Broken, no mapping, or known to the pod alone."""
    assert (
        known({"image": IMAGE, "args": ["--model=m", f"--hf-overrides={text}"]}).json("--hf-overrides")
        is None
    )


def test_switches_lists_and_joined_levels() -> None:
    """`--no-…` turns off, a list ends at the next flag, `-O3` is a flag with its value."""
    args = known(
        {
            "image": IMAGE,
            "args": [
                "--model",
                "m",
                "--no-enable-prefix-caching",
                "--served-model-name",
                "a",
                "b",
                "-O3",
                "--seed",
                "-1",
            ],
        }
    )
    assert args.switch("--enable-prefix-caching") is False
    assert args.switch("--enable-lora") is None
    assert args.served_names == ("a", "b")
    assert args.text("--compilation-config") == "3"
    assert args.integer("--seed") == -1


def test_the_place_of_a_value_is_its_word() -> None:
    """In an argv; in a script it is the script."""
    args = known({"image": IMAGE, "args": ["--model", "m", "--port", "8000"]})
    port = args.get("--port")
    assert port is not None
    prefix = ("spec", "template", "spec", "containers", 0, "args")
    assert (port.path, port.value_path) == ((*prefix, 2), (*prefix, 3))


def test_unknown_and_ambiguous_flags_say_so() -> None:
    """Without a meaning, or with several."""
    args = known(
        {"image": IMAGE, "args": ["--model=m", "--max-modle-len=1", "--max-num", "2", "--tensor-par", "2"]}
    )
    unknown, several, short = args.arguments[1:]
    assert (unknown.flag, unknown.meanings, unknown.name) == (None, (), "--max-modle-len")
    assert several.flag is None
    assert {"--max-num-seqs", "--max-num-batched-tokens"} <= set(several.meanings)
    assert (short.name, short.abbreviated) == ("--tensor-parallel-size", True)


def test_kserve_models_are_read_and_never_complete() -> None:
    """Their runtime adds arguments; the Hugging Face server has flags of its own."""
    model = {"modelFormat": {"name": "vLLM"}, "args": ["--max-model-len=4096"]}
    found = kserve({"predictor": {"model": model}})
    assert found is not None
    assert (found.integer("--max-model-len"), found.complete, found.plain) == (4096, False, True)
    other = kserve({"predictor": {"model": {**model, "modelFormat": {"name": "huggingface"}}}})
    assert other is not None
    assert other.plain is False
    assert kserve({"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}}) is None


def test_llminferenceservice_takes_arguments_from_a_variable() -> None:
    """KServe appends them to the command of its template."""
    main = {
        "name": "main",
        "env": [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--block-size 64 --enable-lora"}],
    }
    found = kserve({"template": {"containers": [main]}}, "LLMInferenceService")
    assert found is not None
    assert (found.integer("--block-size"), found.switch("--enable-lora"), found.complete) == (64, True, False)
    block = found.get("--block-size")
    assert block is not None
    assert block.path == ("spec", "template", "containers", 0, "env", 0, "value")
