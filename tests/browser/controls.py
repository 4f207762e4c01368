"""Every control of the book, as test_every_control_in_page and _in_notebook take it."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from unittest.mock import ANY

import pytest
import torch
from bird_samples import SPECIES, bird_network, explain_birds
from budget_samples import budgets, code_budget
from code_samples import edit_class, explore_codes, trained
from comparison_samples import METHODS, MODELS, comparison
from contract import Hand, Mark, Numbers, Sample, Sent, Spoilt, replaced
from digit_networks import CLASSES, compact_networks, digit_images
from layer_samples import activations, weights
from name_samples import board, called, concept_names
from path_samples import CLASSES as BIRDS
from path_samples import TIGHT, features_and_labels, paths
from probe_samples import FAR, NEAR, patches, perturb, probes
from probe_samples import renamed as probed
from reference import quantizer
from replay_samples import by_hand, samples
from step_samples import steps

from fewbits.pact.replay import Frame, Replay
from fewbits.protoquant.editing import Edit
from fewbits.widgets import (
    AlphaReplay,
    ClassEditor,
    CodebookExplorer,
    CodeBudget,
    ConceptNames,
    DrawDigit,
    ExplainBird,
    IterationStepper,
    PathExplorer,
    PerturbationProbe,
    QuantizerPlayground,
    SaliencyCompare,
    TernaryThreshold,
)
from fewbits.widgets.draw_digit_images import image_to_text


def measured(widget: QuantizerPlayground) -> Numbers:
    """The playground's numbers, written slowly."""
    x = widget.samples[widget.sample].astype("float64")
    slow = quantizer.measure(x, widget.alpha, widget.bits, widget.scheme)
    return {"alpha": widget.alpha, "bits": widget.bits, **asdict(slow)}


PLAYGROUND = Sample(
    kind=QuantizerPlayground,
    make=lambda: QuantizerPlayground(
        {"activations": activations(), "weights": weights()}, alpha=4.0, bits=4
    ),
    other=lambda: QuantizerPlayground({"w": weights()}, bits=2, scheme="sawb"),
    named=lambda name: QuantizerPlayground({name: [1.0, 2.0]}, alpha=1.5),
    named_inputs=("sample",),
    inputs={
        "sample": "Values",
        "scheme": "Range and levels",
        "bits": "bits",
        "jump": "To the smallest error",
        "alpha": "alpha",
    },
    sliders={"bits": "4", "alpha": "4"},
    outputs=15,
    drawings=4,
    numbers=measured,
    sent=(
        Sent("bits", 2, {"bits": "2"}),
        Sent("alpha", 1.25, {}),
        Sent("scheme", "signed", {"scheme": "signed"}),
        Sent("sample", "weights", {"sample": "weights"}),
    ),
    hands=(
        Hand("bits", "ArrowLeft", {"bits": 3}),
        Hand("alpha", "ArrowLeft", {"alpha": ANY}),
        Hand("jump", "Enter", {"alpha": ANY}),
        Hand("scheme", "ArrowDown", {"scheme": "signed"}),
        Hand("sample", "ArrowDown", {"sample": "weights", "alpha": ANY}),
        Hand("bits", "End", {"bits": 8}),
    ),
    mark=Mark("svg .ink-line", "stroke", "ink"),
    pictures=("Histogram of activations with 4-bit levels", "Total error against alpha"),
    spoilt=(Spoilt(replaced('"samples":[', '"samples":[],"rest":['), "no sample arrived"),),
)


def digits(value: float) -> str:
    """Four digits, as the page writes a number of ordinary size."""
    return f"{value:.4g}"


def renamed(name: str) -> Replay:
    """The replay by hand with one layer, called ``name``."""
    replay = by_hand()
    frames = tuple(
        Frame(f.step, f.accuracy, f.loss, f.training_loss, {name: f.layers["wide"]})
        for f in replay.frames
    )
    return Replay({name: replay.layers["wide"]}, frames)


