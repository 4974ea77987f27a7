"""Calls: by name, bound, by id."""

import time

import hmsffi
import pytest


@pytest.fixture
def echo(server: hmsffi.Server, client: hmsffi.Client) -> hmsffi.ServiceClient:
    server.register_method("echo", "echo", lambda value: value)
    return client.get_service("echo")


@pytest.mark.parametrize(
    "value", [None, True, 7, 1.5, "text", [1, "two"], {"three": 3}, b"four", b""]
)
def test_answer_is_what_the_handler_returned(echo: hmsffi.ServiceClient, value: object) -> None:
    assert echo.call("echo", value) == value


def test_params_may_be_left_out(echo: hmsffi.ServiceClient) -> None:
    assert echo.call("echo") is None


def test_bytearray_and_memoryview_arrive_as_bytes(echo: hmsffi.ServiceClient) -> None:
    assert echo.call("echo", bytearray(b"abc")) == b"abc"
    assert echo.call("echo", memoryview(b"abcdef")[::2]) == b"ace"


def test_bound_method_is_called_like_a_function(echo: hmsffi.ServiceClient) -> None:
    bound = echo.bind("echo")
    assert (bound.service_id, bound.name) == ("echo", "echo")
    assert bound({"a": 1}) == {"a": 1}
    assert repr(bound) == "<Method echo.echo>"


def test_bound_method_outlives_the_names_of_its_client(server: hmsffi.Server) -> None:
    server.register_method("echo", "echo", lambda value: value)
    bound = hmsffi.create_client().get_service("echo").bind("echo")
    assert bound(1) == 1


