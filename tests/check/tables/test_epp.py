"""What a release of the endpoint picker understands, by the two projects it is made of."""

from __future__ import annotations

import pytest

from mintage.check import tables

SCHEDULER = "ghcr.io/llm-d/llm-d-inference-scheduler"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (f"{SCHEDULER}:v0.2.1", "llm-d 0.2.1 (GIE 0.5.1)"),
        (f"{SCHEDULER}:v0.5.0", "llm-d 0.5.0 (GIE 1.3)"),
        ("ghcr.io/llm-d/llm-d-router-endpoint-picker:v0.10.0", "llm-d 0.10.0 (GIE 1.5)"),
        ("registry.k8s.io/gateway-api-inference-extension/epp:v1.1.0", "GIE 1.1.0"),
        (f"{SCHEDULER}:v0.6.0", "None"),
        (f"{SCHEDULER}:latest", "None"),
        ("quay.io/me/epp:v1.0.0", "None"),
    ],
)
def test_the_picker_of_an_image(image: str, words: str) -> None:
    """llm-d's releases are built on others; of 0.6 nobody said on which."""
    assert str(tables.epp_version(image)) == words


def _epp(release: str) -> tables.EppVersion:
    found = tables.epp_version(f"{SCHEDULER}:v{release}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("plugin", "release", "known"),
    [
        ("kv-cache-scorer", "0.2.1", True),
        ("kv-cache-scorer", "0.3.0", False),
        ("kv-cache-utilization-scorer", "0.3.0", True),
        ("kv-cache-utilization-scorer", "0.2.1", False),
        ("precise-prefix-cache-scorer", "0.2.1", False),
        ("no-hit-lru-scorer", "0.3.0", False),
        ("no-hit-lru-scorer", "0.4.0", True),
        ("pd-profile-handler", "0.5.0", True),
        ("load-awre-scorer", "0.5.0", False),
        ("load-awre-scorer", "0.8.0", None),
    ],
)
def test_plugins_come_and_go(plugin: str, release: str, known: bool | None) -> None:
    """A type of plugin belongs to releases; where the list is not complete, a new name is not refused."""
    assert tables.epp_plugin_known(plugin, _epp(release)) is known


def test_the_plugins_of_llm_d_are_not_in_the_extension_alone() -> None:
    """The image of the inference extension has only its own."""
    alone = tables.epp_version("registry.k8s.io/gateway-api-inference-extension/epp:v1.0.0")
    assert alone is not None
    assert tables.epp_plugin_known("decode-filter", alone) is False
    assert tables.epp_plugin_known("queue-scorer", alone) is True


@pytest.mark.parametrize(
    ("release", "parameter"),
    [("0.3.0", "hashBlockSize"), ("0.5.0", "blockSize"), ("0.8.0", "blockSizeTokens")],
)
def test_the_block_size_changed_its_name(release: str, parameter: str) -> None:
    """A wrong name is ignored by the picker without a word."""
    parameters = tables.epp_plugins(_epp(release))["prefix-cache-scorer"].parameters
    assert parameters is not None
    assert parameters & {"hashBlockSize", "blockSize", "blockSizeTokens"} == {parameter}


def test_rules_of_weights_and_handlers_by_release() -> None:
    """Weights were required, then integers, then numbers; a header handler was needed beside a P/D handler."""
    rules = {release: tables.epp_rules(_epp(release)) for release in ("0.2.1", "0.3.0", "0.8.0", "0.10.0")}
    assert [one.weight_required for one in rules.values()] == [True, False, False, False]
    assert [one.weight_integer for one in rules.values()] == [True, True, False, False]
    assert [one.single_handler_one_profile for one in rules.values()] == [False, False, True, True]
    assert [one.header_handler_required for one in rules.values()] == [True, True, True, False]
    assert [one.metric_flags_refused for one in rules.values()] == [False, False, True, True]
    assert [one.kv_metric for one in rules.values()] == [
        "vllm:gpu_cache_usage_perc",
        "vllm:gpu_cache_usage_perc",
        "vllm:kv_cache_usage_perc",
        "vllm:kv_cache_usage_perc",
    ]
    assert "llm-d.ai/v1alpha1" in rules["0.10.0"].api_versions
    assert "llm-d.ai/v1alpha1" not in rules["0.8.0"].api_versions


@pytest.mark.parametrize(
    ("flag", "release", "known"),
    [
        ("--poolName", "0.2.1", True),
        ("--poolName", "0.5.0", False),
        ("--pool-name", "0.2.1", False),
        ("--pool-name", "0.3.0", True),
        ("-pool-name", "0.3.0", True),
        ("--tracing", "0.3.0", False),
        ("--tracing", "0.4.0", True),
        ("-v", "0.2.1", True),
        ("--never-heard-of", "0.5.0", None),
    ],
)
def test_flags_of_the_picker_by_generation(flag: str, release: str, known: bool | None) -> None:
    """CamelCase went, kebab-case came; Go takes one dash for two."""
    assert tables.epp_flag_known(flag, _epp(release)) is known


def test_the_successor_of_a_flag_of_the_picker() -> None:
    """Advice names the flag to write instead."""
    assert tables.epp_flag_successor("--configText") == "--config-text"
    assert tables.epp_flag_successor("--config-text") is None


def test_keys_of_a_picker_configuration() -> None:
    """Decoding is strict, so a key too many stops the picker."""
    assert tables.epp_keys("plugin", _epp("0.5.0")) == {"name", "type", "parameters"}
    assert "featureGates" not in tables.epp_keys("config", _epp("0.2.1"))


def test_roles_of_pods() -> None:
    """The filters of llm-d look at one label."""
    roles = tables.epp_roles()
    assert roles["label"] == "llm-d.ai/role"
    assert "both" in roles["decode-filter"]
    assert "both" not in roles["prefill-filter"]


def test_the_sidecar_of_disaggregation_is_told_by_its_name() -> None:
    """It was renamed with 0.9."""
    assert tables.is_pd_sidecar("ghcr.io/llm-d/llm-d-routing-sidecar:v0.3.0")
    assert tables.is_pd_sidecar("ghcr.io/llm-d/llm-d-router-disagg-sidecar:v0.9.0")
    assert not tables.is_pd_sidecar(f"{SCHEDULER}:v0.3.0")
