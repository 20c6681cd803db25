"""What may stand in the TOML file about an engine that understudy starts itself. No behaviour."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from understudy.config.schema_route import Text, about
from understudy.config.values import ByteCount, Seconds

Count: TypeAlias = Annotated[int, Meta(ge=1, le=1024)]
ContextTokens: TypeAlias = Annotated[int, Meta(ge=64, le=10_000_000)]


class EngineTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The engine that serves `model_file`: how large it may get, and when it runs."""

    memory: Annotated[
        ByteCount | None,
        about(
            "The most it may take, the file included. A file that does not fit is refused, an "
            "engine that grows beyond it is ended. Left out: half of this machine's memory."
        ),
    ] = None
    context: Annotated[
        ContextTokens, about("Tokens of prompt and answer together, for each request.")
    ] = 4096
    parallel: Annotated[Count, about("Requests that it answers at once; others wait.")] = 1
    threads: Annotated[
        Count | None, about("Threads that compute. Left out: all processors but one.")
    ] = None
    warm: Annotated[
        Literal["amber", "demand", "always"],
        about(
            "When it is started: `amber`, as soon as the first target of a route that it is in is "
            "not well; `demand`, with the first request for it; `always`, with the gateway."
        ),
    ] = "amber"
    cool_after: Annotated[
        Seconds,
        about("How long it stays when nobody has needed it and all is well; not for `always`."),
    ] = Seconds(15 * 60)
    start_within: Annotated[
        Seconds, about("How long it may take to load. A request waits for it so long, too.")
    ] = Seconds(60)
    program: Annotated[
        Text | None,
        about(
            "llama.cpp's own `llama-server`, as a name or a path. Left out: the engine that comes "
            "with `pip install 'understudy[local]'`."
        ),
    ] = None
