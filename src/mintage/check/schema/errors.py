"""The verdicts of the schemas as findings."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.check.schema.judged import judgement, unjudged, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.schemas.explain import SchemaError
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Tree


def _errors(which: Callable[[SchemaError], bool]) -> Callable[[Object, Tree], Iterator[Hit]]:
    """Return a check that tells the errors of one sort."""

    def run(item: Object, tree: Tree) -> Iterator[Hit]:
        for error in judgement(item, tree).errors:
            if which(error):
                yield _hit(item, error)

    return run


def _hit(item: Object, error: SchemaError) -> Hit:
    field = _dotted(error.path)
    at = f"`{field}`: " if field and not error.unknown else ""
    parent = _dotted(error.path[:-1])
    within = f" in `{parent}`" if error.unknown and parent else ""
    absent = error.unknown or error.message.endswith("is missing")
    advice = error.advice or ("remove it, or mend its name" if error.unknown else _explain(item, error.path))
    return Hit(f"{at}{error.message}{within}", advice, item, error.path, on_key=absent)


def _dotted(path: Path) -> str:
    """Return a path as people write it: `spec.containers[0].image`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f"['{step}']" if "." in step or "/" in step else f".{step}"
    return text.removeprefix(".")


def _explain(item: Object, path: Path) -> str:
    fields = [step for step in path if isinstance(step, str) and "/" not in step]
    return f"see `kubectl explain {'.'.join([item.kind.lower(), *fields])}`"


def _schema_cel(item: Object, tree: Tree) -> Iterator[Hit]:
    judged = verdict(item, tree)  # the server, too, looks at rules only when the rest is valid
    for error in judged.errors if judged else ():
        field = _dotted(error.path)
        at = f"`{field}`: " if field else ""
        yield Hit(
            f"{at}{error.message.rstrip('.')}",
            error.advice
            or "the rule stands in the CustomResourceDefinition: change the value that it speaks of",
            item,
            error.path,
        )


def _schema_missing(tree: Tree) -> Iterator[Hit]:
    found: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for item in unjudged(tree):
        found[item.api_version, item.kind].append(item)
    for (version, kind), objects in found.items():
        count = "1 object was" if len(objects) == 1 else f"{len(objects)} objects were"
        yield Hit(
            f"there is no schema of `{kind}` in `{version}`: {count} not checked against one",
            "import its CustomResourceDefinition into the schemas, or mend apiVersion and kind",
            objects[0],
            ("kind",),
        )


CHECKS = (
    Check(
        "schema-invalid",
        ERROR,
        "object",
        _errors(lambda error: not error.unknown),
        why="The API server refuses the object: a value has the wrong type, a required field is missing, a word is not one of those allowed.",
        fix="Write the value as the schema wants it.",
    ),
    Check(
        "schema-unknown-field",
        ERROR,
        "object",
        _errors(lambda error: error.unknown and not error.custom),
        why="The API server drops a field it does not know, or refuses it: what the field should do does not happen.",
        fix="Mend the name, or move the field to where it belongs.",
    ),
    Check(
        "schema-crd-unknown-field",
        ERROR,
        "object",
        _errors(lambda error: error.unknown and error.custom),
        why="A custom resource loses every field that its definition does not know, without a word.",
        fix="Mend the name, move the field to where it belongs, or use the version of the operator that knows it.",
    ),
    Check(
        "schema-cel",
        ERROR,
        "object",
        _schema_cel,
        why="A rule in the CustomResourceDefinition is broken: the API server refuses the object with the rule's words.",
        fix="Change the values that the rule speaks of.",
    ),
    Check(
        "schema-missing",
        WARNING,
        "tree",
        _schema_missing,
        why="Without a schema neither types nor field names are checked: a typing error in such an object goes unseen.",
        fix="Import the CustomResourceDefinition, from a file, a folder or a cluster.",
    ),
)
