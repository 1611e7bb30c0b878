"""Reads and writes tables as CSV or as an OpenDocument spreadsheet (ODS).

An ODS file is a zip with one XML file that matters here. Every cell is written as text or as a
number, so nothing in it is a formula (OASIS, "Open Document Format for Office Applications",
version 1.3, part 3).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from hwlib.atomic import write_whole
from hwlib.errors import CourseError
from hwlib.grading.csv_files import read_csv
from hwlib.grading.texts import for_csv, for_terminal

__all__ = ["Table", "read_tables", "write_csv", "write_ods"]

Table = Sequence[Sequence[str]]
"""Rows of cells."""

MAX_BYTES = 50_000_000  # of content.xml
MAX_REPEATED = 1_000  # cells or rows that one element stands for; an empty rest has more
MIME = "application/vnd.oasis.opendocument.spreadsheet"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
PUT_BY_US = re.compile(r"((?:\A|[;\t\r\n]) *)'")
# XML has no way to write these characters
IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
FO = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content xmlns:office="{OFFICE}" '
    f'xmlns:table="{TABLE}" xmlns:text="{TEXT}" xmlns:style="{STYLE}" xmlns:fo="{FO}" '
    'office:version="1.3"><office:automatic-styles>'
    '<style:style style:name="wrap" style:family="table-cell"><style:table-cell-properties '
    'fo:wrap-option="wrap" style:vertical-align="top"/></style:style>'
    "{widths}</office:automatic-styles><office:body><office:spreadsheet>"
)
TAIL = "</office:spreadsheet></office:body></office:document-content>"
MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIME}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


# ---- writing -------------------------------------------------------------------------------------


def write_csv(path: Path, table: Table) -> None:
    """Write one table. A cell that a spreadsheet would take for a formula gets an apostrophe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [for_csv(cell) for cell in row] for row in table
    )
    write_whole(path, text.getvalue())


def write_ods(path: Path, tables: Mapping[str, Table], widths_cm: Sequence[float]) -> None:
    """Write tables as the sheets of one file.

    Parameters
    ----------
    path : Path
    tables : mapping of str to Table
        Name of the sheet → its rows.
    widths_cm : sequence of float
        Widths of the columns, the same on all sheets.
    """
    styles = "".join(
        f'<style:style style:name="width{i}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width}cm"/></style:style>'
        for i, width in enumerate(widths_cm)
    )
    columns = "".join(
        f'<table:table-column table:style-name="width{i}"/>' for i in range(len(widths_cm))
    )
    sheets = "".join(
        f"<table:table table:name={quoteattr(_possible(name))}>{columns}"
        f"{''.join(map(_row, rows))}</table:table>"
        for name, rows in tables.items()
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        # first and not compressed, so that a system tells the kind of file by its beginning
        archive.writestr("mimetype", MIME, zipfile.ZIP_STORED)
        archive.writestr("content.xml", HEAD.replace("{widths}", styles) + sheets + TAIL)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    write_whole(path, content.getvalue())


def _row(cells: Sequence[str]) -> str:
    return f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>"


def _cell(text: str) -> str:
    # a spreadsheet writes 007 and 123456789012 in its own way, so they are texts
    if NUMBER.fullmatch(text) and f"{float(text):.10g}" == text:
        kind = f'office:value-type="float" office:value="{text}"'
    else:
        kind = 'office:value-type="string"'
    lines = "".join(f"<text:p>{_spaced(line)}</text:p>" for line in _possible(text).split("\n"))
    return f'<table:table-cell table:style-name="wrap" {kind}>{lines}</table:table-cell>'


def _spaced(line: str) -> str:
    """A line in which no blank is lost: XML keeps one of several."""
    return re.sub(" {2,}|^ ", lambda found: f'<text:s text:c="{len(found[0])}"/>', escape(line))


def _possible(text: str) -> str:
    return IMPOSSIBLE.sub("", for_terminal(text)).replace("\t", "    ")


# ---- reading -------------------------------------------------------------------------------------


def read_tables(path: Path) -> list[list[list[str]]]:
    """The sheets of a CSV or ODS file.

    Raises
    ------
    CourseError
        If it can't be read.
    """
    try:
        if path.suffix.lower() == ".ods":
            return [*_read_ods(path)]
        return [[[_unquoted(cell) for cell in row] for _, row in read_csv(path, "sheet")]]
    except OSError as error:
        raise CourseError(f"{path}: cannot read this sheet ({error.strerror})") from error
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError) as error:
        raise CourseError(
            f"{path}: this is not a whole ODS file ({error}); save the sheet again, or as CSV"
        ) from error


def _unquoted(cell: str) -> str:
    """A cell without the apostrophes that `for_csv` has put there."""
    plain = PUT_BY_US.sub(r"\1", cell)
    return plain if for_csv(plain) == cell else cell


def _read_ods(path: Path) -> Iterator[list[list[str]]]:
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("content.xml").file_size > MAX_BYTES:
            raise ValueError(f"content.xml is larger than {MAX_BYTES / 1e6:g} MB")
        content = archive.read("content.xml")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # no spreadsheet writes these
        raise ValueError("content.xml defines entities")
    for sheet in ElementTree.fromstring(content).iter(f"{{{TABLE}}}table"):
        rows: list[list[str]] = []
        for row in sheet.iter(f"{{{TABLE}}}table-row"):
            cells = [text for cell in row for text in _cells(cell)]
            while cells and not cells[-1]:
                cells.pop()
            rows += [cells] * _repeated(row, "number-rows-repeated")
        while rows and not rows[-1]:
            rows.pop()
        yield rows


def _cells(cell: ElementTree.Element) -> list[str]:
    if cell.tag not in (f"{{{TABLE}}}table-cell", f"{{{TABLE}}}covered-table-cell"):
        return []
    value = cell.get(f"{{{OFFICE}}}value")
    text = "\n".join(_text(line) for line in cell.findall(f"{{{TEXT}}}p"))
    return [value if value is not None else text] * _repeated(cell, "number-columns-repeated")


def _text(element: ElementTree.Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == f"{{{TEXT}}}s":
            parts.append(" " * int(child.get(f"{{{TEXT}}}c", "1")))
        elif child.tag == f"{{{TEXT}}}tab":
            parts.append("\t")
        elif child.tag == f"{{{TEXT}}}line-break":
            parts.append("\n")
        else:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _repeated(element: ElementTree.Element, name: str) -> int:
    """How often an element stands there; the empty rest of a sheet is not made."""
    count = int(element.get(f"{{{TABLE}}}{name}", "1"))
    return count if count <= MAX_REPEATED else 1
