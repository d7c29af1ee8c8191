"""What a release of vLLM understands, and that nothing is said of releases nobody looked at."""

from __future__ import annotations

import pytest

from mintage.check import tables
from mintage.check.tables.versions import version


def _flags(release: str) -> dict[str, tables.Flag]:
    found = tables.vllm_flags(version(release))
    assert found is not None
    return dict(found)


def test_flags_have_all_their_spellings() -> None:
    """Long, short and negative forms lead to the same flag."""
    flags = _flags("0.10.2")
    assert flags["-tp"] is flags["--tensor-parallel-size"]
    assert flags["--no-enforce-eager"].takes == "switch"
    assert "--no-tensor-parallel-size" not in flags
    assert flags["-O"].name == "--compilation-config"
    assert _flags("0.12.0")["-O"].name == "--optimization-level"
    assert flags["-h"].name == "--help"


@pytest.mark.parametrize(
    ("flag", "has", "lacks"),
    [
        ("--swap-space", "0.16.0", "0.18.1"),
        ("--task", "0.12.0", "0.13.0"),
        ("--enable-reasoning", "0.8.5", "0.10.0"),
        ("--speculative-model", "0.8.0", "0.8.5"),
        ("--disable-log-requests", "0.16.0", "0.17.1"),
        ("--speculative-config", "0.8.5", "0.8.0"),
        ("--enable-expert-parallel", "0.8.0", "0.7.3"),
        ("--host", "0.33.0", "none"),
    ],
)
def test_flags_come_and_go(flag: str, has: str, lacks: str) -> None:
    """A flag exists in its releases only."""
    assert flag in _flags(has)
    if lacks != "none":
        assert flag not in _flags(lacks)


def test_a_release_between_two_known_ones_has_the_flags_of_both() -> None:
    """What went away or came at some time between them is not held against anybody."""
    assert {"--speculative-model", "--speculative-config"} <= _flags("0.8.3").keys()


@pytest.mark.parametrize("release", ["0.5.5", "0.34.0", "1.0.0"])
def test_nothing_is_known_of_other_releases(release: str) -> None:
    """An unknown version is said, not guessed."""
    at = version(release)
    assert tables.vllm_flags(at) is None
    assert tables.vllm_environment(at) is None
    assert tables.vllm_metrics(at) is None
    assert tables.vllm_series_known("vllm:num_requests_running", at) is None


def test_a_later_patch_of_the_last_release_is_known() -> None:
    """Patches do not change the command line."""
    assert tables.vllm_flags(version("0.33.4")) == tables.vllm_flags(version("0.33.0"))


def test_flags_tell_what_they_take() -> None:
    """A reader of a command line must know which words are values."""
    early, late = _flags("0.8.5"), _flags("0.10.2")
    assert (early["--enforce-eager"].takes, late["--enforce-eager"].takes) == ("nothing", "switch")
    assert late["--served-model-name"].takes == "list"
    assert late["--max-model-len"].takes == "value"
    assert "fp8_inc" in late["--kv-cache-dtype"].choices
    assert late["--kv-transfer-config"].json
    assert not late["--max-model-len"].json


def test_the_life_of_a_flag() -> None:
    """A message says when a flag came or went."""
    assert tables.vllm_flag_life("--swap-space") == (None, "0.18.1")
    assert tables.vllm_flag_life("--uds") == ("0.10.1", None)
    assert tables.vllm_flag_life("--tensor-paralel-size") is None


def test_the_life_of_a_variable() -> None:
    """A message says when a variable came or went."""
    assert tables.vllm_environment_life("VLLM_USE_V1") == ("0.6.6", "0.11.2")
    assert tables.vllm_environment_life("VLLM_API_KEY") == (None, None)
    assert tables.vllm_environment_life("VLLM_APIKEY") is None


def test_the_command_line_takes_beginnings_of_flags() -> None:
    """Argparse does, and vLLM does not forbid it."""
    assert tables.vllm_parser()["abbreviations"] is True


def test_variables_come_and_go() -> None:
    """A variable is known where the release reads it."""
    known = tables.vllm_environment(version("0.10.2"))
    assert known is not None
    assert {"VLLM_LOGGING_LEVEL", "VLLM_NIXL_SIDE_CHANNEL_HOST"} <= known
    assert "VLLM_GPU_MEMORY_UTILIZATION" not in known


@pytest.mark.parametrize(
    ("series", "release", "known"),
    [
        ("vllm:gpu_cache_usage_perc", "0.10.2", True),
        ("vllm:gpu_cache_usage_perc", "0.11.0", False),
        ("vllm:kv_cache_usage_perc", "0.11.0", True),
        ("vllm:kv_cache_usage_perc", "0.8.5", False),
        ("vllm:e2e_request_latency_seconds_bucket", "0.10.2", True),
        ("vllm:e2e_request_latency_seconds_total", "0.10.2", False),
        ("vllm:prompt_tokens_total", "0.12.0", True),
        ("vllm:prompt_tokens_total_total", "0.12.0", False),
    ],
)
def test_series_of_a_release_of_vllm(series: str, release: str, known: bool) -> None:
    """The metric of the KV cache changed its name, and a histogram is no counter."""
    assert tables.vllm_series_known(series, version(release)) is known
