"""The codebook: every variable, table and instrument written once; one converter per consumer."""

from pipelines.codebook.load import load_codebook
from pipelines.codebook.spec import Codebook, Instrument, Table, Variable

__all__ = ["Codebook", "Instrument", "Table", "Variable", "load_codebook"]
