"""Targets, failures and routes for the tests of routing: short to write, easy to read."""

from collections.abc import Callable

from understudy.chat.endpoint import Capability, Endpoint, Needs
from understudy.chat.failure import Failure, Fault, Progress, Reaction, Scope
from understudy.providers.price import Price
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease, NoTarget, Resume, Retry, Step
from understudy.routing.topology import Domain, Policy, Route, Target, Topology
from understudy.wire.http import Origin

R = Reaction
NEEDS = Needs(frozenset({Capability.STREAMING}))
ELSEWHERE = (R.OTHER_HOST, R.OTHER_MODEL, R.RETRY_SAME)


def target(
    name: str,
    *,
    host: str | None = None,
    account: str | None = None,
    region: str | None = None,
    key: str | None = None,
    lab: str | None = None,
    without: tuple[Scope, ...] = (),
    capabilities: frozenset[Capability] = frozenset(Capability),
    window: int | None = None,
    price: float | None = None,
    labels: dict[str, str] | None = None,
) -> Target:
    """`name` is "provider/model"; the domains are the provider's unless said otherwise."""
    provider, _, rest = name.partition("/")
    model = rest.partition("#")[0]
    host = host or provider
    names = {
        Scope.KEY: key or f"{provider}#{rest.partition('#')[2] or 1}",
        Scope.ACCOUNT: account or provider,
        Scope.MODEL: f"{region or host}/{model}",
        Scope.REGION: region,
        Scope.HOST: host,
        Scope.LAB: lab or model,
    }
    return Target(
        name=name,
        provider=provider,
        taxonomy="any",
        origin=Origin("https", f"{host}.example", 443),
        endpoint=Endpoint("toy", model, "/chat", provider, capabilities=capabilities),
        domains=tuple(
            Domain(kind, value) for kind, value in names.items() if value and kind not in without
        ),
        context_window=window,
        price=Price(output=price),
        labels=labels or {},
    )


def topology(*targets: Target, **fields: object) -> Topology:
    """One route `chat` over all targets in order; `fields` are the route's."""
    route = Route("chat", tuple(each.name for each in targets), **fields)  # type: ignore[arg-type]
    return Topology({each.name: each for each in targets}, {"chat": route})


def router(
    *targets: Target, draw: Callable[[], float] = lambda: 0.5, **fields: object
) -> tuple[Router, Route]:
    made = Router(topology(*targets, **fields), draw)
    route = made.find("chat")
    assert route is not None
    return made, route


def failure(
    charge: Scope = Scope.HOST,
    reactions: tuple[Reaction, ...] = ELSEWHERE,
    *,
    kind: str = "any.http.500",
    fault: Fault = Fault.UPSTREAM,
    domain: str | None = None,
    permanence: str = "transient",
    status: int | None = 500,
    retry_after: float | None = None,
    cooldown: float = 0.0,
    after_first_token: Reaction | None = None,
    progress: Progress = Progress.SENT,
) -> Failure:
    return Failure(
        kind=kind,
        fault=fault,
        domain=domain or charge.value,
        charge=charge,
        progress=progress,
        message="it failed",
        permanence=permanence,
        reactions=reactions,
        after_first_token=after_first_token,
        status=status,
        retry_after=retry_after,
        cooldown=cooldown,
    )


def limited(retry_after: float | None = None, cooldown: float = 20.0) -> Failure:
    return failure(
        Scope.ACCOUNT,
        (R.NEXT_ACCOUNT, R.OTHER_HOST, R.OTHER_MODEL, R.RETRY_SAME),
        kind="any.http.429",
        permanence="until_reset",
        status=429,
        retry_after=retry_after,
        cooldown=cooldown,
    )


def unsent() -> Failure:
    return failure(
        Scope.HOST, kind="any.transport.connect_refused", status=None, progress=Progress.NOT_SENT
    )


def refused_key(cooldown: float = 600.0) -> Failure:
    return failure(
        Scope.KEY,
        (R.NEXT_KEY, R.NEXT_ACCOUNT, R.OTHER_HOST, R.OTHER_MODEL),
        kind="any.http.401",
        permanence="until_human",
        status=401,
        cooldown=cooldown,
    )


def too_long() -> Failure:
    return failure(
        Scope.NONE,
        (R.OTHER_MODEL, R.FIX_REQUEST, R.PASS_THROUGH),
        kind="toy.400.context_length_exceeded",
        fault=Fault.CLIENT,
        domain="request",
        permanence="permanent",
        status=400,
    )


def invalid(*reactions: Reaction) -> Failure:
    return failure(
        Scope.NONE,
        (*reactions, R.PASS_THROUGH),
        kind="any.http.400",
        fault=Fault.CLIENT,
        domain="request",
        permanence="permanent",
        status=400,
    )


def policy(**fields: object) -> Policy:
    return Policy(**fields)  # type: ignore[arg-type]


class Play:
    """One client request against a router, told as a story: `lease`, then `ok` or `fails`."""

    def __init__(self, made: Router, route: Route, now: float = 0.0, needs: Needs = NEEDS) -> None:
        self.router = made
        self.now = now
        self.chain = made.begin(route, needs, now)
        self.leased: Lease | None = None
        self.step: Step | None = None

    def lease(self, expected: str, **how: object) -> Lease:
        """Lease as the exchange would after the last step, and expect this target."""
        if isinstance(self.step, Retry) and self.step.same_target and self.leased:
            how = {"only": self.leased.target.name, **how}
        elif isinstance(self.step, Resume):
            how = {"capabilities": self.step.capabilities, **how}
        found = self.router.lease(self.chain, self.now, **how)  # type: ignore[arg-type]
        assert isinstance(found, Lease), found
        assert found.target.name == expected
        self.leased = found
        return found

    def refused(self, **how: object) -> NoTarget:
        found = self.router.lease(self.chain, self.now, **how)  # type: ignore[arg-type]
        assert isinstance(found, NoTarget), found
        return found

    def ok(self, after: float = 0.0) -> None:
        assert self.leased is not None
        self.now += after
        self.router.close(self.leased, Ended.SUCCEEDED, self.now)

    def fails(self, failed: Failure, after: float = 0.0, **how: object) -> Step:
        """Fail the leased attempt and return what the router decides; waits out its delay."""
        assert self.leased is not None
        self.now += after
        self.router.close(self.leased, failed, self.now)
        flags = {"committed": False, **how}
        self.step = self.router.after(
            self.chain,
            self.leased,
            failed,
            self.now,
            **flags,  # type: ignore[arg-type]
        )
        if isinstance(self.step, Retry | Resume):
            self.now += self.step.delay
        return self.step


def open_host(made: Router, route_name: str, now: float, failed: Failure | None = None) -> None:
    """Make the host of the target of that name fail five times in a row."""
    route = made.find(route_name) or Route(route_name, (route_name,))
    for _ in range(5):
        lease = made.lease(made.begin(route, NEEDS, now), now)
        assert isinstance(lease, Lease)
        made.close(lease, failed or failure(), now)


def views(made: Router, now: float) -> list[object]:
    """Everything that is known of every domain: equal before and after what must change nothing."""
    return list(made.snapshot(now).domains)
