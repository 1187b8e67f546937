"""The canonical records, their content hash, and De/Para."""
