#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# validate.py SCHEMAS NAME: is the JSON on standard input what SCHEMAS/NAME.json
# says? The views within `show tech-support` are judged by their own schemas.
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


try:
    judge(pathlib.Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin))
except (OSError, KeyError, ValueError, jsonschema.exceptions.ValidationError) as error:
    sys.exit(f"{sys.argv[2]}: {error}")
