"""Encodings: which letters the bytes of a text stand for."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.files import File
from clvcli.exports.months import months

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS: Mapping[str, tuple[str, ...]] = {
    "cp1252": ("àâæçéèêëîïôœùûüÿ", "àèéìíîòóùú", "äöüß", "áéíñóúü¿¡", "áâãàçéêíóôõúü", "åäöæøé"),
    "cp1257": ("āčēģīķļņōŗšūž", "ąčęėįšųūž", "äõöüšž"),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž"),
    "cp1251": ("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",),
    "shift_jis": (
        "ぁあいうえおかがきくけこさしすせそただちつてでとどなにのはばひふぶまみもやよらりるれろわをんアイウエオカガキギクグケコゴサシジスズセソタダチッテデトドナニネノハバパビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロワンー",
    ),
}
"""The letters beyond ASCII of the languages that each encoding was made for."""
_COMMON = set("€£¥§°ºª«»–—‘’“”„…™©®²³½¼·•×\u00a0 ")
"""Signs that may stand in any of them."""
_MONEY = re.compile(r"(?<![^\W\d_])(?:Kč|zł|лв|руб|грн)(?![^\W\d_])")
_MISPLACED = re.compile(r"(?<=[^\W\d_])[£¥³¼½]|[£¥³¼½](?=[^\W\d_])")
"""Signs that stand at a letter, where another encoding has letters."""
_CELL, _WORD = re.compile(r"[^\r\n,;|\t]+"), re.compile(r"[^\W\d_]{3,}")
_MOST_READ = 1 << 16
_MOST_SCORED = 1000
_MOSTLY = 0.3
"""The share of zero bytes at one place of every two from which on a text is UTF-16."""


@dataclass(frozen=True)
class Encoding:
    """An encoding by its Python name, and why it was taken, if it wasn't plain."""

    name: str
    why: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether a letter of ASCII takes more than one byte."""
        return self.name.startswith(("utf-16", "utf-32"))


def encoding_of(head: bytes, *, is_whole: bool) -> Encoding:
    """The encoding of a text by its first bytes, UTF-8 if they are; the one whose letters fit best if they aren't."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name, "" if name == "utf-8" else "a byte order mark says so")
    if name := _utf16(head):
        return Encoding(name, "every second byte is zero")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=is_whole)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        return Encoding(_likeliest(head), f"byte 0x{head[error.start]:02X} on line {line} isn't UTF-8")
    return Encoding("utf-8")


def encoding_of_all(file: File, supposed: Encoding) -> Encoding:
    """The encoding of a text that isn't in the one its first bytes suggest.

    Raises InputError if it was asked for by name, or if other lines have letters in the one supposed.
    """
    foreign = list(islice(_undecodable(file, supposed.name), _MOST_SCORED)) if not supposed.is_wide else []
    likeliest = _likeliest(b"".join(line for _, line, _ in foreign))
    advice = f"clv ... --encoding {likeliest}"
    if not foreign:
        raise InputError(Problem(f"what should be {supposed.name} can't be decoded", Place(file.name), "fetch it again"))
    number, _, byte = foreign[0]
    if supposed != Encoding("utf-8") or _has_letters(file):
        raise InputError(Problem(f"not {supposed.name}: byte 0x{byte:02X}", Place(file.name, number), advice))
    return Encoding(likeliest, f"byte 0x{byte:02X} on line {number} isn't UTF-8")


def _undecodable(file: File, name: str) -> Iterator[tuple[int, bytes, int]]:
    """The lines that can't be decoded, each with its number and its first byte that is wrong."""
    with file.open() as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode(name)
            except UnicodeDecodeError as error:
                yield number, line, line[error.start]


def _has_letters(file: File) -> bool:
    """Whether some line is UTF-8 beyond ASCII."""
    with file.open() as stream:
        return any(not line.isascii() and _is_utf8(line) for line in stream)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf16(head: bytes) -> str:
    half = len(head) // 2
    if not half:
        return ""
    even, odd = head[::2].count(0) / half, head[1::2].count(0) / half
    return "utf-16-le" if odd > _MOSTLY > even else "utf-16-be" if even > _MOSTLY > odd else ""


def _likeliest(head: bytes) -> str:
    """The encoding under which most words beyond ASCII are known, or else most letters those of one language; the most common of equals."""
    return max(_LETTERS, key=lambda name: (_known(name, head), _fit(name, head)))


def _known(name: str, head: bytes) -> int:
    """How many names of columns, words for a status, names of months and of money have letters beyond ASCII."""
    from clvcli.exports.names import is_known, vocabulary

    text = head[:_MOST_READ].decode(name, errors="replace")
    cells = {cell.strip(" \"'") for cell in _CELL.findall(text) if not cell.isascii()}
    names = {word for cell in cells for word in _WORD.findall(cell.lower()) if not word.isascii()}
    return sum(is_known(cell) or cell.lower() in vocabulary() for cell in cells) + len(names & months().keys()) + bool(_MONEY.search(text))


def _fit(name: str, head: bytes) -> float:
    text = head.decode(name, errors="replace")
    foreign = [c for c in text if c > "\x7f" and c not in _COMMON] + _MISPLACED.findall(text)
    wrong = sum(c == "\ufffd" or not c.isprintable() for c in foreign)
    if not foreign or wrong > len(foreign) * 0.1:
        return 0.0 if foreign else float(not wrong)
    return max(sum(c.lower() in letters for c in foreign) for letters in map(set, _LETTERS[name])) / len(foreign)
