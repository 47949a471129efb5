"""The emulator's records: how they are kept, changed and nested in each other."""
