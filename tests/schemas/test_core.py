"""Core kinds by version of Kubernetes: which there are, and that an unknown version is never guessed."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.schemas.core import core, known_minors, minors_of, package
from mintage.schemas.judge import Judge
from mintage.schemas.store import Schemas
from schemas.corpus import corpus


def test_thirteen_minors_are_packaged() -> None:
    """In the order of their numbers, and it is said where they come from."""
    assert known_minors() == tuple(f"1.{minor}" for minor in range(25, 38))
    assert package().startswith("kubernetes-validate 1.37")


@pytest.mark.parametrize("version", ["1.24", "1.38", "1.9", "2.0", "latest", "1.32.1", "v1.32", ""])
def test_another_version_is_an_error_that_says_which_there_are(version: str) -> None:
    """Guessing the nearest would judge by the wrong rules."""
    with pytest.raises(MintageError, match=r"1\.25 to 1\.37 are packaged") as raised:
        Schemas(version)
    (problem,) = raised.value.problems
    assert problem.id == "kubernetes-version-unknown"


@pytest.mark.parametrize("minor", known_minors())
def test_every_kind_of_every_minor_compiles(minor: str) -> None:
    """A schema that does not compile would be found on a user's machine."""
    packaged = core(minor)
    for name in packaged.kinds:
        api_version, _, kind = name.rpartition("/")
        schema = packaged.schema(api_version, kind)
        assert schema is not None
        assert Judge(schema, "", custom=False).validator


@pytest.mark.parametrize("minor", ["1.26", "1.29", "1.33", "1.37"])
def test_ordinary_manifests_are_valid_in_old_and_new_versions(minor: str) -> None:
    """What the rules say beyond the schemas holds for all of them."""
    schemas = Schemas(minor)
    for document in corpus():
        judge = schemas.judge(document["apiVersion"], document["kind"])
        assert judge is not None
        assert judge.errors(document) == []


def test_the_minors_of_a_kind_tell_when_it_came_and_went() -> None:
    """What a check of removed APIs asks for."""
    assert minors_of("apps/v1", "Deployment") == known_minors()
    assert minors_of("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema") == ("1.25", "1.26", "1.27", "1.28")
    assert minors_of("networking.k8s.io/v1", "IPAddress")[0] == "1.33"
    assert minors_of("example.io/v1", "Box") == ()


def test_fields_are_those_of_the_minor() -> None:
    """`resizePolicy` of a container came with 1.27."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x"},
        "spec": {
            "containers": [
                {
                    "name": "a",
                    "image": "b",
                    "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
                }
            ]
        },
    }
    for minor, unknown in (("1.26", True), ("1.27", False)):
        judge = Schemas(minor).judge("v1", "Pod")
        assert judge is not None
        assert [error.unknown for error in judge.errors(pod)] == [True] * unknown