ALPHA_REPLAY = Sample(
    kind=AlphaReplay,
    make=lambda: AlphaReplay(samples()),
    other=lambda: AlphaReplay(by_hand(), layer="narrow", frame=1),
    named=lambda name: AlphaReplay({name: renamed(name), "by hand": by_hand()}),
    named_inputs=("replay", "layer"),
    inputs={"replay": "Training", "layer": "Layer", "play": "Play", "step": "training step"},
    sliders={"step": "0 of 6"},
    outputs=8,
    drawings=4,
    numbers=AlphaReplay.numbers,
    sent=(
        Sent("replay", "fitted start", {"replay": "fitted start"}),
        Sent("layer", "act2", {"layer": "act2"}),
        Sent("frame", 5, {"step": "5"}),
    ),
    hands=(
        Hand("step", "ArrowRight", {"frame": 1}),
        Hand("step", "End", {"frame": 6}),
        Hand("layer", "ArrowDown", {"layer": "act2"}),
        Hand("replay", "ArrowDown", {"replay": "fitted start"}),  # same step, same layer
        Hand("replay", "End", {"replay": "by hand", "layer": "wide", "frame": 0}),
    ),
    mark=Mark(".pact-bar", "fill", "pact"),
    pictures=("Histogram: What enters act1 at step 0", "alpha of act1 over the steps of training"),
    spoilt=(Spoilt(replaced('"replays":[', '"replays":[],"rest":['), "no replay arrived"),),
)


