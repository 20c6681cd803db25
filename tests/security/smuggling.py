"""Raw requests that make servers disagree on where a request ends (RFC 9112 §11.2): the corpus.

Each begins with a request whose target carries `case=NAME`; hidden in it is another one, for
`/toy?marker`, which nobody may ever take for a request.
"""

from typing import NamedTuple

import msgspec

PATH = b"/toy?case="
MARKER = b"/toy?marker"


class Raw(NamedTuple):
    """`serves`: how many requests a careful server finds in it, at most. Fewer is well too: it may
    refuse the whole for what stands behind a good request.
    """

    data: bytes
    serves: int


def toy(word: str) -> bytes:
    return msgspec.json.encode({"model": "r", "stream": True, "turns": [word]})


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


BODY = toy("plain")
HIDDEN = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (
    MARKER,
    len(toy("smuggled")),
    toy("smuggled"),
)
CHUNKED = chunk(BODY) + b"0\r\n\r\n"
TE = b"transfer-encoding: chunked"
LAST = b"0\r\n\r\n"


def head(name: str, *lines: bytes, method: bytes = b"POST") -> bytes:
    first = method + b" " + PATH + name.replace(" ", "-").encode() + b" HTTP/1.1"
    return b"\r\n".join([first, b"host: x", *lines, b"", b""])


def length(data: bytes) -> bytes:
    return b"content-length: %d" % len(data)


def _two_framings() -> dict[str, Raw]:
    """CL.TE, TE.CL, and the many ways to hide a coding from one of two servers."""
    cut = LAST + HIDDEN
    codings = {
        "plain": TE,
        "upper": b"TRANSFER-ENCODING: CHUNKED",
        "unknown": b"transfer-encoding: xchunked",
        "short": b"transfer-encoding: chunk",
        "empty": b"transfer-encoding:",
        "comma": b"transfer-encoding: chunked,",
        "twice": b"transfer-encoding: chunked, chunked",
        "identity last": b"transfer-encoding: chunked, identity",
        "identity first": b"transfer-encoding: identity, chunked",
        "gzip first": b"transfer-encoding: gzip, chunked",
        "identity alone": b"transfer-encoding: identity",
        "quoted": b'transfer-encoding: "chunked"',
        "parameter": b"transfer-encoding: chunked;q=0.5",
        "space before colon": b"transfer-encoding : chunked",
        "tab before colon": b"transfer-encoding\t: chunked",
        "tab after colon": b"transfer-encoding:\tchunked",
        "vertical tab": b"transfer-encoding:\x0bchunked",
        "form feed": b"transfer-encoding: chunked\x0c",
        "NUL after": b"transfer-encoding: chunked\0",
        "NUL in name": b"transfer-encoding\0: chunked",
        "NUL inside": b"transfer-encoding: chun\0ked",
        "high byte": b"transfer-encoding: \xffchunked",
        "no-break space": b"transfer-encoding:\xa0chunked",
        "underscore": b"transfer_encoding: chunked",
        "bare LF before": b"x-a: b\ntransfer-encoding: chunked",
        "bare CR before": b"x-a: b\rtransfer-encoding: chunked",
        "bare LF after": b"transfer-encoding: chunked\nx-a: b",
        "LF in name": b"transfer-encoding\n: chunked",
        "folded": b"transfer-encoding:\r\n chunked",
        "folded with tab": b"transfer-encoding:\r\n\tchunked",
        "in a fold": b"x-a: b\r\n transfer-encoding: chunked",
        "leading space": b" transfer-encoding: chunked",
        "two fields": b"transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "two fields reversed": b"transfer-encoding: identity\r\ntransfer-encoding: chunked",
        "named by connection": TE + b"\r\nconnection: transfer-encoding",
    }
    harmless = {"underscore": 1}  # a field that nobody knows: the length alone counts
    found: dict[str, Raw] = {}
    for name, coding in codings.items():
        found[f"CL.TE {name}"] = Raw(
            head(f"CL.TE {name}", length(cut), coding) + cut, harmless.get(name, 0)
        )
        found[f"TE.CL {name}"] = Raw(
            head(f"TE.CL {name}", coding, b"content-length: 4") + chunk(HIDDEN) + LAST, 0
        )
    # Only the length is left, and it leaves the chunk's first bytes as a body, the rest as a mess.
    found["TE.CL underscore"] = Raw(found["TE.CL underscore"].data, 1)
    return found


