// Writes the tokens and merges of the npm package llama3-tokenizer-js as one JSON object:
// {"tokens": [byte-encoded text by id], "merges": ["left right" in rank order]}.
// usage: node dump-llama3-vocabulary.mjs PACKAGE_DIR OUT.json
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [packageDir, out] = process.argv.slice(2);
const bundle = join(resolve(packageDir), "bundle/llama3-tokenizer-with-baked-data.js");
const { default: tokenizer } = await import(pathToFileURL(bundle));

// After the ordinary tokens, the package lists special ones; a GGUF has its own names for these.
const numTokens = 128000;
const tokens = tokenizer.vocabById.slice(0, numTokens);
const merges = [...tokenizer.merges].sort(([, a], [, b]) => a - b).map(([pair]) => pair);
if (tokens.length !== numTokens || merges.length === 0)
  throw new Error(`the package's layout is not the expected one: ${tokens.length} tokens, ${merges.length} merges`);
writeFileSync(out, JSON.stringify({ tokens, merges }));