def test_bound_method_follows_its_service(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("moving", "where", lambda _: "first")
    bound = client.get_service("moving").bind("where")
    server.unregister_service("moving")
    server.register_method("moving", "where", lambda _: "second")
    assert bound() == "second"


def test_bytes_can_be_read_without_a_copy(echo: hmsffi.ServiceClient) -> None:
    before = hmsffi.introspect()["buffers"]
    view = echo.bind("echo", view=True)(b"x" * 100_000)
    assert isinstance(view, memoryview)
    assert view.readonly
    assert hmsffi.introspect()["buffers"] == before + 1
    assert bytes(view[-3:]) == b"xxx"
    assert echo.call("echo", view[:4]) == b"xxxx"
    del view
    assert hmsffi.introspect()["buffers"] == before


def test_view_leaves_other_answers_as_they_are(echo: hmsffi.ServiceClient) -> None:
    assert echo.bind("echo", view=True)({"a": 1}) == {"a": 1}


def test_closed_client_says_so(client: hmsffi.Client, echo: hmsffi.ServiceClient) -> None:
    bound = echo.bind("echo")
    client.close()
    with pytest.raises(hmsffi.FailedPrecondition, match="closed"):
        bound(1)


def test_service_client_is_a_context_manager(
    client: hmsffi.Client, echo: hmsffi.ServiceClient
) -> None:
    with client.get_service("echo") as service:
        assert service.call("echo", 1) == 1


def test_call_async_returns_before_the_handler_does(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_method("slow", "nap", lambda seconds: time.sleep(seconds) or "rested")
    service = client.get_service("slow")
    call = service.call_async("nap", 0.2)
    assert call.status is hmsffi.CallStatus.IN_PROGRESS
    with pytest.raises(hmsffi.DeadlineExceeded, match="still runs"):
        call.result(timeout=0.01)
    assert call.result() == "rested"
    assert call.result() == "rested"
    assert call.status is hmsffi.CallStatus.OK


def test_call_is_found_by_its_id(echo: hmsffi.ServiceClient) -> None:
    call_id = echo.call_async("echo", 5).call_id
    assert len(call_id) == 32
    with hmsffi.create_client() as other:
        assert other.get_call(call_id).result() == 5


def test_unknown_call_id_is_not_found(client: hmsffi.Client) -> None:
    with pytest.raises(hmsffi.NotFound):
        client.get_call("0" * 32).result()


def test_cancelled_call_ends_at_once(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_method("slow", "nap", time.sleep)
    call = client.get_service("slow").call_async("nap", 0.5)
    assert call.cancel()
    assert not call.cancel()
    with pytest.raises(hmsffi.Cancelled):
        call.result()
    assert call.status is hmsffi.CallStatus.CANCELLED


def test_failure_of_an_asynchronous_call_is_raised_with_its_result(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    def refuse(_: object) -> None:
        raise hmsffi.PermissionDenied("no")

    server.register_method("refusing", "refuse", refuse)
    call = client.get_service("refusing").call_async("refuse")
    with pytest.raises(hmsffi.PermissionDenied, match="no"):
        call.result()
    assert call.status is hmsffi.CallStatus.FAILED


class Message:
    """Has what the package asks of a Protobuf message."""

    def __init__(self, text: str) -> None:
        self.text = text

    def SerializeToString(self) -> bytes:
        return b"\x0a" + bytes([len(self.text)]) + self.text.encode()

    @classmethod
    def FromString(cls, data: bytes) -> "Message":
        return cls(data[2:].decode())


def test_protobuf_messages_travel_as_protobuf(server: hmsffi.Server, client: hmsffi.Client) -> None:
    def shout(message: Message) -> Message:
        return Message(message.text.upper())

    server.register_method("proto", "shout", shout, request_type=Message)
    service = client.get_service("proto")
    assert service.call("shout", Message("hello"), response_type=Message).text == "HELLO"
    assert service.call("shout", Message("hello")) == b"\x0a\x05HELLO"


def test_where_a_message_is_expected_anything_else_is_refused(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    class Damaged(Message):
        @classmethod
        def FromString(cls, data: bytes) -> "Message":
            raise ValueError(f"{len(data)} bytes are too few")

    async def later(_: object) -> None: ...

    server.register_method("proto", "now", lambda message: message, request_type=Message)
    server.register_method("proto", "later", later, request_type=Message)
    server.register_method("proto", "damaged", lambda message: message, request_type=Damaged)
    server.register_method("proto", "value", lambda value: value)
    service = client.get_service("proto")
    for method in ("now", "later"):
        with pytest.raises(hmsffi.InvalidArgument, match="Message needs application/protobuf"):
            service.call(method, {"text": "hello"})
    with pytest.raises(hmsffi.InvalidArgument, match="found application/octet-stream"):
        service.call("value", b"", response_type=Message)
    with pytest.raises(hmsffi.InvalidArgument, match="no Damaged: 7 bytes are too few"):
        service.call("damaged", Message("hello"))


def test_raw_handler_sees_bytes_and_keeps_the_content_type(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    seen: list[bytes] = []
    server.register_method("raw", "echo", lambda body: seen.append(body) or body, raw=True)
    assert client.get_service("raw").call("echo", {"a": 1}) == {"a": 1}
    assert seen == [b"\xa1\x61a\x01"]


def test_metadata_goes_both_ways(server: hmsffi.Server, client: hmsffi.Client) -> None:
    def answer(_: object) -> str:
        call = hmsffi.current_call()
        assert call
        call.response_metadata["seen"] = call.metadata["asked"]
        return f"{call.service_id}.{call.method}"

    server.register_method("meta", "data", answer)
    service, received = client.get_service("meta"), dict[str, str]()
    asked = {"asked": "yes, äöü"}
    assert service.call("data", metadata=asked, response_metadata=received) == "meta.data"
    assert received == {"seen": "yes, äöü"}
    call = service.call_async("data", metadata=asked)
    assert call.result()
    assert call.response_metadata == {"seen": "yes, äöü"}


def test_metadata_must_be_text(echo: hmsffi.ServiceClient) -> None:
    with pytest.raises(hmsffi.InvalidArgument, match="must be str"):
        echo.call("echo", metadata={"a": 1})  # type: ignore[dict-item]


def test_no_call_is_running_outside_of_a_handler() -> None:
    assert hmsffi.current_call() is None


def test_call_object_says_when_it_is_over(server: hmsffi.Server, client: hmsffi.Client) -> None:
    kept: list[hmsffi.Call | None] = []
    server.register_method("kept", "keep", lambda _: kept.append(hmsffi.current_call()))
    client.get_service("kept").call("keep")
    assert kept[0]
    with pytest.raises(hmsffi.Error):
        _ = kept[0].metadata
    assert repr(kept[0]) == "<Call, over>"


def test_calls_nest_until_a_limit_refuses(client: hmsffi.Client) -> None:
    deeper = client.get_service("deep")

    def dig(depth: int) -> int:
        call = hmsffi.current_call()
        assert call
        return deeper.call("dig", depth - 1) if depth else call.depth

    with hmsffi.create_server("deep", max_concurrent_calls=-1) as server:
        server.register_method("deep", "dig", dig)
        server.start()
        assert deeper.call("dig", 300) == 300
        # Python's limit or that of the stack, whichever comes first: the process goes on.
        with pytest.raises((hmsffi.ResourceExhausted, hmsffi.Unknown)):
            deeper.call("dig", 100_000)
        assert deeper.call("dig", 3) == 3


def test_calls_beyond_the_limit_of_a_server_are_refused(client: hmsffi.Client) -> None:
    service = client.get_service("narrow")
    with hmsffi.create_server("narrow", max_concurrent_calls=1) as server:
        server.register_method("narrow", "again", lambda _: service.call("again"))
        server.start()
        with pytest.raises(hmsffi.ResourceExhausted, match="max_concurrent_calls"):
            service.call("again")