def _lengths() -> dict[str, Raw]:
    """Lengths that two servers may read differently; the body is followed by what is hidden."""
    size = len(BODY)
    fields = {
        "two": b"content-length: %d\r\ncontent-length: %d" % (size, size + len(HIDDEN)),
        "two alike": b"content-length: %d\r\ncontent-length: %d" % (size, size),
        "zero and more": b"content-length: 0\r\ncontent-length: %d" % size,
        "list": b"content-length: %d, %d" % (size, size),
        "plus": b"content-length: +%d" % size,
        "minus": b"content-length: -%d" % size,
        "hexadecimal": b"content-length: 0x%x" % size,
        "octal": b"content-length: 0o%o" % size,
        "exponent": b"content-length: 1e2",
        "fraction": b"content-length: %d.0" % size,
        "underscore": b"content-length: 1_0",
        "spaced": b"content-length: 1 0",
        "letters": b"content-length: %dabc" % size,
        "empty": b"content-length:",
        "overflow": b"content-length: 18446744073709551617",
        "longer overflow": b"content-length: %d" % (2**128 + size),
        "comma": b"content-length: %d," % size,
        "NUL": b"content-length: %d\0" % size,
        "space before colon": b"content-length : %d" % size,
        "tab before colon": b"content-length\t: %d" % size,
        "folded": b"content-length:\r\n %d" % size,
        "folded digits": b"content-length: 1\r\n 0",
        "bare LF before": b"x-a: b\ncontent-length: %d" % size,
        "bare CR before": b"x-a: b\rcontent-length: %d" % size,
        "Arabic digits": b"content-length: " + "\u0661\u0660".encode(),
        "full-width digits": b"content-length: " + "\uff11".encode(),
    }
    return {
        f"CL {name}": Raw(head(f"CL {name}", line) + BODY + HIDDEN, 0)
        for name, line in fields.items()
    }


