#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# The header and the YAML of the generic netlink family say the same: constants,
# names, numbers, order and types.

import re
import sys
from pathlib import Path

KSFT_SKIP = 4
TREE = Path(__file__).resolve().parents[6]
HEADER = TREE / "usr/include/linux/awtun.h"
SPEC = TREE / "Documentation/netlink/specs/awtun.yaml"
# The first word of an attribute's comment, when it is not just octets.
TYPES = r"(u8|u16|u32|u64|be16|be32|flag|string|nest)\b"


def skip(reason):
    print(f"TAP version 13\n1..0 # SKIP {reason}")
    sys.exit(KSFT_SKIP)


try:
    import yaml
except ImportError:
    skip("no python3-yaml")


def upper(*names):
    return "".join(names).replace("-", "_").upper()


def read_constants(text):
    """Numbers of "#define NAME NUMBER"."""
    found = re.findall(r"^#define\s+AWTUN_(\w+)[ \t]+(0x[0-9a-f]+|\d+)\b", text, re.M)
    return {name: int(value, 0) for name, value in found}


def comment_type(comment, previous):
    if comment.startswith("the same"):
        return previous
    match = re.match(TYPES, comment)
    if not match:
        return "binary", None
    if "_A_SELECTOR" in comment:
        return match[1], "awtun_ts_list_attr"
    reference = re.search(r"enum (\w+)", comment)
    return match[1], reference and reference[1]


def read_enum(body, every):
    """[(name, number, (type, enum it refers to))], but for the MAX at its end."""
    entries, kind = [], None
    pattern = r"^\t(AWTUN_\w+)\b(?! = __),?[ \t]*(?:/\*\s*((?:.|\n)*?)\*/)?"
    for name, comment in re.findall(pattern, body, re.M):
        kind = (every, None) if every else comment_type(comment, kind)
        entries.append((name, len(entries), kind))
    return entries


def read_enums(text):
    """By name. "All u64" in the comment before one is the type of all of it."""
    enums = {}
    pattern = r"(?:/\*((?:(?!\*/).|\n)*)\*/\n)?enum (\w+) \{\n((?:.|\n)*?)\n\};"
    for comment, name, body in re.findall(pattern, text):
        every = re.match(r"\s*All (\w+)", comment)
        enums[name] = read_enum(body, every and every[1])
    return enums


def spec_type(attr, enums_of_sets, enums_of_definitions):
    kind = attr["type"]
    if attr.get("byte-order") == "big-endian":
        kind = kind.replace("u", "be")
    if kind == "nest":
        return kind, enums_of_sets[attr["nested-attributes"]]
    return kind, enums_of_definitions.get(attr.get("enum"))


def numbered(items, prefix):
    """[(C name, number, item)] as the generators of the kernel count."""
    number = -1
    for item in items:
        item = item if isinstance(item, dict) else {"name": item}
        number = item.get("value", number + 1)
        yield upper(prefix, item["name"]), number, item


class Report:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, name, header, spec):
        self.count += 1
        if header == spec:
            print(f"ok {self.count} {name}")
            return
        self.failed += 1
        for side, only in ("header", header), ("spec", spec):
            other = spec if side == "header" else header
            for line in only or ["nothing"]:
                if not other or line not in other:
                    print(f"# only in the {side}: {line}")
        print(f"not ok {self.count} {name}")

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def names(entries):
    return [entry[:2] for entry in entries or []]


def without_fillers(entries):
    return [entry for entry in entries or [] if not entry[0].endswith(("_UNSPEC", "_PAD"))]


def compare(report, text, spec):
    enums = read_enums(text)
    definitions = [d for d in spec["definitions"] if d["type"] == "enum"]
    of_sets = {s["name"]: upper(s["enum-name"]).lower() for s in spec["attribute-sets"]}
    of_definitions = {d["name"]: upper(d["enum-name"]).lower() for d in definitions}
    told = set()

    constants = {upper(d["name"]): d["value"] for d in spec["definitions"] if d["type"] == "const"}
    constants["GENL_VERSION"] = spec["version"]
    report.check("constants", sorted(read_constants(text).items()), sorted(constants.items()))

    for definition in definitions:
        name = of_definitions[definition["name"]]
        told.add(name)
        entries = list(numbered(definition["entries"], definition["name-prefix"]))
        report.check(f"enum {name}", names(enums.get(name)), names(entries))

    for attribute_set in spec["attribute-sets"]:
        name = of_sets[attribute_set["name"]]
        told.add(name)
        entries = list(numbered(attribute_set["attributes"], attribute_set["name-prefix"]))
        report.check(f"enum {name}", names(enums.get(name)), names(entries))
        typed = [(n, v, spec_type(a, of_sets, of_definitions)) for n, v, a in without_fillers(entries)]
        report.check(f"types of {name}", without_fillers(enums.get(name)), typed)

    operations = spec["operations"]
    name = upper(operations["enum-name"]).lower()
    told.add(name)
    entries = list(numbered(operations["list"], operations["name-prefix"]))
    report.check("commands", names(enums.get(name)), names(entries))

    report.check("nothing else in the header", sorted(enums), sorted(told))


def main():
    for path in HEADER, SPEC:
        if not path.exists():
            skip(f"no {path}")
    print("TAP version 13")
    report = Report()
    compare(report, HEADER.read_text(), yaml.safe_load(SPEC.read_text()))
    report.end()


main()
