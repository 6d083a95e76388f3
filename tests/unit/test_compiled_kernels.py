"""Machine code on disk is of the source that is there, whichever of its files changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import conversionflow.estimation

CALL = (
    "from conversionflow.estimation.density_kernel import total, inner; "
    "import numpy as np; from conversionflow.estimation.response_kernel import centre; "
    "v = np.array([1.0, 3.0]); centre(v); print(v.tolist())"
)


def run(folder, asked=CALL):
    found = subprocess.run(  # noqa: S603 - our own interpreter on a copy of the package
        [sys.executable, "-c", asked],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_changes_in_another_file(tmp_path):
    package = Path(conversionflow.estimation.__file__).parents[1]
    shutil.copytree(package, tmp_path / "conversionflow", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(tmp_path) == "[-1.0, 1.0]"
    called = tmp_path / "conversionflow" / "estimation" / "density_kernel.py"
    text = called.read_text()
    changed = text.replace("    result = 0.0\n", "    result = 2.0\n", 1)
    assert changed != text
    called.write_text(changed)
    assert run(tmp_path) == "[-2.0, 0.0]"


def test_machine_code_that_is_there_is_called_without_the_compilers_rules(tmp_path):
    package = Path(conversionflow.estimation.__file__).parents[1]
    shutil.copytree(package, tmp_path / "conversionflow", ignore=shutil.ignore_patterns("__pycache__"))
    asked = f"{CALL}; import sys; print('numba.typed.typeddict' in sys.modules)"
    assert run(tmp_path, asked) == "[-1.0, 1.0]\nTrue"
    assert run(tmp_path, asked) == "[-1.0, 1.0]\nFalse"
