#!/usr/bin/env python3
"""Holds records and receipts against the JSON Schema and the SHACL shapes in openapi/schemas.

    check.py RECORD.jsonld…

prints one line per file; the exit code is 0 when every file passes. Nothing is fetched: a document brings its context
with it, and this process cannot open a socket.
"""

import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path


class NetworkRefused(Exception):
    """Something tried to reach the network."""


def refuse_network(event, _arguments):
    if event.startswith(("socket.", "urllib.", "http.client.")):
        raise NetworkRefused(event)


# An audit hook cannot be removed again, so this holds for the libraries below and for whatever they load.
sys.addaudithook(refuse_network)

import jsonschema  # noqa: E402
import pyshacl  # noqa: E402
import rdflib  # noqa: E402

# Literals as they were written: whether they are well formed is for the shapes to say.
rdflib.NORMALIZE_LITERALS = False
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

SCHEMAS = Path(__file__).resolve().parents[2] / "openapi" / "schemas"
DPV = rdflib.Namespace("https://w3id.org/dpv#")
RECORDS = (DPV.ConsentRecord, DPV.RightExerciseRecord)


class Refused(Exception):
    """The text is not JSON as records are written."""


def members(pairs):
    seen = {}
    for key, value in pairs:
        if key in seen:
            raise Refused(f"the key {key} stands twice")
        seen[key] = value
    return seen


def refuse_float(text):
    raise Refused(f"{text} is a float")


def read(text):
    """Reads JSON as the ledger does: no key twice, no float."""
    try:
        return json.loads(text, object_pairs_hook=members, parse_float=refuse_float, parse_constant=refuse_float)
    except ValueError as error:
        raise Refused(f"not JSON: {error}") from error


@dataclass
class Verdict:
    """What each of the three says about a document; None is no objection."""

    json: str | None = None
    schema: str | None = None
    shapes: str | None = None

    @property
    def objections(self):
        return tuple(name for name in ("json", "schema", "shapes") if getattr(self, name) is not None)


class Checker:
    def __init__(self, folder=SCHEMAS):
        self.schema = read((folder / "consent-record.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)
        self.shapes = rdflib.Graph().parse(folder / "consent-record.shapes.ttl")

    def check(self, text):
        """Asks all three, each on its own, so that one does not hide what another would miss."""
        verdict = Verdict()
        try:
            read(text)
        except Refused as refused:
            verdict.json = str(refused)
        try:
            document = json.loads(text)
        except ValueError as error:
            return Verdict(json=f"not JSON: {error}", schema="not read", shapes="not read")
        verdict.schema = self.against_schema(document)
        verdict.shapes = self.against_shapes(text)
        return verdict

    def against_schema(self, document):
        error = jsonschema.exceptions.best_match(self.validator.iter_errors(document))
        return None if error is None else f"{error.json_path}: {shorten(error.message)}"

    def against_shapes(self, text):
        graph = rdflib.Graph()
        try:
            graph.parse(data=text, format="json-ld")
        except Exception as error:  # Whatever the parser trips over, the document is not good.
            return f"not JSON-LD: {type(error).__name__}: {shorten(str(error))}"
        if not any((None, rdflib.RDF.type, kind) in graph for kind in RECORDS):
            return "no record in it"
        conforms, report, _ = pyshacl.validate(graph, shacl_graph=self.shapes)
        return None if conforms else first_result(report)


def first_result(report):
    found = []
    for result in report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult):
        path = report.value(result, rdflib.SH.resultPath)
        message = report.value(result, rdflib.SH.resultMessage)
        found.append(f"{report.value(result, rdflib.SH.focusNode)} {path or ''}: {message}")
    return shorten(min(found, default="does not conform"))


def shorten(text):
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:199]}…"


def main(paths):
    if not paths:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    checker = Checker()
    passed = True
    for path in paths:
        try:
            verdict = checker.check(Path(path).read_text())
        except (OSError, UnicodeDecodeError) as error:
            verdict = Verdict(json=f"cannot be read: {error}")
        if verdict.objections:
            passed = False
            print(f"FAILED {path}: " + "; ".join(f"{name}: {getattr(verdict, name)}" for name in verdict.objections))
        else:
            print(f"passed {path}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
