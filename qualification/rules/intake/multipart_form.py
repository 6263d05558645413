"""Forms as multipart/form-data (RFC 7578), read piece by piece: what a file holds is dropped, its name is kept."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.intake.text_encodings import decoded

# Until so many bytes have come without the end of a line, the first line isn't a boundary.
_LONGEST_BOUNDARY: Final = 300
_LONGEST_FILE_NAME: Final = 300
_OPENING: Final = re.compile(rb"--([^\r\n]{1,200}?)[ \t]*(\r?\n)")
_HEADER: Final = re.compile(rb"content-disposition\s*:", re.IGNORECASE)
_EXTENDED_NAME: Final = re.compile(r"filename\*\s*=\s*[\w-]{1,40}'[\w-]{0,40}'([^;\s]{1,2000})", re.IGNORECASE)
_NAMED_BOUNDARY: Final = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)


@dataclass(slots=True)
class _Part:
    """One part while it comes: a field's text, or a file, of which only the name is kept."""

    segment: MultipartSegment
    held: list[bytes] = field(default_factory=list)

    @property
    def file(self) -> bytes | None:
        """The name of the file that the part is, empty if it has none; None for a field."""
        if self.segment.filename is not None:
            return _file_name(_header_bytes(self.segment.filename))
        # RFC 7578 forbids this way of writing a name, and some clients do it.
        match = _EXTENDED_NAME.search(self.segment.header("Content-Disposition", ""))
        return _file_name(unquote_to_bytes(match[1])) if match else None


class MultipartForm:
    """Reads a form; feed it what comes, in pieces of any size.

    `boundary` is what the content type names. What the body itself opens with counts more, because proxies and scripts
    lose or rewrite the header. `parts` and `text_bytes` bound what is kept; the bytes of files aren't kept and don't
    count.
    """

    def __init__(self, *, parts: int, text_bytes: int, boundary: str | None = None) -> None:
        """Expect the first bytes."""
        self._parts, self._text_bytes = parts, text_bytes
        self._named = boundary
        self._opening = b""
        self._parser: PushMultipartParser | None = None
        self._bare_newlines = False
        self._part: _Part | None = None
        self._pairs: list[tuple[str, bytes, str | None]] = []

    def feed(self, chunk: bytes) -> None:
        """Read on. Raises NoPayload and TooMuch."""
        if self._parser is None:
            self._opening += chunk
            if b"\n" not in self._opening.lstrip() and len(self._opening) < _LONGEST_BOUNDARY:
                return
            chunk, self._opening = self._begin(self._opening), b""
        if self._parser is None or self._parser.closed or not chunk:
            return
        if self._bare_newlines:
            chunk = chunk.replace(b"\n", b"\r\n")
        try:
            for event in self._parser.parse(chunk):
                self._collect(event)
        except MultipartError as error:
            raise NoPayload("its parts can't be told apart") from error

    def pairs(self) -> list[tuple[str, str]]:
        """Return the fields' names with their texts, and those of files with the names that the files had.

        A form whose end never came has the fields that came whole.
        """
        if self._parser is None and self._opening:
            self.feed(b"\n")
        charset = next((text.decode("latin-1") for name, text, _ in self._pairs if name == "_charset_"), None)
        return [(name, decoded(text, encoding or charset)) for name, text, encoding in self._pairs]

    def _begin(self, opening: bytes) -> bytes:
        """Find the boundary, and return what is to be parsed."""
        body = opening.lstrip()
        match = _OPENING.match(body)
        boundary = match[1] if match else (self._named or "").encode("latin-1", "replace")
        if not boundary:
            raise NoPayload("its parts have no boundary")
        self._bare_newlines = match is not None and match[2] == b"\n"
        self._parser = PushMultipartParser(boundary, max_segment_count=self._parts + 1, header_charset="latin-1")
        # A blank after the boundary would be an error to the parser.
        return b"--" + boundary + b"\r\n" + body[match.end() :] if match and not self._bare_newlines else body

    def _collect(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            if len(self._pairs) >= self._parts:
                raise TooMuch(f"it has more than {self._parts:,} fields")
            self._part = _Part(event)
        elif self._part is None:
            return
        elif event is None:
            part, self._part = self._part, None
            text = b"".join(part.held) if part.file is None else part.file
            charset = part.segment.charset if part.file is None else None
            self._pairs.append((decoded(_header_bytes(part.segment.name)), text, charset))
        elif self._part.file is None:
            self._text_bytes -= len(event)
            if self._text_bytes < 0:
                raise TooMuch("its fields hold too much text")
            self._part.held.append(bytes(event))


def opens_form(body: bytes) -> bool:
    """Tell whether a body opens as multipart/form-data does, whatever its content type says."""
    start = body[:2048].lstrip()
    match = _OPENING.match(start)
    return match is not None and _HEADER.search(start, match.end(), match.end() + 1024) is not None


def boundary_of(content_type: str) -> str | None:
    """Return the boundary that a content type names; None if it is another type, or names none."""
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        return None
    match = _NAMED_BOUNDARY.search(content_type)
    return (match[1] or match[2]) if match else ""


def _file_name(name: bytes) -> bytes:
    """Return a file's name without the folders that some browsers send with it."""
    return re.split(rb"[/\\]", name)[-1][:_LONGEST_FILE_NAME]


def _header_bytes(text: str | None) -> bytes:
    """Return the bytes of a name: headers are read as latin-1, but `filename*` comes as text already."""
    try:
        return (text or "").encode("latin-1")
    except UnicodeEncodeError:
        return (text or "").encode(errors="replace")
