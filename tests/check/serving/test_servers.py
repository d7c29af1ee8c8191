"""The checks of vLLM servers, alone and in pairs: releases, names, connectors, ports."""

from __future__ import annotations

from typing import Any

import pytest

from check.serving.trees import deployment, found, ids, pool, server

NIXL = '--kv-transfer-config={"kv_connector":"NixlConnector","kv_role":"kv_both"}'
LMCACHE = NIXL.replace("NixlConnector", "LMCacheConnectorV1")
BOTH = '--kv-transfer-config={"kv_connector":"MultiConnector","kv_role":"kv_both","kv_connector_extra_config":{"connectors":[{"kv_connector":"NixlConnector"},{"kv_connector":"OffloadingConnector"}]}}'
HOST = {"name": "VLLM_NIXL_SIDE_CHANNEL_HOST", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}


def vllm(image: str, *args: str, **more: Any) -> dict[str, Any]:
    """Return a server of an image."""
    return deployment("s", {"image": image, "args": ["--model=/models/m", *args], **more})


@pytest.mark.parametrize(
    ("image", "flag", "message"),
    [
        ("vllm/vllm-openai:v0.10.0", "--num-scheduler-steps=8", None),
        (
            "vllm/vllm-openai:v0.11.0",
            "--num-scheduler-steps=8",
            "`--num-scheduler-steps` is no flag of vLLM 0.11.0; it went with 0.10.1",
        ),
        (
            "vllm/vllm-openai:v0.10.0",
            "--kv-offloading-size=8",
            "`--kv-offloading-size` is no flag of vLLM 0.10.0; it came with 0.11.2",
        ),
        ("vllm/vllm-openai:v0.11.0", "--max_model_len=8", None),
        ("vllm/vllm-openai:v0.11.0", "--compilation-config.level=3", None),
        ("vllm/vllm-openai:v0.11.0", "--no-enable-prefix-caching", None),
        ("vllm/vllm-openai:v0.32.0", "--disable-prefix-caching", "`--disable-prefix-caching` is no flag of vLLM 0.32.0"),
        ("vllm/vllm-openai:v0.33.0", "--disable-prefix-caching", None),
        ("vllm/vllm-openai:v0.11.0", "--max-num=8", "`--max-num` may mean several flags of vLLM 0.11.0: `--max-num-batched-tokens`, `--max-num-partial-prefills`, `--max-num-seqs`"),
        ("vllm/vllm-openai:latest", "--max-modle-len=8", None),
        ("vllm/vllm-openai:v0.99.0", "--max-modle-len=8", None),
        ("ghcr.io/acme/vllm:v0.11.0", "--max-modle-len=8", None),
        ("ghcr.io/llm-d/llm-d-hpu:v0.8.0", "--max-modle-len=8", None),
    ],
)  # fmt: skip
def test_flags_are_those_of_the_images_release(image: str, flag: str, message: str | None) -> None:
    """Of a release that is not known nothing is said, nor of a platform with flags of its own."""
    expected = [] if message is None else [("vllm-unknown-flag", message)]
    assert found(vllm(image, flag)) == expected


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        ("VLLM_LOGGING_LEVEL", False),
        ("VLLM_LOG_LEVEL", True),
        ("VLLM_MODEL", False),  # the script reads it
        ("HF_HOMES", False),
    ],
)
def test_variables_are_those_of_the_images_release(name: str, *, reported: bool) -> None:
    """Unless the command line uses them."""
    script = "vllm serve /models/m --seed=${VLLM_MODEL}"
    container = {
        "image": "vllm/vllm-openai:v0.11.0",
        "command": ["sh", "-c", script],
        "env": [{"name": name, "value": "1"}],
    }
    assert ids(deployment("s", container)) == (["vllm-unknown-env"] if reported else [])


def test_a_variable_of_other_releases_has_a_life() -> None:
    """Nothing else is proposed for it: what it did is done by default now, or by a flag."""
    container = {"args": ["--model=/models/m"], "env": [{"name": "VLLM_USE_V1", "value": "1"}]}
    servers = (
        deployment("old", {**container, "image": "vllm/vllm-openai:v0.11.0"}),
        deployment("new", {**container, "image": "vllm/vllm-openai:v0.19.0"}),
    )
    message = "vLLM 0.19.0 reads no variable `VLLM_USE_V1`; it was there from 0.6.6 to before 0.11.2"
    assert found(*servers) == [("vllm-unknown-env", message)]


