"""What routing costs a healthy request, lease to close. Run `python -m bench.routing`."""

import timeit

from understudy.chat.endpoint import Capability, Endpoint, Needs
from understudy.chat.failure import Scope
from understudy.routing.router import Router
from understudy.routing.steps import Ended, Lease
from understudy.routing.topology import Domain, Route, Target, Topology
from understudy.wire.http import Origin

KINDS = (Scope.KEY, Scope.ACCOUNT, Scope.MODEL, Scope.REGION, Scope.HOST, Scope.LAB)


def main() -> None:
    names = ("a/m", "b/m", "c/m")
    targets = {name: _target(name) for name in names}
    router = Router(Topology(targets, {"chat": Route("chat", names)}), lambda: 0.5)
    route = router.find("chat")
    assert route is not None
    needs = Needs(frozenset({Capability.TOOLS}), input_tokens=300)
    now = 0.0

    def request() -> None:
        nonlocal now
        now += 0.001
        lease = router.lease(router.begin(route, needs, now), now)
        assert isinstance(lease, Lease)
        router.first_content(lease, now + 0.3)
        router.close(lease, Ended.SUCCEEDED, now + 0.5)

    number = 20_000
    best = min(timeit.repeat(request, number=number, repeat=7)) / number
    print(f"routing: {best * 1e6:.2f} us a request, 3 targets of {len(KINDS)} domains (goal: 8)")


def _target(name: str) -> Target:
    provider = name.partition("/")[0]
    return Target(
        name=name,
        provider=provider,
        taxonomy="any",
        origin=Origin("https", f"{provider}.example", 443),
        endpoint=Endpoint("toy", "m", "/chat", provider),
        domains=tuple(Domain(kind, f"{provider}/{kind.value}") for kind in KINDS),
    )


if __name__ == "__main__":
    main()
