"""Checks of Argo Workflows: templates and parameters that are named, and parameters that nothing uses.

Source: the API of Argo Workflows v3.7 (WorkflowSpec, Template, TemplateRef). Expressions other than a plain
`{{inputs.parameters.NAME}}` are searched for the name only.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.check.references.missing import advice
from mintage.check.references.paths import is_literal, listed
from mintage.errors import did_you_mean
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_GROUP = "argoproj.io"
_KINDS = ("Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate")
_INPUT = re.compile(r"\{\{\s*inputs\.parameters\.([A-Za-z0-9_-]+)\s*\}\}")


def _specs(root: Root) -> Iterator[tuple[Object, Path, dict[str, Any]]]:
    """Yield the specs of workflows, with their paths."""
    for item in root.of(*_KINDS, group=_GROUP):
        path: Path = ("spec", "workflowSpec") if item.kind == "CronWorkflow" else ("spec",)
        yield item, path, mapping(item.document, *path)


def _templates(spec: dict[str, Any], path: Path) -> list[tuple[Path, dict[str, Any]]]:
    return [((*path, "templates", index), template) for index, template in items(spec, "templates")]


def _calls(template: dict[str, Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the steps and tasks of a template."""
    for index, group in enumerate(listed(template.get("steps"))):
        for number, step in enumerate(listed(group)):
            if isinstance(step, dict):
                yield (*path, "steps", index, number), step
    for index, task in items(template, "dag", "tasks"):
        yield (*path, "dag", "tasks", index), task


def _template_missing(root: Root) -> Iterator[Hit]:
    for item, path, spec in _specs(root):
        yield from _outer(root, item, (*path, "workflowTemplateRef"), at(spec, "workflowTemplateRef"))
        templates = _templates(spec, path)
        names = {str(template.get("name")) for _, template in templates}
        for field in ("entrypoint", "onExit"):
            yield from _local(item, (*path, field), spec.get(field), names, spec)
        for where, template in templates:
            yield from _inputs(item, where, template)
            for place, call in _calls(template, where):
                yield from _local(item, (*place, "template"), call.get("template"), names, spec)
                yield from _outer(root, item, (*place, "templateRef"), at(call, "templateRef"))


def _local(item: Object, path: Path, name: Any, names: set[str], spec: dict[str, Any]) -> Iterator[Hit]:
    if not is_literal(name) or name in names or "workflowTemplateRef" in spec or not names:
        return
    yield Hit(f"there is no template `{name}` in this workflow", did_you_mean(str(name), names), item, path)


def _outer(root: Root, item: Object, path: Path, reference: Any) -> Iterator[Hit]:
    name, template = at(reference, "name"), at(reference, "template")
    if not is_literal(name):
        return
    kind = "ClusterWorkflowTemplate" if at(reference, "clusterScope") is True else "WorkflowTemplate"
    if not known.exists(root, kind, name, item.namespace):
        yield Hit(
            f"there is no {kind} `{name}`", advice(root, kind, name, item.namespace), item, (*path, "name")
        )
        return
    found = root.find(kind, name, item.namespace if kind == "WorkflowTemplate" else None)
    names = {str(own.get("name")) for _, own in items(found.spec, "templates")} if found else set()
    if names and is_literal(template) and template not in names:
        message = f"{kind} `{name}` has no template `{template}`"
        yield Hit(message, did_you_mean(template, names), item, (*path, "template"))


def _inputs(item: Object, path: Path, template: dict[str, Any]) -> Iterator[Hit]:
    """Find inputs that a template uses and does not declare."""
    declared = {str(parameter.get("name")) for _, parameter in items(template, "inputs", "parameters")}
    for where, text in _texts(template, path):
        for name in _INPUT.findall(text):
            if name not in declared:
                message = f"template `{template.get('name')}` has no input parameter `{name}`"
                advised = did_you_mean(name, declared) or "declare it under `inputs.parameters`"
                yield Hit(message, advised, item, where)
                return


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def _parameter_unused(root: Root) -> Iterator[Hit]:
    everything = ""
    for item, path, spec in _specs(root):
        everything = everything or root.once(_all_text)
        for index, parameter in items(spec, "arguments", "parameters"):
            name = parameter.get("name")
            if is_literal(name) and not _is_used(str(name), "workflow", everything, spec):
                where = (*path, "arguments", "parameters", index, "name")
                yield Hit(f"nothing uses the parameter `{name}`", "use it, or remove it", item, where)
        for where, template in _templates(spec, path):
            text = json.dumps(template, default=str)
            for index, parameter in items(template, "inputs", "parameters"):
                name = parameter.get("name")
                if is_literal(name) and not _is_used(str(name), "inputs", text, {}):
                    message = f"template `{template.get('name')}` does not use its input `{name}`"
                    place = (*where, "inputs", "parameters", index, "name")
                    yield Hit(message, "use it, or remove it where it is passed, too", item, place)


def _all_text(root: Root) -> str:
    return json.dumps([item.document for item in root.of(*_KINDS, group=_GROUP)], default=str)


def _is_used(name: str, scope: str, text: str, spec: dict[str, Any]) -> bool:
    if re.search(
        rf"{scope}\.parameters(?:\.{re.escape(name)}(?![\w-])|\['{re.escape(name)}'\]|\.json|\s*\}}\}}|\))",
        text,
    ):
        return True
    # The entry point gets the workflow's arguments by name, and so does a template from elsewhere.
    if "workflowTemplateRef" in spec:
        return True
    entry = spec.get("entrypoint")
    return any(
        template.get("name") == entry
        and any(own.get("name") == name for _, own in items(template, "inputs", "parameters"))
        for _, template in items(spec, "templates")
    )


CHECKS = (
    Check(
        "ref-template-missing",
        ERROR,
        "root",
        _template_missing,
        why="Argo Workflows refuses, or fails at once, a workflow that calls a template or an input which does not exist.",
        fix="Correct the name, or add the template or the parameter.",
    ),
    Check(
        "wf-param-unused",
        WARNING,
        "root",
        _parameter_unused,
        why="A parameter that nothing uses looks like a setting and has no effect: whoever changes it is misled.",
        fix="Use the parameter, or remove it and what passes it.",
    ),
)
