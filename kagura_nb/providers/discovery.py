"""Which models the servers on this machine offer, asked all at once and only for a moment."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from http.client import HTTPException
from typing import Any
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

from kagura_nb import keys
from kagura_nb.addresses import is_loopback
from kagura_nb.settings import Settings

LOCAL_VENDORS = ("ollama", "lmstudio", "vllm")
PATIENCE = 0.2
"""Seconds that all servers together have to answer."""


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """What is sent on elsewhere is none of the servers that are asked."""


OPENER = build_opener(ProxyHandler({}), _NoRedirects)


def local_models(settings: Settings) -> dict[str, list[str]]:
    """The models of each vendor that answers on this machine, in the vendors' order."""
    addresses = {vendor: keys.address(vendor, settings) for vendor in LOCAL_VENDORS}
    pool = ThreadPoolExecutor(len(LOCAL_VENDORS), thread_name_prefix="kagura-discover")
    asked = {
        vendor: pool.submit(_models, address)
        for vendor, address in addresses.items()
        if is_loopback(address)
    }
    answered, _ = wait(asked.values(), timeout=PATIENCE)
    pool.shutdown(wait=False)
    found = {vendor: one.result() for vendor, one in asked.items() if one in answered}
    return {vendor: models for vendor, models in found.items() if models}


def _models(address: str) -> list[str]:
    try:
        with OPENER.open(f"{address}/models", timeout=PATIENCE) as reply:
            return [str(one["id"]) for one in json.load(reply)["data"]]
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return []
