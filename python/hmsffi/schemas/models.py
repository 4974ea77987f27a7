"""Models of pydantic, where it is installed: they travel in their JSON form."""

from __future__ import annotations

import json
import sys
from typing import Any

from hmsffi.schemas.exchange import Form, convert
from hmsffi.schemas.shape import Shape


def is_model(kind: type) -> bool:
    """Whether a class is a model. Nobody has one who did not import pydantic."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(kind, pydantic.BaseModel)


def of_model(kind: Any, mode: str) -> Shape:
    """A model, as what is read (`validation`) or answered (`serialization`)."""
    schema = json.dumps(kind.model_json_schema(mode=mode))
    imported = json.loads(convert(schema, Form.JSON_SCHEMA, Form.JSON).schema)

    def write(instance: Any) -> Any:
        return instance.model_dump(mode="json", by_alias=True)

    def arrives(value: Any) -> bool:
        try:
            kind.model_validate(value)
        except ValueError:
            return False
        return True

    return Shape(
        imported, kind.model_validate, write, arrives, lambda value: isinstance(value, kind)
    )
