#!/usr/bin/env python3
"""The codec beside ONNX Runtime on the same weights, one after the other on the same machine.

    bench/beside_onnxruntime.py snac.gguf decoder.onnx --threads 1,2

decoder.onnx is the decoder of the checkpoint that snac.gguf was converted from, with the inputs that
bench/onnxruntime_codec.cjs names. ORPHEUS says where our program is (build/release/orpheus), NODE how to run node,
NODE_PATH where node finds the package onnxruntime-node. Both decode --frames random frames, the best of seven runs, in
--rounds turns; the round whose ratio stands in the middle is reported. Prints one line of JSON: for each number of threads
what `orpheus bench codec` says in it, and

    onnxruntime_x_realtime   whole clips; it has no streams
    ratio                    ours to theirs, whole clips
    ratios                   of every round
    stream_cost              of a sample in a stream of so many frames a push, to its cost in a whole clip on one thread
    gemm_share               of the whole clip's arithmetic in what the matrix product reaches alone
"""
import argparse
import json
import os
import shlex
import subprocess
import sys


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codec")
    parser.add_argument("onnx")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, with commas")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    orpheus = os.environ.get("ORPHEUS", "build/release/orpheus")
    node = shlex.split(os.environ.get("NODE", "node"))
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnxruntime_codec.cjs")

    answer = {}
    for threads in options.threads.split(","):
        rounds = []
        for _ in range(options.rounds):
            theirs = float(run(node + [peer, options.onnx, threads, str(options.frames)]))
            ours = json.loads(run([orpheus, "bench", "codec", "--codec", options.codec, "--threads", threads,
                                   "--frames", str(options.frames), "--json"]))
            rounds.append({**ours, "onnxruntime_x_realtime": theirs, "ratio": ours["whole_x_realtime"] / theirs,
                           "gemm_share": ours["gflop_s"] / ours["gemm_gflop_s"]})
        rounds.sort(key=lambda one: one["ratio"])
        middle = rounds[(len(rounds) - 1) // 2]  # all figures of one and the same round
        answer[threads] = {**middle, "ratios": [one["ratio"] for one in rounds]}
    if "1" in answer:
        whole = answer["1"]["whole_x_realtime"]
        for row in answer.values():
            row["stream_cost"] = {frames: whole / speed for frames, speed in row["stream_x_realtime"].items()}
    print(json.dumps(answer))


main()
