"""Verdict: one sentence on which figure to believe, by what this shop's customers did after past days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from clvcli.backtest import Forecast, Trial
from clvcli.newcomers import Newcomers
from clvcli.periods import date_of

_FAR_OFF = 0.5
"""An error of half of what came, from which a figure isn't to be used as a forecast."""
_SPOT_ON = 0.005


def verdict(trials: Sequence[Trial], shown: Sequence[str], new: Newcomers | None = None) -> str:
    """What came nearest to the money that followed, how far the headline was off, and which formula was farthest off.

    The headline is the first of `shown` that forecast something. Of several cuts it is the mean error that counts, whatever its sign.
    With newcomers after the last cut, it is also said how far the headline was off for them.
    """
    known = _errors(trials)
    if not known:
        return f"{_when(trials)}: {_nothing(trials)}"
    nearest, *others = sorted(known, key=lambda name: fmean(map(abs, known[name])))
    forecasts = trials[-1].by_name
    formulas = [name for name in others if forecasts[name].kind == "formula"]
    own = next((name for name in shown if name in forecasts), None)
    told = [name for name in dict.fromkeys((own, *formulas[-1:])) if name in formulas]
    parts = [f"{_called(forecasts[nearest])} came nearest, {_words(known[nearest])}{_advice([nearest], known)}"]
    near, far = ([name for name in told if _is_far_off(known[name]) is far_off] for far_off in (False, True))
    parts += [_told(names, known) for names in (near, far) if names]
    told_of_new = new.bias(own) if new and own else None
    if new and told_of_new is not None:
        parts.append(f"of what new customers then brought in their first {new.days} days {own} was {_words([told_of_new])}")
    return f"{_when(trials)}: {'; '.join(parts)}"


def _errors(trials: Sequence[Trial]) -> dict[str, list[float]]:
    """The error of each forecast of money at each cut, of those that are known at all of them; variants of a model stand back."""
    biases = [
        {name: held.bias for name, held in test.of_money.items() if held.bias is not None and test.by_name[name].kind != "variant"}
        for test in trials
    ]
    return {name: [each[name] for each in biases] for name in biases[-1] if all(name in each for each in biases)}


def _when(trials: Sequence[Trial]) -> str:
    if len(trials) == 1:
        cut = trials[0].cut
        return f"cut on {date_of(cut.day)} and held against the {cut.days:,} days after it"
    return f"cut on {', '.join(str(date_of(test.cut.day)) for test in trials)} and held against what followed"


def _nothing(trials: Sequence[Trial]) -> str:
    """That there is nothing to hold a forecast against, and after which of several cuts."""
    days = [date_of(test.cut.day) for test in trials if any(held.bias is None for held in test.of_money.values())]
    after = f"after {' and '.join(map(str, days))} " if len(trials) > 1 else ""
    return f"{after}customers brought nothing, so there is nothing to hold a forecast against"


def _called(forecast: Forecast) -> str:
    """What people call a forecast: a formula by the name they type, a model by that of its paper, a baseline as what it is."""
    return {"formula": forecast.name, "baseline": f"the baseline '{forecast.label}'"}.get(forecast.kind, forecast.label)


def _told(names: Sequence[str], known: Mapping[str, Sequence[float]]) -> str:
    return f"{' and '.join(f'{name} was {_words(known[name])}' for name in names)}{_advice(names, known)}"


def _words(errors: Sequence[float]) -> str:
    """How far off a forecast was.

    >>> _words([-0.031]), _words([1.64]), _words([0.001]), _words([-0.2, 0.3])
    ('3% too low', '164% too high', 'right to 0.5%', '25% off on average')
    """
    off = fmean(map(abs, errors))
    if off < _SPOT_ON:
        return f"right to {100 * _SPOT_ON:g}%"
    if len({error > 0 for error in errors}) > 1:
        return f"{off * 100:,.0f}% off on average"
    return f"{off * 100:,.0f}% too {'high' if errors[0] > 0 else 'low'}{' on average' if len(errors) > 1 else ''}"


def _advice(names: Sequence[str], known: Mapping[str, Sequence[float]]) -> str:
    if not any(_is_far_off(known[name]) for name in names):
        return ""
    return f": don't take {'it for a forecast' if len(names) == 1 else 'them for forecasts'} here"


def _is_far_off(errors: Sequence[float]) -> bool:
    return fmean(map(abs, errors)) > _FAR_OFF
