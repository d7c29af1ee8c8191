"""Random small systems: services with deltas, references, volumes that change their nature (tests only).

An environment's delta is derived from a whole other spec, so that every field may appear, change and go.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from mintage.testing import Space

ENVIRONMENTS = ("dev", "prod")
Specs = dict[str, dict[str, Any]]  # by file name below specs/, without .yaml

# What YAML readers disagree about, and what patches must escape.
_ODD = (
    "yes",
    "1e3",
    "0x1f",
    "null",
    "~",
    " lead",
    "a: b",
    "# x",
    "two\nlines\n",
    "é ☃",
    "@@x",
    "",
    "12:30",
    "a~1b/c",
    "{}",
    "'",
    '"',
)
TEXTS = st.sampled_from(_ODD) | st.text("ab-/~ 0.", max_size=6).filter(lambda text: not text.startswith("@"))
WORDS = st.text("abz", min_size=1, max_size=3)
KEYS = WORDS | st.sampled_from(("example.com/a~b", "a.b/c"))
FLAGS = st.builds("--{}={}".format, WORDS, WORDS) | st.sampled_from(("--on", "-v", "serve"))
MAPPINGS = st.dictionaries(KEYS, TEXTS, max_size=2)
QUANTITIES = st.sampled_from((1, 2, 0.5, "500m", "1Gi", "1e3"))
RESOURCES = st.dictionaries(st.sampled_from(("cpu", "memory")), QUANTITIES, max_size=2)


def _mapping(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings in which each of these fields may be missing."""
    return st.fixed_dictionaries({}, optional=fields)


SECRETS = st.fixed_dictionaries({"secret": st.just("keys"), "key": WORDS})
REFERENCES = st.sampled_from(("@store", "@store:api", "@store.host", "--url=@store/x", "@store.port"))
VALUES = TEXTS | st.integers(0, 9) | st.booleans() | st.sampled_from((0.5, 2.25)) | SECRETS | REFERENCES
VOLUMES = st.one_of(
    st.fixed_dictionaries(
        {
            "pvc": _mapping(accessMode=st.sampled_from(("ReadWriteOnce", "ReadWriteMany"))).map(
                lambda pvc: {"size": "1Gi", **pvc}
            )
        }
    ),
    st.fixed_dictionaries({"emptyDir": _mapping(size=QUANTITIES, memory=st.booleans())}),
    st.fixed_dictionaries(
        {"configMap": st.fixed_dictionaries({"name": st.just("files")}), "readOnly": st.booleans()}
    ),
)
PROBES = _mapping(
    readiness=_mapping(path=st.just("/ready"), period=st.integers(1, 9), port=st.integers(1, 9)),
    liveness=_mapping(initialDelay=st.integers(0, 9), port=st.integers(1, 9)),
)
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "labels": st.dictionaries(WORDS, WORDS, max_size=2),
    "annotations": MAPPINGS,
    "wave": st.integers(-1, 2),
}


def _are_different(ports: dict[str, int]) -> bool:
    return len({*ports.values()}) == len(ports)


@st.composite
def _workload(draw: st.DrawFn, run: str) -> dict[str, Any]:
    fields = _mapping(
        **COMMON,
        command=st.lists(WORDS, max_size=2),
        args=st.lists(FLAGS, max_size=4),
        env=st.dictionaries(st.sampled_from("ABCD"), VALUES, max_size=3),
        ports=st.dictionaries(WORDS, st.integers(1, 9), max_size=2).filter(_are_different),
        volumes=st.dictionaries(st.sampled_from(("/a", "/b", "/c")), VOLUMES, max_size=3),
        resources=_mapping(requests=RESOURCES, limits=RESOURCES),
        replicas=st.integers(0, 3),
        strategy=st.sampled_from(("Recreate", "RollingUpdate")),
        config=st.dictionaries(st.sampled_from(("a.txt", "b.txt")), TEXTS, max_size=2),
        pool=st.just("big"),
        headless=st.booleans(),
    )
    spec: dict[str, Any] = {
        "kind": "Workload",
        "image": f"registry.test/{draw(WORDS)}:1",
        "run": run,
        **draw(fields),
    }
    if run == "cron":
        spec["job"] = {"schedule": "0 3 * * *"}
    if spec.get("ports"):
        spec["probes"] = draw(PROBES)
        spec["metrics"] = {"port": next(iter(spec["ports"])), "monitor": draw(st.booleans())}
    return {**spec, **draw(st.sampled_from(({}, {"identity": "robot"}, {"serviceAccount": True})))}


