"""What the Hub of the tests holds and answers, without sockets and faults: those are in hub_server.py.

An endpoint takes the hub and a `Call`; it returns an `Answer`, or plain data that becomes JSON, or raises
`Refusal`. There are those endpoints, with those fields, that huggingface_hub 2.4 asks for and reads.
"""

import base64
import hashlib
import json
import math
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

import yaml

USER = "student"
WRITE_TOKEN, READ_TOKEN = "hf_loopbackwrite", "hf_loopbackread"
LFS_SUFFIXES = {".safetensors", ".bin", ".pt", ".pth", ".onnx", ".npz"}
ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in sorted(LFS_SUFFIXES))
POINTER_BYTES = 134  # of an LFS pointer file with a size of nine digits; the client only passes it on

# Headers by which the client tells apart refusals of the same status.
BAD_TOKEN = {"X-Error-Message": "Invalid credentials in Authorization header"}
NO_REPO = {"X-Error-Code": "RepoNotFound"}
NO_REVISION = {"X-Error-Code": "RevisionNotFound"}
NO_ENTRY = {"X-Error-Code": "EntryNotFound"}

Kind = Literal["model", "dataset", "space"]


@dataclass(frozen=True)
class Answer:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None, **body: Any) -> None:
        headers = {"X-Error-Message": message, **(headers or {})}
        self.answer = Answer(json.dumps({"error": message, **body}).encode(), status, headers)


@dataclass(frozen=True)
class Commit:
    summary: str
    files: dict[str, bytes]
    oid: str = field(default_factory=lambda: secrets.token_hex(20))


