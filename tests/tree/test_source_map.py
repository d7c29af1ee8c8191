"""Invariant: every part of a built object is traced to the line that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tree.planted import DEPLOYMENT, IMAGE, place, planted, root_of

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.tree.objects import Object

pytestmark = pytest.mark.kustomize
BASE = {"base/kustomization.yaml": "resources:\n- server.yaml\n", "base/server.yaml": DEPLOYMENT}


def built(folder: Path, overlay: str, **files: str) -> Object:
    """Return the Deployment that an overlay over the base makes; `__` in a name stands for the dot."""
    own = {f"over/{name.replace('__', '.')}": text for name, text in files.items()}
    kustomization = {"over/kustomization.yaml": f"resources:\n- ../base\n{overlay}"}
    tree = planted(folder, {**BASE, **kustomization, **own})
    root = root_of(tree, "over")
    assert root.problems == ()
    return root.of("Deployment")[0]


def test_a_resource_file_is_the_cause_of_what_no_layer_changes(tmp_path: Path) -> None:
    """File, line and column of the value; of the longest part that is there for what is not."""
    item = built(tmp_path, "namespace: serving\n")
    assert place(item, *IMAGE) == "base/server.yaml:13:16"
    assert place(item, *IMAGE[:-1], "resources", "limits") == "base/server.yaml:12:9"
    assert place(item, "metadata", "namespace") == "over/kustomization.yaml:5:12"


def test_a_merge_is_the_cause_of_what_it_sets(tmp_path: Path) -> None:
    """Items of lists are found by name, wherever they stand in the patch; the resource comes second."""
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: server\nspec:\n  template:\n    spec:\n      containers:\n      - name: proxy\n        image: ghcr.io/acme/proxy:2.0\n"
    item = built(tmp_path, "patches:\n- path: proxy.yaml\n", proxy__yaml=patch)
    assert item.at(*IMAGE) == "ghcr.io/acme/proxy:2.0"  # Kustomize puts the patched item first
    assert [str(found) for found in item.locate(IMAGE)] == ["over/proxy.yaml:10:16", "base/server.yaml:18:16"]
    assert place(item, *IMAGE[:-2], 1, "image") == "base/server.yaml:13:16"


def test_what_names_the_target_of_a_merge_is_no_cause(tmp_path: Path) -> None:
    """A patch that holds only an identity is a guard: nothing comes from it."""
    guard = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: server\n"
    item = built(tmp_path, "patches:\n- path: guard.yaml\n", guard__yaml=guard)
    assert place(item, "metadata", "name") == "base/server.yaml:4:9"
    assert place(item) == "base/server.yaml:1:1"


def test_an_operation_is_the_cause_of_what_it_writes(tmp_path: Path) -> None:
    """By position, also at the end of a list; escapes in pointers are read."""
    patch = "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: ghcr.io/acme/server:2.0\n- op: add\n  path: /spec/template/spec/containers/0/env/-\n  value:\n    name: MODE\n    value: fast\n- op: add\n  path: /metadata/labels/acme.com~1team\n  value: models\n"
    target = "patches:\n- path: image.yaml\n  target:\n    kind: Deployment\n"
    item = built(tmp_path, target, image__yaml=patch)
    assert place(item, *IMAGE) == "over/image.yaml:3:10"
    assert place(item, *IMAGE[:-1], "env", 1, "value") == "over/image.yaml:8:12"
    assert place(item, *IMAGE[:-1], "env", 0, "value") == "base/server.yaml:16:18"
    assert place(item, "metadata", "labels", "acme.com/team") == "over/image.yaml:11:10"


@pytest.mark.parametrize("style", ["|", "|-"])
def test_a_patch_inside_a_kustomization_is_found_to_the_line(tmp_path: Path, style: str) -> None:
    """Text in a block has the places of its lines."""
    overlay = f"patches:\n- target:\n    kind: Deployment\n  patch: {style}\n    # mind the image\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: ghcr.io/acme/server:2.0\n"
    assert place(built(tmp_path, overlay), *IMAGE) == "over/kustomization.yaml:12:14"


def test_a_patch_on_one_line_is_found_as_a_whole(tmp_path: Path) -> None:
    """Where the text is no block, its beginning is named."""
    overlay = """patches:
- target: {kind: Deployment}
  patch: '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "a:2"}]'
