"""What `system.yaml` may say."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.system import System

HEAD = "kind: System\nname: lab\n"


def system(text: str) -> System:
    """Return a decoded system."""
    document = read("specs/system.yaml", (HEAD + text).encode())
    return decode(document.value, System, Layers((Layer(document),)))


def complaint(text: str) -> tuple[str, str, str, str]:
    """Return place, id, message and advice of the one problem of a system."""
    with pytest.raises(MintageError) as caught:
        system(text)
    (problem,) = caught.value.problems
    return str(problem.location), problem.id, problem.message, problem.advice


def test_namespaces_fall_back_to_the_system_and_its_name() -> None:
    """An environment's own namespace wins, then the system's, then its name."""
    both = system("environments: {dev: {namespace: lab-dev}, prod: {}}")
    assert (both.namespace_in("dev"), both.namespace_in("prod"), both.namespace_in(None)) == (
        "lab-dev",
        "lab",
        "lab",
    )
    assert system("namespace: shared\n").namespace_in(None) == "shared"


def test_the_tree_cannot_be_written_over_the_specs() -> None:
    """Rendering would replace its own input."""
    assert complaint("output: specs/out\n") == (
        "specs/system.yaml:3:9",
        "spec-invalid",
        "`specs/out` is not Mintage's to write to",
        "name a folder of its own, such as `gitops`",
    )


@pytest.mark.parametrize("output", ["/etc", "../out", "a/../b", ".git", "a//b"])
def test_the_tree_stays_in_the_workspace(output: str) -> None:
    """Absolute paths, parents and hidden folders are refused."""
    place, _, message, _ = complaint(f'output: "{output}"\n')
    assert (place, message.split("`")[1]) == ("specs/system.yaml:3:9", output)


def test_a_default_cannot_say_what_tells_services_apart() -> None:
    """It would be the same for all, or never be looked at."""
    assert complaint("defaults:\n  Workload:\n    environments: {dev: {}}\n") == (
        "specs/system.yaml:5:5",
        "spec-invalid",
        "`environments` is each spec's own and has no default",
        "set it in the specs",
    )


def test_two_environments_are_not_delivered_to_one_namespace() -> None:
    """Argo CD would have two Applications fight over the same objects."""
    text = "environments: {dev: {}, prod: {}}\ndelivery: {argocd: {repository: https://git.test/x.git}}\n"
    assert complaint(text) == (
        "specs/system.yaml:3:25",
        "spec-invalid",
        "`prod` and `dev` would be delivered to one namespace, `lab`",
        "give each a `namespace` of its own",
    )


def test_a_person_can_only_sync_environments_that_exist() -> None:
    """A misspelt name would leave an environment to sync by itself."""
    text = "environments: {prod: {}}\ndelivery: {argocd: {repository: r, manualSync: [prd]}}\n"
    assert complaint(text) == (
        "specs/system.yaml:4:49",
        "environment-unknown",
        "no environment is called `prd`",
        "did you mean `prod`?",
    )


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("../{name}.yaml", "`../{name}.yaml` does not name a YAML file inside the component's folder"),
        ("/{name}.yaml", "`/{name}.yaml` does not name a YAML file inside the component's folder"),
        ("{name}.txt", "`{name}.txt` does not name a YAML file inside the component's folder"),
        (
            "kustomization.yaml",
            "`kustomization.yaml` does not name a YAML file inside the component's folder",
        ),
        ("{nmae}.yaml", "`{nmae}.yaml` is not a file pattern"),
        ("{0}.yaml", "`{0}.yaml` is not a file pattern"),
    ],
)
def test_a_layout_stays_in_the_components_folder(pattern: str, message: str) -> None:
    """A pattern names a YAML file below the folder, and uses the placeholders there are."""
    place, _, said, _ = complaint(f'layout: {{Service: "{pattern}"}}\n')
    assert (place, said) == ("specs/system.yaml:3:19", message)


def test_no_environment_is_called_like_the_base() -> None:
    """Tasks and proofs of the two would be one."""
    assert complaint("environments: {base: {}}\n") == (
        "specs/system.yaml:3:16",
        "spec-invalid",
        "`base` is what environments are laid over, and no environment",
        "choose another name",
    )
