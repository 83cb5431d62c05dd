"""Write a checkpoint as a folder in Hub layout, and push such a folder to the Hugging Face Hub.

    python -m finetune.publish runs/mine/checkpoint --repo user/name --private

A push is one commit of four files: the repository holds the old checkpoint or the new one, never a mixture.
A push that failed is repeated with the same command. The token comes from HF_TOKEN or `hf auth login`.
"""

import argparse
import queue
import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx2
from huggingface_hub import CommitOperationAdd, HfApi, constants, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id

from finetune.card import REPO, CardFacts, ClassRow
from finetune.write import catalogue_row, write_checkpoint
from hub_models.errors import BadInput, CheckpointError, HubError, HubUnavailable
from hub_models.local import CARD, CONFIG, FILES, GOLDEN, WEIGHTS, read_local

__all__ = [
    "CardFacts",
    "ClassRow",
    "Preflight",
    "catalogue_row",
    "preflight",
    "push",
    "write_checkpoint",
]

PREFLIGHT_SECONDS = (
    3.0  # the Hub answers in 0.2 s; nobody should wait 23 s of retries to hear that it is away
)
SILENCE_SECONDS = 30.0  # without a byte during a push; the client's own limit is none at all
PUSH_ATTEMPTS = 5  # when another push to the same repository comes in between
MESSAGE = "Add a checkpoint with its card and golden output"
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


def push(
    folder: Path,
    repo_id: str,
    token: str | None = None,
    private: bool = False,
    show: Callable[[str], None] = print,
) -> str:
    """Push the checkpoint in `folder` as one commit and return the address of the repository.

    Errors as in `preflight` and `read_local`; `hub_failed` also where the Hub did not keep what was sent;
    CheckpointError `checkpoint_unsafe` where the token stands in a file. What the Hub has is not sent again.
    """
    checkpoint = read_local(folder)
    token = token or get_token()
    size = sum((folder / name).stat().st_size for name in FILES)
    ready = preflight(repo_id, token, size)
    texts = {name: (folder / name).read_bytes() for name in (CONFIG, CARD, GOLDEN)}
    texts[CARD] = texts[CARD].replace(REPO.encode(), ready.repo_id.encode())
    if any(token.encode() in data for data in texts.values()):
        raise CheckpointError(
            "checkpoint_unsafe",
            "Expected no secrets in the checkpoint, but its card or configuration holds your token. "
            "Take it out of the command that is written there, then repeat the push.",
        )
    show(ready.text())
    get_session().timeout = SILENCE_SECONDS
    api = HfApi(token=token)
    url = spoken(lambda: api.create_repo(ready.repo_id, private=private or None, exist_ok=True))
    files = {**texts, WEIGHTS: folder / WEIGHTS}
    commit = spoken(lambda: commit_files(api, ready.repo_id, private, files, checkpoint.sha256))
    show(f"pushed {ready.repo_id} at {commit[:12]}; its sha256 is right")
    return str(url)


def commit_files(
    api: HfApi, repo_id: str, private: bool, files: dict[str, bytes | Path], weights_sha256: str
) -> str:
    """Commit `files` on top of the newest commit, whole or not at all; the id of the commit that holds them.

    The client leaves out files that are on the Hub already. A push that came in between would make a mix of
    two checkpoints; so the commit names its parent, and on a refusal (412) all is compared anew.
    """
    for _ in range(PUSH_ATTEMPTS):
        head = api.model_info(repo_id)
        if private and not head.private:
            raise BadInput(
                "bad_value",
                f"Expected {repo_id} to be private, but it is there already and public. Choose another name, "
                "or make it private in its settings.",
            )
        additions = [CommitOperationAdd(name, content) for name, content in files.items()]
        try:
            commit = api.create_commit(repo_id, additions, commit_message=MESSAGE, parent_commit=head.sha)
        except HfHubHTTPError as error:
            if error.response.status_code != 412:
                raise
            continue
        kept = api.get_paths_info(repo_id, WEIGHTS, revision=commit.oid)
        if [entry.lfs.sha256 for entry in kept if entry.lfs] == [weights_sha256]:
            return commit.oid
    raise HubUnavailable(
        "hub_failed",
        f"Expected the sha256 {weights_sha256[:12]}... of {WEIGHTS} on the Hub, found another each time: "
        "the upload is damaged, or others push to the same repository. Repeat it later.",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.publish", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a checkpoint folder that a recipe wrote")
    parser.add_argument("--repo", required=True, help="user/name on the Hub; made if it is not there")
    parser.add_argument("--private", action="store_true", help="visible to you alone")
    chosen = parser.parse_args(arguments)
    try:
        print(push(chosen.folder, chosen.repo, private=chosen.private))
    except HubError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