def test_arguments_that_kserve_appends_are_no_variable_of_vllm() -> None:
    """`VLLM_ADDITIONAL_ARGS` is read by the command of its template."""
    main = {"name": "main", "image": "ghcr.io/llm-d/llm-d-cuda:v0.7.0", "env": [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--max-modle-len=1"}]}  # fmt: skip
    service = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "s"},
        "spec": {"template": {"containers": [main]}},
    }
    assert ids(service) == ["vllm-unknown-flag"]


@pytest.mark.parametrize(
    ("args", "reported"),
    [
        (["--lora-modules", "a=/a"], True),
        (["--lora-modules", "a=/a", "--enable-lora"], False),
        (["--lora-modules", "a=/a", "--no-enable-lora"], True),
        (["--lora-modules", "a=/a", "--config=/c.yaml"], False),
        (["--enable-lora", "--max-loras=4", "--max-cpu-loras=4"], False),
        (["--enable-lora", "--max-loras=4", "--max-cpu-loras=3"], True),
        (["--enable-lora", "--max-loras=4"], False),
        (["--enable-lora", "--max-loras=$(N)", "--max-cpu-loras=3"], False),
    ],
)
def test_lora_needs_room(args: list[str], *, reported: bool) -> None:
    """Only numbers that are known are compared."""
    assert ids(vllm("vllm/vllm-openai:v0.11.0", *args)) == (["vllm-lora-slots"] if reported else [])


def model(*targets: str) -> dict[str, Any]:
    """Return an InferenceModel of the pool."""
    return {
        "apiVersion": "inference.networking.x-k8s.io/v1alpha2",
        "kind": "InferenceModel",
        "metadata": {"name": "i", "namespace": "llm"},
        "spec": {
            "modelName": "chat",
            "poolRef": {"name": "pool"},
            "targetModels": [{"name": name} for name in targets],
        },
    }


@pytest.mark.parametrize(
    ("args", "targets", "reported"),
    [
        (["--served-model-name", "a", "b"], ["a", "b"], False),
        (["--served-model-name", "a"], ["b"], True),
        (["--served-model-name", "a"], [], True),  # `chat`
        (["--served-model-name=a", "--enable-lora", "--lora-modules", "b=/b", '{"name":"c","path":"/c"}'], ["b", "c"], False),
        (["--served-model-name=$(NAME)"], ["b"], False),
        (["--config=/c.yaml"], ["b"], False),
        ([], ["/models/m"], False),
    ],
)  # fmt: skip
def test_models_are_asked_for_by_the_names_that_are_served(
    args: list[str], targets: list[str], *, reported: bool
) -> None:
    """Adapters are served under their own names; a name that only the pod knows is not judged."""
    expected = ["vllm-served-name-mismatch"] if reported else []
    assert ids(model(*targets), pool(), server("s", *args)) == expected


def test_the_servers_of_a_pool_share_a_name() -> None:
    """Or some requests meet a server that does not know their model."""
    one, other = server("s", "--served-model-name=a"), server("t", "--served-model-name", "b", "c")
    assert found(one, other, pool()) == [
        (
            "vllm-served-name-mismatch",
            "it answers for `b`, `c`, and another server of the pool `pool` for `a`",
        )
    ]
    assert ids(one, server("t", "--served-model-name", "b", "a"), pool()) == []
    assert ids(one, server("t", "--served-model-name", "$(NAME)"), pool()) == []


@pytest.mark.parametrize(
    ("prefill", "decode", "reported"),
    [
        (NIXL, NIXL, []),
        (BOTH, NIXL, []),
        (LMCACHE, NIXL, ["pd-connector-mismatch"]),
        (NIXL.replace("Nixl", "NixlPull"), NIXL, []),
        (NIXL.replace("kv_both", "kv_consumer"), NIXL, ["pd-connector-mismatch"]),
        (NIXL.replace("kv_both", "kv_producer"), NIXL.replace("kv_both", "kv_consumer"), []),
        (NIXL, "--seed=1", ["pd-connector-mismatch"]),
        (NIXL, "--config=/c.yaml", []),
        ("--kv-transfer-config=$(KV)", NIXL, []),
        ("--kv-transfer-config={", NIXL, []),
        ("--seed=1", "--seed=1", []),
    ],
)
def test_prefill_and_decode_use_one_connector(prefill: str, decode: str, reported: list[str]) -> None:
    """A MultiConnector counts for what is in it; what cannot be read is not judged."""
    servers = [server("p", prefill, role="prefill", env=[HOST]), server("d", decode, role="decode")]
    assert ids(*servers) == reported


