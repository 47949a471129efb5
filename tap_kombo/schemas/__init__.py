"""One generated JSON Schema per stream; written by `scripts/update_schemas.py`, never by hand."""
