"""Which images a repository builds itself, by which recipe, and what is in them.

An image is the repository's own if a pattern of `validation.first_party` says so, or a workflow, Makefile or script
builds it. The recipe is the one that this names, or else one that is called like the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check.images.contents import Contents, contents
from mintage.check.images.references import image_of
from mintage.tree.files import joined
from mintage.tree.recipes import Build, Recipe, builds, recipes, repository

if TYPE_CHECKING:
    from mintage.tree.objects import Container
    from mintage.tree.tree import Tree


def recipes_of(tree: Tree) -> tuple[Recipe, ...]:
    """Return the recipes of a tree; once a tree: `tree.once`."""
    return recipes(tree.files) if tree.files else ()


def builds_of(tree: Tree) -> tuple[Build, ...]:
    """Return what builds images; once a tree: `tree.once`."""
    return builds(tree.files) if tree.files else ()


def by_image(tree: Tree) -> dict[str, tuple[Build, ...]]:
    """Return the builds of each image; once a tree: `tree.once`."""
    found: dict[str, tuple[Build, ...]] = {}
    for build in tree.once(builds_of):
        found[build.image] = (*found.get(build.image, ()), build)
    return found


def is_first_party(tree: Tree, image: str) -> bool:
    """Tell whether the settings say that the repository builds an image."""
    name = repository(image)
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(image, pattern) for pattern in tree.rules.first_party
    )


@dataclass(frozen=True, slots=True)
class Made:
    """An image with its recipe and its context, None where nobody says."""

    recipe: Recipe
    context: str | None


def made(tree: Tree, image: str) -> Made | None:
    """Return how the repository makes an image; None where it does not, or where more than one recipe might."""
    name = repository(image)
    for build in tree.once(by_image).get(name, ()):
        found = next((recipe for recipe in tree.once(recipes_of) if recipe.file == build.recipe), None)
        if found is not None:
            return Made(found, build.context)
    if not is_first_party(tree, image):
        return None
    called = [recipe for recipe in tree.once(recipes_of) if recipe.name == name.rpartition("/")[2]]
    return Made(called[0], None) if len(called) == 1 else None


def made_for(container: Container, tree: Tree) -> Made | None:
    """Return how the repository makes the image of a container."""
    image = image_of(container)
    return made(tree, image) if image and tree.files is not None else None


def known_contents(tree: Tree, found: Made) -> Contents:
    """Return what is in an image; computed once for each recipe."""
    cache = tree.once(_cache)
    key = (found.recipe.file, found.context)
    if key not in cache:
        assert tree.files is not None
        cache[key] = (
            _of_own(tree, found.recipe)
            if found.recipe.is_own
            else contents(found.recipe, tree.files, found.context)
        )
    return cache[key]


def _cache(_: Tree) -> dict[tuple[str, str | None], Contents]:
    return {}


def _of_own(tree: Tree, recipe: Recipe) -> Contents:
    """Return the files beside an `image.yaml` and in the folders that it names, under the paths they have there."""
    assert tree.files is not None
    folders = {recipe.folder}
    for part in tree.files.parts(recipe.file):
        for text in _texts(part.value):
            for start in (recipe.folder, "."):
                if tree.files.is_folder(place := joined(start, text)) and place != ".":
                    folders.add(place)
    found = {
        f"/{name.lstrip('/')}": path
        for folder in folders
        for path in tree.files.paths
        if path.startswith(f"{folder}/")
        for name in (path, path.removeprefix(folder))
    }
    return Contents(
        "/", found, {"/scripts"} if any(path.startswith("/scripts/") for path in found) else set()
    )


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _texts(item)]
