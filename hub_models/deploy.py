"""Put the tab of one task on a Hugging Face Space: stage it, try it in a clean process, upload it, wait for it.

`main_deploy` is `python -m hub_models deploy`. A deploy that failed is repeated with the same command: the upload is
one commit, so the Space holds the old files or the new ones, and what is there already is not sent again.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError

from hub_models.account import SILENCE_SECONDS, Preflight, preflight, spoken
from hub_models.errors import BadInput, CheckpointError, HubUnavailable
from hub_models.staging import Staged, stage
from hub_models.trial import try_staged

Show = Callable[[str], None]
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
)  # of our environment
ANSWER_KEYS = {"seconds", "device", "checkpoint"}  # of every Answer, beside those of its result
LOG_LINES = 15  # of the Space's own output, shown when the try fails
POLL_SECONDS = 5.0
WAIT_SECONDS = 20 * 60.0  # a first build installs torch, which takes minutes
PENDING = ("BUILDING", "RUNNING_BUILDING", "APP_STARTING", "RUNNING_APP_STARTING")
NEEDS = (
    "What the account needs: Hugging Face makes new Gradio Spaces for accounts with a paid plan or a ZeroGPU "
    "allowance; a Space that is there already can be updated without. The basic CPU hardware, which costs nothing "
    "more, is enough for this one. The upload takes a token of the kind Write, from `hf auth login` or HF_TOKEN."
)
LACKS = (
    "The Hub does not let this account make a new Gradio Space: that needs a paid plan or a ZeroGPU allowance, and in "
    "an organisation the right to create. Choose a plan, deploy to a Space that you have, or use --dry-run and run "
    "`python app.py` in that folder on any machine."
)


def main_deploy(
    task_id: str,
    repo: str,
    dry_run: Path | None = None,
    private: bool = False,
    show: Show = print,
    attempt: Callable[..., object] | None = None,
) -> str:
    """Deploy `task_id` to the Space `repo`, or only write its files to the folder `dry_run`; the address of either.

    `attempt` takes the place of `try_staged`. Errors as in `stage`, `try_staged`, `preflight`; `hub_forbidden` also
    where the account may not have Spaces; `hub_failed` where the Space does not run in the end.
    """
    show(NEEDS)
    with tempfile.TemporaryDirectory() as scratch:
        staged = stage(task_id, dry_run or Path(scratch) / "space")
        show(f"staged {staged.text()}")
        token = get_token()
        ready = None if dry_run else preflight(repo, token, staged.bytes)
        (attempt or try_staged)(staged, ready.repo_id if ready else repo, show=show)
        if ready is None:
            show(f"The files are in {dry_run}. Without --dry-run they go to {repo}.")
            return str(dry_run)
        show(ready.text())
        address, commit = upload(staged, ready, token, private)
    show(f"uploaded as {commit[:12]}; now the Hub builds it, which takes some minutes")
    wait_until_running(HfApi(token=token), ready.repo_id, commit, address, show)
    show(f"The Space runs: {address}")
    return address


def upload(staged: Staged, ready: Preflight, token: str, private: bool) -> tuple[str, str]:
    """Make the Space if it is not there, and commit the files to it: (its address, the id of the commit)."""
    if any(token.encode() in (staged.folder / name).read_bytes() for name in staged.files):
        raise CheckpointError(
            "checkpoint_unsafe", "Expected no secrets in the files, but one holds your token. Take it out."
        )
    get_session().timeout = SILENCE_SECONDS
    api = HfApi(token=token)
    address = spoken(lambda: create(api, ready.repo_id, private))
    return address, spoken(lambda: commit_files(api, staged, ready.repo_id, private))


def create(api: HfApi, repo_id: str, private: bool) -> str:
    try:
        return str(
            api.create_repo(
                repo_id, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True
            )
        )
    except HfHubHTTPError as error:
        if error.response.status_code in (402, 403):  # the token itself has passed the preflight
            raise HubUnavailable("hub_forbidden", LACKS) from error
        raise


def commit_files(api: HfApi, staged: Staged, repo_id: str, private: bool) -> str:
    """One commit after which the Space holds exactly the staged files; its id."""
    head = api.space_info(repo_id)
    if private and not head.private:
        raise BadInput(
            "bad_value",
            f"Expected {repo_id} to be private, but it is there already and public. Choose another name, or make "
            "it private in its settings.",
        )
    stale = {file.rfilename for file in head.siblings} - set(staged.files) - {".gitattributes"}
    operations = [CommitOperationAdd(name, staged.folder / name) for name in staged.files]
    operations += [CommitOperationDelete(name) for name in sorted(stale)]
    commit = api.create_commit(
        repo_id,
        operations,
        commit_message=f"Deploy {staged.task.id}",
        repo_type="space",
        parent_commit=head.sha,
    )
    if commit.oid == head.sha and api.get_space_runtime(repo_id).stage not in (*PENDING, "RUNNING"):
        api.restart_space(
            repo_id, factory_reboot=True
        )  # the same files again, after a failure of the Hub's own
    return commit.oid


def wait_until_running(api: HfApi, repo_id: str, commit: str, address: str, show: Show) -> None:
    """Return when the Space runs what was committed; HubUnavailable `hub_failed` when it does not."""
    began, said = time.monotonic(), ""
    while time.monotonic() - began < WAIT_SECONDS:
        time.sleep(POLL_SECONDS)
        runtime = spoken(lambda: api.get_space_runtime(repo_id))
        if runtime.raw.get("sha", commit) != commit:  # still what ran before
            continue
        if runtime.stage == "RUNNING":
            return
        if runtime.stage not in PENDING:
            log = "build" if "BUILD" in runtime.stage else "container"
            raise HubUnavailable(
                "hub_failed",
                f"Expected the Space to run, but it is {runtime.stage}. Its log says why: {address}?logs={log}",
            )
        if runtime.stage != said:
            said = runtime.stage
            show(f"{time.monotonic() - began:.0f} s: {said}")
    raise HubUnavailable(
        "hub_failed",
        f"Expected the Space to run within {WAIT_SECONDS / 60:.0f} minutes, but it does not yet. It may go on: {address}",
    )
