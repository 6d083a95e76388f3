"""Finished chains are kept: nothing is sampled twice, and a killed fit goes on where it was."""

import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import killed_fit
import numpy as np
import pytest
from killed_fit import CHAINS, ONE_CORE, SETTINGS, SURVIVING, fitted, small_network

from conversionflow.core.array_store import ArrayStore
from conversionflow.core.errors import MachineError
from conversionflow.core.machine import Machine
from conversionflow.estimation import diagnostics_frame, fit, sampling, summary_frame
from conversionflow.estimation.chains import Task, chains_in_flight
from conversionflow.estimation.effort import Effort
from conversionflow.estimation.poisson import build
from conversionflow.estimation.sampling_progress import SamplingProgress


@pytest.fixture(scope="module")
def undisturbed():
    return fitted(None, Machine(cores=3, memory=10**9))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fits")


@pytest.fixture(scope="module")
def resumed(folder):
    command = [sys.executable, killed_fit.__file__, str(folder)]
    killed = subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(list(folder.iterdir())) == SURVIVING
    return fitted(ArrayStore(folder))


def same(first, second):
    assert first.posterior.keys() == second.posterior.keys()
    for name, draws in first.posterior.items():
        assert draws.tobytes() == second.posterior[name].tobytes(), name
    for one, other in zip(first.parameters, second.parameters, strict=True):
        assert one.draws.tobytes() == other.draws.tobytes(), one.name


def test_a_killed_fit_samples_only_what_is_missing(resumed):
    first, second = (attempt.work for attempt in resumed.attempts)
    assert (first.sampled, first.reused) == (CHAINS - SURVIVING, SURVIVING)
    assert (second.sampled, second.reused) == (CHAINS, 0)


def test_a_killed_fit_ends_with_the_draws_of_an_undisturbed_one(resumed, undisturbed):
    same(resumed, undisturbed)
    assert [a.diagnostics for a in resumed.attempts] == [a.diagnostics for a in undisturbed.attempts]


def test_chains_differ(undisturbed):
    draws = undisturbed.posterior["beta1"]
    assert len({draws[chain].tobytes() for chain in range(CHAINS)}) == CHAINS


def test_the_same_fit_again_is_read_without_building_a_model(resumed, folder, undisturbed, monkeypatch):
    def refuse(*_):
        raise AssertionError("built or sampled")

    monkeypatch.setattr("conversionflow.estimation.poisson.build", refuse)
    monkeypatch.setattr("conversionflow.estimation.sampling.compile_model", refuse)
    monkeypatch.setattr("conversionflow.estimation.diagnostics.convergence", refuse)
    again = fitted(ArrayStore(folder))
    same(again, undisturbed)
    assert summary_frame(again, 0.9).equals(summary_frame(resumed, 0.9))
    assert diagnostics_frame(again)["work"][0].startswith(
        "poisson, attempt 1: 0 chains sampled, 0 at a time, 4 from the cache, draws of 0."
    )
    columns = ["rhat_max", "ess_bulk_min", "converged", "action"]
    assert diagnostics_frame(again)[columns].equals(diagnostics_frame(resumed)[columns])


def keys(data=None, chains=CHAINS, form="plain", priors=None, **effort):
    told = Effort(**{"draws": 40, "tune": 40, "thinning": 1, "seed": 11, "target_accept": 0.87} | effort)
    return Task("poisson", form, (data or small_network(), priors or {}), build, told, chains).keys()


@pytest.mark.parametrize(
    "change",
    [
        {"data": small_network(shift=1.0)},
        {"data": replace(small_network(), touchpoints=("ads", "organic"))},
        {"form": "other"},
        {"priors": {"beta1": {"distribution": "Normal", "mu": 1.0, "sigma": 0.5}}},
        {"draws": 41},
        {"tune": 41},
        {"thinning": 2},
        {"seed": 12},
        {"target_accept": 0.97},
    ],
)
def test_whatever_decides_the_draws_is_in_the_key(change):
    assert not set(keys()) & set(keys(**change))


