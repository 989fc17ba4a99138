#pragma once
// Where the alignment heads of a model are kept: in the model's file, or in a file beside it
// (FILE.heads), with a fingerprint of the model. Safe from every thread and beside other processes.

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "lm/engine/choose_heads.h"
#include "lm/llama/config.h"
#include "tensor/gguf_file.h"

namespace orpheus::engine {

// The keys orpheus.alignment_heads (layer · n_heads + head of each) and orpheus.alignment_quality
// (0 … 1; 1 without the key). Nothing if the file has no heads. Errors: kBadFile (a head or a
// quality that cannot be).
Result<std::optional<Alignment>> read_alignment(const tensor::GgufFile& file,
                                                const llama::Config& config);

// SHA-256 of the file's size and of blocks of its bytes, the metadata's and some of every part of
// the weights.
std::string fingerprint_of(const tensor::GgufFile& file);

// Nothing if nothing was kept for these bytes by this version of the search.
std::optional<Alignment> kept_alignment(const tensor::GgufFile& file, const llama::Config& config);
// Written whole or not at all. Errors: those of AtomicFile.
Result<void> keep_alignment(const tensor::GgufFile& file, const Alignment& alignment);

}  // namespace orpheus::engine
