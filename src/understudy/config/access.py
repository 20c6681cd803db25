"""Who may call, and from where: callers' keys, and the rule that an open door stays on loopback."""

from collections.abc import Iterable, Mapping

from understudy.config.decode import join
from understudy.config.errors import Problem, Unfit, did_you_mean, join_names
from understudy.config.schema import KeyTable, ServerTable
from understudy.config.secret import SHORTEST_CALLER_KEY, KeyDigest, show
from understudy.config.settings import Caller
from understudy.config.sources import Surroundings, read_secret
from understudy.config.values import Address


def build_callers(
    tables: Mapping[str, KeyTable], routes: Iterable[str], around: Surroundings
) -> tuple[list[Caller], list[Problem]]:
    """Return the callers of `[keys]`, and what is wrong with them."""
    known = frozenset(routes)
    callers: list[Caller] = []
    problems: list[Problem] = []
    owners: dict[bytes, str] = {}
    for name, table in tables.items():
        path = join("keys", name)
        problems.extend(_unknown_routes(table, known, path))
        try:
            digest = _digest(table, around)
        except Unfit as error:
            where = path if (table.hash is None) == (table.key is None) else join(path, "key")
            problems.append(Problem(where, error.found, error.expected, error.hint))
            continue
        if digest.digest in owners:
            found = f"the same key as keys.{owners[digest.digest]}"
            problems.append(Problem(path, found, "a key of its own for each caller"))
        owners.setdefault(digest.digest, name)
        access = table.aws_access_key_id
        if access is not None and any(each.access == access for each in callers):
            problems.append(Problem(join(path, "aws_access_key_id"), "another key's", "its own"))
        callers.append(_caller(name, table, digest, around))
    return callers, problems


def _caller(name: str, table: KeyTable, digest: KeyDigest, around: Surroundings) -> Caller:
    """A caller; the secret itself is kept only where it verifies signatures."""
    routes = None if table.routes is None else frozenset(table.routes)
    if table.aws_access_key_id is None or table.key is None:
        return Caller(name, digest, routes)
    return Caller(name, digest, routes, table.aws_access_key_id, read_secret(table.key, around))


def check_listen(server: ServerTable, *, has_keys: bool) -> list[Problem]:
    """Refuse an address that others can reach while nobody is asked for a key."""
    problems: list[Problem] = []
    admin = server.admin.address
    for path, address in (("server.listen", server.listen), ("server.admin", admin)):
        if address is not None and not address.is_loopback and not has_keys:
            problems.append(_open_door(path, address))
    if admin is not None and admin.port and admin == server.listen:
        problems.append(
            Problem("server.admin", f"{admin}, as server.listen", 'another port, or "off"')
        )
    return problems


def read_admin_key(
    server: ServerTable, around: Surroundings
) -> tuple[KeyDigest | None, list[Problem]]:
    """Return what changes through the admin listener must show, and what is wrong with it."""
    if server.admin_key is None:
        return None, []
    try:
        return _digest(KeyTable(key=server.admin_key), around), []
    except Unfit as error:
        return None, [Problem("server.admin_key", error.found, error.expected, error.hint)]


def open_admin(server: ServerTable) -> list[str]:
    """Return a warning where others can reach the admin listener, which asks for no key."""
    admin = server.admin.address
    if admin is None or admin.is_loopback:
        return []
    return [
        f"server.admin is {admin}: it asks for no key, and shows names and figures (never "
        "prompts) to whoever can reach it"
    ]


def _open_door(path: str, address: Address) -> Problem:
    return Problem(
        path,
        f"{address}, which other machines can reach, and no key under [keys]",
        'a loopback address ("127.0.0.1:8080") while there is no key',
        "anyone who can connect would spend your money: run `understudy keygen NAME` and add "
        "what it prints, or listen on loopback",
    )


def _digest(table: KeyTable, around: Surroundings) -> KeyDigest:
    if table.hash is not None and table.key is not None:
        raise Unfit("both `hash` and `key`", "one of them")
    if table.hash is not None and table.aws_access_key_id is not None:
        raise Unfit(
            "`hash` beside `aws_access_key_id`",
            "`key`, the secret access key itself",
            "a hash cannot verify a signature",
        )
    if table.hash is not None:
        return KeyDigest(table.hash.digest)
    if table.key is None:
        raise Unfit("neither `hash` nor `key`", "one of them", "`understudy keygen` makes both")
    secret = read_secret(table.key, around)
    length = len(secret.reveal())
    if length < SHORTEST_CALLER_KEY:
        raise Unfit(
            f"a key of {length} characters in {table.key}",
            f"at least {SHORTEST_CALLER_KEY}: a short one can be guessed from its hash",
            "`understudy keygen` makes a good one",
        )
    return KeyDigest.of(secret)


def _unknown_routes(table: KeyTable, known: frozenset[str], path: str) -> list[Problem]:
    return [
        Problem(
            f"{join(path, 'routes')}[{i}]",
            show(route),
            f"a route of this file: {join_names(known) or 'there is none'}",
            did_you_mean(route, known),
        )
        for i, route in enumerate(table.routes or [])
        if route not in known
    ]
