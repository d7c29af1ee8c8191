"""Promises of the checks of the Kustomize layer where their logic is subtle; examples and mutations show the plain cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.check import kustomize
from mintage.check.run import findings
from tree.planted import DEPLOYMENT, planted

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kustomize
SERVER = {"server.yaml": DEPLOYMENT}
HEAD = "namespace: serving\nresources:\n- server.yaml\n"
MERGE = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: server\nspec:\n"
CUSTOM = "apiVersion: acme.com/v1\nkind: Server\nmetadata:\n  name: a\nspec:\n  pools:\n  - name: one\n    size: 1\n  - name: two\n    size: 2\n"


def found(folder: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    """Return id and place of what the checks find."""
    tree = planted(folder, files)
    return [(hit.id, str(hit.location)) for hit in findings(tree, kustomize.CHECKS)]


def patched(folder: Path, patch: str, target: str = "", head: str = HEAD) -> list[tuple[str, str]]:
    """Return what is found where a patch file is laid over the Deployment."""
    entry = f"patches:\n- path: p.yaml\n{target}"
    return found(folder, {**SERVER, "kustomization.yaml": head + entry, "p.yaml": patch})


TARGET = "  target:\n    kind: Deployment\n"


@pytest.mark.parametrize(
    "patch",
    [
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: server\n",  # fails the build if the target is gone
        MERGE + "  replicas: 2\n",
        MERGE + "  template:\n    spec:\n      containers:\n      - name: server\n        image: a:2\n",
        MERGE + "  paused: null\n",  # removes what may be there
    ],
)
def test_guards_and_changes_are_not_idle(tmp_path: Path, patch: str) -> None:
    """A merge that names its target alone is a guard."""
    assert patched(tmp_path, patch) == []


def test_operations_that_only_test_are_a_guard(tmp_path: Path) -> None:
    """They change nothing on purpose."""
    assert patched(tmp_path, "- op: test\n  path: /spec/replicas\n  value: 1\n", TARGET) == []


@pytest.mark.parametrize(
    ("patch", "target"),
    [
        (MERGE + "  replicas: 1\n", ""),
        (MERGE + "  replicas: 1\n", TARGET),
        (
            "- op: test\n  path: /spec/replicas\n  value: 1\n- op: replace\n  path: /spec/replicas\n  value: 1\n",
            TARGET,
        ),
        ("- op: add\n  path: /metadata/labels/app\n  value: server\n", TARGET),
    ],
)
def test_what_the_base_says_already_is_idle(tmp_path: Path, patch: str, target: str) -> None:
    """As a merge and as operations."""
    assert [id_ for id_, _ in patched(tmp_path, patch, target)] == ["kust-patch-noop"]


def test_a_patch_that_undoes_another_is_not_idle(tmp_path: Path) -> None:
    """It says what the file says, but something between them said otherwise."""
    base = "resources:\n- server.yaml\npatches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: replace, path: /spec/replicas, value: 3}\n"
    over = "namespace: x\nresources:\n- ../base\npatches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: replace, path: /spec/replicas, value: 1}\n"
    files = {"base/server.yaml": DEPLOYMENT, "base/kustomization.yaml": base, "over/kustomization.yaml": over}
    assert found(tmp_path, files) == []


@pytest.mark.parametrize(
    ("patch", "count"),
    [
        (MERGE + "  strategy:\n    type: Recreate\n", 1),
        (MERGE + "  strategy:\n    type: Recreate\n    rollingUpdate: null\n", 0),
        (MERGE + "  strategy:\n    $patch: replace\n    type: Recreate\n", 0),
        (MERGE + "  template:\n    spec:\n      nodeSelector: {}\n", 1),
        (MERGE + "  template:\n    spec:\n      tolerations: []\n", 0),  # an empty list does clear the list
        (MERGE + "  template:\n    spec:\n      nodeSelector: null\n", 0),
        (MERGE + "  template:\n    spec:\n      containers:\n      - name: server\n        env:\n        - name: A\n          value: null\n          valueFrom: {fieldRef: {fieldPath: status.podIP}}\n", 0),
        (MERGE + "  template:\n    spec:\n      containers:\n      - name: server\n        env:\n        - name: A\n          valueFrom: {fieldRef: {fieldPath: status.podIP}}\n", 1),
        (MERGE + "  template:\n    spec:\n      volumes:\n      - name: new\n        emptyDir: {}\n", 0),
        (MERGE + "  template:\n    spec:\n      volumes:\n      - name: old\n        emptyDir: {medium: Memory}\n", 0),
    ],
)  # fmt: skip
def test_what_a_merge_keeps_is_residue(tmp_path: Path, patch: str, count: int) -> None:
    """Only where it set another member of a union, or `{}`, and the base's part is in the build."""
    server = DEPLOYMENT.replace(
        "  replicas: 1\n", "  replicas: 1\n  strategy:\n    rollingUpdate: {maxSurge: 1}\n"
    )
    server = server.replace(
        "    spec:\n",
        "    spec:\n      nodeSelector: {gpu: a100}\n      tolerations: [{operator: Exists}]\n      volumes: [{name: old, emptyDir: {}}]\n",
    ).replace("        - name: LOG_LEVEL\n          value: info\n", "        - name: A\n          value: b\n")
    files = {
        "server.yaml": server,
        "kustomization.yaml": f"{HEAD}patches:\n- path: p.yaml\n",
        "p.yaml": patch,
    }
    assert [id_ for id_, _ in found(tmp_path, files)] == ["kust-smp-residue"] * count


