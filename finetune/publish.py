"""Write a checkpoint as a folder in Hub layout, and push such a folder to the Hugging Face Hub.

    python -m finetune.publish runs/mine/checkpoint --repo user/name --private

A push is one commit of all files of the folder: the repository holds the old checkpoint or the new one, never a mixture.
A push that failed is repeated with the same command. The token comes from HF_TOKEN or `hf auth login`.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError
from safetensors.torch import load_file
from safetensors.torch import save as save_tensors

from finetune.card import REPO, CardFacts, ClassRow
from finetune.write import catalogue_row, half, write_checkpoint
from hub_models.account import SILENCE_SECONDS, Preflight, preflight, spoken
from hub_models.errors import BadInput, CheckpointError, HubError, HubUnavailable
from hub_models.local import CARD, CONFIG, FILES, GOLDEN, WEIGHTS, extra_files, read_local
from hub_models.predictors.weights import is_packed, read_tensors

__all__ = [
    "CardFacts",
    "ClassRow",
    "Preflight",
    "catalogue_row",
    "preflight",
    "push",
    "write_checkpoint",
]

PUSH_ATTEMPTS = 5  # when another push to the same repository comes in between
MESSAGE = "Add a checkpoint with its card and golden output"


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
    pictures = extra_files(folder)
    size = sum((folder / name).stat().st_size for name in (*FILES, *pictures))
    ready = preflight(repo_id, token, size)
    texts = {name: (folder / name).read_bytes() for name in (CONFIG, CARD, GOLDEN, *pictures)}
    weights, sha256 = folder / WEIGHTS, checkpoint.sha256
    if is_packed(load_file(weights)):  # which other loaders do not know
        weights = save_tensors(half(read_tensors(weights)), {"format": "pt"})
        sha256 = hashlib.sha256(weights).hexdigest()
        texts[CONFIG] = with_size(texts[CONFIG], len(weights))
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
    files = {**texts, WEIGHTS: weights}
    commit = spoken(lambda: commit_files(api, ready.repo_id, private, files, sha256))
    show(f"pushed {ready.repo_id} at {commit[:12]}; its sha256 is right")
    return str(url)


def with_size(config: bytes, size: int) -> bytes:
    """config.json for weights of `size` bytes."""
    values = json.loads(config)
    values["checkpoint"]["megabytes"] = round(size / 1e6, 2)
    return json.dumps(values, indent=2).encode()


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
