"""Singer tap for the Kombo Unified API."""
