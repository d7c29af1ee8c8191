"""References stand for what another service is: parsed strictly, resolved from its export."""

from __future__ import annotations

import pytest

from mintage.spec.exports import Export
from mintage.spec.reference import Link, ReferenceMeaninglessError, parse, text_of, unescape

STORE = Export(
    kind="Workload",
    name="store",
    component="storage",
    service="store-svc",
    ports={"api": 9000, "console": 9090},
    buckets=("episodes", "models"),
)
GATEWAY = Export(
    kind="Gateway",
    name="gateway",
    component="gateway",
    service="gateway-istio",
    ports={"http": 80},
    routes={"/vision": "a", "/text": "b"},
)


def resolved(text: str, export: Export = STORE, host: str = "") -> str:
    """Return what a string stands for."""
    link = parse(text)
    assert link is not None
    return text_of(link, export, host or export.service)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("@store", "http://store-svc:9000"),
        ("@store:console", "http://store-svc:9090"),
        ("@store:9090", "http://store-svc:9090"),
        ("@store/a/b?c", "http://store-svc:9000/a/b?c"),
        ("@store:console/x", "http://store-svc:9090/x"),
        ("@store.host", "store-svc"),
        ("@store.port", "9000"),
        ("@store.port:console", "9090"),
        ("@store.address", "store-svc:9000"),
        ("@store.url", "http://store-svc:9000"),
        ("@store#models", "models"),
        ("--url=@store", "--url=http://store-svc:9000"),
        ("-b=@store#models", "-b=models"),
        ("S3_URL=@store.address", "S3_URL=store-svc:9000"),
    ],
)
def test_a_reference_becomes_text(text: str, meaning: str) -> None:
    """The first port counts unless another is named."""
    assert resolved(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("@gateway", "http://gateway-istio"), ("@gateway/vision/v1", "http://gateway-istio/vision/v1")],
)
def test_the_usual_port_of_a_scheme_is_left_out(text: str, meaning: str) -> None:
    """As people write addresses."""
    assert resolved(text, GATEWAY) == meaning


def test_the_host_is_that_of_the_place_it_is_used_in() -> None:
    """Another namespace needs the full name."""
    assert (
        resolved("@store", host="store.other.svc.cluster.local")
        == "http://store.other.svc.cluster.local:9000"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "store",
        "me@store",
        "@@store",
        "x @store",
        "see @store",
        "@store\nmore",
        "--flag",
        "--flag=x@y",
        "--a=@@b",
    ],
)
def test_other_strings_are_no_references(text: str) -> None:
    """A mail address is one, a script is another."""
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@@store", "@store"),
        ("--a=@@b", "--a=@b"),
        ("a@@b", "a@@b"),
        ("@@a\nb", "@@a\nb"),
        ("@@@a", "@@a"),
        ("a", "a"),
    ],
)
def test_two_signs_stand_for_one(text: str, meant: str) -> None:
    """Only where a reference could begin."""
    assert unescape(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "@",
        "@Store",
        "@store.",
        "@store.name",
        "@store:",
        "@store#",
        "@-a",
        "@store extra",
        "@store#a/b",
        "@store:A",
        "--x=@",
    ],
)
def test_what_looks_like_a_reference_and_is_none_is_refused(text: str) -> None:
    """A typing mistake must not end up in a cluster."""
    with pytest.raises(ReferenceMeaninglessError) as caught:
        parse(text)
    assert str(caught.value) == f"`{text.removeprefix('--x=')}` is not a reference"
    assert caught.value.advice == (
        "write `@name`, `@name:port`, `@name/path`, `@name#bucket` or `@name.host`; `@@` stands for a plain @"
    )


@pytest.mark.parametrize(
    ("text", "export", "message", "advice"),
    [
        ("@store:consol", STORE, "`store` has no port `consol`", "did you mean `console`?"),
        ("@store:1", STORE, "`store` has no port `1`", "known: `api`, `console`"),
        ("@store#model", STORE, "`store` has no bucket `model`", "did you mean `models`?"),
        ("@gateway/visions", GATEWAY, "`gateway` has no route for `/visions`", "did you mean `/vision`?"),
        ("@gateway/textual", GATEWAY, "`gateway` has no route for `/textual`", "did you mean `/text`?"),
        (
            "@job",
            Export(kind="Workload", name="job", component="job"),
            "`job` has no Service to refer to",
            "give Workload `job` a port",
        ),
    ],
)
def test_a_reference_to_what_is_not_there_is_refused(
    text: str, export: Export, message: str, advice: str
) -> None:
    """With what was probably meant."""
    with pytest.raises(ReferenceMeaninglessError) as caught:
        resolved(text, export)
    assert (str(caught.value), caught.value.advice) == (message, advice)


def test_the_root_of_a_gateway_needs_no_route() -> None:
    """Programs add their own paths."""
    assert resolved("@gateway/", GATEWAY) == "http://gateway-istio/"


def test_a_link_keeps_what_stands_before_it() -> None:
    """Everything up to the equals sign."""
    assert parse("--endpoint=@store:api/x") == Link("--endpoint=", "store", "url", "api", "/x")
