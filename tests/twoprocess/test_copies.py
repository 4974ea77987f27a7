"""Each process has the copy of the library that its language brings along."""

import pytest
from domain import SERVERS, Domain


@pytest.mark.parametrize("own", [own for own in ("python", "node") if own in SERVERS])
def test_two_copies_of_the_library_talk_to_each_other(domain: Domain, own: str) -> None:
    host, staged = domain.server(own), domain.server("c")
    copies = host.mapped("libhmsffi.so") | staged.mapped("libhmsffi.so")
    assert len(copies) == 2, copies
    instances = {host.route("c", "instance"), staged.route(own, "instance")}
    assert len(instances) == 2
    assert host.route("c", own, "c", "hello") == b"hello"
    assert staged.route(own, "c", own, "hello") == b"hello"
