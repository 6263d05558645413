"""One currency for sums of several, by the rates that the playbook gives."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from qualification.rules.values.money import minor_digits


def summed(minor: Mapping[str, int], own: str, rates: Mapping[str, Decimal]) -> dict[str, int]:
    """Bring sums, in minor units by their currency, to the `own` one as far as there are rates.

    A rate is what one unit is worth in `own`. What has none keeps its currency; `own` comes first, then by code.
    Rounded once, to the nearest minor unit of `own`, halves to even.
    """
    whole = Decimal()
    apart: dict[str, int] = {}
    for currency, amount in sorted(minor.items()):
        rate = Decimal(1) if currency == own else rates.get(currency)
        if rate is None:
            apart[currency] = amount
        else:
            whole += Decimal(amount).scaleb(minor_digits(own) - minor_digits(currency)) * rate
    return {own: int(whole.quantize(Decimal(1), ROUND_HALF_EVEN))} | apart
