#!/usr/bin/env python3
"""Looks up every term of DPV that the schema, the shapes, the context and the ledger's code use.

    terms.py FOLDER

FOLDER is one version of DPV, such as `2.3` in the repository w3c/dpv. Nothing of it is kept here, so this is run by
hand: when a term is added, and before a later version of DPV is named.
"""

import csv
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
VOCABULARIES = {
    "dpv": "dpv/dpv.csv",
    "pd": "pd/pd.csv",
    "loc": "loc/loc.csv",
    "eu-gdpr": "legal/eu/gdpr/eu-gdpr.csv",
}
TERM = re.compile(r"(?<![\w-])(dpv|pd|loc|eu-gdpr):([A-Za-z][\w-]*)")
PLACES = re.compile(r"loc:\(EU\|EEA\|\(([A-Z|]+)\)")
# What the ledger writes without its prefix.
STATES = re.compile(r'"((?:Renewed)?Consent[A-Z]\w+)"')


def used():
    schemas = TOP / "openapi" / "schemas"
    for path in sorted(schemas.glob("consent-record.*")):
        text = path.read_text()
        yield from TERM.findall(text)
        for countries in PLACES.findall(text):
            yield from (("loc", country) for country in ("EU", "EEA", *countries.split("|")))
    for path in sorted((TOP / "crates" / "ledger" / "src" / "record").glob("*.rs")):
        text = path.read_text()
        yield from TERM.findall(text)
        if path.name == "entries.rs":
            yield from (("dpv", state) for state in STATES.findall(text))


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    known = {}
    for prefix, path in VOCABULARIES.items():
        with (folder / path).open(newline="") as file:
            known[prefix] = {row["term"] for row in csv.DictReader(file)}
    terms = sorted(set(used()))
    missing = [f"{prefix}:{name}" for prefix, name in terms if name not in known[prefix]]
    print(f"{len(terms)} terms, {len(missing)} that are not in {folder}")
    for term in missing:
        print(f"  {term}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
