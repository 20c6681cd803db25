"""Targets.

Every (provider, model, key) that a configuration names, with its failure domains and
credential.
"""

import re
from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.failure import Scope
from understudy.config.decode import join
from understudy.config.errors import did_you_mean
from understudy.config.location import of_deployment
from understudy.config.provider import Provider, ProviderSecret
from understudy.config.retirement import Retirement, retirement
from understudy.config.schema import ModelTable
from understudy.config.secret import Secret
from understudy.config.settings import Credential
from understudy.config.workflow import with_workflows
from understudy.operations.embeddings import Space
from understudy.operations.kinds import Operation
from understudy.providers.catalogue import Catalogue, endpoint
from understudy.providers.facts import ModelFacts, OperationShape
from understudy.providers.supply import gauge
from understudy.routing.topology import Domain, Target

_KEY_NUMBER = re.compile(r"(.+)#([0-9]+)")


class TargetName(msgspec.Struct, frozen=True):
    """`provider/model`, or `provider/model#n` for the n-th key alone (`number`, from 1)."""

    provider: str
    model: str
    number: int | None = None

    def of_key(self, number: int) -> str:
        """Return the name of the target behind the key of that number."""
        name = f"{self.provider}/{self.model}"
        return name if number == 1 else f"{name}#{number}"


def parse_target(text: str) -> TargetName | None:
    """Read a target's name.

    None when it has no provider or no model. A model may contain slashes.
    """
    provider, slash, model = text.partition("/")
    if not slash or not provider or not model:
        return None
    match = _KEY_NUMBER.fullmatch(model)
    if match is None:
        return TargetName(provider, model)
    return TargetName(provider, match[1], int(match[2]))


class Targets:
    """The targets made so far, their credentials, and which of them will be retired.

    A target exists once, however many routes name it.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.by_name: dict[str, Target] = {}
        self.operations: dict[str, Operation] = {}
        self.credentials: dict[str, Credential] = {}
        self.retirements: dict[str, Retirement] = {}
        self.warnings: list[str] = []
        self._catalogue = catalogue

    def add(
        self, provider: Provider, name: TargetName, operation: Operation = Operation.CHAT
    ) -> list[str]:
        """Make the targets behind `name`, one for each key that it means; return their names.

        The provider offers the operation, and no other target of that name offers another.
        """
        numbers = range(1, len(provider.secrets) + 1) if name.number is None else (name.number,)
        names = [name.of_key(number) for number in numbers]
        if all(each in self.by_name for each in names):
            return names
        facts = self._facts(provider, name)
        endpoint = _endpoint(provider, facts)
        shape = provider.operations.get(operation)
        if operation is not Operation.CHAT and shape is not None:
            table = provider.models.get(name.model)
            said = None if table is None else table.capabilities
            if said is None and facts.operation is operation:
                said = list(facts.capabilities)
            endpoint = _of_operation(endpoint, shape, said)
            graphs = provider.workflows.get(name.model)
            if graphs is not None:
                endpoint = with_workflows(endpoint, graphs)
        retires = retirement(facts)
        for target, number in zip(names, numbers, strict=True):
            if retires is not None:
                self.retirements[target] = retires
            self.operations[target] = operation
            secret = provider.secrets[number - 1]
            self.by_name[target] = Target(
                name=target,
                provider=provider.name,
                taxonomy=provider.kind.taxonomy,
                origin=provider.origin,
                endpoint=endpoint,
                domains=_domains(provider, facts, secret, number),
                context_window=facts.context_window,
                max_output_tokens=facts.max_output_tokens,
                price=facts.price,
                labels=_labels(provider, facts, name.model),
                verify_tls=provider.verify_tls,
                growth=provider.growth,
                gauge=gauge(provider.kind.supply),
                space=_space(provider, facts, name) if operation is Operation.EMBEDDINGS else None,
                batch=None if shape is None else shape.batch,
            )
            if secret.secret is not None and provider.auth is not None:
                value = Secret(provider.auth.prefix + secret.secret.reveal())
                self.credentials[target] = Credential(provider.auth.header, value)
        return names

    def _facts(self, provider: Provider, name: TargetName) -> ModelFacts:
        """Return what the catalogue knows of a model, and over it what the file says."""
        facts = self._catalogue.model(provider.kind, name.model)
        if provider.dialect != provider.kind.dialect:
            # Those of the kind are about the fields of its own dialect.
            facts = replace(facts, renames={}, accepts=frozenset(), tool_id_length=None)
        facts = replace(
            facts,
            lab=provider.lab or facts.lab,
            accepts=facts.accepts if provider.accepts is None else provider.accepts,
            tool_id_length=provider.tool_id_length or facts.tool_id_length,
        )
        table = provider.models.get(name.model)
        if table is not None:
            return _overridden(facts, table)
        self._look_at(provider, name.of_key(1), facts)
        return facts

    def _look_at(self, provider: Provider, target: str, facts: ModelFacts) -> None:
        listed = [listing.id for listing in provider.kind.models]
        if facts.listed_as is None and listed:
            table = join(join(join("providers", provider.name), "models"), facts.id)
            hint = did_you_mean(facts.id, listed)
            self.warnings.append(
                f"target {target} is not in the catalogue, so its context window and price are not "
                f"known{f' ({hint})' if hint else ''}: say them under [{table}]"
            )


def _overridden(facts: ModelFacts, table: ModelTable) -> ModelFacts:
    limit = table.max_output_tokens
    capabilities = table.capabilities
    price = replace(
        facts.price,
        **{
            field: value
            for field in table.price.__struct_fields__
            if (value := getattr(table.price, field)) is not None
        },
    )
    return replace(
        facts,
        id=table.upstream or facts.id,
        lab=table.lab or facts.lab,
        context_window=table.context_window or facts.context_window,
        max_output_tokens=limit or facts.max_output_tokens,
        output_tokens=limit or facts.output_tokens,
        capabilities=facts.capabilities if capabilities is None else frozenset(capabilities),
        rejects=facts.rejects
        if table.rejects is None
        else frozenset(each.text for each in table.rejects),
        accepts=facts.accepts if table.accepts is None else frozenset(table.accepts),
        renames=facts.renames if table.renames is None else table.renames,
        tool_id_length=table.tool_id_length or facts.tool_id_length,
        price=price,
    )


def _endpoint(provider: Provider, facts: ModelFacts) -> Endpoint:
    return replace(
        endpoint(provider.kind, facts, of_deployment(provider.path, facts.id)),
        dialect=provider.dialect,
        producer=provider.host,
        headers=tuple((key.encode(), value.encode()) for key, value in provider.headers.items()),
    )


def _of_operation(
    endpoint: Endpoint, shape: OperationShape, said: Collection[Capability] | None
) -> Endpoint:
    """The endpoint of another operation: what is known of the chat's fields does not hold."""
    return replace(
        endpoint,
        dialect=shape.dialect,
        path=of_deployment(shape.path, endpoint.model),
        capabilities=shape.capabilities if said is None else frozenset(said),
        accepts=shape.accepts,
        renames=shape.renames,
        rejects=shape.rejects,
        tool_id_length=None,
    )


