"""One folder per source system."""
