"""What may stand in the TOML file about what a model costs. No behaviour."""

from typing import Annotated

import msgspec

from understudy.config.schema_route import Dollars, about


class PriceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars: for a million tokens, or by another measure that a provider bills by."""

    input: Annotated[Dollars | None, about("A million tokens read.")] = None
    cache_read: Annotated[Dollars | None, about("A million read from a prompt cache.")] = None
    cache_write: Annotated[Dollars | None, about("A million written to a prompt cache.")] = None
    output: Annotated[
        Dollars | None, about("A million tokens written; 0 for what writes none (embeddings).")
    ] = None
    image_input: Annotated[
        Dollars | None, about("A million tokens of pictures that an image model reads.")
    ] = None
    search: Annotated[
        Dollars | None, about("One search of a rerank: a query with up to 100 documents.")
    ] = None
    picture: Annotated[Dollars | None, about("One picture that is drawn.")] = None
    characters: Annotated[Dollars | None, about("A million characters read out.")] = None
    minute: Annotated[Dollars | None, about("A minute of sound that is written down.")] = None
