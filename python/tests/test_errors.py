"""Failures: how they arrive and what they show."""

import pickle
import traceback

import hmsffi
import pytest

CLASSES = [
    hmsffi.Cancelled,
    hmsffi.Unknown,
    hmsffi.InvalidArgument,
    hmsffi.DeadlineExceeded,
    hmsffi.NotFound,
    hmsffi.AlreadyExists,
    hmsffi.PermissionDenied,
    hmsffi.ResourceExhausted,
    hmsffi.FailedPrecondition,
    hmsffi.Aborted,
    hmsffi.OutOfRange,
    hmsffi.Unimplemented,
    hmsffi.Internal,
    hmsffi.Unavailable,
    hmsffi.DataLoss,
    hmsffi.Unauthenticated,
]


def withdraw(amount: int) -> None:
    if amount < 0:
        raise ValueError("bad amount")


@pytest.fixture
def bank(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    service = client.get_service("bank")
    server.register_method("bank", "withdraw", withdraw)
    server.register_method("bank", "ask", lambda amount: service.call("withdraw", amount))
    return service


@pytest.mark.parametrize("cls", CLASSES)
def test_each_code_has_its_class(
    server: hmsffi.Server, client: hmsffi.Client, cls: type[hmsffi.Error]
) -> None:
    def fail(_: object) -> None:
        raise cls("because", details={"k": "v"})  # type: ignore[call-arg, arg-type]

    server.register_method("failing", "fail", fail)
    with pytest.raises(cls) as caught:
        client.get_service("failing").call("fail")
    error = caught.value
    assert (error.message, error.details) == ("because", {"k": "v"})
    assert str(error) == f"{error.code.name} ({int(error.code)}): because"


def test_general_error_keeps_its_code(server: hmsffi.Server, client: hmsffi.Client) -> None:
    def fail(_: object) -> None:
        raise hmsffi.Error(5, "nobody", "cellar")

    server.register_method("failing", "fail", fail)
    with pytest.raises(hmsffi.NotFound) as caught:
        client.get_service("failing").call("fail")
    assert caught.value.source == "cellar"


def test_error_needs_the_code_of_a_failure() -> None:
    for code in (0, 17, -1):
        with pytest.raises(ValueError, match="not the code of an error"):
            hmsffi.Error(code, "x")


def test_exception_is_unknown_and_shows_the_handlers_lines(bank: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.Unknown) as caught:
        bank.call("withdraw", -1)
    error = caught.value
    assert error.message == "ValueError: bad amount"
    assert error.source == "bank.withdraw"
    assert error.stack
    assert error.stack.startswith("Traceback (most recent call last):")
    assert 'raise ValueError("bad amount")' in error.stack
    assert error.__cause__ is None
    printed = "".join(traceback.format_exception(error))
    assert f"Stack of bank.withdraw:\n{error.stack}" in printed


def test_failure_of_a_nested_call_keeps_the_order(bank: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.Unknown) as caught:
        bank.call("ask", -1)
    outer = caught.value
    inner = outer.__cause__
    assert isinstance(inner, hmsffi.Unknown)
    assert (outer.source, inner.source) == ("bank.ask", "bank.withdraw")
    assert outer.message == inner.message
    assert inner.stack
    assert "in withdraw" in inner.stack
    assert outer.stack
    assert "in withdraw" not in outer.stack


def test_error_raised_from_another_names_it_as_cause(
    server: hmsffi.Server, client: hmsffi.Client, bank: hmsffi.ServiceClient
) -> None:
    def pay(_: object) -> None:
        try:
            bank.call("withdraw", -1)
        except hmsffi.Error as error:
            raise hmsffi.Aborted("not paid") from error

    server.register_method("till", "pay", pay)
    with pytest.raises(hmsffi.Aborted) as caught:
        client.get_service("till").call("pay")
    assert isinstance(caught.value.__cause__, hmsffi.Unknown)
    assert caught.value.__cause__.source == "bank.withdraw"


def test_wrong_service_names_the_nearest(client: hmsffi.Client, bank: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.NotFound, match="bank"):
        client.get_service("bnak").call("withdraw", 1)


def test_wrong_method_names_the_nearest(bank: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.NotFound, match="withdraw"):
        bank.call("withdrew", 1)


def test_stopped_server_is_unavailable(server: hmsffi.Server, bank: hmsffi.ServiceClient) -> None:
    server.stop()
    with pytest.raises(hmsffi.Unavailable):
        bank.call("withdraw", 1)


def test_answer_that_cannot_be_sent_is_no_fault_of_the_caller(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_method("odd", "set", lambda _: {"a": {1, 2}})
    with pytest.raises(hmsffi.Internal, match=r"cannot be sent: \$\.a: a value of type set"):
        client.get_service("odd").call("set")


def test_params_that_cannot_be_sent_are_named(bank: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match=r"\$\.rows\[1\]\.id: .* complex"):
        bank.call("withdraw", {"rows": [{}, {"id": 1j}]})


def test_error_survives_pickling(bank: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.Unknown) as caught:
        bank.call("withdraw", -1)
    error = caught.value
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is hmsffi.Unknown
    assert (str(copy), copy.source, copy.stack) == (str(error), error.source, error.stack)


def test_feature_of_a_later_version_is_refused_by_name() -> None:
    with pytest.raises(hmsffi.Unimplemented):
        hmsffi.create_client(transport=hmsffi.TransportType.GRPC)
    with pytest.raises(hmsffi.Unimplemented):
        hmsffi.create_client(auth_token="secret")
    with pytest.raises(hmsffi.Unimplemented):
        hmsffi.create_server("x", auth_config=hmsffi.AuthConfig(hmsffi.AuthType.TOKEN))
    with pytest.raises(hmsffi.Unimplemented):
        hmsffi.create_server("x", transports=[hmsffi.TransportType.HTTP])


def test_interrupt_in_a_handler_reaches_the_program(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    server.register_method("typing", "interrupted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.get_service("typing").call("interrupted")