@pytest.mark.parametrize(
    ("pools", "lost"),
    [
        ("[{name: one, size: 3}]", True),
        ("[{name: one}, {name: two, size: 2}]", True),
        ("[{name: one, size: 3}, {name: two, size: 2}, {name: three}]", False),
        ("[{size: 3}]", False),  # without names nobody knows what was meant
    ],
)
def test_lists_of_custom_kinds_lose_what_the_patch_leaves_out(tmp_path: Path, pools: str, lost: bool) -> None:
    """Items by name, and fields of items."""
    patch = f"apiVersion: acme.com/v1\nkind: Server\nmetadata: {{name: a}}\nspec:\n  pools: {pools}\n"
    files = {
        "server.yaml": CUSTOM,
        "kustomization.yaml": f"{HEAD}patches:\n- path: p.yaml\n",
        "p.yaml": patch,
    }
    assert found(tmp_path, files) == ([("kust-cr-list-replaced", "p.yaml:5:3")] if lost else [])


def test_a_patch_is_dead_only_if_no_root_has_its_target(tmp_path: Path) -> None:
    """What a component patches may be in one of the roots that use it."""
    part = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n    - {op: add, path: /data, value: {a: b}}\n"
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    one = {"part/kustomization.yaml": part, "one/server.yaml": DEPLOYMENT, "one/kustomization.yaml": HEAD + "components: [../part]\n"}  # fmt: skip
    assert found(tmp_path / "x", one) == [("kust-patch-no-target", "part/kustomization.yaml:4:11")]
    two = {"two/server.yaml": config, "two/kustomization.yaml": HEAD + "components: [../part]\n"}
    assert found(tmp_path / "y", one | two) == []


@pytest.mark.parametrize(
    ("name", "dead"),
    [("ghcr.io/acme/server", False), ("ghcr.io/acme/sever", True), ("server", True), ("new", False)],
)
def test_an_image_is_found_in_containers_and_in_other_entries(tmp_path: Path, name: str, dead: bool) -> None:
    """By its whole name without tag; also if another entry makes it."""
    head = f"{HEAD}images:\n- name: ghcr.io/acme/proxy\n  newName: new\n- name: {name}\n  newTag: '2'\n"
    hits = found(tmp_path, {**SERVER, "kustomization.yaml": head})
    assert hits == ([("kust-patch-no-target", "kustomization.yaml:9:9")] if dead else [])


def test_nothing_is_said_of_targets_that_something_else_may_make(tmp_path: Path) -> None:
    """A generator of unknown kind makes objects that nobody here sees."""
    generator = "apiVersion: acme.com/v1\nkind: Maker\nmetadata: {name: a, annotations: {config.kubernetes.io/function: x}}\n"
    kustomization = f"{HEAD}generators: [maker.yaml]\npatches:\n- target: {{kind: Secret}}\n  patch: '[]'\n"
    hits = found(tmp_path, {**SERVER, "maker.yaml": generator, "kustomization.yaml": kustomization})
    assert "kust-patch-no-target" not in {id_ for id_, _ in hits}


def test_a_missing_entry_is_reported_once(tmp_path: Path) -> None:
    """Kustomize's own words about it, and the file that was meant, are not reported besides."""
    files = {**SERVER, "kustomization.yaml": HEAD.replace("server.yaml", "sever.yaml")}
    assert found(tmp_path, files) == [("kust-resource-missing", "kustomization.yaml:5:3")]


