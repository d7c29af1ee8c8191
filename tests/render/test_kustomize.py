"""Kustomization documents say what is meant, and nothing more."""

from __future__ import annotations

from mintage.render.kustomize import kustomization, namespace_transformer, patch_entry, presence

HEAD = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


def test_fields_stand_in_reading_order_and_empty_ones_are_left_out() -> None:
    """Resources, then what is done to them."""
    made = kustomization(["a", "b"], patches=[{"path": "p"}], transformers=[])
    assert list(made) == ["apiVersion", "kind", "resources", "patches"]
    assert kustomization([]) == HEAD


def test_a_patch_has_a_target_and_may_rename_only_if_it_must() -> None:
    """A deletion finds its target by what stands in the file."""
    target = {"kind": "Role", "name": "a"}
    assert patch_entry("p", target, renames=False, deletes=False) == {"path": "p", "target": target}
    assert patch_entry("p", target, renames=True, deletes=False)["options"] == {"allowNameChange": True}
    assert patch_entry("p", target, renames=False, deletes=True) == {"path": "p"}


def test_the_transformer_spares_objects_with_a_namespace() -> None:
    """Kustomize's own field does not."""
    made = namespace_transformer("lab")
    assert (made["metadata"]["namespace"], made["unsetOnly"]) == ("lab", True)


def test_a_target_is_asked_for_by_a_patch_that_changes_nothing() -> None:
    """Its name is a name here, not a regular expression."""
    assert presence({"version": "v1", "kind": "Service", "name": r"a\.b"}) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a.b"},
    }
    assert presence({"group": "apps", "version": "v1", "kind": "D", "name": "a"})["apiVersion"] == "apps/v1"
