"""Pseudonyms: customer ids replaced by a keyed hash, the same on every run with the same key.

A pseudonym is the first 16 hex digits of HMAC-SHA256 of the id in UTF-8 (RFC 2104). Who has the key can find out whose it
is by trying ids, so it stays personal data (GDPR, article 4 (5)).
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.masking import AnyReport, said_anew
from clvcli.privacy import ADDRESS, ID_COLUMNS
from clvcli.tables import Table

VARIABLE = "CLV_PSEUDONYM_KEY"
FILE_VARIABLE = "CLV_PSEUDONYM_KEY_FILE"
DIGITS = 16
SHORTEST_KEY = 16
_HOW = f"openssl rand -hex 32 > key\nexport {FILE_VARIABLE}=key"
_AS_IN_THE_FILE = frozenset({("columns", "sample"), ("rejects", "value")})
"""The columns of tables that show what stands in the export, ids among it; they are left empty."""
_KEY_ID = b"\0clv key"
"""What no id can be: its keyed hash names the key."""


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms of one key."""

    key: bytes = field(repr=False)

    @cached_property
    def key_id(self) -> str:
        """Eight hex digits by which a key is known again without being told."""
        return self._digest(_KEY_ID)[:8]

    def of(self, identity: str) -> str:
        """The pseudonym of an id."""
        return self._digest(identity.encode())[:DIGITS]

    def of_key(self, by: Sequence[str], key: Sequence[object]) -> tuple[object, ...]:
        """What tells a group of customers apart by the attributes `by`, with a pseudonym for each id and each e-mail address in it."""
        return tuple(
            value if not isinstance(value, str) else self.of(value) if name in ID_COLUMNS else _without_addresses(value, self)
            for name, value in zip(by, key, strict=True)
        )

    def of_all(self, ids: Iterable[str]) -> dict[str, str]:
        """The pseudonym of each id; raises InputError if two share one."""
        found = {one: self.of(one) for one in ids}
        if len(set(found.values())) < len(found):
            raise InputError(Problem("two customers would have the same pseudonym. Nothing was written", hint="make another key"))
        return found

    def over(self, report: AnyReport) -> AnyReport:
        """The report with a pseudonym wherever an id stands, and an e-mail address wherever it stands."""
        return pseudonymised(report, self)

    def _digest(self, message: bytes) -> str:
        return hmac.digest(self.key, message, "sha256").hex()


def of_environment() -> Pseudonyms:
    """The pseudonyms of the key in the environment, or in the file that it names; raises UsageError if there is none that will do."""
    given, name = os.environ.get(VARIABLE, ""), os.environ.get(FILE_VARIABLE, "")
    if given and name:
        raise UsageError(Problem(f"both {VARIABLE} and {FILE_VARIABLE} are set", hint=f"unset {VARIABLE}"))
    if not given and not name:
        raise UsageError(Problem("--pseudonymize needs a key, and there is none", hint=_HOW))
    key = given.strip().encode(errors="surrogateescape") if given else _read(name)
    if len(key) < SHORTEST_KEY:
        problem = f"the key for pseudonyms has {len(key)} bytes; with fewer than {SHORTEST_KEY} it could be guessed"
        raise UsageError(Problem(problem, Place(name), _HOW))
    return Pseudonyms(key)


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes().strip()
    except OSError as error:
        raise UsageError(Problem(f"the key for pseudonyms can't be read: {error.strerror}", Place(name), _HOW)) from None


def pseudonymised(report: AnyReport, pseudonyms: Pseudonyms) -> AnyReport:
    """The report with a pseudonym wherever an id stands, and an e-mail address wherever it stands."""
    columns = [v for t in report.tables for v in t.frame.iter_columns() if v.dtype == pl.String and (t.name, v.name) not in _AS_IN_THE_FILE]
    ids = {one for values in columns if values.name in ID_COLUMNS for one in values.drop_nulls().unique()}
    texts = {one for values in columns if values.name not in ID_COLUMNS for one in values.filter(values.str.contains("@", literal=True))}
    names = pseudonyms.of_all(ids | {address for text in texts for address in ADDRESS.findall(text)})
    tables = tuple(_renamed(table, names, pseudonyms) for table in report.tables)
    facts = {**report.facts, "pseudonym_key": pseudonyms.key_id}
    told = f"customers are pseudonyms by the key {pseudonyms.key_id}, and still personal data"
    remarks = (*(_without_addresses(remark, pseudonyms) for remark in report.remarks if remark != told), told)
    named = replace(report, tables=tables, facts=facts, remarks=remarks, customers=None)
    return said_anew(named, lambda text: _without_addresses(text, pseudonyms))


def _renamed(table: Table, names: Mapping[str, str], pseudonyms: Pseudonyms) -> Table:
    columns = []
    for values in table.frame.iter_columns():
        if (table.name, values.name) in _AS_IN_THE_FILE:
            columns.append(pl.Series(values.name, [None] * len(values), dtype=pl.String))
        elif values.dtype == pl.String and values.name in ID_COLUMNS:
            columns.append(pl.Series(values.name, [one if one is None else names[one] for one in values], dtype=pl.String))
        elif values.dtype == pl.String and values.str.contains("@", literal=True).any():
            told = [one if one is None else _without_addresses(one, pseudonyms) for one in values]
            columns.append(pl.Series(values.name, told, dtype=pl.String))
        else:
            columns.append(values)
    notes = tuple(_without_addresses(note, pseudonyms) for note in table.notes)
    return replace(table, title=_without_addresses(table.title, pseudonyms), frame=pl.DataFrame(columns), notes=notes)


def _without_addresses(text: str, pseudonyms: Pseudonyms) -> str:
    """A text with the pseudonym of each e-mail address in it, in small letters as ids are."""
    return ADDRESS.sub(lambda found: pseudonyms.of(found[0].lower()), text) if "@" in text else text
