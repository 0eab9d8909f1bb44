"""A gym whose members pay by the month until they leave, each with a chance of their own; the same on every run."""

from datetime import date

MEMBERS, MONTHS = 240, 24
CHANCES = (0.02, 0.05, 0.2, 0.6)


def gym():
    """Its payments as CSV, and in the column `ended_on` the day on which a contract ended; members join in both years."""
    return "\n".join(["customer_id,ordered_at,amount,ended_on", *(line for member in range(MEMBERS) for line in _payments(member))]) + "\n"


def _payments(member):
    """The lines of a member's payments; who is lost never comes back."""
    paid = []
    for month in range(member * 3 % MONTHS, MONTHS):
        paid.append(month)
        if (member * 7919 + month * 104729) % 1000 < 1000 * CHANCES[member % 4]:
            break
    ended = _day(member, paid[-1] + 1) if paid[-1] + 1 < MONTHS else ""
    return (f"m{member:03},{_day(member, month)},20,{ended}" for month in paid)


def _day(member, month):
    return date(2023 + month // 12, month % 12 + 1, member % 28 + 1)
