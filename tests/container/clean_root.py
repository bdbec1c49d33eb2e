"""Runs a Dockerfile's steps where there is no container engine: each stage in a root of its own, by chroot.

Needs root's rights and debootstrap. It understands what this project's Dockerfile uses: FROM, RUN, COPY,
USER, ENV, WORKDIR; the rest is for an engine alone. `python -m tests.container.clean_root FOLDER [STAGE]`
leaves the stage's root in FOLDER, and prints how to enter it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FROM_HOST = ("PIP_DEFAULT_TIMEOUT", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_CERTIFICATES = "/etc/ssl/host.crt"
_HOST_FILES = {
    "/etc/resolv.conf": "/etc/resolv.conf",
    "/etc/hosts": "/etc/hosts",
    "/etc/ssl/certs/ca-certificates.crt": _CERTIFICATES,
}


@dataclass
class Stage:
    """One stage while it is built: its root, and what ENV, USER and WORKDIR said so far."""

    root: Path
    user: str = "root"
    folder: str = "/"
    env: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> None:
        """Run a shell command inside, as the stage's user and in its folder."""
        path = self.env.get("PATH", "") + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        passed = {name: os.environ[name] for name in _FROM_HOST if name in os.environ}
        passed |= {"PIP_CERT": _CERTIFICATES, "HOME": "/tmp", "LANG": "C.UTF-8"}
        inside = f"cd {shlex.quote(self.folder)} && {command}"
        subprocess.run(
            ["chroot", f"--userspec={self.user}:{self.user}", str(self.root), "/bin/sh", "-ec", inside],
            check=True,
            env={
                **passed,
                "PIP_CERT": _CERTIFICATES,
                "HOME": "/tmp",
                "LANG": "C.UTF-8",
                **self.env,
                "PATH": path,
            },
        )

    def copy(self, sources: list[Path], target: str) -> None:
        """Copy files, or a folder's content, into the stage."""
        place = self.root / target.lstrip("/")
        for source in sources:
            if source.is_dir():
                bare = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True, ignore=bare)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, place)


def read_steps(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile as pairs of word and argument, lines that go on joined."""
    text = re.sub(r"\\\n", " ", dockerfile.read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def build(dockerfile: Path, folder: Path, wanted: str) -> Stage:
    """Build the stages of a Dockerfile up to the one that is wanted, those it does not need too."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for word, rest in read_steps(dockerfile):
        print(f"{word} {rest}"[:150], flush=True)
        if word == "FROM":
            if wanted in stages:
                break
            stage = _begin(rest, folder, stages)
        elif word == "RUN":
            stage.run(rest)
        elif word == "COPY":
            _copy(rest, stage, stages)
        elif word == "USER":
            stage.user = rest
        elif word == "WORKDIR":
            stage.folder = rest
        elif word == "ENV":
            pairs = (pair.partition("=") for pair in shlex.split(rest))
            stage.env |= {name: value.removesuffix(":$PATH") for name, _, value in pairs}
    return stages[wanted]


def _begin(rest: str, folder: Path, stages: dict[str, Stage]) -> Stage:
    image, _, name = rest.partition(" AS ")
    root = folder / name
    if image in stages:
        subprocess.run(["cp", "-a", "--reflink=auto", str(stages[image].root), str(root)], check=True)
        before = stages[image]
        stages[name] = Stage(root, before.user, before.folder, dict(before.env))
        return stages[name]
    release = re.fullmatch(r"debian:(\w+)-slim", image)
    if release is None:
        raise SystemExit(f"FROM {image}: expected a Debian release, such as debian:bookworm-slim")
    subprocess.run(
        ["debootstrap", "--variant=minbase", release[1], str(root)], check=True, stdout=subprocess.DEVNULL
    )
    for source, target in _HOST_FILES.items():
        if Path(source).exists():
            (root / target.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, root / target.lstrip("/"))
    stages[name] = Stage(root)
    return stages[name]


def _copy(rest: str, stage: Stage, stages: dict[str, Stage]) -> None:
    words = shlex.split(rest)
    origin = ROOT
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).removeprefix("--from=")].root
    *sources, target = words
    stage.copy([origin / source.lstrip("/") for source in sources], target)


def main() -> None:
    """Build one stage and say how to enter it."""
    folder = Path(sys.argv[1])
    wanted = sys.argv[2] if len(sys.argv) > 2 else "uptier"
    folder.mkdir(parents=True)
    stage = build(ROOT / "Dockerfile", folder, wanted)
    print(f"chroot --userspec={stage.user} {stage.root}   # with {stage.env}, in {stage.folder}")


if __name__ == "__main__":
    main()
