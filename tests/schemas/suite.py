#!/usr/bin/env python3
"""The checks checked: good records pass, every mutation fails where it must, and the three files agree."""

import json
import sys
from pathlib import Path

import check  # First: from here on there is no network.
import pyshacl
import rdflib
from mutations import mutations

RECORDS = Path(__file__).parent / "records"
COLUMNS = ("json", "schema", "shapes")


def good_records():
    return {path.stem: json.loads(path.read_text()) for path in sorted(RECORDS.glob("*.jsonld"))}


def row(name, verdict, outcome):
    marks = "  ".join(f"{'caught' if column in verdict.objections else '·':7}" for column in COLUMNS)
    print(f"{name:52}  {marks}  {outcome}")


def check_good(checker):
    wrong = []
    for path in sorted(RECORDS.glob("*.jsonld")):
        verdict = checker.check(path.read_text())
        row(f"{path.stem} (good)", verdict, "passes" if not verdict.objections else "MUST PASS")
        if verdict.objections:
            wrong.append(f"{path.stem}: {verdict}")
    return wrong


def check_bad(checker, good):
    wrong = []
    count = 0
    for mutation in mutations():
        count += 1
        verdict = checker.check(mutation.text(good))
        as_said = set(mutation.caught_by) <= set(verdict.objections)
        row(mutation.name, verdict, "fails" if as_said else f"MUST BE CAUGHT BY {' and '.join(mutation.caught_by)}")
        if not as_said:
            wrong.append(f"{mutation.name}: {verdict}")
    return wrong, count


def check_files(checker):
    """The context in the schema is the context file; the terms that both name are the same; the shapes are SHACL."""
    definitions = checker.schema["$defs"]
    context = json.loads((check.SCHEMAS / "consent-record.context.jsonld").read_text())["@context"]
    if definitions["context"]["const"] != context:
        yield "the context in the schema is not consent-record.context.jsonld"
    listed = set(lists(checker.shapes))
    for owner, terms in enumerations(definitions):
        if frozenset(expand(term, context) for term in terms) not in listed:
            yield f"{owner}: no list in the shapes has the same terms"
    pattern = definitions["place"]["pattern"].removeprefix("^loc:")
    places = str(checker.shapes.value(rdflib.URIRef("urn:counterfoil:shape:Place"), rdflib.SH.pattern))
    if not places.endswith(f"loc#{pattern}"):
        yield "the places of the schema and the shapes differ"
    pyshacl.validate(rdflib.Graph(), shacl_graph=checker.shapes, meta_shacl=True)


def lists(shapes):
    for head in shapes.objects(None, rdflib.SH["in"]):
        yield frozenset(str(item) for item in rdflib.collection.Collection(shapes, head))


def enumerations(definitions):
    for owner in ("purposeTerm", "piiTerm", "processingTerm", "sourceTerm", "rightTerm"):
        yield owner, definitions[owner]["enum"]
    for owner in ("consentEvent", "grantEvent"):
        yield owner, definitions[owner]["properties"]["eventState"]["enum"]


def expand(term, context):
    prefix, _, name = term.partition(":")
    return context[prefix] + name


def check_network():
    """The refusal itself: a socket, and a context that would have to be fetched."""
    import socket

    try:
        socket.socket()
        yield "a socket could be opened"
    except check.NetworkRefused:
        pass
    try:
        rdflib.Graph().parse(data='{"@context": "http://127.0.0.1:9/context.jsonld"}', format="json-ld")
        yield "a context was looked for on the network"
    except check.NetworkRefused:
        pass


def main():
    checker = check.Checker()
    print(f"{'':52}  {'  '.join(f'{column:7}' for column in COLUMNS)}")
    good = good_records()
    wrong = check_good(checker)
    faults, count = check_bad(checker, good)
    wrong += faults + list(check_files(checker)) + list(check_network())
    print(f"\n{len(good)} good records, {count} bad ones, {len(wrong)} not as they must be")
    for fault in wrong:
        print(f"  {fault}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
