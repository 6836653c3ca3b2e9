"""What the check of the service needs beside the document."""

import io
import json
import os
import urllib.request
import zipfile

import schemathesis

BASE = os.environ["CALSOS_BASE"]

# Headers of the transport and of browsers, which say nothing of the interface.
NOT_OF_THE_INTERFACE = {
    "connection", "content-encoding", "content-length", "content-type", "date",
    "transfer-encoding", "vary", "x-content-type-options",
}


@schemathesis.check
def response_headers_are_declared(ctx, response, case):
    """No header is sent that the document does not declare for the response."""
    responses = case.operation.definition.raw["responses"]
    status = str(response.status_code)
    declared = responses.get(status) or responses.get(f"{status[0]}XX") or {}
    known = {name.lower() for name in declared.get("headers", {})} | NOT_OF_THE_INTERFACE
    sent = {name.lower() for name in response.headers}
    undeclared = {
        name for name in sent - known if not name.startswith("access-control-")
    }
    assert not undeclared, f"headers that the document does not have: {sorted(undeclared)}"


@schemathesis.deserializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(ctx, response):
    """A workbook is a ZIP archive that is whole and has sheets; its schema is a text."""
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None and "xl/worksheets/sheet1.xml" in archive.namelist()
    return response.content.decode("latin-1")


def cursor_of(path):
    with urllib.request.urlopen(f"{BASE}{path}?limit=50") as answer:
        return json.load(answer)["page"]["next"]


CURSORS = {
    "GET /v1/determinations": cursor_of("/v1/determinations"),
    "GET /v1/leas": cursor_of("/v1/leas"),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    """A cursor is what the service gave, which no schema can say. Where a valid request is
    meant, one is put in the place of the one made up; requests that are meant to be invalid
    stay as they are."""
    cursor = CURSORS.get(case.operation.label)
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    if valid and cursor and "cursor" in (case.query or {}):
        case.query["cursor"] = cursor
