"""Routes: what the file says of each, over the defaults, with every target resolved."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from understudy.config.decode import join
from understudy.config.errors import Problem, did_you_mean, join_names
from understudy.config.provider import Provider
from understudy.config.schema_route import PolicyTable, RouteOptions, RouteTable, TimeoutsTable
from understudy.config.secret import show
from understudy.config.targets import TargetName, Targets, parse_target
from understudy.operations.embeddings import Space
from understudy.operations.kinds import Operation
from understudy.providers.catalogue import Catalogue
from understudy.routing.policy import denial
from understudy.routing.topology import Policy, Route, Strategy, Timeouts

T = TypeVar("T")


class RouteBuilder:
    """Builds routes one by one; `targets` and `problems` grow.

    `providers`: those that are well. `broken`: those named in the file that are not, whose
    problems are told already.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        providers: Mapping[str, Provider],
        broken: frozenset[str],
    ) -> None:
        self.targets = Targets(catalogue)
        self.problems: list[Problem] = []
        self._providers = providers
        self._broken = broken
        self._catalogue = catalogue

    def add(self, name: str, table: RouteTable, defaults: RouteOptions) -> Route:
        """Return the route; where something is wrong it is incomplete and `problems` says so."""
        path = join("routes", name)
        if not name.strip():
            self.problems.append(Problem(path, "a route without a name", "a name"))
        plain = Route(name, ())
        strategy = _first(table.strategy, defaults.strategy, plain.strategy)
        operation = table.operation or self._inferred(table)
        weights = self._resolve(table, path, strategy, operation)
        route = msgspec.structs.replace(
            plain,
            targets=tuple(weights),
            strategy=strategy,
            weights=weights if strategy is Strategy.WEIGHTED else {},
            deadline=float(_first(table.deadline, defaults.deadline, plain.deadline)),
            max_attempts=_first(table.max_attempts, defaults.max_attempts, plain.max_attempts),
            on_break=_first(table.on_break, defaults.on_break, plain.on_break),
            on_loss=_first(table.on_loss, defaults.on_loss, plain.on_loss),
            record=_first(table.record, defaults.record, plain.record),
            hedge=_first(table.hedge, defaults.hedge, plain.hedge),
            standby=self._standby(table, defaults, path, strategy),
            timeouts=_timeouts(table.timeouts, defaults.timeouts),
            policy=_policy(table.policy, defaults.policy),
            operation=operation,
            batch=min(self._batches(weights), default=None),
        )
        self._check_policy(route, path)
        self._check_space(route, path)
        return route

    def _standby(
        self, table: RouteTable, defaults: RouteOptions, path: str, strategy: Strategy
    ) -> float:
        """Return the share of the second target; by weight, each has its share anyway."""
        if strategy is Strategy.ORDERED:
            return _first(table.standby, defaults.standby, 0.0)
        if table.standby:
            expected = 'strategy = "ordered": by weight, every target has its share anyway'
            self._wrong(join(path, "standby"), f"a standby under {strategy.value}", expected)
        return 0.0

    def _check_policy(self, route: Route, path: str) -> None:
        """Refuse a policy that leaves nobody to answer."""
        targets = self.targets.by_name
        denials = [denial(route.policy, targets[name]) for name in route.targets]
        reasons = dict.fromkeys(each for each in denials if each is not None)
        if reasons and None not in denials:
            found = "a policy that forbids every target of the route"
            self._wrong(join(path, "policy"), found, "one that leaves a target", "; ".join(reasons))

    def _check_space(self, route: Route, path: str) -> None:
        """Refuse to mix vectors that nobody can compare."""
        named: dict[Space, str] = {}
        for name in route.targets:
            space = self.targets.by_name[name].space
            if space is not None:
                named.setdefault(space, name)
        if len(named) > 1:
            found = ", ".join(f"{space.text(None)} ({name})" for space, name in named.items())
            self._wrong(
                f"{path}.targets",
                f"targets of {len(named)} spaces: {found}",
                "targets whose vectors can be compared: one model, wherever it is served",
                "make a route for each; where two are the same all the same, give both models one "
                "`space` under [providers.NAME.models]",
            )

    def _batches(self, names: Iterable[str]) -> list[int]:
        batches = [self.targets.by_name[name].batch for name in names]
        return [batch for batch in batches if batch is not None]

    def _inferred(self, table: RouteTable) -> Operation:
        """What the first target does, as the catalogue has it."""
        for wanted in table.targets[:1]:
            parsed = parse_target(wanted.target)
            provider = None if parsed is None else self._providers.get(parsed.provider)
            if parsed is not None and provider is not None:
                known = self._catalogue.model(provider.kind, parsed.model).operation
                if known is not None:
                    return known
        return Operation.CHAT

    def _offers(self, parsed: TargetName, operation: Operation, path: str) -> bool:
        """Whether the target can do what the route is for, and does nothing else already."""
        provider = self._providers[parsed.provider]
        done = self.targets.operations.get(parsed.of_key(parsed.number or 1), operation)
        if done is not operation:
            self._wrong(
                path,
                f"{done.value} and {operation.value} at one target",
                "one operation a target",
                f'name it twice: [providers.{parsed.provider}.models.OTHER] upstream = "..."',
            )
            return False
        is_chat = operation is Operation.CHAT
        if (is_chat and provider.dialect) or operation in provider.operations:
            return True
        offered = [each.value for each in provider.operations]
        if provider.dialect:
            offered.insert(0, Operation.CHAT.value)
        self._wrong(
            path,
            f"{parsed.provider} for {operation.value}",
            f"one that offers it: {parsed.provider} offers {join_names(offered) or 'nothing'}",
        )
        return False

    def _resolve(
        self, table: RouteTable, path: str, strategy: Strategy, operation: Operation
    ) -> dict[str, float]:
        """Return the targets in order, each with its share."""
        path = f"{path}.targets"
        if not table.targets:
            self.problems.append(Problem(path, "an empty array", 'at least one "provider/model"'))
        weights: dict[str, float] = {}
        for i, wanted in enumerate(table.targets):
            here = f"{path}[{i}]"
            parsed = self._parse(wanted.target, here)
            if wanted.weight != 1 and strategy is not Strategy.WEIGHTED:
                expected = 'strategy = "weighted" where targets have weights'
                self._wrong(f"{here}.weight", f"a weight under {strategy.value}", expected)
            if parsed is None or not self._offers(parsed, operation, here):
                continue
            names = self.targets.add(self._providers[parsed.provider], parsed, operation)
            for name in names:
                if name in weights:
                    self._wrong(here, f"{show(name)} again", "each target once in a route")
                weights[name] = wanted.weight / len(names)
        return weights

    def _parse(self, text: str, path: str) -> TargetName | None:
        parsed = parse_target(text)
        if parsed is None:
            self._wrong(path, show(text), '"provider/model"', self._hint(text, text))
            return None
        if parsed.provider in self._broken:
            return None
        provider = self._providers.get(parsed.provider)
        if provider is None:
            known = join_names(self._providers) or "there is none yet"
            expected = f'"provider/model", with a provider of this file: {known}'
            self._wrong(path, show(text), expected, self._hint(parsed.provider, text))
            return None
        count = len(provider.secrets)
        if parsed.number is not None and not 1 <= parsed.number <= count:
            plural = "key" if count == 1 else "keys"
            expected = f"a number up to {count}: {parsed.provider} has {count} {plural}"
            self._wrong(path, f"{show(text)}, key {parsed.number}", expected)
            return None
        return parsed

    def _hint(self, word: str, text: str) -> str:
        kind = self._catalogue.kind(word)
        if kind is not None and kind.needs_key:
            return f"add a table [providers.{word}] with its key"
        rest = text.partition("/")[2]
        close = did_you_mean(word, self._providers)
        if not close or not rest:
            return close
        return close.replace('"?', f'/{rest}"?')

    def _wrong(self, path: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(path, found, expected, hint))


def _first(said: T | None, default: T | None, otherwise: T) -> T:
    if said is not None:
        return said
    return otherwise if default is None else default


def _timeouts(said: TimeoutsTable, default: TimeoutsTable) -> Timeouts:
    plain = Timeouts()
    return Timeouts(
        connect=float(_first(said.connect, default.connect, plain.connect)),
        first_token=float(_first(said.first_token, default.first_token, plain.first_token)),
        idle=float(_first(said.idle, default.idle, plain.idle)),
        answer=float(_first(said.answer, default.answer, plain.answer)),
        is_adaptive=_first(said.adaptive, default.adaptive, plain.is_adaptive),
    )


def _policy(said: PolicyTable, default: PolicyTable) -> Policy:
    plain = Policy()
    require = {**default.require, **said.require}
    limit = said.max_price_output
    return Policy(
        require={
            label: (allowed,) if isinstance(allowed, str) else tuple(allowed)
            for label, allowed in require.items()
        },
        max_price_output=default.max_price_output if limit is None else limit,
        refusal_fails_over=_first(
            said.refusal_fails_over, default.refusal_fails_over, plain.refusal_fails_over
        ),
    )
