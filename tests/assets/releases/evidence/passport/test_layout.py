"""Where artifacts stand: rows by distance, nothing overlaps, thousands are placed in a second."""

from __future__ import annotations

import time

import pytest

from assets.releases.evidence.passport.layout import MAX_CHIPS, Box, Picture, lay_out

DIAMOND = ["corpora/raw", "mixtures/left", "mixtures/right", "models/join"]


def boxes_overlap(picture: Picture) -> bool:
    def apart(one: Box, two: Box) -> bool:
        return (
            one.x + one.width <= two.x
            or two.x + two.width <= one.x
            or one.y + one.height <= two.y
            or two.y + two.height <= one.y
        )

    boxes = picture.boxes
    return any(not apart(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_an_artifact_stands_below_everything_it_was_made_from() -> None:
    picture = lay_out(DIAMOND, [[], [0], [0], [1, 2]])
    rows = [picture.boxes[picture.box_of[a]].row for a in range(4)]
    assert rows == [0, 1, 1, 2]
    assert not boxes_overlap(picture)


def test_artifacts_of_one_node_share_a_box_and_every_one_has_a_cell() -> None:
    nodes = ["corpora/raw"] * 3 + ["corpora/documents"] * 3
    picture = lay_out(nodes, [[], [], [], [0], [1], [2]])
    assert [box.node for box in picture.boxes] == ["corpora/raw", "corpora/documents"]
    assert sorted(c.artifact for box in picture.boxes for c in box.cells) == list(range(6))
    assert [(line.start, line.end) for line in picture.lines] == [(0, 1)]


def test_the_same_node_at_two_distances_has_two_boxes() -> None:
    picture = lay_out(["releases/release", "models/a", "releases/release"], [[], [0], [1]])
    assert [box.node for box in picture.boxes].count("releases/release") == 2


def test_lines_that_follow_from_others_are_left_out() -> None:
    picture = lay_out(["a/a", "b/b", "c/c"], [[], [0], [0, 1]])
    assert [(line.start, line.end) for line in picture.lines] == [(0, 1), (1, 2)]


def test_a_line_passes_beside_the_boxes_of_the_rows_between() -> None:
    # d was made from a and c, c from b: the line from a to d passes the rows of b and c.
    nodes, inputs = ["x/a", "x/b", "x/c", "x/d", "x/e"], [[], [4], [1], [0, 2], []]
    picture = lay_out(nodes, inputs)
    places = {box.node: box for box in picture.boxes}
    line = next(ln for ln in picture.lines if picture.boxes[ln.start].node == "x/a")
    assert line.path.count("V") == 2
    crossed = float(line.path.split("V")[0].split()[-2])
    for name in ("x/b", "x/c"):
        assert not places[name].x < crossed < places[name].x + places[name].width


def test_a_box_of_many_holds_unlabelled_squares_inside_its_frame() -> None:
    number = MAX_CHIPS + 1
    (box,) = lay_out(["corpora/raw"] * number, [[]] * number).boxes
    assert not box.labelled
    for cell in box.cells:
        assert box.x <= cell.x and cell.x + cell.width <= box.x + box.width
        assert box.y <= cell.y and cell.y + cell.height <= box.y + box.height


def test_equal_lineage_gives_an_equal_picture() -> None:
    inputs: list[list[int]] = [[], [0], [0], [1, 2]]
    assert lay_out(DIAMOND, inputs) == lay_out(DIAMOND, inputs)


def test_thousands_of_artifacts_are_placed_in_a_moment() -> None:
    number = 5_000
    nodes = ["corpora/raw"] * number + ["corpora/documents"] * number + ["mixtures/deduped"]
    inputs = [*[[] for _ in range(number)], *[[i] for i in range(number)]]
    begun = time.monotonic()
    picture = lay_out(nodes, [*inputs, list(range(number, 2 * number))])
    assert time.monotonic() - begun < 5
    assert len(picture.boxes) == 3 and not boxes_overlap(picture)


def test_a_chain_of_hundreds_needs_no_recursion() -> None:
    number = 1_500
    picture = lay_out(
        [f"x/n{i}" for i in range(number)], [[i - 1] if i else [] for i in range(number)]
    )
    assert picture.boxes[-1].row == number - 1


def test_a_lineage_that_goes_round_is_refused() -> None:
    with pytest.raises(ValueError, match="goes round in a circle"):
        lay_out(["a/a", "b/b"], [[1], [0]])
