"""Prices in words, for tables that people read."""

from understudy.providers.price import Price


def in_words(price: Price) -> str:
    """Say what is known: dollars for a million tokens, read and written, and by other measures.

    `2.5 / 10`, `0.002 a search`; "-" is not known.
    """
    others = (
        (price.search, "a search"),
        (price.picture, "a picture"),
        (price.characters, "a million characters"),
        (price.minute, "a minute"),
    )
    said = [f"{cost:g} {measure}" for cost, measure in others if cost is not None]
    if not said or price.input is not None:
        costs = (price.input, price.output)
        said.insert(0, " / ".join("-" if cost is None else f"{cost:g}" for cost in costs))
    return ", ".join(said)
