"""MBG/NBD: BG/NBD whose customers may leave right after the first purchase too."""

from __future__ import annotations

from clvcli.models.bg_nbd import BgNbd

MBG_NBD = BgNbd(
    "mbg_nbd",
    "MBG/NBD",
    "Batislam, Denizel & Filiztekin 2007, Empirical Validation and Comparison of Models for Customer Base Analysis, IJRM 24(3)",
    at_first=1,
)
