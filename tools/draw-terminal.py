#!/usr/bin/env python3
"""Runs commands and draws a terminal with the commands and their output, as an SVG.

    tools/draw-terminal.py FILE.svg COMMAND...

All commands run in bash in the same temporary folder. Standard output and standard error are shown in the order of their
arrival. Log lines are shown without the date."""
import html
import os
import re
import subprocess
import sys
import tempfile
import textwrap

COLUMNS, LINE, MARGIN, CHARACTER = 100, 20, 20, 8.43  # characters; pixels
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ ")


def screen_of(commands):
    """Returns (is it a prompt, line) for each line of the screen."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            lines.append((True, "$ " + command))
            done = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, env=dict(os.environ, COLUMNS=str(COLUMNS)), check=False)
            for line in done.stdout.expandtabs(8).splitlines():
                wrapped = textwrap.wrap(STAMP.sub("", line), COLUMNS, drop_whitespace=False) or [""]
                lines.extend((False, part) for part in wrapped)
    return lines


def drawing_of(lines):
    width = round(COLUMNS * CHARACTER + 2 * MARGIN)
    height = LINE * len(lines) + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-size="14" '
           'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">',
           f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>']
    for row, (is_prompt, line) in enumerate(lines):
        colour = "#7ee787" if is_prompt else "#e6edf3"
        out.append(f'<text x="{MARGIN}" y="{MARGIN + LINE * row + 14}" fill="{colour}" xml:space="preserve">'
                   f"{html.escape(line)}</text>")
    return "\n".join(out) + "\n</svg>\n"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    drawing = drawing_of(screen_of(sys.argv[2:]))
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(drawing)


if __name__ == "__main__":
    main()
