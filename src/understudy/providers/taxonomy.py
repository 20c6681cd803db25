"""The failure taxonomy as typed values: rows in order of precedence, rules over several failures.

Knows the file's form and nothing of what follows from a row; `classifier` selects rows.
"""

import pkgutil

import msgspec

FILE = "failure_taxonomy.json"
ANY_PROVIDER = "*"


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a signal must show. None: does not matter. Several values: any of them."""

    status: int | tuple[int, ...] | None = None
    code: str | tuple[str, ...] | None = None
    type: str | tuple[str, ...] | None = None
    event: str | tuple[str, ...] | None = None
    finish: str | tuple[str, ...] | None = None
    flag: str | tuple[str, ...] | None = None
    message_re: str | None = None


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A response, or a condition, that selects exactly its row. `body` is the provider's JSON."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw(b"null")
    event: str | None = None
    finish: str | None = None
    flag: str | None = None
    code: str | None = None
    type: str | None = None
    message: str | None = None


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One failure of one provider (`*`: of anybody), in the file's words. `cooldown_s`: seconds."""

    id: str
    provider: str
    surface: str
    match: Match
    domain: str
    permanence: str
    reaction: tuple[str, ...]
    counts_against: str
    evidence: str
    confidence: str
    source: tuple[str, ...]
    example: Example
    cooldown_s: float = 0.0
    after_first_token: str | None = None
    wait_hint: str | None = None
    note: str | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict that no single response can give; it overrides the rows. In words, for people."""

    id: str
    rule: str
    verdict: str
    why: str
    source: tuple[str, ...]


class Hints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which header fields say how long to wait, and how they are written.

    `provider` may be several names, comma and space between them.
    """

    provider: str
    headers: tuple[str, ...]
    format: str
    source: tuple[str, ...]
    evidence: str


class Vocabulary(msgspec.Struct, frozen=True):
    """The words that rows may use; what reactions and kinds of evidence mean."""

    domain: tuple[str, ...]
    permanence: tuple[str, ...]
    reaction: dict[str, str]
    evidence: dict[str, str]


class Taxonomy(msgspec.Struct, frozen=True):
    """The whole file. `rows` are in order of precedence among the rows of one provider."""

    schema_version: int
    as_of: str
    vocab: Vocabulary
    headers: tuple[Hints, ...]
    correlation_rules: tuple[Rule, ...]
    rows: tuple[Row, ...]

    @property
    def providers(self) -> frozenset[str]:
        return frozenset(row.provider for row in self.rows)


def parse_taxonomy(data: bytes) -> Taxonomy:
    """Read a taxonomy. Raises: msgspec.ValidationError, naming the path of what does not fit."""
    return msgspec.json.decode(data, type=Taxonomy)


def load_taxonomy() -> Taxonomy:
    """Read the taxonomy that ships with the package (about a millisecond: do it once)."""
    data = pkgutil.get_data(__package__, FILE)
    assert data is not None, f"the package ships {FILE}"
    return parse_taxonomy(data)
