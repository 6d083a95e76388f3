"""Expectations about whole tables, run inside the warehouse; rules about rows are the staging models'."""

from conversionflow.validation.run import run_suites
from conversionflow.validation.suites import Expectation, Severity, Suite, load_suites

__all__ = ["Expectation", "Severity", "Suite", "load_suites", "run_suites"]
