"""The person's account on the Hugging Face Hub: whose token it is, what it may write, and refusals as sentences.

Asked before any work, by the push of a checkpoint and by the deploy of a Space.
"""

import queue
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx2
from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id

from hub_models.errors import BadInput, HubError, HubUnavailable

PREFLIGHT_SECONDS = (
    3.0  # the Hub answers in 0.2 s; nobody should wait 23 s of retries to hear that it is away
)
SILENCE_SECONDS = 30.0  # without a byte during a push; the client's own limit is none at all
OFFLINE = "Expected a connection to the Hub, but HF_HUB_OFFLINE is set. Unset it."
UNREACHABLE = "Expected an answer from the Hub, but it cannot be reached. Check the connection, then repeat."
REFUSED = (
    "The Hub refused the token, or its right to write there. Make a token of the kind Write in the settings of "
    "your Hub account, under Access Tokens, then run `hf auth login`."
)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """Where a push will go, checked."""

    repo_id: str  # user/name
    user: str  # whose token it is
    megabytes: float

    def text(self) -> str:
        return f"ready to push {self.megabytes:,.1f} MB to {self.repo_id} as {self.user}"


def preflight(repo_id: str, token: str | None, size_bytes: int) -> Preflight:
    """Check, in at most PREFLIGHT_SECONDS and before any work, that a push to `repo_id` can succeed.

    `repo_id` without a namespace means the user's own. HubUnavailable: `hub_offline`, `hub_unreachable`,
    `hub_forbidden` (no token, a wrong one, or no right to write there), `hub_failed`; BadInput: `bad_value`.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise BadInput(
            "bad_value",
            "Expected a repository such as user/name, of letters, digits, '-', '_' and '.', "
            f"got {repo_id[:80]!r}.",
        ) from error
    if constants.is_offline_mode():
        raise HubUnavailable("hub_offline", OFFLINE)
    token = token or get_token()
    if not token:
        raise HubUnavailable(
            "hub_forbidden",
            "Expected a token that may write to the Hub, found none. Run `hf auth login`, or set HF_TOKEN.",
        )
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise HubUnavailable(
            "hub_forbidden",
            "Expected a token of plain letters and digits, got other characters. Copy it again.",
        )
    who = spoken(lambda: within(PREFLIGHT_SECONDS, lambda: HfApi(token=token).whoami()))
    namespace, _, name = repo_id.rpartition("/")
    known = {who["name"].lower(): who["name"]}
    known |= {
        org["name"].lower(): org["name"] for org in who.get("orgs", []) if org.get("roleInOrg") != "read"
    }
    if namespace and namespace.lower() not in known:
        raise HubUnavailable(
            "hub_forbidden",
            f"Expected a repository of {' or '.join(known.values())}, whose token this is, got {repo_id}.",
        )
    repo_id = f"{known[namespace.lower()] if namespace else who['name']}/{name}"
    if not may_write(who.get("auth", {}).get("accessToken", {}), repo_id):
        raise HubUnavailable(
            "hub_forbidden",
            f"Expected a token with the right to write to {repo_id}, but this one may not. "
            "Make one of the kind Write in the settings of your Hub account, under Access Tokens.",
        )
    return Preflight(repo_id=repo_id, user=who["name"], megabytes=size_bytes / 1e6)


def may_write(access: dict, repo_id: str) -> bool:
    """Whether the token that whoami describes in `access` has the right; True where it does not say."""
    if access.get("role") != "fineGrained":
        return access.get("role") != "read"
    scopes = access.get("fineGrained", {}).get("scoped", [])
    places = {repo_id.lower(), repo_id.partition("/")[0].lower()}
    return any(
        s["entity"].get("name", "").lower() in places and "repo.write" in s["permissions"] for s in scopes
    )


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`, or TimeoutError: to look up a name alone may take longer."""
    answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((call(), None))
        except Exception as error:  # carried to the thread that waits
            answers.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return result


def spoken(call: Callable[[], T]) -> T:
    """The result of `call`; what the Hub or the network did to it is raised as HubUnavailable."""
    try:
        return call()
    except HubError:
        raise
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        raise hub_error(error) from error


def hub_error(error: BaseException) -> HubUnavailable:
    """What an exception of the client means for a person. Addresses, tokens and bodies stay out of it."""
    if isinstance(error, RuntimeError) and error.__cause__ is not None:
        return hub_error(error.__cause__)  # the client wraps what stopped an upload
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if isinstance(error, OfflineModeIsEnabled):
        code, message = "hub_offline", OFFLINE
    elif status in (401, 403):
        code, message = "hub_forbidden", REFUSED
    elif status == 404:
        code, message = "hub_not_found", "The Hub has no such repository. Check the name, then repeat."
    elif status is not None and (status in (408, 429) or status >= 500):
        code, message = "hub_unreachable", f"The Hub cannot take this now (status {status}). Repeat it later."
    elif status is not None:
        code, message = "hub_failed", f"The Hub did not accept the push (status {status}). Repeat it."
    elif isinstance(error, httpx2.TransportError | TimeoutError | ConnectionError):
        code, message = "hub_unreachable", UNREACHABLE
    else:
        code, message = "hub_failed", f"The push did not end well ({type(error).__name__}). Repeat it."
    return HubUnavailable(code, message)
