"""Mintage: declarative YAML specs in, Kustomize bases and proved overlays out, byte for byte the same anywhere."""

__version__ = "0.1.0"
