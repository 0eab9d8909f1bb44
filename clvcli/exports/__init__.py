"""Reading any export: files, dialect, records, roles, values, and the ledger that accounts for all of it."""

from clvcli.exports.ledger import Entry, Ledger, Reason
from clvcli.exports.reading import Reading, read
from clvcli.exports.roles import ROLES, Role
from clvcli.exports.understanding import Instructions

__all__ = ["ROLES", "Entry", "Instructions", "Ledger", "Reading", "Reason", "Role", "read"]
