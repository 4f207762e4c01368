"""Fetch one file from the first mirror that has it: resumed, checked, renamed only when whole."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from fewbits.data.disk import disk_errors
from fewbits.data.verify import file_digest
from fewbits.errors import FewbitsError

Report = Callable[[int], None]
"""Told the number of bytes that are there, as they arrive."""

TIMEOUT = 30.0
"""Seconds without a byte after which a mirror is given up."""

ATTEMPTS = 5
"""How often one mirror is asked for the rest of a file before the next has its turn."""

_CHUNK = 1 << 16


class _MirrorFailed(Exception):
    """This mirror did not deliver; the message says why."""


class _Cut(_MirrorFailed):
    """The connection ended early; what came is kept."""


def partial(target: Path) -> Path:
    """Where a file grows until it is whole."""
    return target.with_name(f"{target.name}.part")


def fetch(
    urls: Sequence[str], target: Path, md5: str, limit: int, report: Report = lambda _: None
) -> None:
    """Fetch ``target`` from the first of ``urls`` that delivers a file with this MD5.

    Bytes gather in ``target`` + ``.part`` and stay there when the connection is cut or the user
    stops; the next call asks for the rest. Only a whole file with the right checksum is renamed.

    No more than ``limit`` bytes are ever accepted. ``report`` is told how many have come.

    Raises:
        FewbitsError: no mirror delivered, or the disk refused.
    """
    reasons: dict[str, list[str]] = {}
    with disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    for url in urls:
        try:
            return _fetch_from(url, target, md5, limit, report)
        except _MirrorFailed as failure:
            reasons.setdefault(str(failure), []).append(urlsplit(url).netloc)
    said = "; ".join(f"{', '.join(hosts)}: {reason}" for reason, hosts in reasons.items())
    raise FewbitsError(
        f"{target.name}: no mirror delivered it ({said}): check the network and run "
        f"the same command again, it goes on where it stopped; or put the file into "
        f"{target.parent} yourself"
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _fetch_from(url: str, target: Path, md5: str, limit: int, report: Report) -> None:
    """Fetch from one mirror, asking again for the rest after a cut."""
    part = partial(target)
    for attempt in range(ATTEMPTS):
        before = _size(part)
        if not (before and file_digest(part, "md5") == md5):
            try:
                _receive(url, part, limit, report)
            except _Cut:
                if _size(part) <= before or attempt == ATTEMPTS - 1:
                    raise
                continue
        got = file_digest(part, "md5")
        with disk_errors(target):
            if got == md5:
                part.replace(target)
                return
            part.unlink()
        if not before:
            raise _MirrorFailed(f"wrong checksum, expected MD5 {md5}, got {got}")
    raise _MirrorFailed("the connection was cut again and again")


def _receive(url: str, part: Path, limit: int, report: Report) -> None:
    """Append to ``part`` what is missing, or begin anew where the mirror cannot resume."""
    have = _size(part)
    with _open(url, have) as response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        if resumed and not _starts_at(response, have):
            raise _MirrorFailed("it answered with another range than asked")
        have = have if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        with disk_errors(part), part.open("ab" if resumed else "wb") as file:
            while chunk := _read(response):
                have += len(chunk)
                if have > limit:
                    break
                file.write(chunk)
                file.flush()
                report(have)
    if have > limit:
        with disk_errors(part):
            part.unlink()
        raise _MirrorFailed(f"it sent more than {limit:,} bytes, which cannot be this file")
    if total is not None and have < total:
        raise _Cut(f"cut after {have:,} of {total:,} bytes")


def _starts_at(response: http.client.HTTPResponse, have: int) -> bool:
    """Whether a partial answer continues where we are."""
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == have


def _open(url: str, have: int) -> http.client.HTTPResponse:
    """Ask for everything from byte ``have`` on."""
    headers = {"User-Agent": "fewbits", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
        return response
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return _open(url, 0)
        raise _MirrorFailed(f"it answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise _MirrorFailed(f"no connection ({reason})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorFailed(f"no connection ({error or type(error).__name__})") from error


def _read(response: http.client.HTTPResponse) -> bytes:
    """The next bytes; a broken connection is a cut, not a disk error."""
    try:
        return response.read1(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(f"cut ({error or type(error).__name__})") from error
