"""The dbt adapter `postgrespython`: dbt-postgres, with Python models run in dbt's own process."""

from dbt.adapters.base import AdapterPlugin

from dbt.adapters.postgrespython.connections import PostgrespythonCredentials
from dbt.adapters.postgrespython.impl import PostgrespythonAdapter
from dbt.include import postgrespython

Plugin = AdapterPlugin(
    adapter=PostgrespythonAdapter,
    credentials=PostgrespythonCredentials,
    include_path=postgrespython.PACKAGE_PATH,
    dependencies=["postgres"],
)
