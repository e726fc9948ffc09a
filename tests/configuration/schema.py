"""What a JSON Schema library says of the configuration files beside this one: it has to take the good ones and to refuse
the bad ones, except those whose first lines say `#: schema accepts` (a mistake that a schema cannot see) or
`#: schema cannot read it` (no TOML)."""

import json
import pathlib
import sys
import tomllib

import jsonschema

here = pathlib.Path(__file__).parent
schema = json.loads((here / "../../src/configuration/authorizer.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

passed = failed = 0
for file in sorted(here.glob("*/*.toml")) + sorted(here.glob("*/*.json")):
    text = file.read_text()
    try:
        document = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        is_right, verdict = "#: schema cannot read it" in text, "cannot be read"
    else:
        errors = [error.message for error in validator.iter_errors(document)]
        wants = file.parent.name == "good" or "#: schema accepts" in text
        is_right, verdict = wants == (not errors), "; ".join(errors) or "is taken"
    passed, failed = passed + is_right, failed + (not is_right)
    if not is_right:
        print(f"{file.relative_to(here)}: {verdict}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)
