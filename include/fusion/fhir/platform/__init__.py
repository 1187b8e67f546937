"""The platform's database: tables, migrations, operations."""
