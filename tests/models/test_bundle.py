from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import UptierError
from models.bundle import Bundle, load_bundle, save_bundle
from models.errors import BundleError
from models.manifest import FORMAT, Manifest, encode_json, parse_manifest

FIGURES = {"rate": 0.1 + 0.2, "tiny": 5e-324, "large": 1.7976931348623157e308, "third": 1 / 3}


def _bundle(**changes: Any) -> Bundle:
    facts = {
        "uptier": "0.1.0", "id": "b-1", "created": "2026-01-01T00:00:00+00:00",
        "as_of": "2025-12-01T00:00:00+00:00", "horizon_days": 90, "threshold": 812.35,
        "config": {"target": {"horizon_days": 90}, "seed": 7},
        "tiers": {"cuts": [100.5, None]}, "level": {"factor": 1.02}, "features": ("orders_h1", "value_h1"),
    }  # fmt: skip
    frame = pl.DataFrame(
        {"customer_id": ["é", None], "amount": [1.5, -2.25], "timestamp": [dt.datetime(2025, 1, 1), None]}
    )
    return Bundle(
        Manifest(**{**facts, **changes}),
        texts={"value_trees": "tree\nversion=v4\r\n\tü", "churn_trees": ""},
        documents={"process": FIGURES, "examples": [{"inputs": [1, None], "outputs": [True, "x"]}]},
        frames={"lines": frame},
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_bundle(tmp_path / "bundle", _bundle())
    return tmp_path / "bundle"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "bundle"
    save_bundle(folder, _bundle())
    return folder


def test_a_round_trip_gives_the_same_parts(saved: Path) -> None:
    bundle, loaded = _bundle(), load_bundle(saved)
    assert loaded.texts == bundle.texts
    assert loaded.documents == bundle.documents
    assert loaded.frames["lines"].equals(bundle.frames["lines"])
    assert loaded.frames["lines"].schema == bundle.frames["lines"].schema
    assert loaded.manifest.model_dump(exclude={"files", "checksum"}) == bundle.manifest.model_dump(
        exclude={"files", "checksum"}
    )
    assert sorted(loaded.manifest.files) == sorted(
        {path.name for path in saved.iterdir()} - {"manifest.json"}
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    document=JSON,
    text=st.text(st.characters(exclude_categories=["Cs"])),
    config=st.dictionaries(st.just("key"), JSON),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_and_any_text_come_back(tmp_path: Path, document: Any, text: str, config: Any) -> None:
    folder = tmp_path / "any"
    save_bundle(folder, Bundle(_bundle(config=config).manifest, {"part": text}, {"part": document}))
    loaded = load_bundle(folder)
    shutil.rmtree(folder)
    assert (loaded.texts["part"], loaded.documents["part"], loaded.manifest.config) == (
        text,
        document,
        config,
    )


def test_it_may_be_copied_anywhere(saved: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(saved, tmp_path / "elsewhere" / "x"))
    assert load_bundle(copy).manifest == load_bundle(saved).manifest


def test_equal_content_is_equal_bytes_but_for_time_and_id(saved: Path, tmp_path: Path) -> None:
    again = _bundle(
        created="2027-02-02T00:00:00+00:00", id="b-2", config={"seed": 7, "target": {"horizon_days": 90}}
    )
    manifest = save_bundle(tmp_path / "again", again)
    names = [path.name for path in saved.iterdir()]
    differing = [n for n in names if (saved / n).read_bytes() != (tmp_path / "again" / n).read_bytes()]
    assert differing == ["manifest.json"]
    first, second = (
        json.loads((folder / "manifest.json").read_text()) for folder in (saved, tmp_path / "again")
    )
    assert {key for key in first if first[key] != second[key]} == {"id", "created", "checksum"}
    assert manifest.content == load_bundle(saved).manifest.content
    assert manifest.content != _bundle(threshold=1.0).manifest.sealed(manifest.files).content


@given(st.data())
@settings(max_examples=150)
def test_one_byte_changed_anywhere_is_refused(kept: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for path in sorted(kept.iterdir()) if path.stat().st_size]))
    content = path.read_bytes()
    position = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(flipped)
    try:
        with pytest.raises(BundleError):
            load_bundle(kept)
    finally:
        path.write_bytes(content)


