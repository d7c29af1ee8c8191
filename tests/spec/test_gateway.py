"""What a Gateway spec refuses, and what it shows to other services."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.endpoint_picker import GENERATIONS, release_of
from mintage.spec.exports import MetricsEndpoint, PodPort
from mintage.spec.fields import Reference
from mintage.spec.gateway import Gateway, milliseconds, route_name
from mintage.spec.reference import parse, text_of

MINIMAL = "kind: Gateway\nname: gate\nroutes: {/chat: chat, /code: coder}\n"
IMAGE = "ghcr.io/llm-d/llm-d-inference-scheduler"


def parsed(more: str = "", text: str = MINIMAL) -> Gateway:
    """Return the smallest gateway with more lines."""
    document = read("specs/gate.yaml", (text + more).encode())
    return decode(document.value, Gateway, Layers((Layer(document),)))


def refused(more: str = "", text: str = MINIMAL) -> list[tuple[str, str, str]]:
    """Return the problems of a spec: place, message and advice."""
    with pytest.raises(MintageError) as caught:
        parsed(more, text)
    return [(str(problem.location), problem.message, problem.advice) for problem in caught.value.problems]


def test_three_lines_make_a_gateway() -> None:
    """Kind, name and routes are enough; the class, the listener and the timeouts have defaults."""
    spec = parsed()
    assert (spec.gateway_class, list(spec.listeners), spec.listeners["http"].port) == ("istio", ["http"], 80)
    assert (spec.timeouts.request, spec.timeouts.backend_request) == ("45s", "30s")


def test_every_server_behind_a_route_has_one_pool() -> None:
    """Servers get a pool in the order of the routes; two routes to one server share it."""
    spec = parsed(
        "pools: {coder: {name: brains}}\n", MINIMAL.replace("/code: coder", "/code: coder, /talk: chat")
    )
    assert {server: pool.name for server, pool in spec.backends.items()} == {"chat": None, "coder": "brains"}


def test_routes_and_prefill_servers_are_references() -> None:
    """Every field that names a model server is a reference at its own path, whichever way the route is written."""
    text = MINIMAL.replace("/code: coder", "/code: {to: coder}")
    spec = parsed("pools: {chat: {prefill: chat-prefill, selector: {a: b}}}\n", text)
    assert list(spec.references()) == [
        Reference(("routes", "/chat"), "chat", ("ModelServer",)),
        Reference(("routes", "/code", "to"), "coder", ("ModelServer",)),
        Reference(("pools", "chat", "prefill"), "chat-prefill", ("ModelServer",)),
    ]


def test_clients_reach_the_service_that_the_class_makes() -> None:
    """The export names the Service that Istio provisions, not the Gateway, which is no host."""
    export = parsed().exports()
    assert (export.service, export.ports, export.scheme) == ("gate-istio", {"http": 80}, "http")
    link = parse("@gate/chat/v1")
    assert link is not None
    assert text_of(link, export, export.service) == "http://gate-istio/chat/v1"


def test_export_shows_routes_pods_and_metrics() -> None:
    """Others learn which server is behind a path, which pods listen where, and where metrics are."""
    export = parsed().exports()
    assert export.routes == {"/chat": "chat", "/code": "coder"}
    assert export.pods == (
        PodPort(labels={"gateway.networking.k8s.io/gateway-name": "gate"}, ports={"http": 80}),
        PodPort(labels={"mintage.dev/endpoint-picker": "gate"}, ports={"grpc": 9002, "metrics": 9090}),
    )
    assert export.metrics == (
        MetricsEndpoint(service_labels={"mintage.dev/endpoint-picker": "gate"}, port="metrics"),
    )


def test_https_needs_a_certificate() -> None:
    """HTTPS without a Secret is refused, and so is a Secret without HTTPS; together they make an https URL."""
    message, advice = "`secret` and `protocol: HTTPS` go together", "add both or neither"
    assert refused("listeners: {web: {port: 443, protocol: HTTPS}}\n") == [
        ("specs/gate.yaml:4:13", message, advice)
    ]
    assert refused("listeners: {web: {port: 80, secret: s}}\n") == [("specs/gate.yaml:4:37", message, advice)]
    assert parsed("listeners: {web: {port: 443, protocol: HTTPS, secret: s}}\n").exports().scheme == "https"


def test_an_attempt_is_not_longer_than_the_request() -> None:
    """The API server refuses a backendRequest above the request, so the spec does; 0s means no limit."""
    message = "an attempt may take 2m, longer than the whole request with 90s"
    assert refused("timeouts: {request: 90s, backendRequest: 2m}\n") == [
        ("specs/gate.yaml:4:42", message, "lower `backendRequest` or raise `request`")
    ]
    assert parsed("timeouts: {request: 0s, backendRequest: 2m}\n").timeouts.request == "0s"


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90_000), ("1m30s", 90_000), ("250ms", 250), ("1h", 3_600_000)]
)
def test_durations_have_the_length_they_say(text: str, expected: int) -> None:
    """Units add up, and ms is not minutes."""
    assert milliseconds(text) == expected


def test_a_duration_has_a_unit() -> None:
    """A bare number is refused with the pattern of the API."""
    assert refused("timeouts: {request: '90'}\n") == [
        ("specs/gate.yaml:4:21", "`90` does not match ^([0-9]{1,5}(h|m|s|ms)){1,4}$", "")
    ]


def test_a_pool_has_a_route() -> None:
    """A pool that no route leads to is a spelling mistake."""
    assert refused("pools: {caht: {}}\n") == [
        ("specs/gate.yaml:4:9", "no route leads to `caht`", "add one to `routes`")
    ]


def test_a_pool_is_not_shared() -> None:
    """Two servers cannot have pools of one name, given or by default."""
    assert refused("pools: {coder: {name: chat-pool}}\n") == [
        (
            "specs/gate.yaml:4:23",
            "`chat` has a pool called `chat-pool` already",
            "an endpoint picker serves one pool",
        )
    ]


def test_a_pool_leaves_room_for_the_name_of_its_picker() -> None:
    """A default name that is too long for what is made of it is refused."""
    server = "a" * 55
    found = refused(text=MINIMAL.replace(": chat", f": {server}"))
    assert [(message, advice) for _, message, advice in found] == [
        ("the name of a pool has at most 59 characters, got 60", f"set `name` of the pool of `{server}`")
    ]


def test_routes_have_names_of_their_own() -> None:
    """Two paths that make the same name are refused, because one HTTPRoute would overwrite the other."""
    assert refused(text="kind: Gateway\nname: gate\nroutes: {/a-b: chat, /a/b: chat}\n") == [
        (
            "specs/gate.yaml:3:22",
            "routes `/a-b` and `/a/b` are both called `a-b`",
            "give one of them another path",
        )
    ]
    assert [route_name(path) for path in ("/vision", "/a/b", "/")] == ["vision", "a-b", "root"]


def test_a_pool_of_two_servers_needs_a_selector() -> None:
    """Labels of one server would leave the pods of the other outside."""
    assert refused("pools: {chat: {prefill: chat-prefill}}\n") == [
        (
            "specs/gate.yaml:4:25",
            "a pool of two servers needs a `selector`",
            "add labels that the pods of both have",
        )
    ]


@pytest.mark.parametrize(
    ("image", "release"),
    [
        (f"{IMAGE}:v0.4.0", "0.4"),
        (f"{IMAGE}:v0.5.1-rc.1@sha256:00", "0.5"),
        ("host:5000/x:latest", ""),
        (f"{IMAGE}@sha256:00", ""),
    ],
)
def test_the_tag_says_the_release(image: str, release: str) -> None:
    """A version tag is enough, with a digest or without; a port or a word is no release."""
    assert release_of(image) == release


def test_the_release_of_the_scheduler_is_known() -> None:
    """An image whose tag says nothing, or a release without facts, needs `release`."""
    advice = 'say what it understands: add `release`, one of "0.3", "0.4", "0.5"'
    assert refused(f"scheduler: {{image: '{IMAGE}:main'}}\n") == [
        ("specs/gate.yaml:4:20", f"`{IMAGE}:main` names no release that is known", advice)
    ]
    assert (
        parsed(f"scheduler: {{image: '{IMAGE}:main', release: '0.5'}}\n").scheduler.generation
        is GENERATIONS["0.5"]
    )


def test_a_release_that_always_asks_for_a_token_says_so() -> None:
    """Release 0.3 cannot show its metrics to everyone, so the spec must say that it does not."""
    scheduler = f"scheduler: {{image: '{IMAGE}:v0.3.2'"
    assert refused(scheduler + "}\n") == [
        (
            "specs/gate.yaml:4:1",
            "this release always asks scrapers for a token",
            "set `metricsAuth: true`, or use a later release",
        )
    ]
    assert parsed(scheduler + ", metricsAuth: true}\n").scheduler.metrics_auth


def test_a_release_has_only_its_own_plugins() -> None:
    """A plugin that came later is refused where it is named, as a weight and in a configuration."""
    old = f"scheduler: {{image: '{IMAGE}:v0.3.2', metricsAuth: true}}\n"
    message, advice = "scheduler 0.3 has no `no-hit-lru-scorer`", "use a later release"
    assert refused(old + "pools: {chat: {weights: {no-hit-lru-scorer: 1}}}\n") == [
        ("specs/gate.yaml:5:26", message, advice)
    ]
    config = (
        "pools: {chat: {config: {plugins: [{type: no-hit-lru-scorer}], schedulingProfiles: [{name: a}]}}}\n"
    )
    assert refused(old + config) == [("specs/gate.yaml:5:42", message, advice)]


CONFIG = "scheduler:\n  config:\n    plugins: [{plugins}]\n    schedulingProfiles: [{profiles}]\n"


def config_refused(plugins: str, profiles: str) -> list[tuple[str, str, str]]:
    """Return the problems of a configuration."""
    return refused(CONFIG.replace("{plugins}", plugins).replace("{profiles}", profiles))


def test_a_configuration_names_known_plugins() -> None:
    """An unknown plugin type would keep the picker from starting; the nearest one is offered."""
    found = config_refused("{type: prefix-scorer}", "{name: a}")
    assert [(place, advice) for place, _, advice in found] == [
        ("specs/gate.yaml:6:22", "did you mean `prefix-cache-scorer`?")
    ]


def test_a_profile_uses_plugins_that_are_loaded() -> None:
    """A reference to nothing is refused, and so is a weight on what does not score."""
    profile = "{name: a, plugins: [{pluginRef: queue}, {pluginRef: max-score-picker, weight: 2}]}"
    assert config_refused("{type: queue-scorer}, {type: max-score-picker}", profile) == [
        ("specs/gate.yaml:7:58", "no plugin is called `queue`", "add it to `plugins`"),
        ("specs/gate.yaml:7:104", "`max-score-picker` is not a scorer and has no weight", "remove it"),
    ]


def test_plugins_have_names_of_their_own() -> None:
    """The same type twice needs a name, because profiles refer to it."""
    found = config_refused("{type: by-label}, {type: by-label}", "{name: a}")
    assert {(message, advice) for _, message, advice in found} == {
        ("two plugins are called `by-label`", "give one of them a `name`")
    }
    assert len(found) == 2


def test_one_handler_chooses_between_profiles() -> None:
    """Two handlers are one too many, and two profiles need the one that can choose."""
    both = "{type: single-profile-handler}, {type: pd-profile-handler}, {type: prefill-header-handler}"
    assert config_refused(both, "{name: a}") == [
        (
            "specs/gate.yaml:6:14",
            "expected one profile handler, got single-profile-handler and pd-profile-handler",
            "remove one",
        )
    ]
    assert config_refused("{type: single-profile-handler}", "{name: a}, {name: b}") == [
        (
            "specs/gate.yaml:7:25",
            "2 profiles need a handler that chooses between them",
            "add `pd-profile-handler`, or keep one profile",
        )
    ]


def test_disaggregation_hands_over_the_address() -> None:
    """Without the header handler, the decode server would never learn which prefill server to ask."""
    assert config_refused("{type: pd-profile-handler}", "{name: prefill}, {name: decode}") == [
        (
            "specs/gate.yaml:6:14",
            "`pd-profile-handler` needs `prefill-header-handler` beside it",
            "add it to `plugins`",
        )
    ]


def test_weights_are_whole_numbers_of_known_scorers() -> None:
    """The scheduler refuses fractions, and a scorer nobody knows would be dropped."""
    assert refused("scheduler: {weights: {queue-scorer: 1.5}}\n") == [
        ("specs/gate.yaml:4:37", "expected an integer, got the number 1.5", "")
    ]
    found = refused("scheduler: {weights: {queue-score: 1}}\n")
    assert [(place, advice) for place, _, advice in found] == [
        ("specs/gate.yaml:4:23", "did you mean `queue-scorer`?")
    ]
