"""A server that speaks ComfyUI's API as `server.py` and `execution.py` do (Comfy-Org/ComfyUI,
November 2026), over real sockets, with one job at a time: the pictures alone are no pictures.
"""

import contextlib
import hashlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from understudy.wire.multipart import read_form

CHECKPOINT = "sdxl.safetensors"
INT, STRING, FLOAT, COMBO, FILE = "INT", "STRING", "FLOAT", "COMBO", "FILE"
LIMITS = {"width": (16, 16384), "height": (16, 16384), "batch_size": (1, 4096), "amount": (1, 64)}
OPTIONS = {
    "ckpt_name": [CHECKPOINT],
    "sampler_name": ["euler", "dpmpp_2m"],
    "scheduler": ["normal", "karras"],
    "channel": ["alpha", "red", "green", "blue"],
    "upscale_method": ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"],
    "crop": ["disabled", "center"],
}
_SAMPLER = {
    "model": "MODEL",
    "positive": "CONDITIONING",
    "negative": "CONDITIONING",
    "latent_image": "LATENT",
    "seed": INT,
    "steps": INT,
    "cfg": FLOAT,
    "sampler_name": COMBO,
    "scheduler": COMBO,
    "denoise": FLOAT,
}
_SCALE = {"image": "IMAGE", "upscale_method": COMBO, "width": INT, "height": INT, "crop": COMBO}


class Class(NamedTuple):
    inputs: dict[str, str]
    outputs: tuple[str, ...]
    is_output: bool = False


CLASSES = {
    "CheckpointLoaderSimple": Class({"ckpt_name": COMBO}, ("MODEL", "CLIP", "VAE")),
    "CLIPTextEncode": Class({"text": STRING, "clip": "CLIP"}, ("CONDITIONING",)),
    "EmptyLatentImage": Class({"width": INT, "height": INT, "batch_size": INT}, ("LATENT",)),
    "KSampler": Class(_SAMPLER, ("LATENT",)),
    "VAEDecode": Class({"samples": "LATENT", "vae": "VAE"}, ("IMAGE",)),
    "VAEEncode": Class({"pixels": "IMAGE", "vae": "VAE"}, ("LATENT",)),
    "LoadImage": Class({"image": FILE}, ("IMAGE", "MASK")),
    "LoadImageMask": Class({"image": FILE, "channel": COMBO}, ("MASK",)),
    "SetLatentNoiseMask": Class({"samples": "LATENT", "mask": "MASK"}, ("LATENT",)),
    "RepeatLatentBatch": Class({"samples": "LATENT", "amount": INT}, ("LATENT",)),
    "ImageScale": Class(_SCALE, ("IMAGE",)),
    "PreviewImage": Class({"images": "IMAGE"}, (), is_output=True),
    "SaveImage": Class({"images": "IMAGE", "filename_prefix": STRING}, (), is_output=True),
}


