"""What a Monitoring spec becomes: in general, and for the services of this workspace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kubernetes_schemas import errors
from mintage.canonical import json_text
from mintage.errors import MintageError
from mintage.render.kinds.monitoring import render
from mintage.render.passes import finished
from mintage.render.scope import Scope
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import Export, MetricsEndpoint, PodPort
from mintage.spec.monitoring import Monitoring
from mintage.spec.system import System
from mintage.workspace.load import Workspace

if TYPE_CHECKING:
    from mintage.manifest import Manifest

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "specs" / "dashboards" / "zelda.json"
SYSTEM = System(kind="System", name="shop")


def service(name: str, *endpoints: tuple[dict[str, str], str, str], kind: str = "Workload") -> Export:
    """Return the export of a service with these metrics: labels of the Service, port, path."""
    metrics = tuple(
        MetricsEndpoint(service_labels=labels, port=port, path=path) for labels, port, path in endpoints
    )
    return Export(kind=kind, name=name, component=name, metrics=metrics)


def rendered(more: str, *exports: Export, files: dict[str, str] | None = None) -> list[Manifest]:
    """Return what these lines become, in a system with these services."""
    document = read("specs/mon.yaml", f"kind: Monitoring\nname: mon\n{more}".encode())
    spec = decode(document.value, Monitoring, Layers((Layer(document),)))
    return render(spec, Scope(SYSTEM, None, {export.name: export for export in exports}, files=files or {}))


def watched(entry: str, *exports: Export) -> dict[str, Any]:
    """Return the specs of the ServiceMonitors of one group, by name."""
    return {
        manifest.name: manifest.document["spec"] for manifest in rendered(f"watch:\n- {entry}\n", *exports)
    }


def refused(more: str, *exports: Export, files: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Return the problems of these lines: place, message and advice."""
    with pytest.raises(MintageError) as caught:
        rendered(more, *exports, files=files)
    return [(str(problem.location), problem.message, problem.advice) for problem in caught.value.problems]


A = service("a", ({"app": "a", "tier": "llm"}, "http", "/metrics"), kind="ModelServer")
B = service("b", ({"app": "b", "tier": "llm"}, "http", "/metrics"), kind="ModelServer")


def test_services_with_a_common_label_share_a_monitor() -> None:
    """Port and path are written once, however many services have them."""
    assert watched("{name: llm, services: [ModelServer/*]}", A, B) == {
        "llm": {
            "selector": {"matchLabels": {"tier": "llm"}},
            "endpoints": [{"port": "http", "path": "/metrics", "interval": "30s"}],
        }
    }


@pytest.mark.parametrize(
    "foreign",
    [
        service("c", ({"app": "c", "tier": "llm"}, "http", "/metrics")),
        Export(
            kind="Workload",
            name="c",
            component="c",
            pods=(PodPort(labels={"app": "c", "tier": "llm"}, ports={}),),
        ),
    ],
)
def test_a_monitor_selects_no_foreign_service(foreign: Export) -> None:
    """Services carry the labels of their pods, so both count; one key then tells the watched ones apart."""
    assert watched("{name: llm, services: [a, b]}", A, B, foreign)["llm"]["selector"] == {
        "matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]
    }


def test_services_that_no_selector_joins_get_a_monitor_each() -> None:
    """The monitors carry the names of group and service, and each has its own ports."""
    exports = (service("x", ({"app": "x"}, "one", "/m")), service("w", ({"name": "w"}, "two", "/n")))

    assert watched("{name: web, services: [x, w], interval: 1m}", *exports) == {
        "web-x": {
            "selector": {"matchLabels": {"app": "x"}},
            "endpoints": [{"port": "one", "path": "/m", "interval": "1m"}],
        },
        "web-w": {
            "selector": {"matchLabels": {"name": "w"}},
            "endpoints": [{"port": "two", "path": "/n", "interval": "1m"}],
        },
    }


def test_a_service_with_several_endpoints_shows_them_all() -> None:
    """Endpoints of one Service are endpoints of one monitor, in the order of the service."""
    ray = service("ray", ({"app": "ray"}, "metrics", "/metrics"), ({"app": "ray"}, "rollouts", "/metrics"))

    assert [entry["port"] for entry in watched("{name: r, services: [ray]}", ray)["r"]["endpoints"]] == [
        "metrics",
        "rollouts",
    ]


def test_a_watched_service_without_metrics_is_an_error() -> None:
    """A monitor that matches nothing is found out when the dashboard is empty."""
    assert refused("watch:\n- {name: db, services: [db]}\n", service("db")) == [
        (
            "Monitoring mon",
            "`db`: `db` exports no metrics",
            "add `metrics:` to the service, or take it off the list",
        )
    ]


