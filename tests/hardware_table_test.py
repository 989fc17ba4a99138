#!/usr/bin/env python3
"""Computes docs/hardware.md's "x real time at most" again from the bandwidths that stand beside them.

    hardware_table_test.py CHECKOUT
"""
import pathlib
import re
import sys

GB_A_TOKEN = (1.70, 3.01)  # Q4_K_M, Q8_0: the README's table has them too
TOKENS_A_SECOND = 82

text = (pathlib.Path(sys.argv[1]) / "docs/hardware.md").read_text()
table = text[text.index("| GPU | tier |"):].split("\n\n")[0].splitlines()[2:]
wrong = []
for line in table:
    name, _, _, bandwidth, *told = [cell.strip() for cell in line.strip("|").split("|")]
    expected = ["–", "–"]
    if match := re.fullmatch(r"([\d,]+) [sdn]", bandwidth):
        factors = [float(match[1].replace(",", "")) / size / TOKENS_A_SECOND for size in GB_A_TOKEN]
        expected = [f"{each:.0f}" if each >= 10 else f"{each:.1f}" for each in factors]
    elif bandwidth != "–":
        wrong.append(f"{name}: '{bandwidth}' is no bandwidth with its source")
    if told[:2] != expected:
        wrong.append(f"{name}: expected {expected}, found {told[:2]}")
if len(table) < 20:
    wrong.append(f"the table has {len(table)} rows")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
