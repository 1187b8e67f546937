"""Helpers that all systems' mappings share: values, dates, numbers, documents, texts, vital signs."""
