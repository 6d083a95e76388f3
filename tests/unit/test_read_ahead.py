"""Tables read by another process arrive as they are, and what goes wrong there is told here."""

import os
import subprocess
import sys
import textwrap

import pytest

from conversionflow.warehouse.read_ahead import read_ahead

GIVEN = """
    import os
    from conversionflow.warehouse.read_ahead import read_ahead

    def read():
        import pyarrow as pa

        names = pa.chunked_array([["a", "b"], ["b", None]]).dictionary_encode()
        return {"two": pa.table({"name": names, "reader": [os.getpid()] * 4}), "none": pa.table({"x": []})}
"""


def answer_of(script):
    text = textwrap.dedent(GIVEN) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.split(), done.stderr


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core reads in turn")
def test_tables_of_the_other_process_are_those_read_here():
    words, errors = answer_of("""
        begun = read_ahead(read)
        there, here = begun(), read()
        same = here["two"]["name"].to_pylist() == there["two"]["name"].to_pylist()
        kinds = [here[name].schema == there[name].schema for name in there]
        print(list(here) == list(there), same, *kinds, there["two"]["reader"][0].as_py() != os.getpid())
    """)
    assert words == ["True"] * 5, errors


def test_an_error_there_is_raised_here():
    words, errors = answer_of("""
        def read():
            raise ValueError(f"not by {os.getpid()}")

        print(os.getpid())
        read_ahead(read)()
    """)
    assert f"ValueError: not by {words[-1]}" in errors
    assert errors.count("Traceback") == 1


def test_where_nothing_can_be_forked_they_are_read_when_asked_for(monkeypatch):
    monkeypatch.delattr(os, "fork")
    calls = []
    tables = read_ahead(lambda: calls.append(1) or {})
    assert calls == []
    assert tables() == {}
    assert calls == [1]
