#!/usr/bin/env python3
"""Recomputes the "× real time at most" columns of docs/hardware.md from the bandwidths in the table, and compares its plans and
its numbers of sequences with those in the test of src/plan.

    hardware_table_test.py CHECKOUT
"""
import pathlib
import re
import sys

GB_A_TOKEN = (1.70, 3.01)  # Q4_K_M, Q8_0, as in the memory table
TOKENS_A_SECOND = 82

PROMPT_TOKENS = 2048
MAX_TOKENS = {"High": 8192, "Mid": 6144, "Low": 4096}

root = pathlib.Path(sys.argv[1])
text = (root / "docs/hardware.md").read_text()
plans = re.findall(r'Row\{"([^"]+)", \d+, (\w+), Tier::k(\w+), (\d+), (\d+)\}',
                   (root / "src/plan/memory_plan_test.cpp").read_text())


def plan_of(name):
    """The tier, the sequences and the longest piece of "RTX 4090", "Apple M1, 8 GB"."""
    name, _, host_gb = name.removesuffix(" GB").partition(", ")
    for gpu, host, tier, num_sequences, context in plans:
        gpu = re.sub(r"\(\w+\)", "", gpu)
        if (gpu.endswith(name) or name + " " in gpu) and host_gb in ("", host):
            piece = min(MAX_TOKENS[tier], int(context) - PROMPT_TOKENS) // TOKENS_A_SECOND
            return [tier.lower(), num_sequences, f"{piece} s"]
    return ["no row of the test"]


table = text[text.index("| GPU | tier |"):].split("\n\n")[0].splitlines()[2:]
wrong = []
for line in table:
    name, tier, _, bandwidth, *told = [cell.strip() for cell in line.strip("|").split("|")]
    expected = ["–", "–"]
    if match := re.fullmatch(r"([\d,]+) [sdn]", bandwidth):
        factors = [float(match[1].replace(",", "")) / size / TOKENS_A_SECOND for size in GB_A_TOKEN]
        expected = [f"{each:.0f}" if each >= 10 else f"{each:.1f}" for each in factors]
    elif bandwidth != "–":
        wrong.append(f"{name}: '{bandwidth}' is no bandwidth with its source")
    if told[:2] != expected:
        wrong.append(f"{name}: expected {expected}, found {told[:2]}")
    if [tier, *told[2:]] != plan_of(name):
        wrong.append(f"{name}: expected {plan_of(name)}, found {[tier, *told[2:]]}")
# The sequences by GPU, weights and cache.
expected = {name: numbers.split(", ") for name, numbers in re.findall(r'SequencesRow\{"([^"]+)", \d+, \{([\d, ]+)\}\}',
                                                                     (root / "src/plan/memory_plan_test.cpp").read_text())}
many = text[text.index("| GPU | Q4_K_M, f16 cache |"):].split("\n\n")[0].splitlines()[2:]
for line in many:
    name, *told = [cell.strip() for cell in line.strip("|").split("|")]
    found = [numbers for gpu, numbers in expected.items() if gpu.endswith(name)]
    if found != [told]:
        wrong.append(f"{name}: expected {found}, found {told}")
if len(many) != len(expected):
    wrong.append(f"the table of sequences has {len(many)} rows, the test {len(expected)}")
if len(table) < 20:
    wrong.append(f"the table has {len(table)} rows")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
