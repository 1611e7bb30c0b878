"""Asks hosts for an answer before a download, so that a silent host costs three seconds once.

All hosts are asked at the same time. A host that did not answer is not asked again for ten minutes,
unless the caller wants it.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

__all__ = ["ANSWER_S", "host_of", "known_silent", "silent_hosts"]

ANSWER_S = 3.0
_SILENT_FOR_S = 600.0
_silent_until: dict[str, float] = {}  # host → time (monotonic) from which it is asked again


def host_of(address: str) -> str:
    """The host of an address, with its port if it names one.

    >>> host_of("https://example.org:8080/data/x.tgz")
    'example.org:8080'
    """
    return urlsplit(address).netloc.rpartition("@")[2]


def known_silent(addresses: Iterable[str]) -> tuple[str, ...]:
    """The hosts of these addresses that did not answer in the last ten minutes."""
    now = time.monotonic()
    hosts = dict.fromkeys(host_of(address) for address in addresses)
    return tuple(host for host in hosts if _silent_until.get(host, 0.0) > now)


def silent_hosts(addresses: Iterable[str], again: bool = False) -> tuple[str, ...]:
    """The hosts of these addresses that do not answer within `ANSWER_S` seconds.

    Every answer counts, also one that refuses. The settings for proxies in the environment apply.

    Parameters
    ----------
    addresses : iterable of str
        Addresses with http or https. Others are not asked.
    again : bool
        Whether to ask a host again that did not answer a short time ago.
    """
    first = {
        host_of(address): address
        for address in addresses
        if address.startswith(("http://", "https://"))
    }
    known = () if again else known_silent(first.values())
    answered: set[str] = set()
    threads = [
        threading.Thread(target=_ask, args=(address, host, answered), daemon=True)
        for host, address in first.items()
        if host not in known
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + ANSWER_S
    for thread in threads:  # a thread that looks up a name can't be stopped, so it is left alone
        thread.join(max(0.0, deadline - time.monotonic()))
    heard = frozenset(answered)
    for host in first:
        if host in heard:
            _silent_until.pop(host, None)
        elif host not in known:
            _silent_until[host] = time.monotonic() + _SILENT_FOR_S
    return tuple(host for host in first if host not in heard)


class _Stay(HTTPRedirectHandler):
    """Takes a redirection for an answer instead of following it."""

    def redirect_request(self, *_: object) -> None:
        return None


def _ask(address: str, host: str, answered: set[str]) -> None:
    """Note the host in `answered` if it answers at all."""
    try:
        build_opener(_Stay).open(Request(address, method="HEAD"), timeout=ANSWER_S).close()
    except HTTPError:
        pass  # a refusal is an answer
    except URLError as error:
        # so is a certificate that cannot be verified: the download will say so
        if not isinstance(error.reason, ssl.SSLCertVerificationError):
            return
    except OSError:
        return
    except (HTTPException, ValueError):
        pass  # what is wrong is for the download to say
    answered.add(host)
