"""Digits, made-up maps of several kinds, made-up curves: what SaliencyCompare is tested with."""

import functools

import torch

from fewbits.data import load

MODELS = ("float, seed A", "float, seed B", "4 bits", "2 bits")
METHODS = ("signed", "sparse", "coarse", "weak")
CLASSES = tuple("0123456789")
digits = functools.cache(lambda: load("digits").test)


def comparison(count=3, models=MODELS, methods=METHODS, steps=28):
    """Arguments of SaliencyCompare: ``sparse`` is 0 outside the ink and ``coarse`` full of ties.

    ``weak`` is ten times weaker in each further model; any other method is noise. The last model
    is wrong on image 0.
    """
    test = digits()
    images, labels = test.images[:count] / 255, test.labels[:count].long()
    generator = torch.Generator().manual_seed(7)
    common = torch.randn(count, 28, 28, generator=generator)
    maps, logits, curves = {}, {}, {}
    for number, model in enumerate(models):
        own = torch.randn(count, 28, 28, generator=generator)
        mixed = common + (0.3 + 0.4 * number) * own
        kinds = {
            "signed": mixed.sign() * mixed.square(),
            "sparse": (mixed * images[:, 0]).relu(),
            "coarse": (2 * mixed).round() / 2,
            "weak": mixed * 0.1**number,
        }
        for name in methods:
            if name not in kinds:
                kinds[name] = torch.randn(count, 28, 28, generator=generator)
        maps[model] = {name: kinds[name] for name in methods}
        right = torch.nn.functional.one_hot(labels, len(CLASSES)).float()
        logits[model] = 6 * right + torch.randn(count, len(CLASSES), generator=generator)
        falls = torch.rand(count, len(methods), steps + 1, generator=generator)
        falls = falls.sort(dim=-1, descending=True).values.unbind(1)
        curves[model] = dict(zip(methods, falls, strict=True))
    logits[models[-1]][0, (labels[0] + 1) % len(CLASSES)] += 9
    return {
        "images": images,
        "labels": labels,
        "maps": maps,
        "logits": logits,
        "curves": curves,
        "class_names": CLASSES,
        "seeds": MODELS[:2] if {*MODELS[:2]} <= {*models} else None,
    }
