"""A code location of one asset, for tests of the servers around it."""

import dagster as dg


@dg.asset(group_name="corpora", key=["corpora", "toy"])
def toy() -> int:
    """A number."""
    return 1


defs = dg.Definitions(assets=[toy])