def test_more_chains_keep_those_there_are():
    assert keys(chains=6)[:CHAINS] == keys()


def test_a_damaged_chain_is_said_and_sampled_anew(resumed, folder, undisturbed, caplog, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    store = ArrayStore(tmp_path)
    chains = [entry for entry in store.entries() if entry.about.get("chain") == "1"]
    damaged = min(chains, key=lambda entry: entry.size).file  # The second attempt has twice the draws.
    content = bytearray(damaged.read_bytes())
    content[len(content) // 3] ^= 1
    damaged.write_bytes(content)
    with caplog.at_level(logging.WARNING, "conversionflow"):
        again = fitted(store)
    assert f"{damaged} in the cache is damaged" in caplog.text
    assert [attempt.work.sampled for attempt in again.attempts] == [1, 0]
    same(again, undisturbed)


def test_thinning_keeps_every_so_manieth_draw_and_all_divergences(undisturbed):
    thinned = fit("poisson", small_network(), replace(SETTINGS, thinning=3), None, ONE_CORE)
    for name, draws in undisturbed.posterior.items():
        assert np.array_equal(thinned.posterior[name], draws[:, ::3]), name
    for one, other in zip(thinned.attempts, undisturbed.attempts, strict=True):
        assert one.diagnostics.divergences == other.diagnostics.divergences
        assert one.diagnostics.ebfmi_min == other.diagnostics.ebfmi_min


def test_no_process_is_forked(monkeypatch):
    def refuse():
        raise AssertionError("forked")

    monkeypatch.setattr(os, "fork", refuse)
    assert fitted(None, Machine(cores=2, memory=10**9)).posterior


TASK = Task("poisson", "plain", (), build, Effort(1000, 500, 1, 0, 0.87), 4)


# 600 parameters: 57.6 MB of kept draws (3 copies of 4 x 1,000), 37.5 MB a running chain (5 of 1,500 draws).
@pytest.mark.parametrize(("cores", "memory", "found"), [(2, 10**10, 2), (16, 10**10, 4), (16, 14 * 10**7, 2)])
def test_chains_at_a_time_follow_cores_and_memory(cores, memory, found):
    assert chains_in_flight(TASK, 600, 4, Machine(cores, memory)) == found


def test_too_little_memory_is_refused_with_what_to_do():
    with pytest.raises(MachineError, match=r"1,000,000 parameters.*are free. Lower mcmc_draws"):
        chains_in_flight(TASK, 1_000_000, 4, Machine(2, 10**9))


def test_progress_in_a_log_names_draws_divergences_and_speed(caplog, monkeypatch):
    monkeypatch.setattr("conversionflow.estimation.sampling_progress.LOG_SECONDS", 0.0)
    with caplog.at_level(logging.INFO, "conversionflow"):
        fitted(None)
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("poisson, attempt 1: ")]
    assert any("320 of 320 draws (tuning included), " in line and "draws/s" in line for line in lines)
    assert any("divergences" in line for line in lines)


def test_progress_in_a_terminal_is_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "140")
    with SamplingProgress("journey, attempt 1", 100) as progress:
        progress.show(sampling.Progressed(40, 3))
    shown = capsys.readouterr().err
    assert "journey, attempt 1" in shown
    assert "40/100" in shown
    assert "3 divergences" in shown
    assert "draws/s" in shown


def test_a_store_is_a_folder_of_files_that_say_what_they_are(resumed, folder):
    chains = [entry for entry in ArrayStore(folder).entries() if "chain" in entry.about]
    assert len(chains) == 2 * CHAINS
    assert {(entry.about["model"], entry.about["form"]) for entry in chains} == {("poisson", "plain")}
    assert all(Path(entry.file).suffix == ".parquet" for entry in chains)
