"""What a Dagster run is going to make, its backfill included, and whether it may begin."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.ports import CostGate, TooCostly

ACCEPT_COST_TAG = "materia/accept_cost"
"""Tag of a run: somebody agrees to what it is forecast to cost."""
BACKFILL_TAG = "dagster/backfill"


def refuse_too_costly(context: dg.AssetExecutionContext, gate: CostGate | None) -> None:
    """Raise TooCostly at the first artifact a run would make, unless its cost is below the limit
    or agreed to."""
    if gate is None or not gate.has_limit or ACCEPT_COST_TAG in context.run.tags:
        return
    verdict = gate.judge(targets_of(context), context.run.run_id)
    if verdict.refusal:
        raise TooCostly(
            f"{verdict.refusal} To agree, start the run with the tag {ACCEPT_COST_TAG}=yes."
        )


def targets_of(context: dg.AssetExecutionContext) -> list[tuple[str, str]]:
    """Return the (node, partition) of a run; of all runs of its backfill, if it is part of one."""
    layer = context.op_execution_context.job_def.asset_layer
    keys = sorted(layer.selected_asset_keys)
    backfill_id = context.run.tags.get(BACKFILL_TAG)
    backfill = context.instance.get_backfill(backfill_id) if backfill_id else None
    if backfill is not None and backfill.asset_backfill_data is not None:
        subset = backfill.asset_backfill_data.target_subset
        found = [
            (_node(each.asset_key), each.partition_key)
            for each in subset.iterate_asset_partitions()
        ]
        return [(node, partition or "") for node, partition in found]
    partitions = [context.partition_key if context.has_partition_key else ""]
    if backfill is not None and backfill.partition_names:
        partitions = list(backfill.partition_names)
    return list(_pairs(layer.asset_graph, keys, partitions))


def _pairs(
    graph: dg.AssetGraph, keys: list[dg.AssetKey], partitions: list[str]
) -> Iterator[tuple[str, str]]:
    for key in keys:
        if graph.get(key).partitions_def is None:
            yield _node(key), ""
        else:
            yield from ((_node(key), partition) for partition in partitions)


def _node(key: dg.AssetKey) -> str:
    return "/".join(key.path)
