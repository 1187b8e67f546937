"""What the hub keeps in the integration database: queues, ledger, watermarks, locks."""
