"""Figures of large runs: every number that is drawn is told."""

from fewbits import figures


def test_every_piece_of_every_way_is_told():
    hours = {"each epoch": {"backbone": 120.0, "head": 2.0}, "once": {"backbone": 1.0, "disk": 3.0}}
    drawing = figures.hours_and_bytes(hours, {"each epoch": {"JPEGs": 9e3}, "once": {"maps": 96.0}})
    assert "each epoch: backbone 120, head 2; once: backbone 1, disk 3. Bars of g" in drawing.alt
    assert "each epoch: JPEGs 9,000; once: maps 96" in drawing.alt
    left = drawing.axes[0]
    assert [bar.get_width() for bar in left.patches] == [120.0, 2.0, 1.0, 3.0]
    rows = [bar.get_y() + bar.get_height() / 2 for bar in left.patches]
    assert [round(row) for row in rows] == [0, 1, 0, 2], "the same thing is in the same row"
    assert [text.get_text() for text in left.texts] == [" 120", " 2", " 1", " 3"]


def test_what_is_never_shared_is_a_floor():
    drawing = figures.hours_over_devices([1, 2, 4], [10.0, 6.0, 4.0], fixed=2.0)
    assert "10 h on 1, 6 h on 2, 4 h on 4" in drawing.alt
    assert "the last would be 2.5 h. What is not shared takes 2 h" in drawing.alt
