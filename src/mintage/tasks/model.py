"""The model of a workspace's tree: its roots as the specs render them, with the files that stand on disk behind them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintage.tasks import prove
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mintage.manifest import Manifest
    from mintage.tasks.rebuild import Run
    from mintage.tree.files import Files
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

_ARGOCD = "argocd"


class Model:
    """The tree of one run, made when it is first asked for: a run that is current models nothing."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._of_component: dict[str, list[tuple[str, Object]]] = {}

    @cached_property
    def files(self) -> Files:
        """The files that count: those of the workspace that the settings do not leave out."""
        from mintage.tasks.validate import files_of  # noqa: PLC0415

        return files_of(self._run.workspace.root, self._run.workspace.system.validation.exclude)

    @property
    def of_component(self) -> dict[str, list[tuple[str, Object]]]:
        """The objects of each component, in every root, each with the folder of its root."""
        assert self.tree
        return self._of_component

    @cached_property
    def tree(self) -> Tree:
        """The whole tree, as the specs render it."""
        from mintage.schemas.store import Schemas, Sources  # noqa: PLC0415
        from mintage.tree.source_map import kustomizations_of  # noqa: PLC0415
        from mintage.tree.tree import Tree  # noqa: PLC0415

        workspace, system = self._run.workspace, self._run.workspace.system
        self._kustomizations = {
            folder: found
            for folder, found in kustomizations_of(self.files).items()
            if folder == workspace.output or folder.startswith(f"{workspace.output}/")
        }
        return Tree(
            roots=tuple(self._roots()),
            files=self.files,
            kustomizations=self._kustomizations,
            schemas=Schemas(system.kubernetes_version, Sources.of(workspace.root)),
            kubernetes_version=system.kubernetes_version,
            externals=system.externals,
            rules=system.validation,
        )

    def _roots(self) -> Iterator[Root]:
        environments: Sequence[str] = self._run.workspace.environments or [BASE]
        for environment in environments:
            yield self._root(environment)
        argocd = f"{self._run.output}/{_ARGOCD}"
        if argocd in self._kustomizations:
            yield self._plain_root(argocd)

    def _root(self, environment: str) -> Root:
        from mintage.tree.source_map import SourceMap  # noqa: PLC0415
        from mintage.tree.tree import Root  # noqa: PLC0415

        folder = f"{self._run.output}/{prove.folder(environment)}"
        sources = SourceMap(folder, self.files, self._kustomizations)
        namespace = self._run.workspace.system.namespace_in(environment or None)
        objects = []
        for name in self._run.workspace.components:
            for manifest in self._run.objects(name, environment).values():
                document = prove.in_namespace(manifest, namespace if environment else None)
                item = self._object(manifest, document, environment, sources.layers(document))
                objects.append(item)
                self._of_component.setdefault(name, []).append((folder, item))
        return Root(
            folder,
            objects,
            kustomization=self._kustomizations.get(folder),
            reached=sources.reached,
            environment=environment,
        )

    def _object(
        self, manifest: Manifest, document: dict[str, Any], environment: str, layers: Sequence[Any]
    ) -> Object:
        from mintage.tasks.origin import SpecOrigin  # noqa: PLC0415
        from mintage.tree.objects import Object  # noqa: PLC0415

        entry = self._run.workspace.by_name.get(manifest.origin)
        path = entry.path if entry else ""
        origin = [SpecOrigin(lambda: self._run.workspace.variants(path)[environment])] if entry else []
        return Object(document, (*layers, *origin), cluster_scoped=not manifest.has_namespace)

    def _plain_root(self, folder: str) -> Root:
        from mintage.tree.objects import Object  # noqa: PLC0415
        from mintage.tree.source_map import SourceMap  # noqa: PLC0415
        from mintage.tree.tree import Root  # noqa: PLC0415

        sources = SourceMap(folder, self.files, self._kustomizations)
        objects = [Object(traced.document, tuple(traced.layers)) for traced in sources.traced]
        return Root(folder, objects, kustomization=self._kustomizations[folder], reached=sources.reached)
