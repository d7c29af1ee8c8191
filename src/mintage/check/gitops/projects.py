"""What projects of Argo CD let their applications do: kinds, destinations, repositories.

The rules are those of `pkg/apis/application/v1alpha1` (argoproj/argo-cd v3.5): a kind without namespace must be listed, a
kind with one is allowed unless there is a list; a destination that begins with `!` is denied.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mintage.check.gitops.applications import GROUP, IN_CLUSTER, applications, normal, origins
from mintage.check.gitops.globs import fits_or_denies
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.kustomize.merges import BUILT_IN
from mintage.errors import did_you_mean
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.gitops.applications import Application, Source
    from mintage.tree.objects import Object
    from mintage.tree.tree import Tree

_TEMPLATE = ("{{", "$(", "<")


def _project(tree: Tree, application: Application) -> Object | None:
    """Return the project of an application; None where the tree has none, or several that differ."""
    found = [item for item in tree.of("AppProject", group=GROUP) if item.name == application.project]
    found += (
        item for item in tree.loose if item.is_a("AppProject", GROUP) and item.name == application.project
    )
    return found[0] if found and all(item.spec == found[0].spec for item in found) else None


def _kind_denied(tree: Tree) -> Iterator[Hit]:
    for application in applications(tree):
        project = _project(tree, application)
        seen: set[tuple[str, str]] = set()
        for _, item in application.delivered() if project else ():
            assert project is not None
            kind = (item.group, item.kind)
            field = _denying(project, item)
            if field and kind not in seen:
                seen.add(kind)
                name = f"{item.group or 'core'}/{item.kind}"
                yield Hit(
                    f"project `{project.name}` does not allow `{name}`, which `{application.name}` delivers: the sync is refused",
                    f"see `{field}` of the project",
                    item,
                    ("kind",),
                    others=(Other("the project", project, ("spec", field)),),
                )


def _denying(project: Object, item: Object) -> str:
    """Return the field of a project that denies an object; empty where it is allowed, or nobody knows."""
    answers = {_denied_as(project, item, namespaced=item.namespaced)}
    if item.group not in BUILT_IN:
        answers.add(_denied_as(project, item, namespaced=not item.namespaced))  # its scope is not certain
    return "" if "" in answers else min(answers)


def _denied_as(project: Object, item: Object, *, namespaced: bool) -> str:
    scope = "namespace" if namespaced else "cluster"
    allowed, denied = f"{scope}ResourceWhitelist", f"{scope}ResourceBlacklist"
    if _is_listed(project.spec.get(denied), item):
        return denied
    if namespaced and project.spec.get(allowed) is None:
        return ""
    return "" if _is_listed(project.spec.get(allowed), item) else allowed


def _is_listed(entries: Any, item: Object) -> bool:
    return any(
        fnmatchcase(item.kind, str(entry.get("kind", "")))
        and fnmatchcase(item.group, str(entry.get("group") or ""))
        and fnmatchcase(item.name, str(entry.get("name") or "*"))
        for _, entry in items(entries)
    )


def _destination_denied(tree: Tree) -> Iterator[Hit]:
    for application in applications(tree):
        project = _project(tree, application)
        cluster, namespace = application.cluster, application.namespace
        if project is None or not cluster or any(mark in cluster + namespace for mark in _TEMPLATE):
            continue
        known = [f"{entry.get('namespace')}" for _, entry in items(project.spec, "destinations")]
        if not _is_permitted(project, application, namespace):
            yield Hit(
                f"project `{project.name}` does not allow the destination `{namespace or 'without a namespace'}` of `{application.name}`: the sync is refused",
                did_you_mean(namespace, known) or "add it to `destinations` of the project",
                application.object,
                ("spec", "destination", "namespace" if namespace else "server"),
                others=(Other("the project", project, ("spec", "destinations")),),
            )
            continue
        seen = {namespace, ""}
        for _, item in application.delivered():
            other = application.namespace_of(item)
            if other not in seen and not _is_permitted(project, application, other):
                yield Hit(
                    f"`{application.name}` delivers into the namespace `{other}`, which project `{project.name}` does not allow",
                    did_you_mean(other, known) or "add it to `destinations` of the project",
                    item,
                    ("metadata", "namespace"),
                    others=(Other("the project", project, ("spec", "destinations")),),
                )
            seen.add(other)


def _is_permitted(project: Object, application: Application, namespace: str) -> bool:
    """Tell whether a project allows a destination, or may: what nobody can know is no finding."""
    allowed = False
    for _, entry in items(project.spec, "destinations"):
        server = _on_cluster(entry, application, "server")
        name = _on_cluster(entry, application, "name")
        inside = fits_or_denies(str(entry.get("namespace") or ""), namespace)
        if not (inside is False or (server is False and name is False)):
            allowed = True
        elif (inside is True and _denies(entry, server, name)) or (
            inside is False and server is True and str(entry.get("namespace")).startswith("!")
        ):
            return False
    return allowed


def _denies(entry: dict[str, Any], server: bool | None, name: bool | None) -> bool:
    """Tell whether a destination of a project names a cluster by `!` which is that of the application."""
    return any(
        found is False and str(entry.get(field) or "").startswith("!")
        for field, found in (("server", server), ("name", name))
    )


def _on_cluster(entry: dict[str, Any], application: Application, field: str) -> bool | None:
    """Tell whether `server` or `name` of a destination fits; None where the application says only the other one."""
    pattern = str(entry.get(field) or "")
    own = {"server": IN_CLUSTER, "name": "in-cluster"}
    destination = (
        own if application.cluster == IN_CLUSTER else mapping(application.object.spec, "destination")
    )
    value = str(destination.get(field) or "")
    if pattern and (value or not pattern.strip("*")):
        return fits_or_denies(pattern, value)
    return None if pattern else False


def _repo_mismatch(tree: Tree) -> Iterator[Hit]:
    for application in applications(tree):
        project = _project(tree, application)
        for source in application.sources:
            url = source.repository
            if not url or any(mark in url for mark in _TEMPLATE):
                continue
            if project is not None and not _is_source(project, url):
                yield Hit(
                    f"project `{project.name}` does not allow the repository `{url}` of `{application.name}`: the sync is refused",
                    "add it to `sourceRepos` of the project, or correct the address",
                    application.object,
                    (*source.path, "repoURL"),
                    others=(Other("the project", project, ("spec", "sourceRepos")),),
                )
            elif usual := _usual(tree, source):
                yield Hit(
                    f"`{application.name}` delivers `{source.folder}` from `{url}`, the rest of this repository is delivered from `{usual}`",
                    "use one address",
                    application.object,
                    (*source.path, "repoURL"),
                )


def _is_source(project: Object, url: str) -> bool:
    """Tell whether a project allows a repository; a wildcard stands for any text."""
    allowed = False
    patterns = project.spec.get("sourceRepos")
    for pattern in patterns if isinstance(patterns, list) else ():
        text = str(pattern)
        bare = normal(text.removeprefix("!")) if text not in {"*", "!*"} else "*"
        fits = fnmatchcase(normal(url), bare)
        if text.startswith("!") and fits:
            return False
        allowed = allowed or (fits and not text.startswith("!"))
    return allowed


def _usual(tree: Tree, source: Source) -> str:
    """Return the address by which others deliver this repository, if a source that is in it uses another one."""
    if tree.files is None or source.folder in {"", "."} or not tree.files.is_folder(source.folder):
        return ""
    counts: dict[str, list[str]] = {}
    for application in applications(tree):
        for other in application.sources:
            if other.folder not in {"", "."} and tree.files.is_folder(other.folder):
                counts.setdefault(normal(other.repository), []).append(other.repository)
    own = normal(source.repository)
    known = origins(tree) & counts.keys()
    if own in known:
        return ""
    best = max(counts.items(), key=lambda entry: (entry[0] in known, len(entry[1])))
    is_clear = best[0] in known or len(best[1]) > max(1, len(counts.get(own, ())))
    return best[1][0] if best[0] != own and is_clear else ""


def _source_repos_wildcard(item: Object, _: Tree) -> Iterator[Hit]:
    patterns = item.spec.get("sourceRepos")
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if pattern == "*" and item.group == GROUP and item.name != "default":
            yield Hit(
                f"project `{item.name}` takes manifests from any repository",
                "name the repositories that it may deliver",
                item,
                ("spec", "sourceRepos", index),
            )


# Paths of an Application's spec that hold no text (argoproj/argo-cd v3.5.1, application-crd.yaml); `*` is any item.
_NOT_TEXT = {
    "a boolean": (
        "syncPolicy.automated.allowEmpty", "syncPolicy.automated.enabled", "syncPolicy.automated.prune",
        "syncPolicy.automated.selfHeal", "syncPolicy.retry.refresh", "source.directory.recurse",
        "source.helm.ignoreMissingValueFiles", "source.helm.passCredentials", "source.helm.skipCrds",
        "source.helm.skipSchemaValidation", "source.helm.skipTests", "source.kustomize.forceCommonAnnotations",
        "source.kustomize.forceCommonLabels", "source.kustomize.labelWithoutSelector",
        "source.kustomize.commonAnnotationsEnvsubst", "sources.*.directory.recurse",
        "sources.*.helm.ignoreMissingValueFiles", "sources.*.helm.passCredentials", "sources.*.helm.skipCrds",
    ),
    "a number": ("revisionHistoryLimit", "syncPolicy.retry.limit", "syncPolicy.retry.backoff.factor"),
}  # fmt: skip


def _appset_template_type(item: Object, _: Tree) -> Iterator[Hit]:
    if item.group != GROUP:
        return
    template = mapping(item.spec, "template", "spec")
    for expected, patterns in _NOT_TEXT.items():
        for pattern in patterns:
            for path in _expanded(template, pattern.split(".")):
                value = at(template, *path)
                if isinstance(value, str):
                    yield Hit(
                        f"`{pattern}` of the template is the text `{value}`, expected {expected}: the API server refuses the ApplicationSet",
                        "write the value itself; what differs between applications goes into `templatePatch`",
                        item,
                        ("spec", "template", "spec", *path),
                    )


def _expanded(
    value: Any, steps: list[str], path: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    if not steps:
        yield path
    elif steps[0] == "*":
        for index, inner in items(value):
            yield from _expanded(inner, steps[1:], (*path, index))
    elif isinstance(value, dict) and steps[0] in value:
        yield from _expanded(value[steps[0]], steps[1:], (*path, steps[0]))


CHECKS = (
    Check(
        "argo-project-kind-denied",
        ERROR,
        "tree",
        _kind_denied,
        why="Argo CD refuses the whole sync of an application that delivers a kind which its project does not allow.",
        fix="Allow the kind in the project, or deliver the object by an application of another project.",
    ),
    Check(
        "argo-project-destination-denied",
        ERROR,
        "tree",
        _destination_denied,
        why="Argo CD refuses to deliver to a cluster or namespace that the project does not allow.",
        fix="Add the destination to the project, or correct that of the application.",
    ),
    Check(
        "argo-repo-mismatch",
        WARNING,
        "tree",
        _repo_mismatch,
        why="The application delivers from another repository than the one that is reviewed here, or from one that its project refuses.",
        fix="Use one address for the repository, and list it in the project.",
    ),
    Check(
        "argo-source-repos-wildcard",
        WARNING,
        "object",
        _source_repos_wildcard,
        why="Whoever may create an application in the project can deliver anything from anywhere.",
        fix="List the repositories.",
        kinds=frozenset({"AppProject"}),
    ),
    Check(
        "argo-appset-template-type",
        ERROR,
        "object",
        _appset_template_type,
        why="Templates of an ApplicationSet make text only: the API server refuses text where a boolean or a number belongs.",
        fix="Write the value itself, or set it by `templatePatch`.",
        kinds=frozenset({"ApplicationSet"}),
    ),
)
