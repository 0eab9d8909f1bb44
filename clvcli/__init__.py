"""clv: customer lifetime value from a shop's own order export."""

__version__ = "0.1.0"
