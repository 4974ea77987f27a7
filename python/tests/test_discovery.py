"""Which services run: listed and watched."""

import asyncio

import hmsffi
import pytest
from hmsffi import EventType


@hmsffi.service("found.calc", "Calculator", "Adds.", "1.2.3", {"team": "maths"})
class Calculator:
    @hmsffi.method(metadata={"cost": "low"})
    def add(self, numbers: list[int]) -> int:
        """Adds numbers."""
        return sum(numbers)

    @hmsffi.stream_method(stream_type=hmsffi.StreamType.CLIENT_STREAMING)
    def add_all(self, numbers: hmsffi.ServerStream[int, int]) -> int:
        return sum(numbers)


def test_service_is_listed_as_it_describes_itself(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_service(Calculator())
    (found,) = client.list_services("found.*")
    assert (found.id, found.name) == ("found.calc", "Calculator")
    assert (found.description, found.version) == ("Adds.", "1.2.3")
    assert found.metadata["team"] == "maths"
    methods = {method.name: method for method in found.methods}
    assert methods["add"].description == "Adds numbers."
    assert methods["add"].metadata["cost"] == "low"
    assert not methods["add"].is_streaming
    assert methods["add_all"].stream_type is hmsffi.StreamType.CLIENT_STREAMING


def test_listing_chooses_by_pattern_and_metadata(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_service(Calculator())
    server.register_method("found.other", "ping", lambda _: None)
    assert [s.id for s in client.list_services("found.*")] == ["found.calc", "found.other"]
    assert [s.id for s in client.list_services("found.*", {"team": "maths"})] == ["found.calc"]
    assert client.list_services("nothing.*") == []


def test_services_of_the_library_are_listed_only_when_asked_for(
    server: hmsffi.Server, client: hmsffi.Client
) -> None:
    server.register_service(Calculator())
    ids = [service.id for service in client.list_services()]
    assert "found.calc" in ids
    assert not [found for found in ids if found.startswith("hms.ffi.v1.")]
    assert "hms.ffi.v1.ServiceRegistry" in [s.id for s in client.list_services("hms.ffi.v1.*")]


def test_watch_begins_with_what_is_there(server: hmsffi.Server, client: hmsffi.Client) -> None:
    server.register_service(Calculator())
    with client.watch_services("found.*") as watch:
        events = iter(watch)
        first = next(events)
        assert (first.type, first.service.id) == (EventType.SERVICE_ADDED, "found.calc")
        assert first.timestamp > 1_700_000_000_000
        server.unregister_service("found.calc")
        gone = next(events)
        assert (gone.type, gone.service.id) == (EventType.SERVICE_REMOVED, "found.calc")


def test_services_are_watched_from_a_loop(server: hmsffi.Server, client: hmsffi.Client) -> None:
    async def main() -> list[str]:
        seen: list[str] = []
        with client.watch_services("found.*") as watch:
            server.register_service(Calculator())
            async for event in watch:
                seen.append(event.type.name)
                if event.type is EventType.SERVICE_REMOVED:
                    break
                server.unregister_service("found.calc")
        return seen

    assert asyncio.run(main()) == ["SERVICE_ADDED", "SERVICE_REMOVED"]


def test_watch_ends_when_it_is_closed(client: hmsffi.Client) -> None:
    watch = client.watch_services("found.*")
    watch.close()
    with pytest.raises(hmsffi.Cancelled):
        next(iter(watch))