@pytest.mark.parametrize(
    ("image", "prefill", "decode", "reported"),
    [
        ("v0.11.0", 16, 16, False),
        ("v0.11.0", 16, 32, True),
        ("v0.12.0", 16, 32, False),
        ("v0.12.0", 32, 16, True),
        ("v0.12.0", 16, 24, True),
        ("latest", 16, 32, False),
        ("latest", 32, 16, True),
    ],
)
def test_blocks_are_equal_at_first_and_multiples_later(
    image: str, prefill: int, decode: int, *, reported: bool
) -> None:
    """Of an unknown release only what none allows is reported."""
    servers = [
        server("p", NIXL, f"--block-size={prefill}", role="prefill", env=[HOST]),
        server("d", NIXL, f"--block-size={decode}", role="decode"),
    ]
    for item in servers:
        item["spec"]["template"]["spec"]["containers"][0]["image"] = f"vllm/vllm-openai:{image}"
    assert ids(*servers) == (["pd-blocksize-mismatch"] if reported else [])


@pytest.mark.parametrize(
    ("env", "reported"),
    [
        ([], True),
        ([HOST], False),
        ([{"name": HOST["name"], "value": "localhost"}], True),
        ([{"name": HOST["name"], "value": "$(POD_IP)"}], False),
    ],
)
def test_a_prefill_server_says_where_it_is(env: list[dict[str, Any]], *, reported: bool) -> None:
    """`localhost` is another pod's own host."""
    servers = [server("p", NIXL, role="prefill", env=env), server("d", NIXL, role="decode")]
    assert ids(*servers) == (["pd-side-channel-missing"] if reported else [])


def test_a_server_alone_needs_no_side_channel() -> None:
    """Nobody fetches anything from it, or it goes to another model's servers."""
    assert ids(server("p", NIXL, role="prefill")) == []
    other = server("d", NIXL, role="decode")
    other["spec"]["template"]["metadata"]["labels"]["llm-d.ai/model"] = "other"
    assert ids(server("p", NIXL, role="prefill"), other) == []


@pytest.mark.parametrize(
    ("proxy", "args", "message"),
    [
        (["--port=8000", "--vllm-port=8200"], ["--port=8200"], None),
        (
            ["--vllm-port=8001"],
            ["--port=8200"],
            "the proxy asks the server on 8001, and `c` listens on 8200",
        ),
        (["--model-server-port", "8001"], ["--port=8001"], None),
        ([], ["--port=8200"], None),  # its default depends on the release
        (["--vllm-port=8000"], [], "the proxy and the server `c` both listen on 8000, and one of them will not start"),
        (["--port=9000", "--vllm-port=8000"], [], None),
        (["--port=$(PORT)", "--vllm-port=8000"], ["--port=$(OTHER)"], None),
        (["--port=9000", "--vllm-port=8001"], ["--config=/c.yaml"], None),
    ],
)  # fmt: skip
def test_the_proxy_knows_the_servers_port(proxy: list[str], args: list[str], message: str | None) -> None:
    """And leaves it to the server."""
    sidecar = {
        "name": "proxy",
        "image": "ghcr.io/llm-d/llm-d-routing-sidecar:v0.4.0",
        "restartPolicy": "Always",
        "args": proxy,
    }
    expected = [] if message is None else [("pd-sidecar-port-mismatch", message)]
    assert found(server("d", *args, role="decode", initContainers=[sidecar])) == expected


def test_the_proxy_speaks_the_servers_connector() -> None:
    """`nixlv2` is NIXL's."""
    sidecar = {
        "name": "proxy",
        "image": "ghcr.io/llm-d/llm-d-routing-sidecar:v0.4.0",
        "args": ["--connector=nixlv2"],
        "restartPolicy": "Always",
    }
    pod: dict[str, Any] = {"initContainers": [sidecar]}
    assert ids(server("d", LMCACHE, "--port=8200", **pod)) == ["pd-connector-mismatch"]
    assert ids(server("d", NIXL, "--port=8200", **pod)) == []


def test_templates_and_short_flags_are_no_flags() -> None:
    """What a template makes of a word nobody knows."""
    args = ["--{{ .flag }}=1", "--max{{ if .x }}-y{{ end }}", "-x", "--", "{{ .all }}"]
    assert ids(vllm("vllm/vllm-openai:v0.11.0", *args)) == []
