"""A loop of three passes over few features: each pass moves what the pictures' features are."""

from functools import cache

import torch
from path_samples import CLASSES, TIGHT, features_and_labels

from fewbits import glm
from fewbits.glm import Standardization
from fewbits.qsenn.moments import Moment
from fewbits.qsenn.rounding import Rounding

PASSES = 3


@cache
def steps(passes=PASSES, features=9):
    """Moments, and the features of other pictures before the first pass and after each."""
    (train, labels), (test, others) = (features_and_labels(60, s, features) for s in (0, 1))
    generator = torch.Generator().manual_seed(2)
    moments, tables = [], [test]
    for place in range(1, passes + 1):
        path = glm.fit_path(train, labels, len(CLASSES), lambdas=6, tolerance=TIGHT)
        how, fit = path.standardization, path.last
        layer = Rounding(2, bias="solved")(fit, how.apply(train), labels)
        moments += [
            Moment(place, "fitted", fit.weights, fit.bias, how),
            Moment(place, "rounded", layer.weights, layer.bias, how),
        ]
        # Training, in short: features rise where the layer speaks for a class, and drift a little.
        train, test = (
            table + 0.3 * layer.codes.float()[of] + torch.randn(table.shape, generator=generator)
            for table, of in ((train, labels), (test, others))
        )
        after = Standardization(how.mean + 0.1, 1.1 * how.scale, how.constant)
        moments.append(Moment(place, "tuned", layer.weights, layer.bias, after))
        tables.append(test)
    return tuple(moments), tuple(tables), others
