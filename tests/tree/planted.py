"""Small trees for tests: files by path, loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.tree.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: server
  labels:
    app: server
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: server
        image: ghcr.io/acme/server:1.0
        env:
        - name: LOG_LEVEL
          value: info
      - name: proxy
        image: ghcr.io/acme/proxy:1.0
"""
IMAGE = ("spec", "template", "spec", "containers", 0, "image")


def plant(folder: Path, files: Mapping[str, str]) -> None:
    """Write files; a kustomization gets its header by itself."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        header = (
            KUSTOMIZATION
            if name.endswith("kustomization.yaml") and "apiVersion: kustomize" not in text
            else ""
        )
        target.write_text(header + text, encoding="utf-8")


def planted(folder: Path, files: Mapping[str, str], within: str = ".", **more: Any) -> Tree:
    """Write files and load them."""
    plant(folder, files)
    return load(folder, within, **more)


def root_of(tree: Tree, folder: str) -> Root:
    """Return a root by its folder."""
    return next(root for root in tree.roots if root.folder == folder)


def place(item: Object, *path: str | int) -> str:
    """Return where the cause of what stands at a path is."""
    return str(item.locate(path)[0])
