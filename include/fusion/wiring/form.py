"""The usual form, for DAG parts that no single system's form serves."""

from include.fusion.reading.form import FORM

__all__ = ["FORM"]
