import pytest
import torch
from part_toys import CLASSES, FEATURES, WORDS, flat, spoken_maps, words

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.codebook import Codebook, orthogonal_codes
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.learning import LearnSettings, learn_codes, losses_of
from fewbits.protoquant.mapping import fit_mapping

QUICK = LearnSettings(epochs=8, batch_size=20, learning_rate=0.05)


@pytest.fixture(scope="module")
def spoken():
    maps, labels = spoken_maps(80, 0)
    probe = fit_linear(
        maps.mean((2, 3)), labels, CLASSES, HeadSettings(epochs=30), 0, readable=False
    )
    return maps, labels, probe


def beginners(maps, count=2 * WORDS):
    codes = orthogonal_codes(count, FEATURES, torch.Generator().manual_seed(0))
    return Codebook(codes, fit_mapping("none", flat(maps)))


def test_both_losses_by_hand(spoken):
    maps, labels, probe = spoken
    codebook = Codebook(words(), fit_mapping("none", flat(maps)))
    task, dictionary, chosen = losses_of(codebook, probe, maps[:6], labels[:6])
    made = torch.empty(6, FEATURES, 3, 3)
    for image in range(6):
        for row in range(3):
            for column in range(3):
                vector = maps[image, :, row, column]
                cosines = [(vector @ c / c.norm()).item() for c in codebook.codes.detach()]
                made[image, :, row, column] = codebook.codes[cosines.index(max(cosines))].detach()
    expected = torch.nn.functional.cross_entropy(probe(made.mean((2, 3))), labels[:6])
    torch.testing.assert_close(task.detach(), expected)
    torch.testing.assert_close(dictionary.detach(), (made - maps[:6]).square().mean())
    assert chosen.shape == (6, 3, 3)


def test_pictures_made_of_learned_codes_are_told_rightly(spoken):
    maps, labels, probe = spoken
    codebook = beginners(maps)
    told = learn_codes(codebook, maps.__getitem__, labels, probe, QUICK, 0)
    assert told[-1].task < told[0].task / 2
    assert told[-1].dictionary < told[0].dictionary
    made, _ = codebook.quantise(maps)
    assert probe.accuracy(made.detach().mean((2, 3)), labels) == 1.0
    assert not codebook.training


def test_only_the_codes_learn(spoken):
    maps, labels, probe = spoken
    before = maps.clone(), probe.weights.clone()
    codebook = beginners(maps)
    learn_codes(codebook, maps.__getitem__, labels, probe, QUICK, 0)
    assert torch.equal(maps, before[0]) and torch.equal(probe.weights, before[1])
    assert maps.grad is None and [name for name, _ in codebook.named_parameters()] == ["codes"]


def test_the_same_seed_learns_the_same_codes(spoken):
    maps, labels, probe = spoken
    found = []
    for seed in (0, 0, 1):
        codebook = beginners(maps)
        learn_codes(codebook, maps.__getitem__, labels, probe, QUICK, seed)
        found.append(codebook.codes.detach())
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])


def test_usage_is_that_of_the_last_epoch_and_dead_codes_are_told(spoken):
    maps, labels, probe = spoken
    codebook = beginners(maps, 40)
    told = learn_codes(codebook, maps.__getitem__, labels, probe, QUICK, 0)
    assert int(codebook.usage.sum()) == 80 * 9
    assert told[-1].dead == len(codebook.dead()) > 0


def test_dead_codes_may_begin_again(spoken):
    maps, labels, probe = spoken
    dead = {}
    for restart in (False, True):
        codebook = beginners(maps, 40)
        settings = LearnSettings(8, 20, 0.05, restart=restart)
        dead[restart] = learn_codes(codebook, maps.__getitem__, labels, probe, settings, 0)[-1].dead
    assert dead[True] < dead[False]


def test_a_learning_that_was_killed_goes_on_with_the_same_codes(spoken, tmp_path):
    maps, labels, probe = spoken
    whole = beginners(maps)
    told = learn_codes(whole, maps.__getitem__, labels, probe, QUICK, 0)

    def stop(number, *_):
        if number == 3:
            raise KeyboardInterrupt

    file = tmp_path / "codes.pt"
    given = (maps.__getitem__, labels, probe, QUICK, 0, file)
    with pytest.raises(KeyboardInterrupt):
        learn_codes(beginners(maps), *given, stop)
    again = beginners(maps)
    assert learn_codes(again, *given) == told
    assert torch.equal(again.codes, whole.codes) and torch.equal(again.usage, whole.usage)
    other = LearnSettings(epochs=9, batch_size=20, learning_rate=0.05)
    with pytest.raises(UsageError, match=r"other settings \(epochs 8, expected 9\)"):
        learn_codes(beginners(maps), maps.__getitem__, labels, probe, other, 0, file)


def test_the_rate_rises_and_falls():
    from fewbits.protoquant.learning import _rate

    settings = LearnSettings(epochs=6, learning_rate=1e-3, floor=1e-5)
    rates = [_rate(settings, 10)(step) for step in range(61)]
    assert rates[9] == max(rates) == 1.0 and rates[0] == pytest.approx(0.1)
    assert rates[60] == pytest.approx(0.01)
    assert all(a > b for a, b in zip(rates[10:], rates[11:], strict=False))


def test_what_cannot_be_learned_is_told(spoken):
    maps, labels, probe = spoken
    with pytest.raises(UsageError, match="at least 1 epoch and 1 picture, got 0 and 80"):
        learn_codes(beginners(maps), maps.__getitem__, labels, probe, LearnSettings(0), 0)
    broken = maps.clone()
    broken[3] = float("nan")
    with pytest.raises(FewbitsError, match="became NaN in epoch 1"):
        learn_codes(beginners(maps), broken.__getitem__, labels, probe, QUICK, 0)
