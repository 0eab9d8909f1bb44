"""Remarks: what is said of how an answer came about, to machines and to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clvcli import __version__
from clvcli.config import Loaded
from clvcli.exports import Ledger, Reading
from clvcli.exports.ledger import counted
from clvcli.periods import Window, date_of
from clvcli.privacy import redacted

_OF_THE_RUN = {
    "orders", "columns", "formulas", "segments", "show",
    "report", "snapshots", "compare", "keep", "fail_if", "on_success", "on_failure", "show_ids",
}  # fmt: skip
"""The keys of the config on which no number depends, or that the tables tell; commands may hold secrets, too."""


def facts(loaded: Loaded, reading: Reading, window: Window) -> dict[str, Any]:
    """What machines are told of how an answer came about."""
    period = None if window.period is None else {
        "name": window.period.word,
        "start": date_of(window.current_start).isoformat(),
        "end": date_of(window.as_of).isoformat(),
        "previous_start": date_of(window.previous_start).isoformat(),
    }  # fmt: skip
    settings = _without_secrets(loaded.config.model_dump(mode="json", exclude=_OF_THE_RUN))
    return {
        "version": __version__,
        "as_of": date_of(window.as_of).isoformat(),
        "period": period,
        "currency": reading.currency or None,
        "settings": settings,
        "ledger": reading.ledger.as_json(),
    }


def _without_secrets(value: Any) -> Any:
    """Settings without the passwords that stand in the names of files."""
    if isinstance(value, dict):
        return {key: _without_secrets(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_secrets(one) for one in value]
    return redacted(value) if isinstance(value, str) else value


def remarks(loaded: Loaded, reading: Reading, window: Window, more: Sequence[str] = ()) -> tuple[str, ...]:
    """What people are told of how an answer came about."""
    money = [f"money in {reading.currency}"] if reading.currency else []
    span = [f"period: {window.period.word} {date_of(window.current_start)} to {date_of(window.as_of)}"] if window.period else []
    chosen = [f"{loaded.config.period} as asked"] if loaded.config.period != "auto" else ["the longest that fits twice"]
    known = " · ".join(
        [f"{date_of(window.first_day)} to {date_of(window.as_of)}", *(f"{s} ({c})" for s, c in zip(span, chosen, strict=False)), *money]
    )
    repaired = list(dict.fromkeys(repair for one in reading.records for repair, _ in one.repairs))
    used = [f"repaired: {'; '.join(repaired)}"] if repaired else []
    used += [f"config: {loaded.path}"] if loaded.path else []
    if "cost" in reading.roles.of and loaded.config.margin is not None and not reading.records_without_cost:
        used.append("margin: from the cost column, which is full; the configured margin isn't used")
    return (known, account(reading.ledger), *_doubts(reading), *more, *used)


def _doubts(reading: Reading) -> tuple[str, ...]:
    """What is doubtful of the data, and files that say nothing of orders."""
    idle = reading.idle
    unread = [f"not orders, and not read: {', '.join(idle)}"] if idle else []
    return tuple(f"look at this: {note}" for note in reading.notes) + tuple(unread)


def account(ledger: Ledger) -> str:
    """The ledger in one line, with its money."""
    return f"{ledger}; {counted(ledger.orders, 'order')}; {ledger.money}"


def unread() -> dict[str, Any]:
    """The facts of a report for which no orders were read."""
    return {"version": __version__, **dict.fromkeys(("as_of", "period", "currency", "settings", "ledger"))}