RULES = st.lists(
    st.sampled_from(("pods: read", "deployments.apps: manage", "pods/log: get", "*: *")), max_size=3
)


def _identity() -> st.SearchStrategy[dict[str, Any]]:
    return _mapping(**COMMON, rules=RULES, clusterRules=RULES).map(lambda spec: {"kind": "Identity", **spec})


def delta(base: Any, target: Any) -> dict[str, Any]:
    """Return what must be laid over one mapping to get another: null removes."""
    found: dict[str, Any] = {}
    for key in [*base, *(key for key in target if key not in base)]:
        old, new = base.get(key), target.get(key)
        if new is None:
            found[key] = None
        elif isinstance(old, dict) and isinstance(new, dict):
            if inner := delta(old, new):
                found[key] = inner
        elif repr(old) != repr(new):
            found[key] = new
    return found


@st.composite
def _service(draw: st.DrawFn, name: str, index: int) -> dict[str, Any]:
    """Return a spec with deltas."""
    kind = draw(st.sampled_from(("service", "service", "job", "cron", "identity")))
    placed = draw(st.booleans())  # in a namespace of its own, where it cannot use the identity of the others
    made = (_identity() if kind == "identity" else _workload(kind)).map(
        partial(_without_identity, placed=placed)
    )
    base = draw(made)
    spec = {"name": name, **base, **draw(_mapping(component=st.sampled_from(("one", "two"))))}
    only = draw(st.sampled_from(((), (), ("dev",), ("prod",))))
    more: dict[str, Any] = {"only": list(only)} if only else {}
    more |= {"namespace": f"w{index}-other"} if placed else {}
    given = {place: delta(base, draw(made)) for place in only or ENVIRONMENTS if draw(st.booleans())}
    return {**spec, **more, **({"environments": given} if given else {})}


def _without_identity(spec: dict[str, Any], *, placed: bool) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if not (placed and key == "identity")}


@st.composite
def systems(draw: st.DrawFn, index: int = 0) -> Specs:
    """Return the specs of a system; systems of different index share no name of a namespace."""
    ports = st.integers(1000, 1002)
    store = {
        "kind": "Workload",
        "name": "store",
        "image": "registry.test/store:1",
        "ports": {"api": draw(ports)},
        "environments": {name: {"ports": {"api": draw(ports)}} for name in ENVIRONMENTS},
    }
    robot = {"kind": "Identity", "name": "robot", "clusterRules": draw(RULES)}
    names = draw(
        st.lists(
            st.sampled_from(("web", "job.v1".replace(".", "-"), "a", "web-2")),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    return {
        "system": draw(_system(index)),
        "store": store,
        "robot": robot,
        **{name: draw(_service(name, index)) for name in names},
    }


@st.composite
def _system(draw: st.DrawFn, index: int) -> dict[str, Any]:
    deltas = st.dictionaries(
        st.sampled_from(("Workload/*", "store", "*/*")),
        _mapping(labels=st.dictionaries(WORDS, WORDS, max_size=1), wave=st.integers(0, 3)),
        max_size=2,
    )
    return {
        "kind": "System",
        "name": f"w{index}",
        "environments": {
            name: {"namespace": f"w{index}-{name}", "set": draw(deltas)} for name in ENVIRONMENTS
        },
        "defaults": {"Workload": draw(_mapping(replicas=st.integers(0, 2), labels=st.just({"z": "z"})))},
        "catalogues": {"nodePools": {"big": {"labels": {"pool": "big"}, "taints": [{"key": "big"}]}}},
        "layout": draw(_mapping(Service=st.just("service.yaml"), Deployment=st.just("{short}.yaml"))),
    }


def write(space: Space, specs: Specs) -> None:
    """Write the specs into a workspace; JSON is YAML."""
    for name, spec in specs.items():
        space.write(f"specs/{name}.yaml", json.dumps(spec, indent=1))
