#!/usr/bin/python3
"""screenshot.py PROGRAM DIRECTORY: the dashboard of `PROGRAM --demo` as a picture.

Runs the demo in tmux, waits until it has something to show, and writes what
the terminal holds as dashboard.txt and, with its colours, as dashboard.svg.
"""
import html
import pathlib
import re
import subprocess
import sys
import tempfile
import time

WIDTH, HEIGHT = 120, 36
WAIT_SECONDS = 150
CELL_W, CELL_H, MARGIN = 7.826, 15, 12     # of DejaVu Sans Mono at 13 px

BASIC = ["#1e2127", "#e06c75", "#98c379", "#d19a66", "#61afef", "#c678dd", "#56b6c2", "#abb2bf",
         "#5c6370", "#ff7b86", "#b5e890", "#e5c07b", "#7cc4ff", "#dd8cf0", "#6fd3e0", "#ffffff"]
BACK, FRONT = "#16181d", "#c8ccd4"


class Pen:
    """Colours and weight, as escape sequences set them."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.fg = self.bg = None
        self.bold = self.dim = self.reverse = self.underline = False

    def colours(self):
        fg, bg = self.fg or FRONT, self.bg or BACK
        return (bg, fg) if self.reverse else (fg, bg)

    def apply(self, numbers):
        numbers = list(numbers)
        while numbers:
            self._apply_one(numbers.pop(0), numbers)

    def _apply_one(self, n, rest):
        if n == 0:
            self.reset()
        elif n in (1, 2, 4, 7):
            setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[n], True)
        elif n in (22, 24, 27):
            for name in {22: ("bold", "dim"), 24: ("underline",), 27: ("reverse",)}[n]:
                setattr(self, name, False)
        elif n in (38, 48):
            setattr(self, "fg" if n == 38 else "bg", extended(rest))
        elif n in (39, 49):
            setattr(self, "fg" if n == 39 else "bg", None)
        elif 30 <= n <= 37 or 90 <= n <= 97:
            self.fg = BASIC[n - 30 if n < 90 else n - 82]
        elif 40 <= n <= 47 or 100 <= n <= 107:
            self.bg = BASIC[n - 40 if n < 100 else n - 92]


def extended(rest):
    """The colour behind 38 or 48."""
    kind = rest.pop(0)
    if kind == 2:
        return "#%02x%02x%02x" % (rest.pop(0), rest.pop(0), rest.pop(0))
    n = rest.pop(0)
    if n < 16:
        return BASIC[n]
    if n >= 232:
        return "#" + "%02x" % (8 + 10 * (n - 232)) * 3
    steps = [0, 95, 135, 175, 215, 255]
    return "#%02x%02x%02x" % tuple(steps[(n - 16) // k % 6] for k in (36, 6, 1))


def runs_of(line, pen):
    """(column, text, pen's look) of each stretch that looks the same."""
    column = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            pen.apply(int(n or 0) for n in part[2:-1].split(";"))
        elif part:
            yield column, part, (*pen.colours(), pen.bold, pen.dim, pen.underline)
            column += len(part)


def svg(lines):
    width, height = round(WIDTH * CELL_W) + 2 * MARGIN, len(lines) * CELL_H + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}" role="img">',
           "<title>The dashboard of llm-gateway in a terminal</title>",
           f'<rect width="{width}" height="{height}" rx="8" fill="{BACK}"/>',
           '<g font-family="\'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="13" '
           'xml:space="preserve">']
    pen = Pen()
    for row, line in enumerate(lines):
        top = MARGIN + row * CELL_H
        for column, text, (fg, bg, bold, dim, underline) in runs_of(line, pen):
            x, length = MARGIN + column * CELL_W, len(text) * CELL_W
            if bg != BACK:
                out.append(f'<rect x="{x:.1f}" y="{top}" width="{length:.1f}" height="{CELL_H}" '
                           f'fill="{bg}"/>')
            if text.strip():
                look = (' font-weight="bold"' if bold else "") + (' opacity=".7"' if dim else "")
                look += ' text-decoration="underline"' if underline else ""
                out.append(f'<text x="{x:.1f}" y="{top + 12}" textLength="{length:.1f}" fill="{fg}"'
                           f"{look}>{html.escape(text)}</text>")
    return "\n".join(out + ["</g>", "</svg>", ""])


def capture(program):
    """What the terminal shows once requests have come and gone."""
    with tempfile.TemporaryDirectory() as scratch:
        tmux = ["tmux", "-S", f"{scratch}/tmux", "-f", "/dev/null"]
        command = ("env LC_ALL=C.UTF-8 COLORTERM=truecolor TERM=tmux-256color TZ=UTC "
                   f"{program} --demo")
        subprocess.run([*tmux, "new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT),
                        command], check=True)
        try:
            time.sleep(WAIT_SECONDS)
            words = [*tmux, "capture-pane", "-p"]
            return [subprocess.run([*words, *more], check=True, capture_output=True,
                                   text=True).stdout.rstrip("\n").split("\n")
                    for more in ([], ["-e"])]
        finally:
            subprocess.run([*tmux, "kill-server"])


def main():
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    plain, coloured = capture(program)
    (directory / "dashboard.txt").write_text("\n".join(line.rstrip() for line in plain) + "\n")
    (directory / "dashboard.svg").write_text(svg(coloured))


if __name__ == "__main__":
    main()
