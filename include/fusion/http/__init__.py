"""HTTP to Fusion."""
