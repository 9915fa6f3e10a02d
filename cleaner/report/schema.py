"""The JSON Schema of ``Cleaned.to_dict()``, made from the values themselves."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from inspect import cleandoc
from typing import Any, get_type_hints

from pydantic import BaseModel, create_model

from cleaner.model import Cleaned, Edit, Removal


def schema_json() -> str:
    """The schema as JSON text, as it is published in ``docs/cleaned.schema.json``."""
    shown = {"removals": tuple[_object(Removal), ...], "edits": tuple[_object(Edit), ...]}  # type: ignore[misc]
    hints = {**get_type_hints(Cleaned), **shown}
    known: dict[str, Any] = {
        f.name: (hints[f.name], ... if f.default is MISSING else f.default) for f in fields(Cleaned)
    }
    cleaned: type[BaseModel] = create_model("Cleaned", __doc__=Cleaned.__doc__, **known)
    schema = cleaned.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A cleaned document"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _object(kind: Any) -> type[BaseModel]:
    """A named tuple as the object that ``to_dict`` writes, not as an array."""
    known: dict[str, Any] = {
        name: (hint, kind._field_defaults.get(name, ...)) for name, hint in get_type_hints(kind).items()
    }
    model: type[BaseModel] = create_model(kind.__name__, __doc__=cleandoc(kind.__doc__), **known)
    return model