"""
    assert place(built(tmp_path, overlay), *IMAGE) == "over/kustomization.yaml:7:10"


def test_fields_of_a_kustomization_are_causes(tmp_path: Path) -> None:
    """`images`, `replicas`, `labels` and `commonAnnotations` name themselves."""
    overlay = "images:\n- name: ghcr.io/acme/server\n  newTag: '2'\nreplicas:\n- name: server\n  count: 3\nlabels:\n- pairs:\n    team: models\ncommonAnnotations:\n  owner: ml\n"
    item = built(tmp_path, overlay)
    assert place(item, *IMAGE) == "over/kustomization.yaml:6:3"
    assert place(item, *IMAGE[:-2], 1, "image") == "base/server.yaml:18:16"
    assert place(item, "spec", "replicas") == "over/kustomization.yaml:10:10"
    assert place(item, "metadata", "labels", "team") == "over/kustomization.yaml:13:11"
    assert place(item, "metadata", "labels", "app") == "base/server.yaml:6:10"
    assert place(item, "metadata", "annotations", "owner") == "over/kustomization.yaml:15:10"


def test_a_renamed_object_keeps_its_sources(tmp_path: Path) -> None:
    """By prefix and suffix, by a patch of its name, and by the namespace that a Namespace gets."""
    renaming = "- op: replace\n  path: /metadata/name\n  value: other\n"
    overlay = "namePrefix: a-\nnameSuffix: -z\npatches:\n- path: name.yaml\n  target:\n    name: server\n"
    item = built(tmp_path, overlay, name__yaml=renaming)
    assert item.name == "a-other-z"
    assert place(item, "spec", "replicas") == "base/server.yaml:8:13"


def test_a_namespace_that_is_renamed_keeps_its_source(tmp_path: Path) -> None:
    """Kustomize gives a Namespace the name in `namespace:`, and prefixes none."""
    space = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: some\n  labels: {a: b}\n"
    tree = planted(
        tmp_path,
        {"kustomization.yaml": "namespace: serving\nnamePrefix: x-\nresources: [n.yaml]\n", "n.yaml": space},
    )
    item = tree.roots[0].objects[0]
    assert (item.name, place(item, "metadata", "labels", "a")) == ("serving", "n.yaml:5:15")


def test_generated_objects_are_traced_to_the_literal(tmp_path: Path) -> None:
    """Under their names with a digest, also where an overlay merges into them."""
    files = {
        "base/kustomization.yaml": "configMapGenerator:\n- name: settings\n  literals:\n  - A=1\n  files:\n  - b.txt\n",
        "base/b.txt": "text",
        "over/kustomization.yaml": "resources:\n- ../base\nnamePrefix: x-\nconfigMapGenerator:\n- name: settings\n  behavior: merge\n  literals:\n  - C=2\n",
    }
    item = root_of(planted(tmp_path, files), "over").objects[0]
    assert item.name.startswith("x-settings-")
    assert place(item, "data", "A") == "base/kustomization.yaml:6:5"
    assert place(item, "data", "b.txt") == "base/kustomization.yaml:8:5"
    assert place(item, "data", "C") == "over/kustomization.yaml:10:5"


def test_a_component_patches_what_stands_around_it(tmp_path: Path) -> None:
    """Its patch is the cause in the root that uses it, and its files are reached."""
    files = {
        **BASE,
        "parts/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: two.yaml\n  target: {kind: Deployment}\n",
        "parts/two.yaml": "- op: replace\n  path: /spec/replicas\n  value: 2\n",
        "over/kustomization.yaml": "resources:\n- ../base\ncomponents:\n- ../parts\n",
    }
    tree = planted(tmp_path, files)
    assert [root.folder for root in tree.roots] == ["over"]
    assert place(tree.roots[0].objects[0], "spec", "replicas") == "parts/two.yaml:3:10"
    assert {"parts/two.yaml", "parts/kustomization.yaml"} <= tree.roots[0].reached


def test_lists_and_documents_of_one_file_are_told_apart(tmp_path: Path) -> None:
    """Several documents, and the items of a List."""
    two = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data: {k: v}\n"
    tree = planted(tmp_path, {"kustomization.yaml": "namespace: x\nresources: [two.yaml]\n", "two.yaml": two})
    found = {item.name: place(item, "kind") for item in tree.roots[0].objects}
    assert found == {"a": "two.yaml:2:7", "b": "two.yaml:9:9"}


def test_objects_of_one_name_in_two_namespaces_are_told_apart(tmp_path: Path) -> None:
    """Each is traced to its own document, and a merge reaches the one it means."""
    two = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: z}\n"
    patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: z}\ndata: {k: v}\n"
    files = {
        "kustomization.yaml": "resources: [two.yaml]\npatches: [{path: p.yaml}]\n",
        "two.yaml": two,
        "p.yaml": patch,
    }
    found = {str(item.namespace): item for item in planted(tmp_path, files).roots[0].objects}
    assert place(found["x"], "kind") == "two.yaml:2:7"
    assert [place(found["z"], "kind"), place(found["z"], "data", "k")] == ["two.yaml:6:7", "p.yaml:4:11"]


@pytest.mark.parametrize(
    ("target", "picked"),
    [
        ("kind: Deploy.*", True),
        ("kind: Deploy", False),
        ("name: server", True),
        ("name: p-server", True),
        ("name: serv", False),
        ("labelSelector: app=server", True),
        ("labelSelector: 'app in (server, other)'", True),
        ("labelSelector: 'app!=server'", False),
        ("labelSelector: tier", False),
        ("group: apps\n    version: v1", True),
        ("group: batch", False),
        ("namespace: default", True),
        ("namespace: other", False),
        ("annotationSelector: a=b", False),
    ],
)
def test_targets_pick_what_kustomize_picks(tmp_path: Path, target: str, picked: bool) -> None:
    """The prefix is one layer below: both names pick the object. The build and the map agree."""
    files = {
        "base/kustomization.yaml": "namePrefix: p-\nresources:\n- server.yaml\n",
        "base/server.yaml": DEPLOYMENT,
        "over/kustomization.yaml": f"resources:\n- ../base\npatches:\n- path: p.yaml\n  target:\n    {target}\n",
        "over/p.yaml": "- op: replace\n  path: /spec/replicas\n  value: 7\n",
    }
    item = root_of(planted(tmp_path, files), "over").objects[0]
    assert (item.at("spec", "replicas") == 7) is picked
    assert (place(item, "spec", "replicas") == "over/p.yaml:3:10") is picked


def test_the_name_by_which_a_patch_picks_an_item_is_not_its_cause(tmp_path: Path) -> None:
    """The item was there before; one that the patch adds whole is the patch's."""
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: server\nspec:\n  template:\n    spec:\n      containers:\n      - name: server\n        env: [{name: A, value: b}]\n      - name: added\n        image: a:1\n"
    item = built(tmp_path, "patches:\n- path: more.yaml\n", more__yaml=patch)
    names = {
        container["name"]: place(item, *IMAGE[:-2], index, "name")
        for index, container in enumerate(item.at(*IMAGE[:-2]))
    }
    assert names["server"].startswith("base/server.yaml:")
    assert names["added"] == "over/more.yaml:11:15"
