"""What an artifact cost, node by node, as bars: a picture for the asset's page."""

from __future__ import annotations

import io

from assets.lineage.cost import CostReport, NodeCost
from assets.lineage.cost_text import columns_of, told

_MEASURED, _ESTIMATED = "#08519c", "#6baed6"
_SCALES = ("price", "wall_s")
"""What the bars show: money, or, where nobody knows any, time."""


def draw_costs(report: CostReport, currency: str) -> bytes:
    """Return a PNG with a bar for every node, the sources on top."""
    from matplotlib.figure import Figure as Drawing

    field = shown_field(report)
    title, scale = columns_of(report.total, currency)[field]
    nodes = report.nodes
    drawing = Drawing(figsize=(8, 0.9 + 0.3 * len(nodes)), dpi=90, layout="constrained")
    axes = drawing.add_subplot()
    values = [(getattr(node.own, field).value or 0.0) * scale for node in nodes]
    colours = [
        _MEASURED if getattr(node.own, field).basis == "measured" else _ESTIMATED for node in nodes
    ]
    places = range(len(nodes))
    axes.barh(places, values, color=colours)
    axes.set_yticks(places, [label_of(node) for node in nodes])
    axes.invert_yaxis()
    axes.set_xlim(0, (max(values) or 1.0) * 1.2)
    for place, node, value in zip(places, nodes, values, strict=True):
        text = told(field, getattr(node.own, field), scale) or "nothing"
        axes.text(value, place, f" {text}", va="center", fontsize=8)
    axes.set_xlabel(title)
    whole = told(field, getattr(report.total, field), scale)
    axes.set_title(f"{report.artifacts[0].key}: {whole} together", fontsize=10)
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def shown_field(report: CostReport) -> str:
    """Return the first field of which anything is known."""
    return next(name for name in _SCALES if getattr(report.total, name).value is not None)


def label_of(node: NodeCost) -> str:
    return node.node if node.num_artifacts == 1 else f"{node.node} ({node.num_artifacts})"
