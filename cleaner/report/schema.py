"""The JSON Schema of ``Cleaned.to_dict()``, made from the values themselves."""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from cleaner.model import Cleaned


def schema_json() -> str:
    """The schema as JSON text, as it is published in ``docs/cleaned.schema.json``."""
    schema = TypeAdapter(Cleaned).json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A cleaned document"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
