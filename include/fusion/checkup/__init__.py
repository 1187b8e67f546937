"""The check-up of an installation: what will travel from its source to Fusion and what will not, before the first load."""
