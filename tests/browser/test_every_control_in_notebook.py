"""What every control of the book keeps under a notebook's model, which stands for Python.

A new control joins in controls.py.
"""

import pytest
import traitlets
from controls import every_control
from reading import agree, chosen, held, looks, pictures, ready

from fewbits.errors import UsageError
from fewbits.widgets.base import Given

MODEL = "(names) => Object.fromEntries(names.map((name) => [name, model.get(name)]))"
DRAWN = ("drawn", "painted")


def send(seen, widget, sent):
    """Sets a trait, in Python and as its message does in the view."""
    setattr(widget, sent.trait, sent.value)
    message = [sent.trait, widget.state()[sent.trait]]
    seen.page.evaluate("([name, value]) => model.set(name, value)", message)


@pytest.fixture
def same(notebook):
    """Checks that a view shows Python's numbers, and looks like one drawn anew from its state."""

    def check(seen, sample, widget):
        agree(seen, sample.numbers(widget))
        anew = looks(notebook(widget))
        for part, seen_now in looks(seen).items():
            assert seen_now == anew[part], part

    return check


@every_control
def test_python_moves_the_view(sample, notebook, same):
    widget = sample.make()
    seen = notebook(widget)
    for sent in sample.sent:
        before = looks(seen)
        send(seen, widget, sent)
        assert looks(seen) != before, sent
        assert {name: held(seen, name) for name in sent.held} == sent.held
        same(seen, sample, widget)
    assert seen.page.evaluate("model.saved") == [], "what Python sent must not come back"


@every_control
def test_nothing_is_no_setting(sample):
    """traitlets passes None by every check; these controls say what they expected instead."""
    widget = sample.make()
    for name, trait in widget.traits().items():
        if isinstance(trait, Given):
            before = getattr(widget, name)
            with pytest.raises((UsageError, traitlets.TraitError)):
                setattr(widget, name, None)
            assert repr(getattr(widget, name)) == repr(before), name


@every_control
def test_the_reader_moves_python(sample, notebook, same):
    widget = sample.make()
    seen = notebook(widget)
    for number, hand in enumerate(sample.hands):
        chosen(seen, hand.input).press(hand.key)
        saved = seen.page.evaluate("model.saved")
        assert saved[number:] == [hand.saves], hand
        widget.set_state(saved[number])
        state = {sent.trait: widget.state()[sent.trait] for sent in sample.sent}
        assert seen.page.evaluate(MODEL, list(state)) == state
        same(seen, sample, widget)


@every_control
def test_closing_the_view_leaves_no_listener(sample, notebook):
    seen = notebook(sample.make())
    assert seen.page.evaluate("model.listeners()") == len(sample.sent)
    seen.page.evaluate("cleanup()")
    assert seen.page.evaluate("model.listeners()") == 0


@every_control
def test_a_folded_cell_draws_when_it_opens(sample, notebook, same):
    widget = sample.make()
    seen = notebook(widget)
    before = looks(seen)
    fold(seen)
    send(seen, widget, sample.sent[0])
    pictures(seen)
    unfold(seen)
    after = looks(seen)
    assert [after[part] for part in DRAWN] != [before[part] for part in DRAWN]
    same(seen, sample, widget)
    box = seen.page.locator(sample.mark.selector).first.bounding_box()
    assert min(box["width"], box["height"]) > 2, "there is something to see"


@every_control
def test_a_cell_that_was_folded_from_the_start_draws_too(sample, notebook, same):
    widget = sample.make()
    seen = notebook(widget)
    fold(seen)
    seen.page.evaluate("cleanup()")
    seen.page.evaluate("again()")
    ready(seen)
    unfold(seen)
    same(seen, sample, widget)


def fold(seen):
    seen.page.evaluate("document.getElementById('out').style.display = 'none'")


def unfold(seen):
    seen.page.evaluate("document.getElementById('out').style.display = ''")
