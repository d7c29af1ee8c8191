"""The task graph: what there is to do, whether it must be done, and doing it. Only `engine` knows doit."""
