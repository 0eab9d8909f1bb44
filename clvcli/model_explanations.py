"""Model explanations: what each model, each of its parameters and each baseline is, as `clv explain` and the reference tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from clvcli.baselines import BASELINES
from clvcli.forecasts import MODELS
from clvcli.models.assumptions import ASSUMPTIONS
from clvcli.models.bg_bb import BG_BB
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.gamma_gamma import GAMMA_GAMMA
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.meanings import MEANINGS
from clvcli.models.nbd import NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.models.sbg import SBG
from clvcli.newcomers import AS_BEFORE
from clvcli.tables import Unit

_UNITS = ("days", "money")
"""With what the meaning of a parameter begins that is no pure number."""
_NUMBER = "a number without a unit"
_PARAMETER = "One number for all customers, which a model learns from how they bought: the value at which what was seen is likeliest."
_VARIANT = "a variant in clv backtest: a model with a simpler guess of spend"
_BASELINE = "a baseline of clv backtest: what a model must beat"


@dataclass(frozen=True)
class Told:
    """What is said of a name: what it is called, and aspects with their texts, first what it is.

    What `is_compared` is neither a model nor a baseline of all customers, but stands beside them in a back-test.
    """

    label: str
    rows: tuple[tuple[str, str], ...]
    is_compared: bool = False


class Model(Protocol):
    """What every model says of itself."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

    @property
    def label(self) -> str:
        """Its name as papers have it."""

    @property
    def source(self) -> str:
        """The paper it comes from."""


EXPLAINED: tuple[Model, ...] = (BG_NBD, MBG_NBD, PARETO_NBD, NBD, BG_BB, SBG, GAMMA_GAMMA)
"""Every model, those of buying first."""


def told() -> dict[str, Told]:
    """What is said of each model, parameter, baseline and variant, by name."""
    parameters = dict.fromkeys(parameter for model in EXPLAINED for parameter in MEANINGS[model.name])
    return {
        **{name: _of_parameter(name) for name in parameters},
        **dict(_variants()),
        **{b.name: Told(b.label, (("what", b.description), ("kind", _BASELINE), ("source", b.source))) for b in BASELINES},
        AS_BEFORE: Told(_BEFORE, (("what", _AS_BEFORE), ("kind", "a baseline of new customers in clv backtest")), is_compared=True),
        **{model.name: Told(model.label, tuple(_of_model(model))) for model in EXPLAINED},
    }


_BEFORE = "as customers won before"
_AS_BEFORE = "What customers won before the cut brought in as many days after their first order, each."


def unit(model: str, parameter: str) -> str:
    """What a parameter counts, with which its meaning begins if that is days or money.

    >>> unit("bg_nbd", "alpha"), unit("gamma_gamma", "v"), unit("sbg", "alpha")
    ('days', 'money', 'a number without a unit')
    """
    first = MEANINGS[model][parameter].partition(";")[0]
    return first if first in _UNITS else _NUMBER


def _of_model(model: Model) -> Iterator[tuple[str, str]]:
    known = ASSUMPTIONS[model.name]
    yield "what", known.what
    yield "kind", known.use
    yield from _listed("assumes", known.assumes)
    yield "pitfall", known.pitfall
    yield "source", model.source
    yield from MEANINGS[model.name].items()


def _of_parameter(name: str) -> Told:
    """A parameter in each model that has one of that name; what it says in several is said once."""
    having = [model for model in EXPLAINED if name in MEANINGS[model.name]]
    meanings: dict[str, list[str]] = {}
    units: dict[str, list[str]] = {}
    for model in having:
        meanings.setdefault(MEANINGS[model.name][name], []).append(model.label)
        units.setdefault(unit(model.name, name), []).append(model.label)
    rows = (
        ("what", _PARAMETER),
        *_listed("unit", [f"{of}, in {', '.join(labels)}" if len(units) > 1 else of for of, labels in units.items()]),
        *_listed("meaning", [f"{', '.join(labels)}: {meaning}" for meaning, labels in meanings.items()]),
        *_listed("source", [f"{model.label}: {model.source}" for model in having]),
    )
    return Told("a parameter of models", rows)


def _listed(aspect: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """One aspect with several texts."""
    for number, text in enumerate(texts):
        yield "" if number else aspect, text


def _variants() -> Iterator[tuple[str, Told]]:
    """The first model with simpler guesses of spend, as a back-test has them."""
    spends: Mapping[str, tuple[str, str]] = {
        "own_mean": ("own mean", "the mean spend of each customer's own repeat days, or of all where there is none"),
        "aov": ("AOV", "the mean spend of all customers' repeat days"),
    }
    for model in (*MODELS.values(), NBD):
        for suffix, (label, spend) in spends.items():
            rows = (("what", f"The orders that {model.label} expects × {spend}."), ("kind", _VARIANT), ("unit", Unit.MONEY.value))
            yield f"{model.name}_{suffix}", Told(f"{model.label} × {label}", rows, is_compared=True)
