"""The folders of the dbt project that runs and of the packages in it, wherever dbt was started."""

from pathlib import Path


def project_folders(package: str) -> tuple[Path, ...]:
    """Return the folder of the project that dbt runs, then that of `package` where it is installed there.

    For code that runs inside dbt, which knows them: neither must be the current folder, or below it.
    """
    # dbt takes seconds to import, and is there already
    from dbt.adapters.factory import FACTORY

    project = next(iter(FACTORY.adapters.values())).config
    installed = project.load_dependencies()[package]
    return tuple(dict.fromkeys(Path(one.project_root) for one in (project, installed)))