def half(html: str) -> str:
    """The page with half of its packed data, still in whole groups of five characters."""
    (data,) = re.findall(r'"data":"([^"]+)"', html)
    return html.replace(data, data[: len(data) // 10 * 5])


SALIENCY_COMPARE = Sample(
    kind=SaliencyCompare,
    # On image 0 the model with 2 bits is wrong, so that every colour of the control is in use.
    make=lambda: SaliencyCompare(**comparison(), right="2 bits"),
    other=lambda: SaliencyCompare(**comparison(1, MODELS[2:], METHODS[:1])),
    named=lambda name: SaliencyCompare(**comparison(models=(name, "float"), methods=(name,))),
    named_inputs=("method", "left"),
    inputs={
        "image": re.compile(r"^1: \d, one of the two models is wrong"),
        "method": "Saliency method",
        "left": "Left model",
        "right": "Right model",
        "own": "each map on its own scale",
        "share": "Top k: share of pixels",
        "removed": "Pixels removed, strongest first",
    },
    sliders={"share": "10 %", "removed": "0 %"},
    outputs=27,
    drawings=9,
    numbers=SaliencyCompare.numbers,
    sent=(
        Sent("method", "sparse", {"method": "sparse"}),
        Sent("image", 2, {"image": "2"}),
        Sent("left", "2 bits", {"left": "2 bits"}),
        Sent("right", "4 bits", {"right": "4 bits"}),
        Sent("share", 0.123, {"share": "12"}),
        Sent("removed", 0.3, {"removed": "8"}),
    ),
    hands=(
        Hand("method", "End", {"method": "weak"}),
        Hand("method", "ArrowUp", {"method": "coarse"}),
        Hand("left", "ArrowDown", {"left": "float, seed B"}),
        Hand("right", "ArrowUp", {"right": "4 bits"}),
        Hand("share", "ArrowRight", {"share": 0.11}),
        Hand("share", "End", {"share": 0.5}),
        Hand("removed", "ArrowRight", {"removed": 1 / 28}),
        Hand("image", "ArrowRight", {"image": 1}),
    ),
    mark=Mark(".sc-left-line", "stroke", "pact"),
    pictures=(
        "The image: ",
        "Saliency map: signed, float, seed A",
        "Saliency map: signed, 2 bits",
        "Probability of the class",
    ),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
    ),
)


def read_digit(widget: DrawDigit) -> Numbers:
    """What the chosen network makes of the image, and what the others answer."""
    logits = widget.logits(widget.image, widget.bits)
    gradient = widget.gradient(widget.image, widget.bits, widget.target or None)
    answers = {name: widget.logits(widget.image, name).argmax() for name in widget.networks}
    return {
        "predicted": int(logits.argmax()),
        "largest-gradient": float(gradient.abs().max()),
        **{f"says-{name}": int(answer) for name, answer in answers.items()},
        **{f"logit-{k}": float(logit) for k, logit in enumerate(logits)},
        **{f"probability-{k}": float(share) for k, share in enumerate(torch.softmax(logits, 0))},
    }


def damaged(html: str) -> str:
    """The page with something else among the weights of the network of 2 bits."""
    return re.sub(r'("bits":2,[^}]*?"data":")(.{60}).{10}', r"\1\2~~~~~~~~~~", html)


DRAW_DIGIT = Sample(
    kind=DrawDigit,
    make=lambda: DrawDigit(compact_networks(), CLASSES, digit_images(6), bits="4"),
    other=lambda: DrawDigit({"two": compact_networks()["2"]}, CLASSES),
    named=lambda name: DrawDigit({name: compact_networks()["2"]}, [name, *CLASSES[1:]]),
    named_inputs=("bits",),
    inputs={
        "bits": "4",
        "drawing": "Begin with",
        "target": "Gradient of the logit of",
        "pad": re.compile("^Drawing field"),
        "clear": "Clear",
        "undo": "Undo",
        "pen": "pen, in pixels",
        "centre": "centred, as in MNIST",
    },
    sliders={"pen": "2.2"},
    outputs=20 + 3 + 3,
    drawings=3,
    numbers=read_digit,
    sent=(
        Sent("bits", "2", {"bits": "2"}),
        Sent("target", "7", {"target": "7"}),
        Sent("centre", False, {"centre": "false"}),
        Sent("image", torch.eye(28)[None], {"drawing": ""}),
    ),
    hands=(
        Hand("bits", "ArrowRight", {"bits": "2"}),
        Hand("target", "ArrowDown", {"target": "0"}),
        Hand("clear", "Enter", {"image": image_to_text(torch.zeros(1, 28, 28), None)}),
        Hand("centre", "Space", {"centre": False}),
    ),
    mark=Mark("[data-map=gradient] .fb-outline", "stroke", "ink"),
    pictures=(
        "The image of 28 x 28 pixels",
        "Gradient of the logit with respect to each pixel",
        "Logits and probabilities; the largest is that of",
    ),
    spoilt=(
        Spoilt(replaced('"networks":[', '"networks":[],"rest":['), "no network arrived"),
        Spoilt(damaged, ".*(damaged|compressed|cut)"),
        Spoilt(replaced('"count":4608', '"count":9999'), "its numbers arrived cut"),
    ),
    patience=150,  # every network reads the image again
)

PATH_EXPLORER = Sample(
    kind=PathExplorer,
    make=lambda: PathExplorer(paths(), *features_and_labels(seed=1), BIRDS, place=8),
    other=lambda: PathExplorer({TIGHT: paths(5, 7)[TIGHT]}, *features_and_labels(9, 2, 7), BIRDS),
    named=lambda name: PathExplorer(paths(), *features_and_labels(), [name, *BIRDS[1:]]),
    named_inputs=("row",),
    inputs={
        "tolerance": "The solver stops at",
        "row": "Class",
        "place": "lambda, from strong to weak",
    },
    sliders={"place": digits(paths()[TIGHT].lambdas[8])},
    outputs=11,
    drawings=4,
    numbers=PathExplorer.numbers,
    sent=(
        Sent("place", 3, {"place": "3"}),
        Sent("tolerance", 0.1, {"tolerance": "0.1"}),
        Sent("row", "Winter_Kite", {"row": "Winter_Kite"}),
    ),
    hands=(
        Hand("place", "ArrowLeft", {"place": 7}),
        Hand("tolerance", "Home", {"tolerance": 0.1}),
        Hand("row", "ArrowDown", {"row": "Dune_Runner"}),
        Hand("place", "End", {"place": 11}),
    ),
    mark=Mark("svg .qsenn-line:not(.thin)", "stroke", "qsenn"),
    pictures=("Features a class, on average: ", "Weights of Reed_Lancer, a line a feature"),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
    ),
)


def cut_layer(names: Sequence[str] = BIRDS, count: int = 12, features: int = 9) -> TernaryThreshold:
    """The last layer of a path, cut at five weights."""
    path, given = paths(count, features)[TIGHT], features_and_labels(60, 1, features)
    return TernaryThreshold(path.last, path.standardization, *given, names, kept=5)