def test_a_dashboard_becomes_a_config_map_that_grafana_finds() -> None:
    """The file is written canonically, so that its formatting changes nothing in the cluster."""
    lines = "dashboards:\n- {name: board, file: boards/x.json}\n"
    (tight,) = rendered(lines, files={"boards/x.json": '{"title":"Übersicht","panels":[]}'})
    (loose,) = rendered(lines, files={"boards/x.json": '{\n "title": "Übersicht" , "panels": [ ]\n}\n'})

    assert tight.document == loose.document
    assert tight.document["data"] == {"x.json": '{\n  "title": "Übersicht",\n  "panels": []\n}\n'}
    assert tight.document["metadata"]["labels"]["grafana_dashboard"] == "1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '{\n  "title": "x",\n  "panels": [}\n}',
            ("specs/x.json:3:14", "not JSON: Expecting value", "export the dashboard from Grafana again"),
        ),
        ('{"max": NaN}', ("specs/x.json", "not JSON: NaN is no number of JSON", "write null or a number")),
        ("[]", ("specs/x.json", "a dashboard is one JSON object", "export it from Grafana again")),
    ],
)
def test_a_dashboard_that_grafana_cannot_read_is_an_error(text: str, problem: tuple[str, str, str]) -> None:
    """The place is named, line and column included where there is one."""
    assert refused("dashboards:\n- {name: d, file: x.json}\n", files={"x.json": text}) == [problem]


def test_alerts_become_one_rule_object() -> None:
    """What an alert leaves out is left out, except its severity."""
    lines = "rules:\n- {alert: A, expr: up == 0, for: 5m, severity: critical, summary: s}\n- {alert: B, expr: up, summary: t}\n"
    (manifest,) = rendered(lines)

    assert manifest.document["spec"] == {
        "groups": [
            {
                "name": "mon",
                "rules": [
                    {
                        "alert": "A",
                        "expr": "up == 0",
                        "for": "5m",
                        "labels": {"severity": "critical"},
                        "annotations": {"summary": "s"},
                    },
                    {
                        "alert": "B",
                        "expr": "up",
                        "labels": {"severity": "warning"},
                        "annotations": {"summary": "t"},
                    },
                ],
            }
        ]
    }


# The workspace.


def zelda(environment: str) -> list[Manifest]:
    """Return the monitoring of this workspace in an environment, with files and labels as they are written."""
    workspace = Workspace(ROOT, "test")
    spec = workspace.variants("specs/monitoring.yaml")[environment].spec
    assert isinstance(spec, Monitoring)
    files = {name: workspace.file(name) for _, name in spec.files()}
    scope = Scope(workspace.system, environment or None, workspace.exports(environment), files=files)
    return [finished(manifest, spec, workspace.system) for manifest in render(spec, scope)]


def test_the_objects_of_this_workspace_stand_in_the_files_people_look_for() -> None:
    """Four monitors, the dashboard and the alerts."""
    assert [(manifest.file, manifest.name) for manifest in zelda("")] == [
        ("servicemonitor.yaml", "vllm"),
        ("servicemonitor.yaml", "epp"),
        ("servicemonitor.yaml", "training"),
        ("servicemonitor.yaml", "evaluator"),
        ("grafana-dashboard-cm.yaml", "zelda-rl-grafana-dashboard"),
        ("prometheusrule.yaml", "zelda-rl-monitoring"),
    ]


def test_monitoring_is_the_same_in_every_environment() -> None:
    """No namespace of an environment is in it: the dashboard has a variable instead."""
    base = [manifest.document for manifest in zelda("")]

    for environment in ("dev", "staging", "prod"):
        assert [manifest.document for manifest in zelda(environment)] == base
        assert f"zelda-rl-{environment}" not in str(base)


@pytest.mark.crds
def test_monitoring_is_valid() -> None:
    """The upstream schemas find no unknown or missing field."""
    assert [error for manifest in zelda("") for error in errors(manifest.document)] == []


