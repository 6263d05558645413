"""What a process is made of besides Slack: a server, rounds, a claim on its database."""

import asyncio
import socket
import threading
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.database import Database
from bot.http.server import AddressTaken, HttpServer
from bot.periodic import Periodic
from bot.single_instance import AlreadyRunning, SingleInstance, Unclaimable

PATIENCE = 10.0


def test_a_request_in_hand_is_answered_before_the_server_ends() -> None:
    entered, leave = threading.Event(), threading.Event()

    async def slow(_: Request) -> Response:
        entered.set()
        await asyncio.to_thread(leave.wait, PATIENCE)
        return PlainTextResponse("done")

    server = HttpServer(Starlette(routes=[Route("/", slow)]), "127.0.0.1", 0)
    server.start()
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(httpx.get(server.address).text))
    asking.start()
    assert entered.wait(PATIENCE)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    leave.set()
    stopping.join(PATIENCE)
    asking.join(PATIENCE)
    assert answers == ["done"]
    assert not server.is_alive


def test_a_port_that_is_taken_is_named_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HttpServer(Starlette(), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(AddressTaken, match="Set HOST or PORT"):
            server.start()
    server.stop()


def test_a_failing_round_does_not_end_the_rounds() -> None:
    turns: list[int] = []
    third = threading.Event()

    def turn() -> None:
        turns.append(len(turns))
        if len(turns) == 3:
            third.set()
        message = "not this time"
        raise ValueError(message)

    rounds = Periodic(turn, 0.001, name="tests")
    rounds.start()
    assert third.wait(PATIENCE)
    rounds.stop()
    assert not rounds.is_alive


def test_rounds_never_started_end_at_once() -> None:
    Periodic(list, 1.0, name="tests").stop()


def test_sqlite_serves_one_process_at_a_time(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/baton.db")
    first, second = SingleInstance(database), SingleInstance(database)
    first.acquire()
    with pytest.raises(AlreadyRunning, match="SQLite serves one"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
    database.dispose()


def test_a_link_to_the_database_is_the_same_database(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "baton.db")
    database, linked = Database(f"sqlite:///{tmp_path}/baton.db"), Database(f"sqlite:///{tmp_path}/link.db")
    with SingleInstance(database), pytest.raises(AlreadyRunning):
        SingleInstance(linked).acquire()
    database.dispose()
    linked.dispose()


def test_a_folder_that_is_not_there_is_named_in_a_sentence(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/baton.db")
    with pytest.raises(Unclaimable, match=r"No such file or directory\. See DATABASE_URL"):
        SingleInstance(database).acquire()
    database.dispose()


def test_postgresql_serves_any_number(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    first, second = SingleInstance(database), SingleInstance(database)
    first.acquire()
    second.acquire()
    database.dispose()
