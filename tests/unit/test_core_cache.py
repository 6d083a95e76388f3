"""Fingerprints, the store of arrays, what the machine allows, and the command that looks into the cache."""

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from conversionflow.cli import main
from conversionflow.core.array_store import ArrayStore, Stored
from conversionflow.core.fingerprint import code_digest, digest
from conversionflow.core.machine import Machine


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


def test_equal_contents_have_equal_fingerprints():
    assert digest({"a": 1, "b": np.arange(3)}) == digest({"b": np.arange(3), "a": 1})
    turned = np.arange(6.0).reshape(2, 3).T
    assert digest(turned) == digest(np.ascontiguousarray(turned))
    assert len(digest()) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        ("1", 1),
        (True, 1),
        (None, "None"),
        (("ab", "c"), ("a", "bc")),
        ((("a",), "b"), ("a", ("b",))),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(2), np.zeros(2, np.float32)),
        (np.array([0.0]), np.array([-0.0])),
        (Pair(1, 2), Pair(2, 1)),
        (date(2024, 1, 1), date(2024, 1, 2)),
        ({"a": 1}, {"a": 2}),
    ],
)
def test_different_contents_have_different_fingerprints(one, other):
    assert digest(one) != digest(other)


@pytest.mark.parametrize("value", [object(), lambda: 0, np.array([object()])])
def test_what_cannot_be_told_apart_is_refused(value):
    with pytest.raises(TypeError, match="no fingerprint"):
        digest(value)


def test_code_digest_follows_source_and_versions(tmp_path, monkeypatch):
    package = tmp_path / "fingerprinted_package"
    package.mkdir()
    source = package / "__init__.py"
    source.write_text("a = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    first = code_digest(["fingerprinted_package"], ["numpy"])
    assert code_digest(["fingerprinted_package"], ["numpy"]) == first
    assert code_digest(["fingerprinted_package"], ["numpy", "scipy"]) != first
    source.write_text("a = 2\n")
    assert code_digest(["fingerprinted_package"], ["numpy"]) != first


ARRAYS = {
    "draws": np.random.default_rng(1).normal(size=(20, 3, 2)),
    "flags": np.array([True, False]),
    "none": np.empty((4, 0)),
}


@pytest.fixture
def store(tmp_path):
    return ArrayStore(tmp_path / "fits", "version 1")


def keep(store, key, *, days_ago=0, **about):
    before = set(store.folder.glob("*.parquet"))
    store.save(key, Stored(ARRAYS, {"model": "journey", "form": "plain", "chain": "0", **about}))
    (file,) = set(store.folder.glob("*.parquet")) - before
    then = time.time() - days_ago * 86400
    os.utime(file, (then, then))
    return file


def test_what_is_kept_comes_back_to_the_bit(store):
    keep(store, "key-0")
    found = store.load("key-0")
    assert found.about["model"] == "journey"
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        assert found.arrays[name].tobytes() == array.tobytes()


def test_another_key_or_version_is_not_found(store):
    keep(store, "key-0")
    assert store.load("key-1") is None
    assert ArrayStore(store.folder, "version 2").load("key-0") is None


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "exchanged"])
def test_a_damaged_entry_is_said_and_removed(store, damage, caplog):
    file, other = keep(store, "key-0"), keep(store, "key-1")
    content = bytearray(file.read_bytes())
    content[ARRAYS["draws"].nbytes // 2] ^= 1
    whole, exchanged = file.read_bytes(), other.read_bytes()
    damages = {"flip": bytes(content), "cut": whole[:200], "empty": b"", "exchanged": exchanged}
    file.write_bytes(damages[damage])
    with caplog.at_level(logging.WARNING, "conversionflow"):
        assert store.load("key-0") is None
    assert f"{file} in the cache is damaged" in caplog.text
    assert not file.exists()


def test_many_writers_of_one_key_leave_one_whole_entry(store):
    stored = Stored(ARRAYS, {"model": "journey"})

    def write_and_read(_):
        store.save("key-0", stored)
        return store.load("key-0")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write_and_read, range(40)))
    assert all(one is not None for one in found)
    assert len(list(store.folder.iterdir())) == 1


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_cache(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with caplog.at_level(logging.WARNING, "conversionflow"):
        ArrayStore(blocked / "fits").save("key", Stored(ARRAYS, {}))
    assert "cannot keep what was computed" in caplog.text


def test_old_entries_are_pruned(store):
    old, new = keep(store, "key-0", days_ago=40), keep(store, "key-1", days_ago=20)
    assert [entry.file for entry in store.prune(timedelta(days=30))] == [old]
    assert list(store.folder.iterdir()) == [new]


def test_a_cache_too_large_loses_what_was_used_least_recently(store):
    files = [keep(store, f"key-{number}", days_ago=10 - number) for number in range(4)]
    store.load("key-0")  # Used just now.
    size = files[0].stat().st_size
    store.prune(larger_than=2 * size + size // 2)
    assert {file for file in files if file.exists()} == {files[0], files[3]}


def test_what_a_killed_writer_left_is_removed_after_a_while(store):
    keep(store, "key-0")
    for name, age in (("old.partial", 7200), ("new.partial", 60)):
        (store.folder / name).write_bytes(b"half")
        os.utime(store.folder / name, (time.time() - age,) * 2)
    store.prune()
    assert {file.name for file in store.folder.glob("*.partial")} == {"new.partial"}


def test_limits_of_a_container_count(tmp_path):
    free = Machine.here(tmp_path)
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    assert Machine.here(tmp_path) == Machine(min(free.cores, 2), 3_000_000)
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert Machine.here(tmp_path).cores == free.cores == len(os.sched_getaffinity(0))


def run(*arguments):
    return CliRunner().invoke(main, ["cache", *map(str, arguments)])


def test_the_command_lists_fits(store):
    keep(store, "0123456789abcdef-0")
    keep(store, "0123456789abcdef-1", chain="1")
    keep(store, "fedcba9876543210-0", model="poisson", days_ago=3)
    found = run("--path", store.folder)
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    (journey,) = [line for line in lines if "journey" in line]
    assert " 2 " in journey
    assert "0123456789ab" in journey
    assert "2 fits" in lines[-2] + lines[-1]


def test_the_command_clears(store):
    old, new = keep(store, "key-0", days_ago=40), keep(store, "key-1", days_ago=1)
    assert "1 entries removed" in run("--path", store.folder, "clear", "--older-than", 30).output
    assert (old.exists(), new.exists()) == (False, True)
    run("--path", store.folder, "clear")
    assert not new.exists()


def test_the_command_finds_the_projects_cache(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path / ".cache/fits") in run().output.replace("\n", "")
    project = tmp_path / "dbt_project.yml"
    project.write_text("vars: {conversionflow: {fit_cache_path: elsewhere}}")
    assert str(tmp_path / "elsewhere") in run().output.replace("\n", "")
    project.write_text("vars: {conversionflow: {fit_cache_path: null}}")
    refused = run()
    assert refused.exit_code == 2
    assert "no fits are kept" in refused.output