def _space(provider: Provider, facts: ModelFacts, name: TargetName) -> Space:
    """The space of its vectors. A model that nobody knows is in a space of its host's own."""
    table = provider.models.get(name.model)
    known = facts.vectors
    dimension = None if known is None else known.dimension
    is_normalised = None if known is None else known.is_normalised
    if table is not None and table.space is not None:
        return Space(table.space, table.dimension)
    if table is not None and table.dimension is not None:
        dimension = table.dimension
    if known is None:
        return Space(f"{provider.host}/{facts.id}", dimension)
    revision = "" if known.revision is None else f"@{known.revision}"
    return Space(f"{facts.lab or provider.host}/{facts.model}{revision}", dimension, is_normalised)


def _labels(provider: Provider, facts: ModelFacts, model: str) -> dict[str, str]:
    """Return the labels that are always there, under those of the file."""
    own = {"provider": provider.name, "host": provider.host, "model": facts.model}
    if facts.lab is not None:
        own["lab"] = facts.lab
    if provider.region is not None:
        own["region"] = provider.region
    table = provider.models.get(model)
    return {**own, **provider.labels, **(table.labels if table is not None else {})}


def _domains(
    provider: Provider, facts: ModelFacts, secret: ProviderSecret, number: int
) -> tuple[Domain, ...]:
    domains = [
        Domain(Scope.MODEL, "/".join((provider.host, *_place(provider), facts.id))),
        Domain(Scope.HOST, provider.host),
    ]
    if secret.secret is not None or provider.login is not None:
        domains.append(Domain(Scope.ACCOUNT, secret.account))
        domains.append(Domain(Scope.KEY, f"{provider.name}#{number}"))
    if provider.region is not None:
        domains.append(Domain(Scope.REGION, f"{provider.host}/{provider.region}"))
    if facts.lab is not None:
        domains.append(Domain(Scope.LAB, facts.lab))
    if provider.edge is not None:
        domains.append(Domain(Scope.EDGE, provider.edge))
    return tuple(domains)


def _place(provider: Provider) -> tuple[str, ...]:
    """Return where on its host a model lives: a deployment missing here may well be there."""
    if provider.region is not None:
        return (provider.region,)
    has_own_address = provider.kind.base_url is None and provider.host != provider.name
    return (provider.name,) if has_own_address else ()
