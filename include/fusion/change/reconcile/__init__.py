"""Reconciliation: source, queue, ledger and Fusion are compared, and what differs is repaired through the queue."""
