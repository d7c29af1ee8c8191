"""How vLLM's command line is spelled."""

from __future__ import annotations

from typing import Any

from mintage.render.kinds.vllm import Flag, argv, flags
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.model_server import FLAG_FIELDS, ModelServer


def flags_of(**fields: Any) -> list[Flag]:
    """Return the flags of a server with these fields."""
    value = {"kind": "ModelServer", "name": "chat", "image": "vllm", "model": {"id": "org/model"}, **fields}
    return flags(decode(value, ModelServer, Layers((Layer(read("specs/chat.yaml", b"{}")),))))


def test_a_flag_is_printed_by_the_number_of_its_values() -> None:
    """A switch stands alone, a setting has one `=`, a list follows its flag."""
    given = [Flag("--a"), Flag("--b", ("1",)), Flag("--c", ("x", "y"))]
    assert argv(given) == ["--a", "--b=1", "--c", "x", "y"]


def test_what_is_not_set_is_left_to_vllm() -> None:
    """A server says its model, its name and its address, and nothing else that nobody asked for."""
    assert argv(flags_of()) == [
        "--model=org/model",
        "--served-model-name=chat",
        "--host=0.0.0.0",
        "--port=8000",
    ]


def test_numbers_have_no_needless_digits() -> None:
    """A share is printed as it was written."""
    assert Flag("--gpu-memory-utilization", ("0.85",)) in flags_of(gpuMemory=0.85)
    assert Flag("--gpu-memory-utilization", ("1",)) in flags_of(gpuMemory=1.0)


def test_caching_is_turned_off_by_a_flag_of_its_own() -> None:
    """False is not absence: vLLM caches prefixes unless it is told not to."""
    assert Flag("--no-enable-prefix-caching") in flags_of(prefixCaching=False)
    assert Flag("--enable-prefix-caching") in flags_of(prefixCaching=True)


def test_aliases_are_further_served_names() -> None:
    """Clients may ask for any of the names; the first is the one that answers carry."""
    found = flags_of(model={"id": "org/model", "name": "main", "aliases": ["other"]})
    assert Flag("--served-model-name", ("main", "other")) in found


def test_every_flag_that_is_printed_has_a_field() -> None:
    """No flag can be set in two places: what is printed is refused in `args`, but for the address to listen on."""
    numbers = {
        "tensorParallel": 2,
        "pipelineParallel": 2,
        "contextLength": 1,
        "maxSequences": 1,
        "blockSize": 16,
    }
    more = {"gpuMemory": 0.5, "kvCacheDtype": "auto", "trustRemoteCode": True}
    printed = {
        flag.name for caching in (True, False) for flag in flags_of(**numbers, **more, prefixCaching=caching)
    }
    assert printed - {"--host"} == set(FLAG_FIELDS)
