"""e-SUS AB: everything that is this system's own."""