TERNARY_THRESHOLD = Sample(
    kind=TernaryThreshold,
    make=cut_layer,
    other=lambda: cut_layer(count=5, features=7),
    named=lambda name: cut_layer([name, *BIRDS[1:]]),
    named_inputs=(),
    inputs={"sizes": "They become", "bias": "The bias is", "kept": "Weights that stay"},
    sliders={"kept": "5"},
    outputs=11,
    drawings=3,
    numbers=TernaryThreshold.numbers,
    sent=(
        Sent("kept", 9, {"kept": "9"}),
        Sent("sizes", "fitted", {"sizes": "fitted"}),
        Sent("bias", "none", {"bias": "none"}),
    ),
    hands=(
        Hand("kept", "ArrowRight", {"kept": 6}),
        Hand("sizes", "ArrowDown", {"sizes": "fitted"}),
        Hand("bias", "End", {"bias": "none"}),
        Hand("kept", "Home", {"kept": 1}),
    ),
    mark=Mark("svg .qsenn-line", "stroke", "qsenn"),
    pictures=("Sizes of the weights, sorted: 5 of ", "Features of each class: "),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
    ),
)


def stepped(
    names: Sequence[str] = BIRDS, passes: int = 3, features: int = 9, moment: int = 0
) -> IterationStepper:
    """A loop of three passes at its first moment."""
    return IterationStepper(*steps(passes, features), names, moment=moment)


ITERATION_STEPPER = Sample(
    kind=IterationStepper,
    make=stepped,
    other=lambda: stepped(passes=2, features=7, moment=3),
    named=lambda name: stepped([name, *BIRDS[1:]]),
    named_inputs=(),
    inputs={"moment": "Moment", "feature": "Feature"},
    sliders={"moment": "pass 1, fitted again"},
    outputs=11,
    drawings=3,
    numbers=IterationStepper.numbers,
    sent=(
        Sent("moment", 4, {"moment": "4"}),
        Sent("feature", 6, {"feature": "6"}),
    ),
    hands=(
        Hand("moment", "ArrowRight", {"moment": 1}),
        Hand("feature", "ArrowDown", {"feature": 1}),
        Hand("moment", "End", {"moment": 8}),
    ),
    mark=Mark("svg .qsenn-fill", "fill", "qsenn"),
    pictures=("Named rightly: ", "Feature 0 on pictures of classes it speaks for"),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
    ),
)

EXPLAIN_BIRD = Sample(
    kind=ExplainBird,
    make=explain_birds,
    other=lambda: explain_birds(bird_network(2, signed=True, features=6), count=1, cover=0.5),
    named=lambda name: explain_birds(
        class_names=[name, *SPECIES[1:]], names=[name] * 8, explained=name, against=name
    ),
    named_inputs=("explained", "against"),
    inputs={
        "image": "1: Reed Lancer, named wrongly",
        "explained": "Explain the logit of",
        "against": "Set against",
        "cover": "Maps cover the picture",
        "change-4": "keep feature 4",
        "change-7": "keep feature 7",
        "change-5": "keep feature 5",
        "reset": "Undo all changes",
    },
    sliders={"cover": "80 %"},
    outputs=12 + 5 + 3 * 3 + 5 * 4,  # of all; a class; a feature explained; a feature of the two
    drawings=2 + 3 * 4,
    numbers=ExplainBird.numbers,
    sent=(
        Sent("image", 2, {"image": "2"}),
        Sent("explained", "Winter_Kite", {"explained": "Winter_Kite"}),
        Sent("against", "Reed_Lancer", {"against": "Reed_Lancer"}),
        Sent("dropped", [5], {"change-5": "drop"}),
        Sent("flipped", [["Winter_Kite", 7], ["Acorn_Jay", 2]], {"change-7": "flip"}),
        Sent("cover", 0.25, {"cover": "5"}),
    ),
    hands=(
        Hand("change-4", "ArrowRight", {"dropped": [4]}),
        Hand("change-4", "ArrowRight", {"dropped": [], "flipped": [["Winter_Kite", 4]]}),
        Hand("change-7", "ArrowLeft", {"flipped": [["Winter_Kite", 4], ["Winter_Kite", 7]]}),
        Hand("reset", "Enter", {"flipped": []}),
        Hand("cover", "ArrowLeft", {"cover": 0.75}),
        Hand("against", "ArrowDown", {"against": "Reed_Lancer"}),
        Hand("image", "ArrowRight", {"image": 1}),
        Hand("explained", "End", {"explained": "Tide_Plover"}),
    ),
    mark=Mark(".eb-bars .qsenn-fill", "fill", "qsenn"),
    pictures=("The picture: Reed Lancer", "What adds up to the logit of", "Logits of all classes"),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
        Spoilt(
            replaced('"pictures":{"side":64', '"pictures":{"side":32'), "its pictures arrived cut"
        ),
    ),
)

