"""The container's health check: asks the server in the same container for /healthz."""

import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

from quantix.environment import web_origin


def main(port: int) -> int:
    # The request names BASE_URL's host, because Django refuses unknown ones such as loopback.
    host = urlsplit(web_origin("BASE_URL", "http://127.0.0.1:8000")).netloc
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return int(connection.getresponse().status != 200)
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
