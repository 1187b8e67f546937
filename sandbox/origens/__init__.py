"""Source systems of the sandbox: schemas, seeded data and a hospital that keeps changing them."""
