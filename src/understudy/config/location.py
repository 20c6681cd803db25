"""Where a provider is: its address as the file says it, or as region and project make it."""

import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from understudy.config.errors import Problem, join_names
from understudy.config.schema import ProviderTable
from understudy.config.values import BaseUrl
from understudy.providers.catalogue import request_path
from understudy.providers.facts import ProviderKind

_GAP = re.compile(r"\{([a-z_]+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9._:-]{1,100}")
"""What may stand in a path as it is: a project may be of a domain (`example.com:p`)."""

_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}")
"""What may be part of a host's name."""


class Location(msgspec.Struct, frozen=True):
    """`url` None where a problem was told instead."""

    url: BaseUrl | None
    region: str | None
    problems: tuple[Problem, ...] = ()


def locate(
    kind: ProviderKind, table: ProviderTable, path: str, environment: Mapping[str, str]
) -> Location:
    """Find a provider's address. Region and project come from the environment where the file and
    its `base_url` leave them open.
    """
    region = table.region
    if table.base_url is not None:
        return Location(table.base_url, region or said(kind.region_env, environment))
    if kind.base_url is not None:
        return Location(BaseUrl.parse(kind.base_url), region)
    if kind.base_url_form is None:
        example = kind.base_url_example or "https://api.example.com/v1"
        problem = Problem(
            path,
            "no `base_url`",
            f"the address of your own: everyone's {kind.title} has another",
            f'add base_url = "{example}"',
        )
        return Location(None, region, (problem,))
    region = region or said(kind.region_env, environment)
    project = table.project or said(kind.project_env, environment)
    is_plain_key = (table.key is not None or bool(table.keys)) and not (region or project)
    if is_plain_key and "" in kind.base_urls:
        return Location(BaseUrl.parse(kind.base_urls[""]), None)
    form = kind.base_urls.get(region, kind.base_url_form) if region else kind.base_url_form
    problems: list[Problem] = []
    for name, value, fits, variables in (
        ("region", region, _LABEL, kind.region_env),
        ("project", project, _PLAIN, kind.project_env),
    ):
        if f"{{{name}}}" not in form:
            continue
        if value is None:
            other = f", or set {join_names(variables, limit=2)}" if variables else ""
            hint = f"add {name}{other}"
            expected = f"the {name} of your own at {kind.title}"
            problems.append(Problem(path, f"no `{name}`", expected, hint))
        elif not fits.fullmatch(value):
            expected = "letters, digits and dashes"
            problems.append(Problem(path, f"a `{name}` that can be no part of a URL", expected))
    if problems:
        return Location(None, region, tuple(problems))
    known = {"region": region or "", "project": project or ""}
    return Location(BaseUrl.parse(_GAP.sub(lambda gap: known[gap[1]], form)), region)


def said(variables: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    """Return what the first variable says that is set."""
    return next((text for name in variables if (text := environment.get(name, "").strip())), None)


def is_plain(text: str) -> bool:
    """Return whether a text may stand in a URL as it is."""
    return _PLAIN.fullmatch(text) is not None


def chat_path(kind: ProviderKind, base: str, api_version: str | None) -> str:
    """Return the path of a chat request under a base path; of a dated API where one is named."""
    if api_version is None or kind.versioned_path is None:
        return request_path(kind, base)
    return dated_path(kind, base, kind.chat_path.removeprefix(kind.base_path), api_version)


def dated_path(kind: ProviderKind, base: str, path: str, api_version: str) -> str:
    """Return `path` as a dated API has it: behind its deployment, with the version."""
    form = kind.versioned_path
    assert form is not None, "the builder has told that the kind has no dated API"
    first = form[: form.index("/", 1)]
    base = base.removesuffix(kind.base_path).removesuffix(first)
    return base + form.replace("{path}", path).replace("{api_version}", api_version)


def of_deployment(path: str, name: str) -> str:
    """Fill a deployment's name into a path that wants one."""
    return path.replace("{deployment}", quote(name, safe=""))
