"""For clients that speak http alone: by itself httpx reads the certificates of the machine for each client, which takes 25 ms of the processor,
and tests make one for nearly every question."""

import ssl
from typing import Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