def _chunks() -> dict[str, Raw]:
    """Chunks that end where a careless server does not look."""
    size = b"%x" % len(BODY)
    bodies: dict[str, tuple[bytes, int]] = {
        "letters": (b"zz\r\n" + HIDDEN, 0),
        "prefix": (b"0x" + size + b"\r\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "plus": (b"+" + size + b"\r\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "minus": (b"-1\r\n" + HIDDEN, 0),
        "space before": (b" " + size + b"\r\n" + BODY + b"\r\n" + LAST, 0),
        "space after": (size + b" \r\n" + BODY + b"\r\n" + LAST, 0),
        "tab after": (size + b"\t\r\n" + BODY + b"\r\n" + LAST, 0),
        "no size": (b"\r\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "overflow": (b"10000000000000005\r\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "as large as it gets": (b"ffffffffffffffff\r\n" + BODY + HIDDEN, 0),
        "extension": (size + b";a=b\r\n" + BODY + b"\r\n" + LAST, 1),
        "quoted line end": (size + b';a="\r\n"\r\n' + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "LF in extension": (size + b";\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "CR in extension": (size + b";a\rb\r\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "LF in the last extension": (chunk(BODY) + b"0;a\n\r\n" + HIDDEN, 0),
        "NUL in extension": (size + b";a=\0\r\n" + BODY + b"\r\n" + LAST, 0),
        "LF after size": (size + b"\n" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "CR after size": (size + b"\r" + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "LF after data": (size + b"\r\n" + BODY + b"\n" + LAST + HIDDEN, 0),
        "anything after data": (size + b"\r\n" + BODY + b"XX" + LAST + HIDDEN, 0),
        "one short": (b"%x\r\n" % (len(BODY) - 1) + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "one long": (b"%x\r\n" % (len(BODY) + 1) + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "two long": (b"%x\r\n" % (len(BODY) + 2) + BODY + b"\r\n" + LAST + HIDDEN, 0),
        "end by LF": (chunk(BODY) + b"0\n\n" + HIDDEN, 0),
        "end by CR": (chunk(BODY) + b"0\r\r" + HIDDEN, 0),
        "many zeros": (chunk(BODY) + b"000\r\n\r\n", 1),
        "length in a trailer": (chunk(BODY) + b"0\r\ncontent-length: 5\r\n\r\n", 1),
        "coding in a trailer": (chunk(BODY) + b"0\r\ntransfer-encoding: chunked\r\n\r\n", 1),
        "space in a trailer": (chunk(BODY) + b"0\r\nx-a : b\r\n\r\n" + HIDDEN, 0),
        "LF in a trailer": (chunk(BODY) + b"0\r\nx-a: b\n\n" + HIDDEN, 0),
        "hidden in a chunk": (chunk(HIDDEN) + LAST, 1),
        "hidden in an extension": (size + b";" + HIDDEN.replace(b"\r\n", b"\n") + BODY + LAST, 0),
    }
    return {
        f"chunk {name}": Raw(head(f"chunk {name}", TE) + data, serves)
        for name, (data, serves) in bodies.items()
    }


def _lines() -> dict[str, Raw]:
    """Lines of a head that are none."""
    size = length(BODY)
    fields = {
        "no colon": b"x-a",
        "no name": b": b",
        "space in name": b"x a: b",
        "tab in name": b"x\ta: b",
        "NUL in value": b"x-a: b\0c",
        "NUL in name": b"x\0a: b",
        "high name": b"x-\xe4: b",
        "bare CR": b"x-a: b\rc",
        "bare CR at the end": b"x-a: b\r",
        "fold": b"x-a: b\r\n c",
        "fold of nothing": b"x-a: b\r\n \r\n\tc",
        "second host": b"host: y",
        "second host folded": b"host:\r\n y",
        "hidden after LF LF": b"x-a: b\n\n" + HIDDEN,
        "hidden after CR CR": b"x-a: b\r\r" + HIDDEN,
        "bell": b"x-a: \x07",
    }
    found = {
        f"line {name}": Raw(head(f"line {name}", line, size) + BODY, 0)
        for name, line in fields.items()
    }
    whole = head("line", size)
    spoilt = {
        "LF everywhere": (whole.replace(b"\r\n", b"\n"), 0),
        "CR everywhere": (whole.replace(b"\r\n", b"\r"), 0),
        "first folded": (whole.replace(b"\r\nhost", b"\r\n host"), 0),
        "empty before": (b"\r\n\r\n" + whole, 1),
        "NUL before": (b"\0" + whole, 0),
        "space before": (b" " + whole, 0),
        "no version": (whole.replace(b" HTTP/1.1", b""), 0),
        "two spaces": (whole.replace(b" HTTP", b"  HTTP"), 1),
        "tab": (whole.replace(b" HTTP", b"\tHTTP"), 0),
        "space in target": (whole.replace(b"?", b" ?"), 0),
        "NUL in target": (whole.replace(b"?", b"?\0"), 0),
        "version 1.10": (whole.replace(b"/1.1", b"/1.10"), 0),
        "version 2.0": (whole.replace(b"/1.1", b"/2.0"), 0),
        "version small": (whole.replace(b"HTTP/", b"http/"), 0),
        "no host": (whole.replace(b"host: x\r\n", b""), 0),
        "preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN, 0),
    }
    for name, (data, serves) in spoilt.items():
        tag = b"case=line-" + name.replace(" ", "-").encode()
        found[f"line {name}"] = Raw(data.replace(b"case=line", tag) + BODY, serves)
    return found


def _bodies_nobody_expects() -> dict[str, Raw]:
    """CL.0 and 0.CL: a body where a server may not look for one, and protocols that change."""
    size = length(HIDDEN)
    found = {
        f"body of {method}": Raw(
            head(f"body of {method}", size, method=method.encode()) + HIDDEN, 1
        )
        for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH")
    }
    old = head("old", TE).replace(b"/1.1", b"/1.0")
    found |= {
        "body in chunks of GET": Raw(
            head("body in chunks of GET", TE, method=b"GET") + chunk(HIDDEN) + LAST, 1
        ),
        "body expected": Raw(head("body expected", size, b"expect: 100-continue") + HIDDEN, 1),
        "body expected oddly": Raw(head("body expected oddly", size, b"expect: y") + HIDDEN, 1),
        "body by connection": Raw(
            head("body by connection", size, b"connection: content-length") + HIDDEN, 1
        ),
        "body and close": Raw(
            head("body and close", length(BODY), b"connection: close") + BODY + HIDDEN, 1
        ),
        "HTTP/1.0 in chunks": Raw(old + CHUNKED + HIDDEN, 0),
        "HTTP/1.0 in chunks kept": Raw(
            old.replace(b"\r\n\r\n", b"\r\nconnection: keep-alive\r\n\r\n") + CHUNKED + HIDDEN, 0
        ),
        "upgrade": Raw(head("upgrade", b"connection: upgrade", b"upgrade: websocket") + HIDDEN, 0),
        "upgrade to h2c": Raw(
            head(
                "upgrade to h2c",
                b"connection: upgrade, http2-settings",
                b"upgrade: h2c",
                b"http2-settings: AAMAAABkAARAAAAAAAIAAAAA",
                method=b"GET",
            )
            + HIDDEN,
            0,
        ),
        "connect": Raw(b"CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\n\r\n" + HIDDEN, 0),
    }
    return found


CORPUS: dict[str, Raw] = {
    **_two_framings(),
    **_lengths(),
    **_chunks(),
    **_lines(),
    **_bodies_nobody_expects(),
}
