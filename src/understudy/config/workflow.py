"""Workflows: an owner's own graphs for a model, read from files when the configuration is."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from understudy.chat.endpoint import Capability, Endpoint
from understudy.config.decode import join
from understudy.config.errors import Problem
from understudy.config.schema import FileTable, ProviderTable
from understudy.config.secret import mask
from understudy.dialects.images.comfyui import DRAW, EDIT, NAME
from understudy.dialects.images.comfyui_graph import places, read_graph
from understudy.operations.kinds import Operation
from understudy.providers.facts import OperationShape

LARGEST = 2**20
"""Bytes of a workflow's file."""


class WorkflowReader:
    """Reads the workflows of one provider's models; `problems` grows."""

    def __init__(self, name: str, folder: Path) -> None:
        self.problems: list[Problem] = []
        self._path = join(join("providers", name), "models")
        self._folder = folder

    def read(
        self, table: ProviderTable, operations: Mapping[Operation, OperationShape]
    ) -> dict[str, dict[str, bytes]]:
        """Return each model's workflows by what they are for."""
        shape = operations.get(Operation.IMAGES)
        read: dict[str, dict[str, bytes]] = {}
        for model, said in table.models.items():
            here = join(join(self._path, model), "workflows")
            if said.workflows and (shape is None or shape.dialect != NAME):
                expected = 'none: only kind = "comfyui" is asked in workflows'
                self._wrong(here, "workflows", expected)
            elif said.workflows:
                if DRAW not in said.workflows:
                    self._wrong(here, f"no `{DRAW}`", "a workflow that draws from words alone")
                read[model] = dict(self._files(said.workflows.items(), here))
        return read

    def _files(self, said: Iterable[tuple[str, str]], path: str) -> Iterator[tuple[str, bytes]]:
        for kind, file in said:
            here = join(path, kind)
            data = self._data(file, here)
            if data is None:
                continue
            try:
                found = places(read_graph(data))
            except ValueError as error:
                self._wrong(here, f"{mask(file)}, no workflow", str(error))
                continue
            wanted = "image" if kind == EDIT else "prompt"
            if wanted not in found:
                expected = f'"%{wanted}%" where a node wants it'
                self._wrong(here, f"{mask(file)}, without %{wanted}%", expected)
            elif kind == DRAW and "image" in found:
                self._wrong(here, f"{mask(file)}, with %image%", "a workflow that needs no picture")
            yield kind, data

    def _data(self, file: str, path: str) -> bytes | None:
        try:
            with located(file, self._folder).open("rb") as source:
                data = source.read(LARGEST + 1)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            hint = "a relative path starts at the folder of the configuration file"
            self._wrong(path, f"{mask(file)}: {reason}", "a file that this user can read", hint)
            return None
        if len(data) > LARGEST:
            self._wrong(path, f"{mask(file)}, larger than {LARGEST} bytes", "a workflow alone")
            return None
        return data

    def _wrong(self, path: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(path, found, expected, hint))


def located(file: str, folder: Path) -> Path:
    """Where a file is that the configuration names."""
    return folder / Path(file).expanduser()


def files(tables: FileTable, folder: Path) -> Iterator[Path]:
    """All workflows that a configuration names: a change of one is a change of it."""
    for provider in tables.providers.values():
        for model in provider.models.values():
            yield from (located(file, folder) for file in model.workflows.values())


def with_workflows(endpoint: Endpoint, own: Mapping[str, bytes]) -> Endpoint:
    """The endpoint of a model with workflows of its own: it edits only if one of them does."""
    capabilities = endpoint.capabilities
    if EDIT not in own:
        capabilities -= {Capability.EDITS}
    return replace(endpoint, workflows=dict(own), capabilities=capabilities)
