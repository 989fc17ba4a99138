#!/usr/bin/env python3
"""Compares the codec with ONNX Runtime with the same weights, one after the other on the same machine.

    bench/beside_onnxruntime.py snac.gguf decoder.onnx --threads 1,2

decoder.onnx is the decoder of the checkpoint that snac.gguf was converted from, with the inputs that
bench/onnxruntime_codec.cjs lists. ORPHEUS is our program (build/release/orpheus), NODE is the command for node, and
NODE_PATH is the folder with the package onnxruntime-node. In each of --rounds rounds, both decode --frames random frames (the best of
seven runs). Prints one line of JSON for the round with the median ratio: for each number of threads the values of
`orpheus bench codec`, and

    onnxruntime_x_realtime   for whole clips (it has no streams)
    ratio                    orpheus / ONNX Runtime, whole clips
    ratios                   of every round
    stream_cost              time per sample in a stream with this many frames at a time, relative to a whole clip, one thread
    gemm_share               arithmetic speed of a whole clip, relative to the matrix product alone
"""
import json
import pathlib

from programs import command_of, middle, orpheus_bench, output_of, parser_of

PEER = pathlib.Path(__file__).with_name("onnxruntime_codec.cjs")


def main():
    parser = parser_of(__doc__, "codec", "onnx", frames=48, rounds=3)
    parser.add_argument("--threads", default="1,2", help="numbers of threads, with commas")
    options = parser.parse_args()

    answer = {}
    for threads in options.threads.split(","):
        rounds = []
        for _ in range(options.rounds):
            theirs = float(output_of([*command_of("NODE", "node"), str(PEER), options.onnx, threads, str(options.frames)]))
            ours = orpheus_bench("codec", codec=options.codec, threads=threads, frames=options.frames)
            rounds.append({**ours, "onnxruntime_x_realtime": theirs, "ratio": ours["whole_x_realtime"] / theirs,
                           "gemm_share": ours["gflop_s"] / ours["gemm_gflop_s"]})
        answer[threads] = middle(rounds)
    if "1" in answer:
        whole = answer["1"]["whole_x_realtime"]
        for row in answer.values():
            row["stream_cost"] = {frames: whole / speed for frames, speed in row["stream_x_realtime"].items()}
    print(json.dumps(answer))


main()
