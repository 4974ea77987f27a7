"""Children of the process."""

import multiprocessing
import os
from collections.abc import Callable

import hmsffi
import pytest
from conftest import Program


def in_child(function: Callable[[], object]) -> str:
    """What happens in a forked child: the name of the exception, or its result."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = repr(function())
        except BaseException as error:
            result = type(error).__name__
        os.write(write, result.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    return text


def test_child_is_told_and_the_parent_goes_on(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("fork", "echo", lambda value: value)
    service = client.get_service("fork")
    bound = service.bind("echo")
    assert bound(1) == 1
    assert in_child(lambda: bound(2)) == "FailedPrecondition"
    assert in_child(hmsffi.create_client) == "FailedPrecondition"
    assert in_child(lambda: hmsffi.create_server("x")) == "FailedPrecondition"
    assert in_child(server.stop) == "FailedPrecondition"
    assert bound(3) == 3
    assert service.call("echo", 4, timeout=5) == 4


def test_message_says_what_to_do_after_a_fork(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("fork", "echo", lambda value: value)
    bound = client.get_service("fork").bind("echo")

    def message() -> str:
        try:
            bound(1)
        except hmsffi.FailedPrecondition as error:
            return error.message
        return ""

    assert "fork" in in_child(message)


def test_child_ends_normally(program: Program) -> None:
    ran = program(
        """
        import os, sys, time
        import hmsffi
        server = hmsffi.create_server("fork")
        server.register_method("fork", "nap", lambda s: time.sleep(s), pool=True)
        server.start()
        service = hmsffi.create_client().get_service("fork")
        call = service.call_async("nap", 0.3)
        time.sleep(0.05)
        child = os.fork()
        if child == 0:
            start = time.monotonic()
            sys.exit(7)
        start = time.monotonic()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, time.monotonic() - start < 2)
        call.result()
        """
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "7 True\n", "")


def worker(number: int) -> int:
    """Serves and calls in a process of its own."""
    with hmsffi.create_server("worker") as server, hmsffi.create_client() as client:
        server.register_method("worker", "double", lambda n: 2 * n)
        server.start()
        answer: int = client.get_service("worker").call("double", number)
        return answer


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_of_their_own_work(method: str) -> None:
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.map(worker, range(4)) == [0, 2, 4, 6]


def refused(number: int) -> str:
    try:
        worker(number)
    except hmsffi.FailedPrecondition:
        return "refused"
    return "worked"


def test_forked_pool_is_told(server: hmsffi.Server) -> None:
    assert server.is_running
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.map(refused, range(4)) == ["refused"] * 4


def test_sub_interpreter_is_refused_in_words(program: Program) -> None:
    ran = program(
        '''
        import sys
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
        else:
            import _xxsubinterpreters as interpreters
        import hmsffi
        other = interpreters.create()
        search = [path for path in sys.path if path]
        interpreters.run_string(
            other,
            f"""if True:
                import sys
                sys.path[:] = {search}
                try:
                    import hmsffi
                except ImportError as error:
                    print(error, flush=True)
            """,
        )
        '''
    )
    assert ran.returncode == 0, ran.stderr
    assert "hmsffi does not work in a sub-interpreter" in ran.stdout
