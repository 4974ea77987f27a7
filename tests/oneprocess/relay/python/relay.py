"""relay.python: see ../README.md."""

import importlib
import os
import time
from itertools import pairwise
from pathlib import Path

import hmsffi
from hms.healthcare.v1.patient_record_pb2 import PatientRecord
from hmsffi import Code, Error
from hmsffi.schemas import Encoding, convert_payload

given_up: list[hmsffi.Call] = []


def relay(client: hmsffi.Client, route: bytes) -> bytes:
    while route.startswith(b"nap>"):
        time.sleep(0.02)
        route = route.removeprefix(b"nap>")
    following, arrow, rest = route.partition(b">")
    if arrow:
        return pass_on(client, following.decode(), rest)
    match route:
        case b"instance":
            return hmsffi.instance_id().hex().encode()
        case b"time-left":
            call = hmsffi.current_call()
            return str(round((call.time_left or 0) * 1e9)).encode()
        case b"fail":
            raise Error(Code.PERMISSION_DENIED, "python refuses", details={"language": "python"})
        case b"wait":
            call = hmsffi.current_call()
            while not call.cancelled:
                time.sleep(0.02)
            given_up.append(call)
            return b""
        case b"given-up":
            return str(len(given_up)).encode()
        case b"crash":
            raise ValueError("python raises")
    if route.startswith(b"result:"):
        call_id = route.removeprefix(b"result:").decode()
        return client.get_call(call_id).result()
    return route


def pass_on(client: hmsffi.Client, following: str, rest: bytes) -> bytes:
    try:
        return client.get_service(f"relay.{following}").call("relay", rest)
    except Error as error:
        raise Error(error.code, "python could not pass it on") from error


def birthday(record: PatientRecord) -> PatientRecord:
    record.age += 1
    return record


def invert(body: memoryview) -> hmsffi.Loan:
    numpy = importlib.import_module("numpy")
    loan = hmsffi.current_call().loan(len(body))
    numpy.invert(numpy.frombuffer(body, "u1"), out=numpy.frombuffer(loan, "u1"))
    return loan


def convert(payload: bytes) -> bytes:
    schema = Path(os.environ["RELAY_SCHEMA"]).read_bytes()
    way = [Encoding.CBOR, Encoding.JSON, Encoding.PROTOBUF, Encoding.CBOR]
    for source, target in pairwise(way):
        payload = convert_payload(schema, payload, source, target, deterministic=True).payload
    return payload


def mirror(body: bytes) -> bytes:
    call = hmsffi.current_call()
    call.response_metadata["by"] = "python"
    for key, value in call.metadata.items():
        call.response_metadata[value] = key
    return body


def serve(client: hmsffi.Client) -> hmsffi.Server:
    pool_threads = int(os.environ.get("RELAY_POOL_THREADS", "0"))
    server = hmsffi.create_server("relay.python", pool_threads=pool_threads)
    server.register_method(
        "relay.python", "relay", lambda route: relay(client, route), pool=pool_threads > 0
    )
    server.register_method("relay.python", "echo", lambda body: body)
    server.register_method("relay.python", "invert", invert, view=True)
    server.register_method("relay.python", "mirror", mirror)
    server.register_method("relay.python", "convert", convert)
    server.register_method("relay.python", "value", lambda value: value)
    server.register_method("relay.python", "birthday", birthday, request_type=PatientRecord)
    server.start()
    return server
