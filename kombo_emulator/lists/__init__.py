"""The emulator's lists: which records a request asks for, and how they are cut into pages."""
