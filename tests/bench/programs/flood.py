"""Somebody who posts the greatest form that there may be, over and over, from several connections at once."""

import http.client
import sys
import threading
from itertools import count
from urllib.parse import urlsplit

# Each field has another name, as long as names of form builders are.
FIELD = "&extra-field-number-{number:05}={filling}"


def form(*, size: int, fields: int) -> bytes:
    """Return a form of at most so many bytes, with so many fields; `%08d` in it stands for somebody's number."""
    head = "email=somebody%08d@company%08d.example&name=Somebody+New&company=Company+%08d&message=Call+me"
    numbers = range(fields - head.count("="))
    empty = sum(len(FIELD.format(number=number, filling="")) for number in numbers)
    # A number takes the same eight bytes as what it is written for takes four.
    filling = "x" * ((size - len(head) - 3 * 4 - empty) // max(1, len(numbers)))
    return (head + "".join(FIELD.format(number=number, filling=filling) for number in numbers)).encode()


def main() -> None:
    """Post to the address in the first argument until SIGTERM; then come connections, bytes and fields."""
    address, connections, size, fields = sys.argv[1], *map(int, sys.argv[2:])
    target = urlsplit(address)
    body = form(size=size, fields=fields)
    numbers = count()
    answered = threading.Event()

    def post() -> None:
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        while True:
            number = next(numbers)
            connection.request("POST", f"{target.path}?{target.query}", body % (number, number, number), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in {200, 429, 503}:
                print(f"answered {answer.status}", file=sys.stderr, flush=True)
            answered.set()

    for _ in range(connections):
        threading.Thread(target=post, daemon=True).start()
    answered.wait()
    print("posting", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
