"""Keeps every Python that a test starts from finding the `.env` of whoever runs the tests.

The SDK looks for one from its own folder upwards, and a venv lies below the checkout. Python
imports this module at its start, as `conftest.py` puts the folder on `PYTHONPATH`.
"""

from __future__ import annotations

try:
    import dotenv
except ImportError:  # then nobody looks for one
    pass
else:
    dotenv.find_dotenv = lambda *_, **__: ""
