"""What a Monitoring spec refuses, which services it looks at, and which files it names."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.fields import Reference
from mintage.spec.monitoring import Monitoring


def parsed(more: str = "") -> Monitoring:
    """Return a spec with these lines."""
    document = read("specs/mon.yaml", f"kind: Monitoring\nname: mon\n{more}".encode())
    return decode(document.value, Monitoring, Layers((Layer(document),)))


def refused(more: str) -> list[tuple[str, str, str]]:
    """Return the problems of these lines: place, message and advice."""
    with pytest.raises(MintageError) as caught:
        parsed(more)
    return [(str(problem.location), problem.message, problem.advice) for problem in caught.value.problems]


@pytest.mark.parametrize("interval", ["30s", "1m", "1m30s", "500ms"])
def test_an_interval_is_a_duration(interval: str) -> None:
    """Prometheus's own spelling is taken."""
    assert parsed(f"interval: {interval}\n").interval == interval


@pytest.mark.parametrize("interval", ["30", "s", "30 s", "half"])
def test_an_interval_without_a_unit_is_refused(interval: str) -> None:
    """Prometheus would refuse the whole monitor."""
    assert refused(f"interval: '{interval}'\n") == [
        ("specs/mon.yaml:3:11", f"`{interval}` does not match ^([0-9]+(ms|[smhdwy]))+$", "")
    ]


def test_groups_dashboards_and_alerts_have_names_of_their_own() -> None:
    """Two of one name would be one object, or an alert that hides another; all are reported at once."""
    text = (
        "watch:\n- {name: a, services: [x]}\n- {name: a, services: [w]}\n"
        "dashboards:\n- {name: d, file: d.json}\n- {name: d, file: e.json}\n"
        "rules:\n- {alert: R, expr: up == 0, summary: s}\n- {alert: R, expr: up == 0, summary: s}\n"
    )

    assert refused(text) == [
        ("specs/mon.yaml:5:10", "`a` stands twice", "rename one of the two"),
        ("specs/mon.yaml:8:10", "`d` stands twice", "rename one of the two"),
        ("specs/mon.yaml:11:11", "`R` stands twice", "rename one of the two"),
    ]


@pytest.mark.parametrize(
    "file", ["../secret.json", "/etc/x.json", "a//b.json", "dashboard.yaml", ".hidden.json"]
)
def test_a_dashboard_is_a_json_file_beside_the_specs(file: str) -> None:
    """A path that leaves the folder, or is no JSON by its name, is refused."""
    ((place, message, _),) = refused(f"dashboards:\n- {{name: d, file: {file}}}\n")

    assert (place, message.split(" does")[0]) == ("specs/mon.yaml:4:19", f"`{file}`")


def test_the_files_of_dashboards_are_named_with_their_place() -> None:
    """The loader reads them; a missing one is reported where it is named."""
    spec = parsed("dashboards:\n- {name: d, file: d.json}\n- {name: e, file: more/e.json}\n")

    assert list(spec.files()) == [
        (("dashboards", 0, "file"), "d.json"),
        (("dashboards", 1, "file"), "more/e.json"),
    ]


def test_it_refers_to_what_it_watches_and_to_all_services_it_must_miss() -> None:
    """A new service anywhere can make a selector unsound, so the spec depends on all of them."""
    spec = parsed("watch:\n- {name: a, services: [x, ModelServer/*]}\n")

    assert list(spec.references()) == [
        Reference(("watch", 0, "services", 0), "x"),
        Reference(("watch", 0, "services", 1), "ModelServer/*"),
        Reference(("watch",), "*/*"),
    ]


def test_dashboards_alone_refer_to_nobody() -> None:
    """They are the same whatever the services are."""
    assert list(parsed("dashboards:\n- {name: d, file: d.json}\n").references()) == []


def test_an_alert_says_how_bad_it_is_in_known_words() -> None:
    """Alertmanager routes by severity; a misspelt one reaches nobody."""
    assert refused("rules:\n- {alert: R, expr: up == 0, severity: critcal, summary: s}\n") == [
        (
            "specs/mon.yaml:4:39",
            "expected one of `critical`, `info`, `warning`, got the string 'critcal'",
            "did you mean `critical`?",
        )
    ]