CONCEPT_NAMES = Sample(
    kind=ConceptNames,
    make=concept_names,
    other=lambda: concept_names({"alone": board(truth=None)}, threshold=0.5, feature=8, shown=2),
    named=called,
    named_inputs=("by",),
    inputs={
        "by": "Named by",
        "rule": "A name is right if it is",
        "threshold": "Threshold",
        "reset": "Back to chance",
        "feature": "3: a red crown, 0.80, named, rightly",
    },
    sliders={"threshold": "0.28"},
    outputs=1 + 13 + 6 + 6 + 1 + 3 + 2,  # level, tables; a feature; concepts, true ones, the name
    drawings=1 + 6,
    numbers=ConceptNames.numbers,
    sent=(
        Sent("threshold", 0.5, {"threshold": "50"}),
        Sent("rule", "group", {"rule": "group"}),
        Sent("feature", 8, {"feature": "8"}),
        Sent("by", "dense", {"by": "dense", "feature": "5"}),
    ),
    hands=(
        Hand("threshold", "ArrowRight", {"threshold": 0.29}),
        Hand("feature", "ArrowDown", {"feature": 5}),
        Hand("rule", "ArrowDown", {"rule": "among_three"}),
        Hand("by", "ArrowDown", {"by": "clip"}),
        Hand("reset", "Enter", {"threshold": None}),
        Hand("threshold", "End", {"threshold": 1}),
        Hand("by", "End", {"by": "dense"}),
    ),
    mark=Mark(".cn-top figure .qsenn-line", "stroke", "qsenn"),
    pictures=("At 0.28 4 of 6 features have a name", "Share of the features named rightly"),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
        Spoilt(replaced('"side":64', '"side":32'), "its pictures arrived cut"),
        Spoilt(replaced('"columns":[3,', '"columns":['), "features and scores arrived with other"),
        Spoilt(replaced('"boards":[', '"boards":[],"rest":['), "no board arrived"),
    ),
)

CODEBOOK_EXPLORER = Sample(
    kind=CodebookExplorer,
    make=lambda: explore_codes(codes=7),
    other=lambda: explore_codes(trained((3, 5), None), count=2, codes=5, code=2),
    named=lambda name: explore_codes(class_names=[name, *SPECIES[1:]], explained=name),
    named_inputs=("explained",),
    inputs={
        "image": "1: Reed Lancer",
        "codes": "Codes, K",
        "temperature": "Temperature",
        "plain": "plain cosines, no softmax",
        "explained": "Explain the logit of",
        "code": "Show the map of",
        "reason": "code 6",
    },
    sliders={"codes": "7", "temperature": "0.1"},
    outputs=2 + 4 + 3 + 5 + 5 + 4 * 5,  # sliders, facts, sums, the map; a class; a code
    drawings=2 + 4 * 3,
    numbers=CodebookExplorer.numbers,
    sent=(
        Sent("image", 4, {"image": "4"}),
        Sent("codes", 12, {"codes": "2"}),
        Sent("code", 1, {"code": "1"}),
        Sent("temperature", 0.2, {"temperature": "26"}),
        Sent("explained", "Winter_Kite", {"explained": "Winter_Kite"}),
        Sent("plain", True, {"plain": "true"}),
    ),
    hands=(
        Hand("codes", "ArrowRight", {"codes": 12}),
        Hand("temperature", "ArrowLeft", {"temperature": 0.089}),
        Hand("reason", "ArrowDown", {"code": ANY}),
        Hand("code", "End", {"code": 11}),
        Hand("plain", "Space", {"plain": True}),
        Hand("explained", "End", {"explained": "Tide_Plover"}),
        Hand("image", "ArrowRight", {"image": 1}),
        Hand("codes", "Home", {"codes": 4, "code": -1}),
    ),
    mark=Mark(".ce-row .protoquant-fill", "fill", "protoquant"),
    pictures=(
        "The picture, Reed Lancer, in 4 of 7 codes",
        "What the codes add to the logit of Reed Lancer, 2.48",
        "The largest logits, the first that of Reed Lancer",
    ),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
        Spoilt(replaced('"side":64', '"side":32'), "its pictures arrived cut"),
        Spoilt(replaced('"books":[', '"books":[],"rest":['), "no picture or no codebook arrived"),
        Spoilt(replaced('"classes":["Reed_Lancer",', '"classes":['), "codes, pictures and heads"),
    ),
)