def test_a_file_that_a_page_names_is_no_orphan(tmp_path: Path) -> None:
    """Somebody applies it by hand."""
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    files = {**SERVER, "kustomization.yaml": HEAD, "by-hand.yaml": config}
    assert found(tmp_path / "x", files) == [("kust-orphan-file", "by-hand.yaml:1:1")]
    assert found(tmp_path / "y", {**files, "README.md": "Apply `by-hand.yaml` first.\n"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "values: 1\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
        "- op: none\n  path: /a\n",
        "[]\n",
    ],
)
def test_what_is_not_for_a_cluster_is_no_orphan(tmp_path: Path, text: str) -> None:
    """Values of charts, settings of tools."""
    assert found(tmp_path, {**SERVER, "kustomization.yaml": HEAD, "other.yaml": text}) == []


def test_roots_that_are_variants_may_share_names(tmp_path: Path) -> None:
    """Only one of them is applied: nothing is there twice."""
    files = {f"{name}/server.yaml": DEPLOYMENT.replace("1.0", name) for name in ("a", "b")}
    assert found(tmp_path, {**files, "a/kustomization.yaml": HEAD, "b/kustomization.yaml": HEAD}) == []


def test_one_name_in_two_folders_of_plain_files_is_no_duplicate(tmp_path: Path) -> None:
    """Folders of plain files are variants as often as not; in one folder they go to the cluster together."""
    server = DEPLOYMENT.replace("  name: server\n", "  name: server\n  namespace: x\n", 1)
    assert found(tmp_path / "x", {"a/server.yaml": server, "b/server.yaml": server}) == []
    hits = found(tmp_path / "y", {"a/server.yaml": server, "a/again.yaml": server})
    assert [id_ for id_, _ in hits] == ["duplicate-resource"]


def test_a_page_that_names_the_namespace_is_enough(tmp_path: Path) -> None:
    """`kubectl apply -k deploy -n serving` says where it goes."""
    files = {"deploy/server.yaml": DEPLOYMENT, "deploy/kustomization.yaml": "resources: [server.yaml]\n"}
    assert [id_ for id_, _ in found(tmp_path / "x", files)] == ["kust-namespace-unset"]
    assert found(tmp_path / "y", {**files, "README.md": "    kubectl apply -k deploy -n serving\n"}) == []


def test_an_overlay_that_has_its_own_say_does_not_lack_a_fix(tmp_path: Path) -> None:
    """It decided about the same field; and what is no fix is what overlays are for."""
    base = {"base/server.yaml": DEPLOYMENT, "base/kustomization.yaml": "resources: [server.yaml]\n"}
    over = "namespace: x\nresources: [../../base]\npatches:\n- path: {}\n"
    mine = {
        "o/a/kustomization.yaml": over.format("fix-it.yaml"),
        "o/a/fix-it.yaml": MERGE + "  replicas: 2\n",
    }
    bare = {"o/b/kustomization.yaml": "namespace: x\nresources: [../../base]\n"}
    other = {"o/b/kustomization.yaml": over.format("it.yaml"), "o/b/it.yaml": MERGE + "  replicas: 3\n"}
    assert found(tmp_path / "x", base | mine | bare) == [("kust-overlay-drift", "o/a/fix-it.yaml:1:1")]
    assert found(tmp_path / "y", base | mine | other) == []
    tuning = {"o/a/kustomization.yaml": over.format("it.yaml"), "o/a/it.yaml": MERGE + "  replicas: 2\n"}
    assert found(tmp_path / "z", base | tuning | bare) == []


def test_what_a_comment_of_the_kustomization_names_is_no_orphan(tmp_path: Path) -> None:
    """It is switched off on purpose; without the comment it is an orphan."""
    files = {**SERVER, "other.yaml": DEPLOYMENT}
    entry = "# Behind a proxy, use other.yaml instead of server.yaml.\n"
    assert found(tmp_path / "said", {**files, "kustomization.yaml": HEAD + entry}) == []
    assert found(tmp_path / "not", {**files, "kustomization.yaml": HEAD}) == [
        ("kust-orphan-patch", "other.yaml:1:1")
    ]


def test_plain_manifests_may_go_into_any_namespace(tmp_path: Path) -> None:
    """There is no kustomization that could name it: `kubectl apply -n` does."""
    assert found(tmp_path, dict(SERVER)) == []
