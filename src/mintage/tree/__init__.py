"""The model of a whole tree of manifests: its files, kustomizations, built roots, objects, and where each part came from."""