class Comfy:
    """`held`: jobs run until they are interrupted, or it is set. `raises` is the exception of the
    sampler, `log` all that was asked as "METHOD path".
    """

    def __init__(self) -> None:
        self.held = threading.Event()
        self.held.set()
        self.raises: tuple[str, str] | None = None
        self.graphs: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.inputs: dict[str, bytes] = {}
        self.started = threading.Event()
        self._outputs: dict[tuple[str, str, str], bytes] = {}
        self._lock = threading.Condition()
        self._pending: list[tuple[int, str, dict[str, Any]]] = []
        self._running: list[tuple[int, str, dict[str, Any]]] = []
        self.history: dict[str, Any] = {}
        self._interrupted = threading.Event()
        self._is_closed = False
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True),
            threading.Thread(target=self._work, daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """Be gone, with all connections."""
        if self._is_closed:
            return
        self._is_closed = True
        self._interrupted.set()
        with self._lock:
            self._lock.notify_all()
        self._server.shutdown()
        self._server.cut()

    def forget(self) -> None:
        """As a server that was restarted: nothing is running, nothing has been."""
        with self._lock:
            self._pending.clear()
            self._running.clear()
            self.history.clear()

    @property
    def queue(self) -> dict[str, list[str]]:
        """The ids of what is running, and of what waits."""
        with self._lock:
            running, waiting = (
                [item[1] for item in items] for items in (self._running, self._pending)
            )
        return {"running": running, "pending": waiting}

    def submit(self, body: dict[str, Any]) -> tuple[int, Any]:
        graph = body.get("prompt")
        if graph is None:
            return 400, {"error": _why("no_prompt", "No prompt provided"), "node_errors": {}}
        wrong = self._validate(graph)
        if wrong is not None:
            return 400, wrong
        self.graphs.append(graph)
        ident = f"{len(self.graphs):08x}-0000-4000-8000-000000000000"
        with self._lock:
            self._pending.append((len(self.graphs), ident, graph))
            self._lock.notify_all()
        return 200, {"prompt_id": ident, "number": len(self.graphs), "node_errors": {}}

    def queue_items(self) -> dict[str, Any]:
        with self._lock:
            running = [[*item, {}, []] for item in self._running]
            return {
                "queue_running": running,
                "queue_pending": [[*i, {}, []] for i in self._pending],
            }

    def delete(self, idents: list[str]) -> None:
        with self._lock:
            self._pending = [item for item in self._pending if item[1] not in idents]

    def interrupt(self, ident: str | None) -> None:
        with self._lock:
            if ident is None or any(item[1] == ident for item in self._running):
                self._interrupted.set()

    def view(self, name: str, folder: str, kind: str) -> bytes | None:
        return self._outputs.get((name, folder, kind))

    def _validate(self, graph: dict[str, Any]) -> dict[str, Any] | None:
        for name, node in graph.items():
            if node["class_type"] not in CLASSES:
                message = f"Node '{node['class_type']}' not found."
                return {
                    "error": _why("missing_node_type", message, f"Node ID '#{name}'"),
                    "node_errors": {},
                }
        if not any(CLASSES[node["class_type"]].is_output for node in graph.values()):
            return {"error": _why("prompt_no_outputs", "Prompt has no outputs"), "node_errors": {}}
        wrong = {}
        for name, node in graph.items():
            errors = [
                error
                for key, kind in CLASSES[node["class_type"]].inputs.items()
                if (error := self._wrong(graph, node["inputs"], key, kind)) is not None
            ]
            if errors:
                wrong[name] = {
                    "errors": errors,
                    "dependent_outputs": [],
                    "class_type": node["class_type"],
                }
        if not wrong:
            return None
        failed = _why("prompt_outputs_failed_validation", "Prompt outputs failed validation")
        return {"error": failed, "node_errors": wrong}

    def _wrong(
        self, graph: dict[str, Any], inputs: dict[str, Any], key: str, kind: str
    ) -> dict[str, Any] | None:
        if key not in inputs:
            return _why("required_input_missing", "Required input is missing", key)
        value = inputs[key]
        if isinstance(value, list):
            found = CLASSES[graph[value[0]]["class_type"]].outputs[value[1]]
            mismatch = f"{key}, received_type({found}) mismatch input_type({kind})"
            return None if found == kind else _why("return_type_mismatch", "Return type", mismatch)
        if kind in {INT, FLOAT}:
            try:
                number = float(value)
            except ValueError:
                return _why("invalid_input_type", "Failed to convert", f"{key}, {value}")
            least, most = LIMITS.get(key, (0, 2**64))
            if number > most:
                return _why("value_bigger_than_max", f"Value {value} bigger than max", key)
            return _why("value_smaller_than_min", "Value smaller", key) if number < least else None
        if kind == COMBO and value not in OPTIONS[key]:
            details = f"{key}: {value!r} not in {OPTIONS[key]}"
            return _why("value_not_in_list", "Value not in list", details)
        if kind == FILE and value not in self.inputs:
            return _why("custom_validation_failed", "Custom validation failed", f"image - {value}")
        return None

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._pending and not self._is_closed:
                    self._lock.wait()
                if self._is_closed:
                    return
                item = self._pending.pop(0)
                self._running.append(item)
                self._interrupted.clear()
            self.started.set()
            while not self.held.is_set() and not self._interrupted.wait(0.01):
                pass
            self._end(*item)

    def _end(self, number: int, ident: str, graph: dict[str, Any]) -> None:
        outputs: dict[str, Any] = {}
        messages: list[Any] = [["execution_start", {"prompt_id": ident}]]
        if self._interrupted.is_set():
            messages.append(["execution_interrupted", {"prompt_id": ident, "node_id": "5"}])
        elif self.raises is not None:
            kind, message = self.raises
            told: dict[str, Any] = {"node_id": "5", "node_type": "KSampler", "exception_type": kind}
            told |= {"exception_message": f"{message}\n", "traceback": ["..."]}
            messages.append(["execution_error", told])
        else:
            outputs = {
                name: {"images": self._drawn(graph, name, ident)}
                for name, node in graph.items()
                if CLASSES[node["class_type"]].is_output
            }
            messages.append(["execution_success", {"prompt_id": ident}])
        is_good = bool(outputs)
        status = {
            "status_str": "success" if is_good else "error",
            "completed": is_good,
            "messages": messages,
        }
        with self._lock:
            if (number, ident, graph) in self._running:
                self._running.remove((number, ident, graph))
                self.history[ident] = {
                    "prompt": [number, ident, graph, {}, []],
                    "outputs": outputs,
                    "status": status,
                    "meta": {},
                }

    def _drawn(self, graph: dict[str, Any], name: str, ident: str) -> list[dict[str, str]]:
        kind = "temp" if graph[name]["class_type"] == "PreviewImage" else "output"
        seen = json.dumps(graph, sort_keys=True).encode()
        files = []
        for number in range(_count(graph, name)):
            file = f"ComfyUI {ident[:8]}_{number:05}_.png"
            octets = b"\x89PNG\r\n\x1a\n" + hashlib.blake2b(seen + bytes([number])).digest()
            self._outputs[file, "a&b", kind] = octets
            files.append({"filename": file, "subfolder": "a&b", "type": kind})
        return files


def _count(graph: dict[str, Any], name: str) -> int:
    """How many pictures or latents a node gives."""
    inputs = graph[name]["inputs"]
    match graph[name]["class_type"]:
        case "EmptyLatentImage":
            return int(inputs["batch_size"])
        case "RepeatLatentBatch":
            return int(inputs["amount"]) * _count(graph, inputs["samples"][0])
        case "LoadImage":
            return 1
    before = ("latent_image", "samples", "pixels", "image", "images")
    return _count(graph, next(inputs[key][0] for key in before if key in inputs))


def _why(kind: str, message: str, details: str = "") -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": {}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, comfy: Comfy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comfy = comfy
        self._sockets: set[socket.socket] = set()

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._sockets.add(request)
        super().process_request(request, client_address)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections are cut here on purpose."""

    def cut(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at `Comfy.log`."""

    def do_GET(self) -> None:
        url, comfy = urlsplit(self.path), self.server.comfy
        comfy.log.append(f"GET {url.path}")
        if url.path.startswith("/history/"):
            ident = url.path.rpartition("/")[2]
            found = comfy.history.get(ident)
            self._say(200, {} if found is None else {ident: found})
        elif url.path == "/queue":
            self._say(200, comfy.queue_items())
        elif url.path == "/view":
            query = {name: said[0] for name, said in parse_qs(url.query).items()}
            octets = comfy.view(query["filename"], query.get("subfolder", ""), query["type"])
            self._send(404 if octets is None else 200, octets or b"", "image/png")
        else:
            self._send(404, b"404: Not Found", "text/plain")

    def do_POST(self) -> None:
        comfy = self.server.comfy
        comfy.log.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/upload/image":
            parts = {part.name: part for part in read_form(body)}
            folder, file = parts["subfolder"].text, parts["image"].filename
            comfy.inputs[f"{folder}/{file}"] = parts["image"].data
            self._say(200, {"name": file, "subfolder": folder, "type": "input"})
        elif self.path == "/prompt":
            self._say(*comfy.submit(json.loads(body)))
        elif self.path == "/queue":
            comfy.delete(json.loads(body).get("delete", []))
            self._send(200, b"", "application/octet-stream")
        elif self.path == "/interrupt":
            comfy.interrupt(json.loads(body or b"{}").get("prompt_id"))
            self._send(200, b"", "application/octet-stream")
        else:
            self._send(404, b"404: Not Found", "text/plain")

    def _say(self, status: int, said: object) -> None:
        self._send(status, json.dumps(said).encode(), "application/json; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
