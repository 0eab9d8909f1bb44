"""Definition: what makes up a derived number: its column, its text, its labels if it is a CLV, and what it does badly."""

from __future__ import annotations

from dataclasses import dataclass

from clvcli.errors import Place
from clvcli.expression import Expression, parse
from clvcli.tables import Column, Unit


@dataclass(frozen=True)
class Labels:
    """The four labels without which a CLV is only a number."""

    basis: str
    scope: str
    horizon: str
    discounting: str


@dataclass(frozen=True)
class Formula:
    """One derived number; `labels` are there if it is a CLV, `pitfall` is what it does badly."""

    column: Column
    expression: Expression
    labels: Labels | None = None
    pitfall: str = ""

    @property
    def name(self) -> str:
        """Its name, in frames, in other formulas and on the command line."""
        return self.column.name


def formula(  # noqa: PLR0913 - a definition states everything about one number
    name: str,
    label: str,
    unit: Unit,
    text: str,
    description: str,
    *,
    source: str = "",
    labels: Labels | None = None,
    pitfall: str = "",
    place: Place | None = None,
) -> Formula:
    """The formula of `text`; raises ConfigError where the text isn't arithmetic."""
    where = place or Place(f"formula {name}", column=1, text=text)
    return Formula(Column(name, label, unit, description, source), parse(text, where), labels, pitfall)
