// Measures how many times real time ONNX Runtime decodes SNAC codes: the best of seven runs of random codes.
//
//   node bench/onnxruntime_codec.cjs DECODER.onnx THREADS FRAMES
//
// node must find the package onnxruntime-node, for example through NODE_PATH. The model's inputs are the rows of
// codes c0, c1 and c2, 64-bit integers of shape [1, F], [1, 2F] and [1, 4F].
'use strict';
const onnx = require('onnxruntime-node');

const SAMPLES_PER_FRAME = 2048;
const SAMPLE_RATE_HZ = 24000;
const RUNS = 7;

function randomCodes(count) {
  const codes = BigInt64Array.from({ length: count }, () => BigInt(Math.floor(Math.random() * 4096)));
  return new onnx.Tensor('int64', codes, [1, count]);
}

async function main([model, threads, frames]) {
  const session = await onnx.InferenceSession.create(model, {
    intraOpNumThreads: Number(threads), graphOptimizationLevel: 'all',
  });
  const count = Number(frames);
  const codes = { c0: randomCodes(count), c1: randomCodes(2 * count), c2: randomCodes(4 * count) };
  await session.run(codes);
  let best = Infinity;
  for (let run = 0; run < RUNS; ++run) {
    const begin = process.hrtime.bigint();
    await session.run(codes);
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e9);
  }
  console.log(count * SAMPLES_PER_FRAME / SAMPLE_RATE_HZ / best);
}

main(process.argv.slice(2));
