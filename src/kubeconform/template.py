"""The templates of -schema-location: Go's `{{ .Field }}`, with its trim markers and comments, and no more of it."""

from __future__ import annotations

import re

_ACTION = re.compile(r"\{\{(?P<body>.*?)\}\}", re.DOTALL)
_FIELD = re.compile(r"\.(\w*)")
_KUBERNETES = "/{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"
DEFAULT = "https://raw.githubusercontent.com/yannh/kubernetes-json-schema/master" + _KUBERNETES
FIELDS = (
    "NormalizedKubernetesVersion",
    "StrictSuffix",
    "ResourceKind",
    "ResourceAPIVersion",
    "Group",
    "KindSuffix",
)


class TemplateError(ValueError):
    """A location that cannot become a path."""


def complete(location: str) -> str:
    """Return the template that a -schema-location stands for, and check that it can be filled in."""
    template = DEFAULT if location == "default" else location
    if not template.endswith("json"):
        template += _KUBERNETES
    fill(template, dict.fromkeys(FIELDS, "x"))
    return template


def values(kind: str, version: str, kubernetes_version: str, *, strict: bool) -> dict[str, str]:
    """Return what the fields are for one kind of resource."""
    group, _, rest = version.partition("/")
    suffix = "-" + group.split(".")[0].lower()
    if rest:
        suffix += "-" + rest.split("/")[0].lower()
    released = kubernetes_version != "master"
    return {
        "NormalizedKubernetesVersion": f"v{kubernetes_version}" if released else kubernetes_version,
        "StrictSuffix": "-strict" if strict else "",
        "ResourceKind": kind.lower(),
        "ResourceAPIVersion": version.rpartition("/")[2],
        "Group": group,
        "KindSuffix": suffix,
    }


def fill(template: str, fields: dict[str, str]) -> str:
    """Fill in a template; `TemplateError` worded as Go words it."""
    parts: list[str] = []
    position = 0
    trim = False
    for action in _ACTION.finditer(template):
        text = template[position : action.start()]
        text = text.lstrip() if trim else text
        body = action["body"]
        parts.append(text.rstrip() if body[:2] in {"- ", "-\n", "-\t"} else text)
        trim = body[-2:] in {" -", "\n-", "\t-"}
        parts.append(_evaluate(template, action, fields))
        position = action.end()
    rest = template[position:]
    if "{{" in rest:
        line = template[: position + rest.index("{{")].count("\n") + 1
        raise TemplateError(f"template: tpl:{line}: unclosed action")
    return "".join([*parts, rest.lstrip() if trim else rest])


def _evaluate(template: str, action: re.Match[str], fields: dict[str, str]) -> str:
    body = action["body"].strip().removeprefix("- ").removesuffix(" -").strip()
    if body.startswith("/*") and body.endswith("*/"):
        return ""
    before = template[: action.start()]
    line = before.count("\n") + 1
    field = _FIELD.fullmatch(body)
    if field is None:
        word = body.split()[0] if body else ""
        known = f'function "{word}" not defined' if word.isidentifier() else f"unsupported action {body!r}"
        raise TemplateError(f"template: tpl:{line}: {known if body else 'missing value for command'}")
    if field[1] not in fields:
        column = action.start() + action[0].index(".") - (before.rfind("\n") + 1)
        kinds = "; ".join(f"{name} string" for name in FIELDS)
        reason = f"can't evaluate field {field[1]} in type struct {{ {kinds} }}"
        raise TemplateError(f'template: tpl:{line}:{column}: executing "tpl" at <{body}>: {reason}')
    return fields[field[1]]
