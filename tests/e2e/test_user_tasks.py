"""dodo.py belongs to the user: tasks of their own stand beside Mintage's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space

OWN = '''

def task_greet():
    """Say hello"""
    return {"actions": ["echo hello"], "verbosity": 2}


def task_copy():
    """Copy a rendered file"""
    return {
        "actions": ["cp gitops/base/web/deployment-web.yaml copy.yaml"],
        "file_dep": ["gitops/base/web/deployment-web.yaml"],
        "targets": ["copy.yaml"],
        "task_dep": ["render"],
    }


def task_fails():
    """Fail"""
    return {"actions": ["exit 3"]}
'''


@pytest.fixture(autouse=True)
def _own_tasks(space: Space) -> None:
    space.write("dodo.py", space.read("dodo.py") + OWN)


def test_a_task_of_the_user_is_shown_as_doit_shows_it(space: Space) -> None:
    """Mintage's reporter keeps its hands off."""
    assert space.run("greet") == (0, ".  greet\nhello\n", "")


def test_a_task_of_the_user_runs_even_when_specs_have_errors(space: Space) -> None:
    """A broken spec must not take unrelated tasks along."""
    space.write("specs/web.yaml", "kind: Wrong\n")
    assert space.run("greet") == (0, ".  greet\nhello\n", "")
    assert space.run("render").code == 1


def test_a_task_of_the_user_may_depend_on_a_render(space: Space) -> None:
    """It runs after it, and again only when the file has changed."""
    assert ".  copy\n" in space.run("copy").stdout
    assert "-- copy\n" in space.run("copy").stdout
    space.edit("specs/web.yaml", "8080", "8081")
    assert ".  copy\n" in space.run("copy").stdout
    assert "8081" in space.read("copy.yaml")


def test_a_task_of_the_user_fails_as_doit_says(space: Space) -> None:
    """Its error is doit's, and its exit code too."""
    outcome = space.run("fails")
    assert outcome.code == 1
    assert "Command failed: 'exit 3' returned 3" in outcome.stdout + outcome.stderr
