"""PromQL: the series that an expression asks for, and nothing that is not one."""

from __future__ import annotations

import random

import pytest

from mintage.check.network.promql import Matcher, Series, series_in


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", ["up"]),
        ("sum(rate(http_requests_total[5m])) by (job)", ["http_requests_total"]),
        (
            "sum by (le, model_name) (rate(vllm:e2e_seconds_bucket[$__rate_interval]))",
            ["vllm:e2e_seconds_bucket"],
        ),
        ("sum without(instance)(a) / on(x) group_left(y) b", ["a", "b"]),
        ("a and on() b unless ignoring(z) c or vector(0)", ["a", "b", "c"]),
        ("max_over_time(deriv(a[1h:5m] offset 1d2h)[30m:]) @ start() > bool 1e-3", ["a"]),
        ("a @ 1609746000 - b offset -5m", ["a", "b"]),
        ("histogram_quantile(0.95, sum(rate(a_bucket[5m])) by (le)) == Inf", ["a_bucket"]),
        ('label_replace(up, "a", "$1", "b", "(.*)")', ["up"]),
        ("topk(5, a{}) # the b of c", ["a"]),
        ("count_values('version', build)", ["build"]),
        ("job:requests:rate5m * -1 ^ .5", ["job:requests:rate5m"]),
        ('{__name__="a", x="y"}', ["a"]),
        ('{"http.requests", "x.y"="z"}', ["http.requests"]),
        ("a{x='}', y=\"{\", z=`]`}", ["a"]),
        ("scalar(sum(a)) atan2 b", ["a", "b"]),
    ],
)
def test_the_names_of_an_expression(expression: str, names: list[str]) -> None:
    """Functions, aggregations, labels, keywords, strings, numbers and durations are no metrics."""
    found = series_in(expression)
    assert found is not None
    assert [one.name for one in found] == names


@pytest.mark.parametrize(
    "expression",
    [
        "$metric",
        "${metric}_total",
        "vllm:${kind:raw}_total{a='b'}",
        "[[metric]]",
        '{__name__=~"vllm:.*"}',
        '{app="x"}',
    ],
)
def test_a_name_that_is_not_written_out_is_not_known(expression: str) -> None:
    """A variable of Grafana may be anything."""
    assert [one.name for one in series_in(expression) or ()] == [None]


@pytest.mark.parametrize(
    "expression",
    [
        '{app="x"} |= "error"',
        "a[5m",
        "a)",
        "(a",
        "a{b}",
        "a{b=c}",
        "{{ .Values.expr }}",
        "a{b='}",
        "SELECT * FROM a; --",
    ],
)
def test_what_is_no_promql_is_not_read(expression: str) -> None:
    """LogQL, templates and broken texts have no names."""
    assert series_in(expression) is None


def test_matchers_are_read_with_their_strings() -> None:
    """Escapes are undone, except between backquotes."""
    found = series_in(r"""a{b="c\"d", e!~'f|g', h=`\d`}""")
    assert found == (
        Series("a", (Matcher("b", "=", 'c"d'), Matcher("e", "!~", "f|g"), Matcher("h", "=", r"\d"))),
    )


@pytest.mark.parametrize(
    ("operator", "value", "accepted"),
    [
        ("=", "vllm", True),
        ("!=", "vllm", False),
        ("=~", "v.*", True),
        ("=~", "llm", False),
        ("!~", "llm", True),
        ("=~", "(", True),
    ],
)
def test_a_matcher_accepts_as_prometheus_does(operator: str, value: str, accepted: bool) -> None:
    """Patterns must match the whole value; one that cannot be read accepts all."""
    assert Matcher("job", operator, value).accepts("vllm") is accepted


def test_no_text_makes_the_reader_fail() -> None:
    """Whatever is cut or mixed, there is an answer."""
    rng = random.Random(3)  # noqa: S311 - no secret
    parts = [
        "sum",
        " by ",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "a",
        '"x"',
        "=~",
        "5m",
        ",",
        "'",
        "offset",
        "$x",
        "[[y]]",
        ":",
        "#",
        "\n",
    ]
    for _ in range(5000):
        found = series_in("".join(rng.choices(parts, k=rng.randint(1, 12))))
        assert found is None or all(isinstance(one, Series) for one in found)