CODE_BUDGET = Sample(
    kind=CodeBudget,
    make=code_budget,
    other=lambda: code_budget({"alone": budgets(0, (2, 4), 20)}, 20, weights="fitted", least=0.02),
    named=lambda name: code_budget({name: budgets(2)}, class_names=[name, *SPECIES[1:]], row=name),
    named_inputs=("codes", "row"),
    inputs={
        "codes": "Codes",
        "weights": "Weights",
        "kept": "Codes a class, k",
        "least": "Silence codes rarer than",
        "row": re.compile("^Reed Lancer"),
    },
    sliders={"kept": "5", "least": "0 %"},
    outputs=2 + 9 + 5 * 2 + 5 * 3,  # sliders, the tables; a class; a code
    drawings=2,
    numbers=CodeBudget.numbers,
    sent=(
        Sent("kept", 2, {"kept": "1"}),
        Sent("codes", "seven", {"codes": "seven"}),
        Sent("weights", "fitted", {"weights": "fitted"}),
        Sent("least", 0.0234, {"least": "23"}),
        Sent("row", "Winter_Kite", {"row": "Winter_Kite"}),
    ),
    hands=(
        Hand("kept", "ArrowLeft", {"kept": 3}),
        Hand("weights", "ArrowDown", {"weights": "fitted"}),
        Hand("least", "End", {"least": 0.05}),
        Hand("row", "ArrowDown", {"row": "Dune_Runner"}),
        Hand("codes", "ArrowDown", {"codes": "seven"}),
        Hand("kept", "Home", {"kept": 1}),
    ),
    mark=Mark(".cb-codes .protoquant-fill", "fill", "protoquant"),
    pictures=("Named rightly: 80 % with 5 codes a class", "Weights of Reed Lancer"),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
        Spoilt(replaced('"lists":[', '"lists":[],"rest":['), "no picture or no list of codes"),
        Spoilt(replaced('"count":12', '"count":11'), "scores and heads arrived with other sizes"),
    ),
)

SILENCED = {"kind": "silence", "code": 2, "label": None, "into": None}

CLASS_EDITOR = Sample(
    kind=ClassEditor,
    make=edit_class,
    other=lambda: edit_class(
        *(trained((5,))[0], 12),
        sets={"few": torch.arange(5)},
        image=3,
        edits=[Edit("silence", 2)],
    ),
    named=lambda name: edit_class(
        class_names=[name, *SPECIES[1:]], sets={name: torch.arange(9)}, edited=name
    ),
    named_inputs=("test", "edited"),
    inputs={
        "test": "Test pictures",
        "edited": "Edit the class",
        "image": "Picture",
        "code": re.compile(r"^code \d"),
        "zero": "Zero its weight in this class",
        "forbid": "Forbid it to this class",
        "silence": "Silence it in all classes",
        "remove": "Remove it from the softmax",
        "into": "Merge it into",
        "merge": "Merge it",
        "undo": "Undo the last edit",
        "reset": "Undo all edits",
        "log": "Log of edits",
    },
    sliders={"image": "1 of 4"},
    outputs=1 + 2 * 5 + 2 + 4 + 2 + 4 * 4,  # slider; a class; the picture, sums, log; a code
    drawings=1 + 2 * 4,
    numbers=ClassEditor.numbers,
    sent=(
        Sent("edits", [SILENCED], {}),
        Sent("image", 2, {"image": "2"}),
        Sent("test", "every third", {"test": "every third"}),
        Sent("edited", "Winter_Kite", {"edited": "Winter_Kite"}),
        Sent("code", 3, {"code": "3"}),
        Sent("into", 1, {"into": "1"}),
    ),
    hands=(
        Hand("image", "ArrowRight", {"image": 1}),
        Hand("code", "ArrowDown", {"code": ANY}),
        Hand("zero", "Enter", {"edits": ANY}),
        Hand("undo", "Enter", {"edits": []}),
        Hand("edited", "ArrowDown", {"edited": "Dune_Runner", "code": -1}),
        Hand("silence", "Enter", {"edits": ANY}),
        Hand("forbid", "Enter", {"edits": ANY}),
        Hand("into", "End", {"into": ANY}),
        Hand("merge", "Enter", {"edits": ANY}),
        Hand("remove", "Enter", {"edits": ANY}),
        Hand("test", "End", {"test": "every third"}),
        Hand("reset", "Enter", {"edits": []}),
    ),
    mark=Mark(".ed-row .protoquant-fill", "fill", "protoquant"),
    pictures=(
        "The picture, Reed Lancer",
        "What the codes of Reed Lancer add in it",
        "Share of each class named rightly: all, 0 edits",
    ),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
        Spoilt(replaced('"side":64', '"side":32'), "its pictures arrived cut"),
        Spoilt(replaced('"sets":[', '"sets":[],"rest":['), "no picture or no set arrived"),
        Spoilt(replaced('"classes":["Reed_Lancer",', '"classes":['), "codes, pictures and heads"),
    ),
)

