"""Reading any export: files, dialect, records, roles, values, and the ledger that accounts for all of it."""

from clvcli.exports.ledger import Entry, Ledger, Reason
from clvcli.exports.reading import Instructions, Reading, read
from clvcli.exports.roles import ROLES, Role

__all__ = ["ROLES", "Entry", "Instructions", "Ledger", "Reading", "Reason", "Role", "read"]
