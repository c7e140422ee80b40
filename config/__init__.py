"""Wiring: settings, addresses, servers, schedules and the embedded database. Imports all apps, imported by none."""
