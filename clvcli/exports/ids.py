"""Ids: text that stands for somebody or something, freed of what programs put around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import capwords
from typing import Any

import polars as pl

from clvcli.errors import Place, Problem
from clvcli.privacy import is_name

VALUE = "value"
"""The name under which the values of one column are looked at."""
NOTHING = ("null", "NULL", "None", "NaN", "nan", "N/A", "n/a", "NA", "#N/A", "\\N", "<NA>", "-", "--", "–", "—")
"""Words that stand for an empty field."""
NOBODY = (
    "0", "-1", "guest", "(not set)", "anonymous", "anonym", "none", "null", "n/a", "unknown", "undefined", "guest checkout", "no customer",
    "walk-in", "walk in", "ospite", "anonimo", "gast", "laufkunde", "invité", "anonyme", "invitado", "anónimo", "convidado", "anônimo",
    "viesis", "anonīms", "(none)", "n.a.", "guest customer", "guest user", "not logged in", "walk-in customer", "walk in customer",
    "default customer", "cash customer", "cash sale", "cash", "gastbestellung", "gastkunde", "laufkundschaft", "barverkauf", "barzahler",
    "diverse", "diverse kunden", "kein kunde", "unbekannt", "cliente generico", "cliente ospite", "cliente al banco", "cliente occasionale",
    "cliente anonimo", "consumatore finale", "sconosciuto", "client de passage", "client comptoir", "client occasionnel", "client anonyme",
    "inconnu", "cliente genérico", "cliente anónimo", "cliente mostrador", "mostrador", "cliente ocasional", "clientes varios",
    "público en general", "publico en general", "desconocido", "consumidor final", "cliente avulso", "desconhecido", "gadījuma pircējs",
    "anonīms pircējs", "privātpersona", "nezināms", "0.0", "00000", "000000", "00000000",
)  # fmt: skip
"""Ids, in small letters, that stand for nobody."""
BLANK = pl.col(VALUE).is_null() | pl.col(VALUE).str.strip_chars().is_in(("", *NOTHING))
"""Whether a value is empty or says that it is."""
INVISIBLE = r"[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\x00]"
_SPACES = " \t\r\n\u00a0\u2007\u202f\u3000"
_LONGEST_NOTHING = max(map(len, NOTHING))


def are_names(values: Sequence[str]) -> bool:
    """Whether most of some values are names of people or firms: several words without a digit."""
    given = [value.strip() for value in values if value.strip()]
    return sum(map(is_name, given)) > len(given) / 2


def tidied(text: pl.Expr) -> pl.Expr:
    """An id without blanks, invisible marks and what makes spreadsheets take it for text; null where it says that there is none."""
    seen = text.str.replace_all(INVISIBLE, "").str.strip_chars(_SPACES)
    bare = seen.str.replace(r'^="(.*)"$', "$1").str.replace(r"^'(.+)$", "$1").str.strip_chars(_SPACES)
    return pl.when(~bare.is_in(("", *NOTHING))).then(bare)


def are_tidy(orders: pl.DataFrame, *names: str) -> bool:
    """Whether `tidied` would change none of the ids in these columns."""
    asked = [expression.alias(f"{what}:{name}") for name in names for what, expression in _looks(pl.col(name)).items()]
    found = orders.lazy().select(asked).collect().row(0, named=True)
    return all(_is_tidy(orders[name], {what: found[f"{what}:{name}"] for what in _looks(pl.col(name))}) for name in names)


def _looks(ids: pl.Expr) -> dict[str, pl.Expr]:
    """What tells most columns of ids that are tidy from those that may not be."""
    size = ids.str.len_bytes()
    return {
        "least": ids.min(),
        "trails": ids.str.ends_with(" ").any(),
        "shortest": size.min(),
        "bytes": size.sum(),
        "letters": ids.str.len_chars().sum(),
    }


def _is_tidy(ids: pl.Series, found: Mapping[str, Any]) -> bool:
    """The same for one column, by what is known of all its values; the least of them says which marks none begins with."""
    marks = [mark for mark in (" ", "=", "'") if (found["least"] or "")[:1] <= mark]
    if found["trails"] or any(ids.str.starts_with(mark).any() for mark in marks):
        return False
    if (found["shortest"] or 0) <= _LONGEST_NOTHING and ids.filter(ids.str.len_bytes() <= _LONGEST_NOTHING).is_in(("", *NOTHING)).any():
        return False
    if found["bytes"] == found["letters"]:
        return True
    foreign = ids.filter(ids.str.len_bytes() != ids.str.len_chars())
    return bool((pl.DataFrame({VALUE: foreign}).select(tidied(pl.col(VALUE)))[VALUE] == foreign).all())


def least_of(ids: pl.Series) -> str:
    """The id that comes first in the order of letters: no other begins with a lesser one."""
    return str(ids.min() or "")


def is_nobody(text: pl.Expr) -> pl.Expr:
    """Whether an id stands for nobody."""
    return text.str.to_lowercase().is_in(NOBODY)


def may_name_nobody(ids: pl.Series) -> bool:
    """Whether some of these ids stand for nobody, spelled in one of the usual ways; at the price of comparing numbers."""
    spelled = pl.Series(
        [form for word in NOBODY for form in (word, word.upper(), word.capitalize(), word.title(), capwords(word))], dtype=pl.String
    ).unique()
    return bool(ids.hash().is_in(spelled.hash().implode()).any())


def folded_address(text: pl.Expr) -> pl.Expr:
    """An id that is an e-mail address in small letters; any other as it is."""
    return pl.when(text.str.contains("@", literal=True)).then(text.str.to_lowercase()).otherwise(text)


def typed(text: str) -> str:
    """A value as a command that is to be typed needs it."""
    return "'" + text.replace("'", "'\\''") + "'"


def rounded(ids: pl.Series, column: str, file: str) -> Problem | None:
    """What to say of ids that a spreadsheet rounded; None if there are none."""
    found = ids.filter(ids.str.contains(r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2}$"))
    if not len(found):
        return None
    problem = (
        f"[{column}] ids were rounded by a spreadsheet, as in '{found[0]}': {len(found):,} orders, different ids left: {found.n_unique():,}"
    )
    return Problem(f"{problem}. Nothing was dropped", Place(file), "export again, and don't save the file from a spreadsheet")