def test_every_byte_of_the_manifest_counts(kept: Path) -> None:
    content = (kept / "manifest.json").read_bytes()
    assert parse_manifest(content, "bundle") == load_bundle(kept).manifest
    for position in range(len(content)):
        with pytest.raises(BundleError):
            parse_manifest(
                content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :], "bundle"
            )


def _rewrite(folder: Path, change: Callable[[dict[str, Any]], None], *, seal: bool = True) -> None:
    """Change the manifest as someone would who knows how it is sealed."""
    document = json.loads((folder / "manifest.json").read_text())
    change(document)
    if seal:
        open_ = {key: value for key, value in document.items() if key != "checksum"}
        document["checksum"] = hashlib.sha256(encode_json(open_)).hexdigest()
    (folder / "manifest.json").write_bytes(encode_json(document))


def _refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}: ")


def test_an_altered_part_is_named(saved: Path) -> None:
    (saved / "value_trees.txt").write_text("tree")
    assert (
        _refusal(saved)
        == "value_trees.txt altered since it was saved; restore the bundle from its store, or train again"
    )


def test_a_newer_one_is_refused_before_anything_else_is_read(saved: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document |= {"format": FORMAT + 1, "uptier": "9.0.0", "novelty": {}}

    _rewrite(saved, change, seal=False)
    assert _refusal(saved) == (
        f"made by uptier 9.0.0 in format {FORMAT + 1}, this release reads format {FORMAT}; update uptier"
    )


@pytest.mark.parametrize("name", ["lines.parquet", "process.json", "manifest.json"])
def test_an_incomplete_one_is_refused(saved: Path, name: str) -> None:
    (saved / name).unlink()
    assert f"{name}" in _refusal(saved)
    assert "missing" in _refusal(saved)


def test_files_folders_and_links_that_are_not_its_own_are_refused(saved: Path, tmp_path: Path) -> None:
    (saved / "model.pkl").write_bytes(b"\x80\x04.")
    assert "'model.pkl', which no bundle wrote" in _refusal(saved)
    (saved / "model.pkl").unlink()
    (saved / "more").mkdir()
    assert "'more' is no file" in _refusal(saved)
    (saved / "more").rmdir()
    (tmp_path / "outside.json").write_bytes((saved / "process.json").read_bytes())
    (saved / "process.json").unlink()
    (saved / "process.json").symlink_to(tmp_path / "outside.json")
    assert "'process.json' is a link" in _refusal(saved)
    (saved / "process.json").unlink()
    os.mkfifo(saved / "process.json")
    assert "'process.json' is no file" in _refusal(saved)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.json",
        "/etc/passwd",
        "sub/part.json",
        "PART.json",
        "part.pkl",
        "part.json\n",
        "manifest.json",
        "",
    ],
)
def test_paths_that_escape_are_refused_even_when_sealed(saved: Path, name: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["files"][name] = "0" * 64

    _rewrite(saved, change)
    assert _refusal(saved).startswith("manifest.json is none that uptier wrote")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        f'{{"format": {FORMAT}}}'.encode(),
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 400 + b"1" + b"}" * 400,
        b'{"format": NaN}',
    ],
)
def test_a_manifest_that_is_none_is_refused(saved: Path, content: bytes) -> None:
    (saved / "manifest.json").write_bytes(content)
    assert _refusal(saved).startswith("manifest.json is none that uptier wrote")


def test_figures_that_json_lacks_and_bad_names_are_refused_when_saving(tmp_path: Path) -> None:
    manifest = _bundle().manifest
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_bundle(tmp_path / "x", Bundle(manifest, documents={"part": [float("nan")]}))
    for name in ("../part", "Part", "manifest"):
        with pytest.raises(ValueError, match="is no name for a part"):
            save_bundle(tmp_path / "x", Bundle(manifest, documents={name: 1}))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_and_nothing_half_written_is_left(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        save_bundle(saved, _bundle())
    load_bundle(saved)
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        save_bundle(tmp_path / "file" / "bundle", _bundle())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "file"]


def test_what_is_no_bundle_at_all(tmp_path: Path) -> None:
    assert "no such folder" in _refusal(tmp_path / "none")
    (tmp_path / "file").write_text("")
    assert "is a file" in _refusal(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert "manifest.json is missing" in _refusal(tmp_path / "empty")


def test_the_error_is_one_that_users_see() -> None:
    assert issubclass(BundleError, UptierError)
