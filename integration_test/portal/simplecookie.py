"""Tells which names Python's SimpleCookie reads in each Cookie header of a list, as
aiohttp, Tornado, CherryPy and bottle use it: simplecookie.py < headers.json. Headers are
in base64."""

import base64
import json
import sys
from http.cookies import CookieError, SimpleCookie


def names(header):
    cookies = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        pass  # what was read before stays
    return list(cookies)


print(json.dumps([names(base64.b64decode(h).decode("latin-1")) for h in json.load(sys.stdin)]))
