"""Rendering: typed specs in, Kubernetes objects, Kustomize files and computed patches out. No I/O."""
