"""Settings of the old .NET services, read once to write new ones."""
