"""The emulator's HTTP side: routes, refusals, and a server on a real port."""
