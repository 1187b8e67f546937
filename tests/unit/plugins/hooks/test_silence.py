"""What waits for a silent server is ended on this side."""

from __future__ import annotations

import socket

import pytest

from fusion_airflow.hooks.silence import Line, connecting, cut_after
from tests.silent import silent_server


def test_a_wait_ends_at_its_deadline() -> None:
    with silent_server() as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        with cut_after(0.1, Line(line.fileno()).cut) as wait:
            assert line.recv(1) == b""
        assert wait.over


def test_a_login_that_no_driver_limits_ends_too() -> None:
    with silent_server() as server, connecting(0.1) as wait, socket.create_connection(("127.0.0.1", server.port)) as line:
        assert line.recv(1) == b"" and wait.over


def test_a_number_that_is_another_sockets_by_now_is_left_alone() -> None:
    one, other = socket.socketpair()
    line, number = Line(one.fileno()), one.fileno()
    one.close()
    other.close()
    left, right = socket.socketpair()
    with left, right:
        assert number in (left.fileno(), right.fileno())
        line.cut()
        left.send(b"x")
        assert right.recv(1) == b"x"


@pytest.mark.parametrize("seconds", [60, 3600])
def test_what_is_answered_in_time_is_no_ones_business(seconds: float) -> None:
    one, other = socket.socketpair()
    with one, other, cut_after(seconds, Line(one.fileno()).cut) as wait:
        other.send(b"x")
        assert one.recv(1) == b"x" and not wait.over