# The dashboard. Names of metrics are API: a panel over a name nobody exports stays empty without a word.
VLLM = {
    # vllm/v1/metrics/loggers.py; prometheus_client adds `_total` to counters
    "vllm:num_requests_running",
    "vllm:num_requests_waiting",
    "vllm:kv_cache_usage_perc",
    "vllm:prefix_cache_queries_total",
    "vllm:prefix_cache_hits_total",
    "vllm:num_preemptions_total",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
    "vllm:request_success_total",
    *(
        f"vllm:{name}_{part}"
        for name in (
            "e2e_request_latency_seconds",
            "time_to_first_token_seconds",
            "time_per_output_token_seconds",
        )
        for part in ("bucket", "sum", "count")
    ),
}
ENDPOINT_PICKER = {
    # Gateway API Inference Extension, guide "Metrics & Observability"
    "inference_pool_average_kv_cache_utilization",
    "inference_pool_average_queue_size",
    "inference_pool_per_pod_queue_size",
    "inference_pool_ready_pods",
}
ARGO_CD = {"argocd_app_info", "argocd_app_sync_total"}  # Argo CD, operator manual "Metrics"
ZELDA = {
    # what the rollouts and the evaluator of this workspace export
    "zelda_mode_active",
    "zelda_unique_rooms",
    "zelda_unique_tiles",
    "zelda_doorway_pingpong",
    "zelda_evaluator_agreement_rate",
    "zelda_episode_reward_mean",
    "zelda_ppo_entropy",
    "zelda_ppo_kl",
}
KNOWN = VLLM | ENDPOINT_PICKER | ARGO_CD | ZELDA


def metrics_in(expression: str) -> set[str]:
    """Return the names of metrics in a PromQL expression, or in the query of a Grafana variable."""
    text = re.sub(r"label_values\(([^,)]+),[^)]*\)", r"\1", expression)
    text = re.sub(r'"[^"]*"', "", text)
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", text)
    words = re.findall(r"(?<![\w.$:])[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\(|[\w:])", text)
    return set(words) - {"and", "or", "unless", "bool", "offset", "group_left", "group_right"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard of this workspace."""
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def expressions() -> list[str]:
    """Return every PromQL expression of this workspace: panels, variables and alerts."""
    board = dashboard()
    rules = read("specs/monitoring.yaml", (ROOT / "specs" / "monitoring.yaml").read_bytes()).value["rules"]
    return [
        *(target["expr"] for panel in board["panels"] for target in panel["targets"]),
        *(variable["definition"] for variable in board["templating"]["list"] if "definition" in variable),
        *(rule["expr"] for rule in rules),
    ]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", {"up"}),
        (
            'sum by (le, a) (rate(x_bucket{b="c", d=~"e.*"}[5m])) / on (g) group_left y > 0.95',
            {"x_bucket", "y"},
        ),
        ("label_values(vllm:x, namespace)", {"vllm:x"}),
        ("a and b offset 5m unless c == bool 1e5", {"a", "b", "c"}),
        ('max(last_over_time(z{n="$namespace"}[$__range]))', {"z"}),
    ],
)
def test_metrics_are_found_in_expressions(expression: str, names: set[str]) -> None:
    """The check below is worth as much as this."""
    assert metrics_in(expression) == names


@pytest.mark.parametrize("expression", expressions())
def test_every_metric_is_one_that_somebody_exports(expression: str) -> None:
    """Panels and alerts use names of the tables above only."""
    assert metrics_in(expression)
    assert metrics_in(expression) <= KNOWN


@pytest.mark.parametrize("expression", [text for text in expressions() if "_bucket" in text])
def test_quantiles_are_taken_over_buckets_summed_by_their_bound(expression: str) -> None:
    """Without `le` the quantile is nonsense, and without `rate` it is that of all time."""
    assert re.fullmatch(
        r"histogram_quantile\(0\.\d+, sum by \(le\b[^)]*\) \(rate\(.*_bucket\{.*\}\[.*\]\)\)\)", expression
    )


def test_the_dashboard_has_its_twelve_panels() -> None:
    """One for each question, in reading order, without overlap."""
    board = dashboard()

    assert board["schemaVersion"] == 39
    assert [panel["title"] for panel in board["panels"]] == [
        "Mode distribution",
        "Unique rooms",
        "Unique tiles",
        "Doorway ping-pong",
        "LLM latency, p50 and p95",
        "KV cache: hit rate and use",
        "Token usage",
        "Judge agreement",
        "Episodic return",
        "PPO entropy and KL",
        "Argo CD sync",
        "Argo CD health",
    ]
    assert len({panel["id"] for panel in board["panels"]}) == 12
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]}) == 12


def test_every_panel_asks_the_chosen_source_about_the_chosen_namespace() -> None:
    """One dashboard serves all environments: source and namespace are variables."""
    board = dashboard()
    source = {"type": "prometheus", "uid": "${datasource}"}

    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "namespace"]
    for panel in board["panels"]:
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"] == source
            selectors = re.findall(r"\{([^}]*)\}", target["expr"])
            assert selectors
            assert all('namespace="$namespace"' in selector for selector in selectors)


def test_the_dashboard_file_is_written_as_the_config_map_is() -> None:
    """The two can be compared line by line."""
    text = DASHBOARD.read_text(encoding="utf-8")

    assert text == json_text(json.loads(text))
