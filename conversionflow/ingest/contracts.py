"""The raw data contract: which tables `load` knows, their columns and types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a column holds; the value is its type in the warehouse."""

    TEXT = "VARCHAR"
    TIMESTAMP = "TIMESTAMP"
    DATE = "DATE"
    MONEY = "DECIMAL(18,2)"
    EXACT = "DECIMAL(24,6)"
    COUNT = "BIGINT"
    NUMBER = "DOUBLE"
    BOOLEAN = "BOOLEAN"


@dataclass(frozen=True)
class Contract:
    """The columns of one raw table; any other column of a file is kept, with the type its values have."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind]

    @property
    def columns(self) -> dict[str, Kind]:
        """Every column the contract knows, required first."""
        return {**self.required, **self.optional}


NO_CONTRACT = Contract(required=MappingProxyType({}), optional=MappingProxyType({}))

CONTRACTS: Mapping[str, Contract] = MappingProxyType(
    {
        "touches": Contract(
            required={
                "touch_id": Kind.TEXT,
                "customer_id": Kind.TEXT,
                "touched_at": Kind.TIMESTAMP,
                "channel": Kind.TEXT,
            },
            optional={
                "campaign": Kind.TEXT,
                "market": Kind.TEXT,
                "interaction": Kind.TEXT,
                "cost": Kind.MONEY,
            },
        ),
        "conversions": Contract(
            required={
                "conversion_id": Kind.TEXT,
                "customer_id": Kind.TEXT,
                "converted_at": Kind.TIMESTAMP,
            },
            optional={"revenue": Kind.MONEY, "conversion_type": Kind.TEXT, "market": Kind.TEXT},
        ),
        "spend": Contract(
            required={"spend_date": Kind.DATE, "channel": Kind.TEXT, "spend": Kind.MONEY},
            optional={
                "campaign": Kind.TEXT,
                "market": Kind.TEXT,
                "impressions": Kind.COUNT,
                "clicks": Kind.COUNT,
            },
        ),
        "sales": Contract(
            required={"sales_date": Kind.DATE, "orders": Kind.COUNT, "revenue": Kind.MONEY},
            optional={"market": Kind.TEXT},
        ),
        "customer_aliases": Contract(
            required={"customer_id": Kind.TEXT, "canonical_customer_id": Kind.TEXT},
            optional={},
        ),
        "path_counts": Contract(
            required={
                "path": Kind.TEXT,
                "conversions": Kind.COUNT,
                "revenue": Kind.MONEY,
                "non_conversions": Kind.COUNT,
            },
            optional={},
        ),
        "experiments": Contract(
            required={
                "experiment_id": Kind.TEXT,
                "touchpoint": Kind.TEXT,
                "started_on": Kind.DATE,
                "ended_on": Kind.DATE,
                "spend_change": Kind.NUMBER,
                "conversions_lift": Kind.NUMBER,
                "lift_sd": Kind.NUMBER,
            },
            optional={"market": Kind.TEXT},
        ),
    }
)
