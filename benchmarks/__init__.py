"""What tap-kombo costs, measured against a bare loop."""
