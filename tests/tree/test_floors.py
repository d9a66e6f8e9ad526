"""The shape of the house: includes point down, foreign libraries stay in
their one file, and nothing grows too large. No build is needed."""
import collections
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(p for room in ("src", "tui") for p in (TOP / room).rglob("*.[ch]"))

# The floors from the ground up; rooms of one floor do not see each other.
FLOORS = ["base", "config", "credentials", "formats providers routing stats oauth", "transfer",
          "demo", "gateway", "control", "server", "selftest", "cli"]
FLOOR_OF = {room: n for n, rooms in enumerate(FLOORS) for room in rooms.split()}

# Each of these headers may be included by one .c file of the program only.
FOREIGN = {
    "libmicrohttpd": r"microhttpd\.h",
    "libcurl": r"curl/.*",
    "libyaml": r"yaml\.h",
    "libsecret": r"libsecret/.*",
    "curses": r"(n?cursesw?/)?n?curses\.h",
    "sqlite": r"sqlite3\.h",
    "libssl": r"openssl/ssl\.h",
    "zlib": r"zlib\.h",
    "brotli": r"brotli/.*",
    "zstd": r"zstd\.h",
}
# Signing in asks a vendor now and then, blocking; the data path's own never
# does. That is a loop with two users.
FURTHER_USERS = {"libmicrohttpd": {"src/gateway/client.c"},
                 "libcurl": {"src/oauth/http.c", "src/transfer/dial.c", "src/transfer/curl_pool.c"}}
JSON_C_ROOMS = r"src/(formats|control)/.*\.c|src/config/import_.*\.c|src/cli/answer\.c"


def name(path):
    return path.relative_to(TOP).as_posix()


def includes(path):
    """(line number, header) of each include."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def room_of(path_or_header):
    return re.match(r"(?:src/)?([a-z_]+)/", path_or_header)


def test_includes_point_down():
    wrong = []
    for path in SOURCES:
        own = room_of(name(path))
        for line, header in includes(path):
            other = room_of(header)
            if other is None or other.group(1) not in {*FLOOR_OF, "tui"}:
                continue
            if not may_see(own.group(1) if own else "main", other.group(1), header):
                wrong.append(f"{name(path)}:{line} includes {header}")
    assert wrong == []


def may_see(own, other, header):
    if own == other:
        return True
    if own == "tui":
        return other == "base" or header == "control/client.h"
    if other == "tui":
        # The command line opens the dashboard; nothing below it knows one.
        return own in ("cli", "main") or own == "src"
    return FLOOR_OF.get(own, len(FLOORS)) > FLOOR_OF[other]


def test_one_file_for_each_foreign_library():
    users = collections.defaultdict(set)
    for path in SOURCES:
        for _, header in includes(path):
            for library, pattern in FOREIGN.items():
                if re.fullmatch(pattern, header) and name(path) not in FURTHER_USERS.get(library, ()):
                    users[library].add(name(path))
    crowded = {lib: sorted(files) for lib, files in users.items() if len(files) > 1}
    in_headers = {lib: files for lib, files in users.items()
                  if any(f.endswith(".h") for f in files)}
    assert crowded == {}
    assert in_headers == {}


def test_json_c_stays_in_its_rooms():
    wrong = [name(p) for p in SOURCES for _, header in includes(p)
             if re.match(r"json(-c)?/|json\.h", header) and not re.fullmatch(JSON_C_ROOMS, name(p))]
    assert wrong == []


def test_nothing_grows_too_large():
    wrong = []
    for path in SOURCES:
        lines = path.read_text().splitlines()
        if len(lines) > 800:
            wrong.append(f"{name(path)}: {len(lines)} lines, at most 800")
        wrong += [f"{name(path)}:{n} is wider than 100 columns" for n, line in enumerate(lines, 1)
                  if len(line.expandtabs(8)) > 100]
        wrong += [f"{name(path)}:{start} {length} lines of function, at most 80"
                  for start, length in functions(lines) if length > 80]
    assert wrong == []


def functions(lines):
    """(first line, length) of each function body, which the style starts and
    ends with a brace in the first column."""
    start = 0
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = 0
