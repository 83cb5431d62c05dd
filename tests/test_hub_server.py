"""The Hub of the tests, as the real huggingface_hub client and timm see it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
from hub_server import READ_TOKEN, USER, WRITE_TOKEN, Fault, HubServer, Request
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import get_session
from safetensors.numpy import save

# huggingface_hub 2.4 hands its LFS uploads to httpx2 in a way that httpx2 is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

NET = f"{USER}/net"
CARD = b"---\nlicense: mit\n---\n# A net\n"
WEIGHTS = save({"weight": np.arange(5000, dtype=np.float32)})
FILES = {"README.md": CARD, "model.safetensors": WEIGHTS, "labels/names.txt": b"cat\ndog\n"}


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `hub_env` does for subprocesses: huggingface_hub has read this process's environment already."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client retries without waiting: 5 retries of an upload take 23 s otherwise."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture
def api(hub: HubServer) -> HfApi:
    return HfApi(endpoint=hub.url, token=WRITE_TOKEN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds FILES."""
    for path, data in FILES.items():
        file = tmp_path / "net" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return tmp_path / "net"


def status_of(call: Callable[[], object]) -> int:
    with pytest.raises(HfHubHTTPError) as refused:
        call()
    return refused.value.response.status_code


def test_tokens(hub: HubServer, api: HfApi) -> None:
    assert api.whoami()["name"] == USER
    assert api.whoami()["auth"]["accessToken"]["role"] == "write"
    assert api.whoami(token=READ_TOKEN)["auth"]["accessToken"]["role"] == "read"
    assert status_of(lambda: api.whoami(token="hf_unknown")) == 401
    assert hub.requests[-1] == Request("GET", "/api/whoami-v2", "hf_unknown")


def test_create(hub: HubServer, api: HfApi) -> None:
    for kind, sdk in (("model", None), ("dataset", None), ("space", "gradio")):
        url = api.create_repo("net", repo_type=kind, space_sdk=sdk)
        assert (url.repo_id, url.repo_type) == (NET, kind)
        assert api.create_repo(NET, repo_type=kind, space_sdk=sdk, exist_ok=True) == url
        assert status_of(lambda: api.create_repo(NET, repo_type=kind, space_sdk=sdk)) == 409  # noqa: B023
        assert list(hub.repos[kind, NET].commits[-1].files) == [".gitattributes"]
        assert api.repo_info(NET, repo_type=kind).sha == hub.repos[kind, NET].commits[-1].oid
    assert status_of(lambda: api.create_repo("other", token=READ_TOKEN)) == 403
    assert status_of(lambda: api.create_repo("someone/else")) == 403
    api.delete_repo(NET)
    assert not api.repo_exists(NET)


def test_upload_and_list(hub: HubServer, api: HfApi, folder: Path) -> None:
    api.create_repo(NET)
    info = api.upload_folder(repo_id=NET, folder_path=folder)
    commits = hub.repos["model", NET].commits
    assert commits[-1].files == commits[0].files | FILES
    assert (info.oid, info.repo_url.repo_id) == (commits[-1].oid, NET)
    assert sorted(api.list_repo_files(NET)) == sorted(commits[-1].files)
    assert api.list_repo_files(NET, revision=commits[0].oid) == [".gitattributes"]
    top = {entry.path: entry for entry in api.list_repo_tree(NET)}
    assert sorted(top) == [".gitattributes", "README.md", "labels", "model.safetensors"]
    siblings = {file.rfilename: file for file in api.model_info(NET, files_metadata=True).siblings}
    (paths_info,) = api.get_paths_info(NET, "model.safetensors")
    assert top["model.safetensors"].lfs == paths_info.lfs == siblings["model.safetensors"].lfs
    assert sum(request.method == "PUT" for request in hub.requests) == 1  # the safetensors file alone is LFS
    api.delete_files(NET, ["labels/*"])
    assert "labels/names.txt" not in commits[-1].files and "labels/names.txt" in commits[-2].files