PERTURBATION_PROBE = Sample(
    kind=PerturbationProbe,
    make=lambda: perturb(row=1, column=2),
    other=lambda: perturb(
        2,
        probes={"noise": probes(2)["noise"]},
        patches={"noise": patches()["noise"]},
        row=3,
        left=FAR,
        left_code=1,
    ),
    named=probed,
    named_inputs=("patch", "left", "right"),
    inputs={
        "image": "1: Reed Lancer",
        "patch": "Patch",
        "row": "Row",
        "column": "Column",
        "left": "Left",
        "left_code": "Show the map of",
        "right": "Right",
        "right_code": "Show the map of",
    },
    sliders={"row": "2", "column": "3"},
    outputs=2 + 2 * 7 + 6 * 3 + 5 * 3,  # sliders; each side; its codes, one chosen beside the five
    drawings=1 + 2 * 2,
    numbers=PerturbationProbe.numbers,
    sent=(
        Sent("column", 0, {"column": "0"}),
        Sent("row", 3, {"row": "3"}),
        Sent("image", 2, {"image": "2"}),
        Sent("patch", "noise", {"patch": "noise"}),
        Sent("left", FAR, {"left": FAR}),
        Sent("right", NEAR, {"right": NEAR}),
        Sent("left_code", 4, {"left_code": "4"}),
        Sent("right_code", 2, {"right_code": "2"}),
    ),
    hands=(
        Hand("column", "ArrowLeft", {"column": 1}),
        Hand("row", "End", {"row": 3}),
        Hand("patch", "ArrowDown", {"patch": "noise"}),
        Hand("left_code", "End", {"left_code": 6}),
        Hand("right_code", "ArrowDown", {"right_code": 0}),
        Hand("left", "ArrowDown", {"left": FAR, "left_code": -1}),
        Hand("right", "ArrowUp", {"right": NEAR, "right_code": -1}),
        Hand("image", "ArrowRight", {"image": 1}),
    ),
    mark=Mark(".pp-dot", "fill", "protoquant"),
    pictures=(
        "Reed Lancer, with white in row 2, column 3",
        "near-sighted: what changed most",
        "far-sighted: what changed most",
    ),
    spoilt=(
        Spoilt(half, "its data did not unpack"),
        Spoilt(replaced('"cargo":', '"cargo_":'), "its data did not unpack .*undefined"),
        Spoilt(replaced('"labels":[', '"labels":[],"rest":['), "no picture or no model arrived"),
        Spoilt(replaced('"patches":["white",', '"patches":['), "pictures, patches and models"),
        Spoilt(replaced('"side":64', '"side":32'), "its pictures arrived cut"),
    ),
)


CONTROLS = (
    PLAYGROUND,
    ALPHA_REPLAY,
    SALIENCY_COMPARE,
    DRAW_DIGIT,
    PATH_EXPLORER,
    TERNARY_THRESHOLD,
    EXPLAIN_BIRD,
    ITERATION_STEPPER,
    CONCEPT_NAMES,
    CODEBOOK_EXPLORER,
    CODE_BUDGET,
    CLASS_EDITOR,
    PERTURBATION_PROBE,
)

every_control = pytest.mark.parametrize("sample", CONTROLS, ids=lambda sample: sample.name)