@dataclass
class Repo:
    kind: Kind
    id: str
    commits: list[Commit]
    private: bool = False
    sdk: str | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    uploaded: dict[str, bytes] = field(default_factory=dict)  # LFS contents by sha256, committed or not
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)  # by sha256 and number, from 1
    polls: int = 0  # how often its runtime was asked for since the last commit

    def commit(self, revision: str) -> Commit:
        """The commit that `revision`, "main" or 40 hex digits, names."""
        if revision == "main":
            return self.commits[-1]
        for commit in self.commits:
            if commit.oid == revision:
                return commit
        raise Refusal(404, f"Invalid rev id: {revision}", NO_REVISION)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, `path` and `query` as sent; `names` are the parts of the path that its endpoint names."""

    method: str
    path: str
    query: str
    token: str | None
    body: bytes
    range_start: int
    damage: Callable[[bytes], bytes]  # what the fault of the test makes of a download
    names: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Hub:
    """The repositories and tokens, and the settings a test may change."""

    url: str

    def __init__(self) -> None:
        self.repos: dict[tuple[Kind, str], Repo] = {}
        self.tokens: dict[str, Literal["write", "read"]] = {WRITE_TOKEN: "write", READ_TOKEN: "read"}
        self.lfs_bytes = 10_000_000  # larger files are LFS whatever their suffix, as on the Hub
        self.multipart_bytes: int | None = None  # larger uploads go in parts of this size; None: never
        self.building_polls = 2  # how often a Space is BUILDING after a commit, before `final_stage`
        self.final_stage = "RUNNING"
        self.lock = threading.Lock()

    def seed(self, kind: Kind, repo_id: str, files: dict[str, bytes], *, private: bool = False) -> Repo:
        """Make a repository whose one commit holds exactly `files`."""
        repo = Repo(kind, repo_id, [Commit("seed", dict(files))], private=private)
        repo.uploaded = {sha256(data): data for path, data in files.items() if self.is_lfs(path, len(data))}
        self.repos[kind, repo_id] = repo
        return repo

    def is_lfs(self, path: str, size: int) -> bool:
        return size > 0 and (PurePosixPath(path).suffix in LFS_SUFFIXES or size > self.lfs_bytes)

    def respond(self, call: Call) -> Answer:
        """Find the endpoint for `call` and run it, one call at a time."""
        if call.token and call.token not in self.tokens:
            raise Refusal(401, "Invalid username or password.", BAD_TOKEN)
        method = call.method.replace("HEAD", "GET")
        for methods, pattern, function in ENDPOINTS:
            if method in methods.split() and (match := pattern.fullmatch(call.path)):
                call.names.update({name: unquote(text) for name, text in match.groupdict("").items()})
                with self.lock:
                    answer = function(self, call)
                return answer if isinstance(answer, Answer) else Answer(json.dumps(answer).encode())
        raise Refusal(404, f"The Hub of the tests has no {call.method} {call.path}")

    def repo_at(self, call: Call) -> Repo:
        """The repository that `call` names, whoever asks."""
        kind = call.names["kind"].removesuffix("s") or "model"
        if (kind, call.names["id"]) not in self.repos:
            raise Refusal(404 if call.token else 401, "Repository not found", NO_REPO)
        return self.repos[kind, call.names["id"]]

    def repo(self, call: Call, *, write: bool = False) -> Repo:
        """The repository that `call` names, if its token may read it, or write to it."""
        repo = self.repo_at(call)
        if repo.private and not call.token:
            raise Refusal(401, "Repository not found", NO_REPO)
        if write:
            self.check_write(call, repo.id)
        return repo

    def check_write(self, call: Call, repo_id: str) -> None:
        if not call.token:
            raise Refusal(401, "Invalid username or password.")
        if self.tokens[call.token] != "write" or not repo_id.startswith(f"{USER}/"):
            raise Refusal(403, f"This token has no right to write to {repo_id}")


ENDPOINTS: list[tuple[str, re.Pattern[str], Callable[[Hub, Call], Any]]] = []
API = r"/api/(?P<kind>models|datasets|spaces)/(?P<id>[^/]+/[^/]+)"
WEB = r"/(?:(?P<kind>datasets|spaces)/)?(?P<id>[^/]+/[^/]+)"
LFS = r"/lfs/(?P<kind>models|datasets|spaces)/(?P<id>[^/]+/[^/]+)/(?P<oid>[0-9a-f]{64})"


def endpoint(methods: str, pattern: str) -> Callable[[Callable], Callable]:
    def register(function: Callable) -> Callable:
        ENDPOINTS.append((methods, re.compile(pattern), function))
        return function

    return register


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


# Account and repositories


@endpoint("GET", "/api/whoami-v2")
def whoami(hub: Hub, call: Call) -> dict:
    if not call.token:
        raise Refusal(401, "Invalid username or password.")
    token = {"displayName": "tests", "role": hub.tokens[call.token]}
    return {"type": "user", "name": USER, "orgs": [], "auth": {"type": "access_token", "accessToken": token}}


@endpoint("POST", "/api/repos/create")
def create(hub: Hub, call: Call) -> dict:
    wish = call.json
    kind, repo_id = wish.get("type", "model"), f"{wish.get('organization') or USER}/{wish['name']}"
    hub.check_write(call, repo_id)
    address = {"url": f"{hub.url}/{web_path(kind, repo_id)}", "name": repo_id}
    if (kind, repo_id) in hub.repos:
        raise Refusal(409, "You already created this repo", **address)
    repo = hub.seed(kind, repo_id, {".gitattributes": ATTRIBUTES.encode()})
    repo.private, repo.sdk = wish.get("visibility") == "private", wish.get("sdk")
    repo.secrets = {secret["key"]: secret["value"] for secret in wish.get("secrets", [])}
    repo.variables = {variable["key"]: variable["value"] for variable in wish.get("variables", [])}
    return address


@endpoint("DELETE", "/api/repos/delete")
def delete(hub: Hub, call: Call) -> dict:
    wish = call.json
    kind, repo_id = wish.get("type", "model"), f"{wish.get('organization') or USER}/{wish['name']}"
    hub.check_write(call, repo_id)
    if hub.repos.pop((kind, repo_id), None) is None:
        raise Refusal(404, "Repository not found", NO_REPO)
    return {}


@endpoint("POST", "/api/validate-yaml")
def validate_yaml(hub: Hub, call: Call) -> dict:
    front = re.match(r"---\n(.*?)\n---", call.json["content"], re.DOTALL)
    try:
        empty = front is None or not yaml.safe_load(front[1])
    except yaml.YAMLError as error:
        raise Refusal(400, "Invalid metadata", errors=[{"message": str(error)}]) from error
    return {"errors": [], "warnings": [{"message": "The card has no metadata"}] if empty else []}


@endpoint("GET", API + "(?:/revision/(?P<revision>[^/]+))?")
def info(hub: Hub, call: Call) -> dict:
    repo = hub.repo(call)
    commit = repo.commit(call.names["revision"] or "main")
    blobs = "blobs" in parse_qs(call.query)
    siblings = []
    for path, data in sorted(commit.files.items()):
        sibling = {"rfilename": path}
        if blobs:
            sibling |= {"size": len(data), "blobId": git_sha1(data)}
            if hub.is_lfs(path, len(data)):
                sibling["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": POINTER_BYTES}
        siblings.append(sibling)
    about = {"id": repo.id, "author": repo.id.split("/")[0], "private": repo.private, "sdk": repo.sdk}
    return {**about, "gated": False, "tags": [], "sha": commit.oid, "siblings": siblings}


# Files: what there is, and downloads


@endpoint("GET", API + "/tree/(?P<revision>[^/]+)(?:/(?P<path>.+))?")
def tree(hub: Hub, call: Call) -> list[dict]:
    commit = hub.repo(call).commit(call.names["revision"])
    base = PurePosixPath(call.names["path"])
    recursive = parse_qs(call.query).get("recursive", [""])[0].lower() in ("true", "1")
    files, folders = [], set()
    for path, data in sorted(commit.files.items()):
        if base in PurePosixPath(path).parents:
            folders |= {folder for folder in PurePosixPath(path).parents if base in folder.parents}
            files.append(file_entry(hub, path, data))
    if not files:
        raise Refusal(404, f"{base} does not exist on {call.names['revision']}", NO_ENTRY)
    entries = [
        {"type": "directory", "path": str(f), "oid": git_sha1(bytes(f))} for f in sorted(folders)
    ] + files
    return [entry for entry in entries if recursive or PurePosixPath(entry["path"]).parent == base]


@endpoint("POST", API + "/paths-info/(?P<revision>[^/]+)")
def paths_info(hub: Hub, call: Call) -> list[dict]:
    files = hub.repo(call).commit(call.names["revision"]).files
    asked = parse_qs(call.body.decode()).get("paths", [])
    return [file_entry(hub, path, files[path]) for path in asked if path in files]


@endpoint("GET", WEB + "/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
def resolve(hub: Hub, call: Call) -> Answer:
    commit, path = hub.repo(call).commit(call.names["revision"]), call.names["path"]
    at_commit = {"X-Repo-Commit": commit.oid}
    if path not in commit.files:
        raise Refusal(404, "Entry not found", {**NO_ENTRY, **at_commit})
    data = commit.files[path]
    sent = call.damage(data)
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{git_sha1(data)}"', **at_commit}
    if hub.is_lfs(path, len(data)):
        etag = f'"{sha256(data)}"'
        headers |= {"ETag": etag, "X-Linked-Etag": etag, "X-Linked-Size": str(len(sent))}
    if not call.range_start:
        return Answer(sent, 200, headers)
    if call.range_start >= len(sent):
        raise Refusal(416, "Range not satisfiable", {"Content-Range": f"bytes */{len(sent)}"})
    headers["Content-Range"] = f"bytes {call.range_start}-{len(sent) - 1}/{len(sent)}"
    return Answer(sent[call.range_start :], 206, headers)


# Uploads: preupload, LFS, commit


@endpoint("POST", API + "/preupload/(?P<revision>[^/]+)")
def preupload(hub: Hub, call: Call) -> dict:
    present = hub.repo(call, write=True).commit(call.names["revision"]).files
    answers = []
    for file in call.json["files"]:
        path, lfs = file["path"], hub.is_lfs(file["path"], file["size"])
        answer = {"path": path, "uploadMode": "lfs" if lfs else "regular", "shouldIgnore": False}
        if path in present:
            answer["oid"] = sha256(present[path]) if lfs else git_sha1(present[path])
        answers.append(answer)
    return {"files": answers}


@endpoint("POST", WEB + r"\.git/info/lfs/objects/batch")
def lfs_batch(hub: Hub, call: Call) -> dict:
    repo = hub.repo(call, write=True)
    objects = []
    for wish in call.json["objects"]:
        oid, size, part = wish["oid"], wish["size"], hub.multipart_bytes
        answer, href = {"oid": oid, "size": size}, f"{hub.url}/lfs/{repo.kind}s/{repo.id}/{oid}"
        upload: dict[str, Any] = {"href": href}
        if part and size > part:
            urls = {str(number): f"{href}/{number}" for number in range(1, math.ceil(size / part) + 1)}
            upload["header"] = {"chunk_size": str(part), **urls}
        if oid not in repo.uploaded:
            answer["actions"] = {"upload": upload, "verify": {"href": f"{href}/verify"}}
        objects.append(answer)
    return {"transfer": "multipart" if hub.multipart_bytes else "basic", "objects": objects}


@endpoint("PUT", LFS + r"(?:/(?P<part>\d+))?")
def lfs_put(hub: Hub, call: Call) -> Answer:
    repo, oid = hub.repo_at(call), call.names["oid"]  # no token comes along: on the Hub, the URL is signed
    if call.names["part"]:
        repo.parts[oid, int(call.names["part"])] = call.body
    else:
        keep(repo, oid, call.body)
    return Answer(b"", 200, {"ETag": f'"{sha256(call.body)}"'})


@endpoint("POST", LFS)
def lfs_complete(hub: Hub, call: Call) -> dict:
    repo, oid = hub.repo_at(call), call.names["oid"]  # as in lfs_put
    keep(repo, oid, b"".join(repo.parts.pop((oid, part["partNumber"])) for part in call.json["parts"]))
    return {}


@endpoint("POST", LFS + "/verify")
def lfs_verify(hub: Hub, call: Call) -> dict:
    repo = hub.repo(call, write=True)
    if len(repo.uploaded.get(call.names["oid"], b"")) != call.json["size"]:
        raise Refusal(422, f"{call.names['oid']} was not uploaded whole")
    return {}


@endpoint("POST", API + "/commit/(?P<revision>[^/]+)")
def commit(hub: Hub, call: Call) -> dict:
    """Make a commit of all the lines of the body, or refuse and change nothing."""
    repo = hub.repo(call, write=True)
    if call.names["revision"] != "main" or "create_pr" in parse_qs(call.query):
        raise Refusal(400, "The Hub of the tests commits to main only, and has no pull requests")
    header, *operations = [json.loads(line) for line in call.body.splitlines()]
    if not repo.commits[-1].oid.startswith(header["value"].get("parentCommit", "")):
        raise Refusal(412, f"A commit has happened since. Main is at {repo.commits[-1].oid}")
    files = dict(repo.commits[-1].files)
    for operation in operations:
        change(repo, files, operation["key"], operation["value"])
    repo.commits.append(Commit(header["value"]["summary"], files))
    repo.polls = 0
    oid = repo.commits[-1].oid
    return {"commitOid": oid, "commitUrl": f"{hub.url}/{web_path(repo.kind, repo.id)}/commit/{oid}"}


def change(repo: Repo, files: dict[str, bytes], key: str, value: dict[str, str]) -> None:
    """Apply one line of a commit to `files`."""
    path = value["path"]
    if key == "file":
        files[path] = base64.b64decode(value["content"])
    elif key == "lfsFile" and value["oid"] in repo.uploaded:
        files[path] = repo.uploaded[value["oid"]]
    elif key == "deletedFile" and path in files:
        del files[path]
    elif key == "deletedFolder":
        for name in [name for name in files if name.startswith(path.rstrip("/") + "/")]:
            del files[name]
    elif key == "lfsFile":
        raise Refusal(400, f"LFS content {value['oid']} of {path} was never uploaded")
    else:
        raise Refusal(404, f"{key} {path}: A file with this name doesn't exist", NO_ENTRY)


def keep(repo: Repo, oid: str, data: bytes) -> None:
    if sha256(data) != oid:
        raise Refusal(400, f"The sha256 of the content is {sha256(data)}, not {oid}")
    repo.uploaded[oid] = data


def file_entry(hub: Hub, path: str, data: bytes) -> dict:
    entry = {"type": "file", "path": path, "size": len(data), "oid": git_sha1(data)}
    if hub.is_lfs(path, len(data)):
        entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": POINTER_BYTES}
    return entry


def web_path(kind: Kind, repo_id: str) -> str:
    return repo_id if kind == "model" else f"{kind}s/{repo_id}"


# Spaces


@endpoint("GET", API + "/runtime")
def runtime(hub: Hub, call: Call) -> dict:
    repo = hub.repo(call)
    repo.polls += 1
    stage = "BUILDING" if repo.polls <= hub.building_polls else hub.final_stage
    return {"stage": stage, "hardware": {"current": None, "requested": "cpu-basic"}, "gcTimeout": None}


@endpoint("POST", API + "/restart")
def restart(hub: Hub, call: Call) -> dict:
    hub.repo(call, write=True).polls = 0
    return runtime(hub, call)


@endpoint("GET POST DELETE", API + "/(?P<what>secrets|variables)")
def settings(hub: Hub, call: Call) -> dict:
    repo = hub.repo(call, write=True)
    held = repo.secrets if call.names["what"] == "secrets" else repo.variables
    if call.method == "POST":
        held[call.json["key"]] = call.json["value"]
    elif call.method == "DELETE":
        held.pop(call.json["key"], None)
    secret = call.names["what"] == "secrets"
    return {key: {"description": None} if secret else {"value": value} for key, value in held.items()}
