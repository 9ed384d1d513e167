"""Vendors as loopback servers: they check every request against the published contract."""
