"""What is amiss with an error of anything but chat. Vendors with a client of their own are judged
as in `judging`; the rest by the bodies that their pages show (Jina, Voyage AI "Error codes",
Stability AI "REST API v2beta", AUTOMATIC1111's modules/api/api.py, Mistral "Error glossary";
November 2026).
"""

from collections.abc import Callable, Mapping

from google.genai import errors as google
from mistralai.client.errors import HTTPValidationError, SDKError
from tests.errors.judging import JUDGES, Amiss, hints_at, said_well
from tests.errors.lone import Told
from tests.errors.others import Refused
from tests.errors.troubles import POLICY, SECRET, STABILITY, Trouble


def amiss(judge: str, trouble: Trouble, told: Told, error: Exception | None) -> Amiss:
    """Whatever is not as an application of that vendor would expect."""
    if error is None:
        yield "nothing is raised"
        return
    if SECRET in str(error):
        yield "a provider's key is shown"
    if told.is_cut:
        yield "the connection is cut"
    yield from hints_at(told, trouble)
    yield from {**JUDGES, **_PLAIN}[judge](trouble, told, error)


def _mistral(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    wanted = HTTPValidationError if trouble.told == 422 else SDKError
    if not isinstance(error, wanted) or error.status_code != trouble.told:
        yield f"{type(error).__name__}: {error}"
        return
    yield from said_well(trouble, str(error))


def _refused(error: Exception, status: int) -> Amiss:
    if not isinstance(error, Refused):
        yield f"{type(error).__name__}: {error}"
    elif error.answer.status_code != status:
        yield f"status is {error.answer.status_code}, not {status}"


def _detail(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    yield from _refused(error, trouble.told)
    if isinstance(error, Refused):
        yield from said_well(trouble, error.answer.json().get("detail"))


def _automatic1111(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    yield from _detail(trouble, told, error)
    if isinstance(error, Refused):
        body = error.answer.json()
        if body.keys() != {"error", "detail", "body", "errors"}:
            yield f"body is {body}"


def _stability(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    yield from _refused(error, trouble.told)
    if not isinstance(error, Refused):
        return
    body = error.answer.json()
    if body.keys() != {"id", "name", "errors"} or not body["id"]:
        yield f"body is {body}"
        return
    name = STABILITY.get(trouble.told, "bad_request" if trouble.told < 500 else "internal_error")
    if body["name"] != ("content_moderation" if trouble.name == POLICY else name):
        yield f"name is {body['name']}"
    yield from said_well(trouble, body["errors"][0])


def _google(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    if not isinstance(error, Refused):
        yield f"{type(error).__name__}: {error}"
        return
    kind = google.ClientError if error.answer.is_client_error else google.ServerError
    raised = kind(error.answer.status_code, error.answer.json())
    yield from JUDGES["gemini_generate"](trouble, told, raised)


_PLAIN: Mapping[str, Callable[[Trouble, Told, Exception], Amiss]] = {
    "mistral": _mistral,
    "detail": _detail,
    "stability": _stability,
    "automatic1111": _automatic1111,
    "plain_google": _google,
}
