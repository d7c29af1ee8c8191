"""`doit render --check` tells whether the committed tree is what the specs give, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintage.testing import Space

STALE = "gitops/ is not what the specs give: {} differ; run `doit render` and commit the result\n"


def test_a_current_tree_passes(rendered: Space) -> None:
    """Exit code 0, and a line that says so."""
    outcome = rendered.run("render", "--check")
    assert outcome == (0, "check     gitops/ is what the specs give\n", "")


def test_a_stale_tree_fails_with_a_diff(rendered: Space) -> None:
    """Exit code 1; the diff leads from what was found to what the specs give."""
    rendered.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    before = rendered.files()
    outcome = rendered.run("render", "--check")
    assert outcome.code == 1
    assert outcome.stderr == STALE.format("1 files")
    assert outcome.stdout == (
        "--- gitops/overlays/prod/patches/deployment-store.yaml\n"
        "+++ gitops/overlays/prod/patches/deployment-store.yaml\n"
        "@@ -4,4 +4,4 @@\n"
        "   value: 1\n"
        " - op: replace\n"
        "   path: /spec/replicas\n"
        "-  value: 3\n"
        "+  value: 4\n"
    )
    assert rendered.files() == before


def test_a_hand_edited_file_fails(rendered: Space) -> None:
    """Whoever edited it, the specs say otherwise."""
    rendered.write("gitops/base/kustomization.yaml", "resources: []")
    outcome = rendered.run("render", "--check")
    assert outcome.code == 1
    assert "-resources: []\n\\ No newline at end of file\n" in outcome.stdout
    assert rendered.read("gitops/base/kustomization.yaml") == "resources: []"


def test_files_to_be_removed_are_shown(rendered: Space) -> None:
    """They would be deployed still."""
    for name in ("web", "robot"):
        (rendered.root / f"specs/{name}.yaml").unlink()
    outcome = rendered.run("render", "--check")
    assert outcome.code == 1
    assert "--- gitops/base/web/deployment-web.yaml\n+++ /dev/null\n" in outcome.stdout
    assert (rendered.root / "gitops/base/web/deployment-web.yaml").is_file()


def test_a_clone_without_state_can_be_checked(rendered: Space) -> None:
    """This is how CI uses it; nothing is rendered to disk, nothing is remembered."""
    import shutil

    shutil.rmtree(rendered.root / "build")
    outcome = rendered.run("render", "--check")
    assert (outcome.code, outcome.stderr) == (0, "")


def test_an_empty_tree_fails(space: Space) -> None:
    """Every file is shown as new, and none is written."""
    outcome = space.run("render", "--check")
    assert outcome.code == 1
    assert outcome.stderr == STALE.format("26 files")
    assert outcome.stdout.count("--- /dev/null\n") == 26
    assert not (space.root / "gitops").exists()


def test_files_of_others_are_no_difference(rendered: Space) -> None:
    """What Mintage did not write, it does not judge."""
    rendered.write("gitops/README.md", "ours")
    assert rendered.run("render", "--check").code == 0


def test_a_check_does_not_make_a_render_current(rendered: Space) -> None:
    """The next render does what the check said."""
    rendered.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    assert rendered.run("render", "--check").code == 1
    assert "1 changed" in rendered.run("render").stdout
    assert rendered.run("render", "--check").code == 0
