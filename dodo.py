"""The task graph of this workspace: `doit list` shows it. Add your own `task_...` functions beside these."""

from doit import task_params

from mintage.tasks.engine import CHECK, Graph

graph = Graph(__file__)
DOIT_CONFIG = graph.config


@task_params([CHECK])
def task_render(check):
    """Write gitops/ from specs/: bases, computed overlays, Argo CD applications"""
    yield from graph.render(check=check)


def task_validate():
    """Build the base and every overlay with Kustomize and compare them with the specs"""
    yield from graph.validate()
