#!/usr/bin/env python3
"""Draws docs/speed.csv, the log of measured changes, as docs/images/speed.svg.

  tools/draw-speed.py            writes the SVG
  tools/draw-speed.py --check    fails if the SVG does not match the log

Each line of the log is a bar. Its length is the gain on a logarithmic scale: after / before if more is better, before / after
if less is better. A bar to the left of 1 is a loss. Bars of rejected changes are not filled."""
import csv
import html
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOG = ROOT / "docs" / "speed.csv"
DRAWING = ROOT / "docs" / "images" / "speed.svg"

ROW, BAR, LEFT, WIDTH, RIGHT, TOP = 34, 12, 520, 360, 150, 40  # pixels
LEAST, MOST = 0.5, 64  # ends of the scale


def gain_of(line):
    before, after = float(line["before"]), float(line["after"])
    return after / before if line["better"] == "higher" else before / after


def place_of(gain):
    share = math.log(min(max(gain, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + share * WIDTH


def text(x, y, words, size=12, anchor="start", colour="#24292f"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
            f"{html.escape(words)}</text>")


def drawing_of(lines):
    height = TOP + ROW * len(lines) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
           'font-family="Helvetica, Arial, sans-serif">',
           f'<rect width="100%" height="{height}" fill="#ffffff"/>']
    for gain in (0.5, 1, 2, 4, 8, 16, 32, 64):
        x = place_of(gain)
        colour = "#57606a" if gain == 1 else "#d8dee4"
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 6}" stroke="{colour}"/>')
        out.append(text(x, TOP - 14, f"× {gain:g}", 11, "middle", "#57606a"))
    for row, line in enumerate(lines):
        y = TOP + row * ROW
        gain = gain_of(line)
        left, right = sorted((place_of(1), place_of(gain)))
        fill = "#0969da" if line["verdict"] == "kept" else "none"
        out.append(text(8, y + 10, f'{line["date"]}  {line["change"]}'))
        out.append(text(8, y + 24, f'{line["measured"]}; compared with {line["compared_with"]}', 11, colour="#57606a"))
        out.append(f'<rect x="{left:.1f}" y="{y + 4}" width="{right - left:.1f}" height="{BAR}" fill="{fill}" '
                   'stroke="#0969da"/>')
        out.append(text(LEFT + WIDTH + 8, y + 14, f'{line["before"]} → {line["after"]} {line["unit"]}', 11))
    return "\n".join(out) + "\n</svg>\n"


def main():
    with LOG.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    drawing = drawing_of(lines)
    if sys.argv[1:] == ["--check"]:
        if not DRAWING.exists() or DRAWING.read_text(encoding="utf-8") != drawing:
            sys.exit(f"{DRAWING.relative_to(ROOT)} is not what {LOG.relative_to(ROOT)} gives: run tools/draw-speed.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        DRAWING.write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
