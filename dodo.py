"""The task graph of this workspace: `doit list` shows it. Add your own `task_...` functions beside these."""

from doit import task_params

from mintage.tasks.engine import CHECK, VALIDATION, Graph

graph = Graph(__file__)
DOIT_CONFIG = graph.config


@task_params([CHECK])
def task_render(check):
    """Write gitops/ from specs/: bases, computed overlays, Argo CD applications"""
    yield from graph.render(check=check)


@task_params(VALIDATION)
def task_validate(**options):
    """Check the rendered tree: schemas, references, and what stands between things"""
    yield from graph.validate(**options)
