"""The demo's pipeline through typed clients: caller.py RECORDS"""

import json
import sys
from pathlib import Path

import hmsffi
from summary import Summary
from units import PatientRecord, Units

records: list[PatientRecord] = json.loads(Path(sys.argv[1]).read_text())
with hmsffi.create_client() as client:
    units = Units(client)
    with Summary(client).by_decile() as items:
        for record in records:
            item = units.convert(record)
            print(item["line"])
            items.send({**item})
        print()
        print(items.result()["text"], end="")
