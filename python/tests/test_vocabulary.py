"""Enums and data classes as the specification prints them (2.3 and 3.3)."""

import dataclasses
import enum

import hmsffi
import pytest

ENUMS: dict[type[enum.Enum], list[str]] = {
    hmsffi.CallStatus: ["UNKNOWN", "OK", "IN_PROGRESS", "FAILED", "CANCELLED", "TIMEOUT"],
    hmsffi.StreamType: ["UNKNOWN", "SERVER_STREAMING", "CLIENT_STREAMING", "BIDIRECTIONAL"],
    hmsffi.TransportType: [
        "DEFAULT",
        "IN_PROCESS",
        "SHARED_MEMORY",
        "LOCAL_SOCKET",
        "TCP",
        "HTTP",
        "GRPC",
        "WEBSOCKET",
        "MESSAGE_QUEUE",
    ],
    hmsffi.LogLevel: ["DEBUG", "INFO", "WARNING", "ERROR"],
    hmsffi.AuthType: ["NONE", "TOKEN", "CERT", "CUSTOM"],
}
DATA_CLASSES: dict[type, list[str]] = {
    hmsffi.MethodInfo: ["name", "description", "is_streaming", "stream_type", "metadata"],
    hmsffi.ServiceInfo: ["id", "name", "description", "version", "methods", "metadata"],
    hmsffi.CertValidation: ["trusted_cas", "check_revocation", "allow_self_signed"],
    hmsffi.AuthConfig: ["auth_type", "token_validator", "cert_validation"],
}


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_enum_counts_from_zero(kind: type[enum.Enum]) -> None:
    assert [(member.name, member.value) for member in kind] == [
        (name, number) for number, name in enumerate(ENUMS[kind])
    ]


@pytest.mark.parametrize("kind", DATA_CLASSES, ids=lambda kind: kind.__name__)
def test_data_class_has_its_fields_in_their_order(kind: type) -> None:
    assert [field.name for field in dataclasses.fields(kind)] == DATA_CLASSES[kind]


def test_certificates_are_checked_for_revocation_unless_told_otherwise() -> None:
    validation = hmsffi.CertValidation(trusted_cas=[])
    assert validation.check_revocation
    assert not validation.allow_self_signed
    config = hmsffi.AuthConfig(hmsffi.AuthType.CERT)
    assert config.token_validator is None
    assert config.cert_validation is None
