#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz_spec.py SPEC: what a fuzzer needs of a generic netlink family's YAML, as
# C tables. See fuzz.h for what they hold.

import sys

import yaml

BITS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64}
KINDS = {"binary": "BINARY", "string": "BINARY", "flag": "FLAG", "pad": "BINARY", "unused": "BINARY"}


def c_name(*words):
    return "".join(words).replace("-", "_")


class Spec:
    def __init__(self, text):
        self.spec = yaml.safe_load(text)
        self.consts = {}
        self.enums = {}
        for definition in self.spec["definitions"]:
            if definition["type"] == "const":
                self.consts[definition["name"]] = definition["value"]
            else:
                self.enums[definition["name"]] = len(definition["entries"]) - 1

    def number(self, value):
        return self.consts.get(value, value)

    def attribute(self, attr, number):
        checks = {key: self.number(value) for key, value in attr.get("checks", {}).items()}
        kind = attr["type"]
        if kind in BITS:
            top = self.enums.get(attr.get("enum"), 2 ** BITS[kind] - 1)
            return f'{{ {number}, FUZZ_INT, {BITS[kind] // 8}, {checks.get("min", 0)}ULL, {checks.get("max", top)}ULL, NULL }}'
        if kind == "nest":
            return f'{{ {number}, FUZZ_NEST, 0, 0, 0, &fuzz_{c_name(attr["nested-attributes"])} }}'
        exact = checks.get("exact-len")
        low, high = checks.get("min-len", exact or 0), checks.get("max-len", exact or 16)
        if kind == "flag":
            high = 0
        return f"{{ {number}, FUZZ_{KINDS[kind]}, 0, {low}, {high}, NULL }}"

    def sets(self):
        for attribute_set in self.spec["attribute-sets"]:
            yield f"static const struct fuzz_set fuzz_{c_name(attribute_set['name'])};"
        for attribute_set in self.spec["attribute-sets"]:
            name = c_name(attribute_set["name"])
            yield f"static const struct fuzz_attr fuzz_{name}_attrs[] = {{"
            for number, attr in enumerate(attribute_set["attributes"]):
                yield f"\t{self.attribute(attr, number)}, /* {attr['name']} */"
            yield "};"
            yield f'static const struct fuzz_set fuzz_{name} = {{ "{attribute_set["name"]}", ' \
                  f"sizeof(fuzz_{name}_attrs) / sizeof(fuzz_{name}_attrs[0]), fuzz_{name}_attrs }};"

    def commands(self):
        names = [a["name"] for a in self.spec["attribute-sets"][0]["attributes"]]
        yield "static const struct fuzz_command fuzz_commands[] = {"
        for number, operation in enumerate(self.spec["operations"]["list"]):
            request = operation.get("do", operation.get("dump", {})).get("request", {})
            if "do" not in operation and "dump" not in operation:
                continue
            nest = names.index(request["attributes"][0]) if request else 0
            yield f'\t{{ {number}, {nest}, {int("do" in operation)}, {int("dump" in operation)}, "{operation["name"]}" }},'
        yield "};"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = Spec(file.read())
    print("/* SPDX-License-Identifier: GPL-2.0-only */\n#include \"fuzz.h\"")
    for line in (*spec.sets(), *spec.commands()):
        print(line)


main()