def test_unchanged_files_make_no_commit(hub: HubServer, api: HfApi, folder: Path) -> None:
    repo = hub.seed("model", NET, FILES)
    assert api.upload_folder(repo_id=NET, folder_path=folder).oid == repo.commits[0].oid
    assert len(repo.commits) == 1


def test_multipart_upload(hub: HubServer, api: HfApi, folder: Path) -> None:
    hub.multipart_bytes = 4096
    api.create_repo(NET, private=True)
    api.upload_folder(repo_id=NET, folder_path=folder)
    assert hub.repos["model", NET].commits[-1].files["model.safetensors"] == WEIGHTS
    assert sum(request.method == "PUT" for request in hub.requests) == -(-len(WEIGHTS) // 4096)


def test_lfs_content_must_match_its_sha256(hub: HubServer) -> None:
    repo = hub.seed("model", NET, {})
    put = get_session().put(f"{hub.url}/lfs/models/{NET}/{'0' * 64}", content=b"other")
    lines = [
        {"key": "header", "value": {"summary": "push"}},
        {"key": "file", "value": {"path": "README.md", "content": ""}},
        {"key": "lfsFile", "value": {"path": "model.safetensors", "oid": "0" * 64}},
    ]
    commit = get_session().post(
        f"{hub.url}/api/models/{NET}/commit/main",
        content="\n".join(map(json.dumps, lines)),
        headers={"Authorization": f"Bearer {WRITE_TOKEN}"},
    )
    assert (put.status_code, commit.status_code) == (400, 400)
    assert (len(repo.commits), repo.uploaded) == (1, {})


def test_bad_card_is_refused(hub: HubServer, api: HfApi) -> None:
    hub.seed("model", NET, {})
    with pytest.raises(ValueError, match="Invalid metadata"):
        api.upload_file(path_or_fileobj=b"---\na: [\n---\n", path_in_repo="README.md", repo_id=NET)
    assert len(hub.repos["model", NET].commits) == 1


def test_read_only_token_cannot_push(hub: HubServer, api: HfApi, folder: Path) -> None:
    repo = hub.seed("model", NET, FILES)
    push = lambda: api.upload_folder(repo_id=NET, folder_path=folder, token=READ_TOKEN)  # noqa: E731
    assert status_of(push) == 403
    assert len(repo.commits) == 1


def test_download(hub: HubServer, api: HfApi, tmp_path: Path) -> None:
    first = hub.seed("model", NET, FILES).commits[0].oid
    for path, data in FILES.items():
        file = api.hf_hub_download(NET, path, cache_dir=tmp_path)
        assert Path(file).read_bytes() == data and first in file
    snapshot = Path(api.snapshot_download(NET, cache_dir=tmp_path / "other", max_workers=2))
    assert {str(p.relative_to(snapshot)): p.read_bytes() for p in snapshot.rglob("*") if p.is_file()} == FILES
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(NET, "absent.txt", cache_dir=tmp_path)
    with pytest.raises(RevisionNotFoundError):
        api.hf_hub_download(NET, "README.md", revision="absent", cache_dir=tmp_path)
    with pytest.raises(RepositoryNotFoundError):
        api.hf_hub_download(f"{USER}/absent", "README.md", cache_dir=tmp_path)


def test_private_repository_needs_a_token(hub: HubServer, api: HfApi, tmp_path: Path) -> None:
    hub.seed("model", NET, FILES, private=True)
    assert api.hf_hub_download(NET, "README.md", cache_dir=tmp_path)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info(NET, token=False)


def test_space(hub: HubServer, api: HfApi) -> None:
    api.create_repo(
        NET, repo_type="space", space_sdk="gradio", space_secrets=[{"key": "TOKEN", "value": "hidden"}]
    )
    api.add_space_variable(NET, "SIZE", "small")
    assert api.get_space_variables(NET)["SIZE"].value == "small"
    assert list(api.get_space_secrets(NET)) == ["TOKEN"]
    assert hub.repos["space", NET].secrets == {"TOKEN": "hidden"}
    assert [api.get_space_runtime(NET).stage for _ in range(3)] == ["BUILDING", "BUILDING", "RUNNING"]
    api.upload_file(path_or_fileobj=b"pass\n", path_in_repo="app.py", repo_id=NET, repo_type="space")
    assert api.get_space_runtime(NET).stage == "BUILDING"
    assert api.space_info(NET).sdk == "gradio"


def two_pushes(api: HfApi, parent: str | None) -> list[int]:
    """Push a.txt and b.txt at once; the statuses, 200 for success."""
    barrier, statuses = Barrier(2), []

    def push(name: str) -> None:
        barrier.wait()
        try:
            api.create_commit(
                NET, [CommitOperationAdd(name, b"text")], commit_message=name, parent_commit=parent
            )
            statuses.append(200)
        except HfHubHTTPError as error:
            statuses.append(error.response.status_code)

    threads = [Thread(target=push, args=(name,)) for name in ("a.txt", "b.txt")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_two_pushes_at_once(hub: HubServer, api: HfApi) -> None:
    repo = hub.seed("model", NET, {})
    assert two_pushes(api, parent=repo.commits[0].oid) == [200, 412]
    assert len(repo.commits) == 2 and len(repo.commits[-1].files) == 1
    repo = hub.seed("model", NET, {})
    assert two_pushes(api, parent=None) == [200, 200]
    assert len(repo.commits) == 3 and set(repo.commits[-1].files) == {"a.txt", "b.txt"}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("after_bytes", [0, 1000])
def test_push_cut_between_files(hub: HubServer, api: HfApi, folder: Path, after_bytes: int) -> None:
    """The second LFS file never arrives: nothing of the push shows. The next push sends only that file."""
    (folder / "second.safetensors").write_bytes(save({"weight": np.ones(3000, np.float32)}))
    repo = hub.seed("model", NET, {"old.txt": b"old"})
    hub.fault = Fault(kind="drop", method="PUT", after_bytes=after_bytes, skip=1)
    with pytest.raises(RuntimeError, match="Error while uploading"):
        api.upload_folder(repo_id=NET, folder_path=folder)
    assert [commit.files for commit in repo.commits] == [{"old.txt": b"old"}]
    assert len(repo.uploaded) == 1
    hub.fault, hub.requests[:] = None, []
    api.upload_folder(repo_id=NET, folder_path=folder)
    assert sum(request.method == "PUT" for request in hub.requests) == 1
    assert set(repo.commits[-1].files) == {"old.txt", "second.safetensors", *FILES}


def test_push_killed(hub: HubServer, folder: Path, hub_env: dict[str, str]) -> None:
    repo = hub.seed("model", NET, {})
    hub.fault = Fault(kind="hang", method="POST", path="/commit/")
    code = (
        f"import huggingface_hub; huggingface_hub.upload_folder(repo_id={NET!r}, folder_path={str(folder)!r})"
    )
    with subprocess.Popen([sys.executable, "-c", code], env=hub_env, stderr=subprocess.DEVNULL) as push:
        give_up = time.monotonic() + 20
        while not any("/commit/" in request.path for request in hub.requests) and time.monotonic() < give_up:
            time.sleep(0.02)
        push.kill()
    assert hub.requests[-1] == Request("POST", f"/api/models/{NET}/commit/main", WRITE_TOKEN)
    assert len(repo.commits) == 1 and repo.commits[0].files == {}


@pytest.mark.parametrize("kind", ["corrupt", "flip", "truncate"])
def test_client_believes_a_damaged_download(hub: HubServer, api: HfApi, tmp_path: Path, kind: str) -> None:
    """Why our loader checks the sha256: the client does not."""
    hub.seed("model", NET, FILES)
    hub.fault = Fault(kind=kind, path=r"/model\.safetensors$")
    data = Path(api.hf_hub_download(NET, "model.safetensors", cache_dir=tmp_path)).read_bytes()
    assert data == hub.fault.damage(WEIGHTS) != WEIGHTS
    assert len(data) == (len(WEIGHTS) // 2 if kind == "truncate" else len(WEIGHTS))
    wrong_bits = sum((a ^ b).bit_count() for a, b in zip(data, WEIGHTS, strict=False))
    assert wrong_bits == {"corrupt": 8 * len(WEIGHTS), "flip": 1, "truncate": 0}[kind]


def test_client_refuses_a_download_shorter_than_announced(hub: HubServer, api: HfApi, tmp_path: Path) -> None:
    hub.seed("model", NET, FILES)
    hub.fault = Fault(kind="truncate", method="GET", path="/resolve/")
    with pytest.raises(OSError, match="Consistency check failed"):
        api.hf_hub_download(NET, "model.safetensors", cache_dir=tmp_path)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("chunk_bytes", [1000, 10_000_000])
def test_dropped_download_goes_on(
    hub: HubServer, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
) -> None:
    """The client resumes after the last whole chunk; of a file below its 10 MB it starts anew."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", chunk_bytes)
    hub.seed("model", NET, FILES)
    hub.fault = Fault(kind="drop", path="/resolve/", after_bytes=7500, times=2)
    file = api.hf_hub_download(NET, "model.safetensors", cache_dir=tmp_path)
    assert Path(file).read_bytes() == WEIGHTS
    assert [request.method for request in hub.requests] == ["HEAD", "GET", "GET", "GET"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, HfHubHTTPError),
        (403, LocalEntryNotFoundError),
        (404, RepositoryNotFoundError),
        (503, LocalEntryNotFoundError),
    ],
)
def test_statuses(hub: HubServer, api: HfApi, tmp_path: Path, status: int, error: type[Exception]) -> None:
    hub.seed("model", NET, FILES)
    hub.fault = Fault(kind="status", status=status, path="/resolve/")
    assert api.model_info(NET).id == NET
    with pytest.raises(error):
        api.hf_hub_download(NET, "README.md", cache_dir=tmp_path)
    hub.fault = None
    assert api.hf_hub_download(NET, "README.md", cache_dir=tmp_path)


@pytest.mark.usefixtures("impatient")
def test_refused_and_hanging_hub(hub: HubServer, api: HfApi, tmp_path: Path) -> None:
    hub.seed("model", NET, FILES)
    hub.fault = Fault(kind="refuse")
    with pytest.raises(LocalEntryNotFoundError):
        api.hf_hub_download(NET, "README.md", cache_dir=tmp_path)
    hub.fault = None
    cached = api.hf_hub_download(NET, "README.md", cache_dir=tmp_path)
    hub.fault = Fault(kind="hang")
    start = time.monotonic()
    assert api.hf_hub_download(NET, "README.md", cache_dir=tmp_path, etag_timeout=0.3) == cached
    assert time.monotonic() - start < 3


TIMM = f"""
import json, sys, timm, torch
from timm.models import push_to_hf_hub
torch.manual_seed(0)
torch.set_num_threads(1)
image = torch.rand(1, 3, 64, 64)
made = timm.create_model("test_resnet", num_classes=3).eval()
push_to_hf_hub(made, {NET!r}, safe_serialization=True)
loaded = timm.create_model("hf-hub:{NET}", pretrained=True).eval()
with torch.no_grad():
    print(json.dumps({{"equal": torch.equal(made(image), loaded(image)), "classes": loaded.num_classes}}))
"""


def test_timm_round_trip(hub: HubServer, hub_env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TIMM], env=hub_env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"equal": True, "classes": 3}
    files = hub.repos["model", NET].commits[-1].files
    assert set(files) == {".gitattributes", "README.md", "config.json", "model.safetensors"}
