#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# validate.py SCHEMAS DIRECTORY: is the JSON in each NAME.json or NAME.LABEL.json
# of the directory what SCHEMAS/NAME.json says? The views within `show
# tech-support` are judged by their own schemas.
import json
import pathlib
import sys

import jsonschema


def judge(schemas, name, data):
    schema = json.loads((schemas / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema, jsonschema.Draft202012Validator)
    for part in data.get("views", []):
        judge(schemas, part["view"], part["data"])


def complaint(schemas, file):
    try:
        judge(schemas, file.name.split(".")[0], json.loads(file.read_text()))
    except (OSError, KeyError, ValueError, jsonschema.exceptions.ValidationError) as error:
        return f"{file.name}: {error}"


schemas, directory = map(pathlib.Path, sys.argv[1:])
complaints = list(filter(None, (complaint(schemas, file) for file in sorted(directory.iterdir()))))
sys.exit("\n".join(complaints) if complaints else 0)
