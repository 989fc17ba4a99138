// Damaged files, files of a wrong kind and malicious files: each gives one clear line and the
// documented exit code, and has no other effect.

#include <functional>
#include <limits>

#include <sys/stat.h>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

constexpr int kBadFile = 4;
constexpr int kUnsupported = 5;

using Mutation = std::function<void(std::string& bytes)>;

// The offset after the first occurrence of a name. There, a key has its type and value, and a
// tensor has its dimensions, type and offset.
size_t behind(const std::string& bytes, std::string_view name) {
  const size_t at = bytes.find(name);
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? 0 : at + name.size();
}

template <typename T>
void put(std::string& bytes, size_t offset, T value) {
  ASSERT_LE(offset + sizeof value, bytes.size());
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

template <typename T>
Mutation at(size_t offset, T value) {
  return [=](std::string& bytes) { put(bytes, offset, value); };
}

template <typename T>
Mutation value_of(const std::string& key, T value) {
  return [=](std::string& bytes) { put(bytes, behind(bytes, key) + 4, value); };
}

Mutation type_of_key(const std::string& key, uint32_t type) {
  return [=](std::string& bytes) { put(bytes, behind(bytes, key), type); };
}

// A field of a tensor's entry: 0: number of dimensions; 1 …: dimensions; then type, offset.
Mutation dimension_of(const std::string& tensor, size_t index, uint64_t size) {
  return [=](std::string& bytes) { put(bytes, behind(bytes, tensor) + 4 + 8 * index, size); };
}
Mutation num_dimensions_of(const std::string& tensor, uint32_t count) {
  return [=](std::string& bytes) { put(bytes, behind(bytes, tensor), count); };
}
Mutation type_of(const std::string& tensor, size_t num_dimensions, uint32_t type) {
  return
      [=](std::string& bytes) { put(bytes, behind(bytes, tensor) + 4 + 8 * num_dimensions, type); };
}
Mutation offset_of(const std::string& tensor, size_t num_dimensions, uint64_t offset) {
  return [=](std::string& bytes) {
    put(bytes, behind(bytes, tensor) + 4 + 8 * num_dimensions + 4, offset);
  };
}

// Replaces the first occurrence of a text by another of the same length.
Mutation instead_of(const std::string& text, const std::string& other) {
  return [=](std::string& bytes) {
    ASSERT_EQ(text.size(), other.size());
    const size_t end = behind(bytes, text);
    ASSERT_GE(end, text.size());
    bytes.replace(end - text.size(), text.size(), other);
  };
}

struct Case {
  const char* name;
  Mutation mutation;
  int exit_code;
  std::string part;  // of the message
};

class HostileFiles : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_voice();
    write("codes.json", R"({"c0": [1], "c1": [2, 3], "c2": [4, 5, 6, 7]})");
  }

  Call decode(const std::string& codec) const {
    return call({"codec", "decode", path("codes.json"), "--codec", codec, "--threads", "1", "-o",
                 path("out.wav")});
  }
  Call say(const std::string& model, const std::string& codec) const {
    return call(
        {"say", "Hi", "--model", model, "--codec", codec, "--threads", "1", "-o", path("out.wav")});
  }

  // Refused, with the file's name in the message.
  void expect_each_refused(const std::string& original, const std::vector<Case>& cases,
                           const std::function<Call(const std::string& file)>& use) const {
    for (const Case& each : cases) {
      SCOPED_TRACE(each.name);
      std::string bytes = original;
      each.mutation(bytes);
      expect_refused(use(write("hostile.gguf", bytes)), each.exit_code,
                     {"hostile.gguf: ", each.part});
    }
  }
};

TEST_F(HostileFiles, ACodecCutAnywhereIsRefused) {
  const std::string whole = read_file(path("voice/codec.gguf"));
  for (const size_t size : {size_t{1}, size_t{4}, size_t{8}, size_t{23}, size_t{24}, size_t{60},
                            size_t{1000}, size_t{14000}, whole.size() / 2, whole.size() - 1}) {
    SCOPED_TRACE(size);
    expect_refused(decode(write("cut.gguf", whole.substr(0, size))), kBadFile, {"cut.gguf"});
  }
  expect_refused(decode(write("empty.gguf", "")), kBadFile, {"the file is empty"});
}

TEST_F(HostileFiles, EveryFieldOfAGgufMayLie) {
  const std::string tensor = "decoder.model.0.bias";  // [64] float32, the first of its name
  expect_each_refused(
      read_file(path("voice/codec.gguf")),
      {
          {"magic", at(0, 'X'), kBadFile, "begins with 'GGUF'"},
          {"version", at(4, uint32_t{99}), kUnsupported, "2 or 3, found 99"},
          {"number of tensors", at(8, ~uint64_t{0}), kBadFile, "too many tensors"},
          {"one tensor too many", at(8, uint64_t{199}), kBadFile, ""},
          {"number of values", at(16, ~uint64_t{0}), kBadFile, "too many metadata values"},
          {"length of a key", at(24, uint64_t{1} << 62U), kBadFile,
           "extends beyond the end of the file"},
          {"type of a value", type_of_key("snac.noise", 77), kBadFile, "unknown type"},
          {"truth value", value_of("snac.noise", uint8_t{7}), kBadFile, "not a boolean"},
          {"type of an array", value_of("snac.vq_strides", uint32_t{9}), kBadFile, "array"},
          {"length of an array",
           [](std::string& bytes) {
             put(bytes, behind(bytes, "snac.vq_strides") + 8, uint64_t{1} << 60U);
           },
           kBadFile, "too many entries"},
          {"dimensions", num_dimensions_of(tensor, 5), kBadFile, "1 to 4, found 5"},
          {"no dimension", num_dimensions_of(tensor, 0), kBadFile, "1 to 4, found 0"},
          {"size zero", dimension_of(tensor, 0, 0), kBadFile, "invalid shape"},
          {"size beyond all", dimension_of(tensor, 0, ~uint64_t{0}), kBadFile, "invalid shape"},
          {"size beyond the file", dimension_of(tensor, 0, 1 << 20U), kBadFile, "ends beyond"},
          {"another size", dimension_of(tensor, 0, 63), kBadFile, "expected [64], found [63]"},
          {"tensor type", type_of(tensor, 1, 4000), kUnsupported, "found 4000"},
          {"tensor type that was dropped", type_of(tensor, 1, 4), kUnsupported, "found 4)"},
          {"another tensor type", type_of(tensor, 1, 26), kBadFile, "expected f32, found i32"},
          {"offset", offset_of(tensor, 1, uint64_t{1} << 63U), kBadFile,
           "extends beyond the end of the file"},
          {"offset between", offset_of(tensor, 1, 3), kBadFile, "not aligned"},
          {"tensor twice", instead_of(tensor, "decoder.model.1.bias"), kBadFile, "twice"},
          {"tensor missing", instead_of(tensor, "decoder.model.X.bias"), kBadFile,
           "'decoder.model.0.bias' is missing"},
          {"key twice", instead_of("snac.encoder_dim", "snac.decoder_dim"), kBadFile, "twice"},
          {"key missing", instead_of("snac.noise", "snac.noisy"), kBadFile,
           "'snac.noise' is missing"},
          {"value of another type", type_of_key("snac.codebook_dim", 6), kBadFile, "another type"},
          {"width zero", value_of("snac.decoder_dim", uint32_t{0}), kBadFile, "invalid value"},
          {"width beyond all", value_of("snac.decoder_dim", ~uint32_t{0}), kBadFile, "1 to 65536"},
          {"rate", value_of("snac.sampling_rate", uint32_t{44100}), kUnsupported, "24000 Hz"},
          {"another kind", instead_of("snac", "snuc"), kBadFile, "found 'snuc'"},
          {"a name that would move the cursor", instead_of("snac", "\x1b[2K"), kBadFile,
           "found '\uFFFD[2K'"},
      },
      [this](const std::string& file) { return decode(file); });
}

TEST_F(HostileFiles, EveryFieldOfAModelMayLie) {
  const std::string query = "blk.0.attn_q.weight";  // [64, 64] float16
  const float not_a_number = std::numeric_limits<float>::quiet_NaN();
  expect_each_refused(
      read_file(path("voice/lm.gguf")),
      {
          {"architecture", instead_of("llama", "gemma"), kUnsupported, "found 'gemma'"},
          {"alignment", instead_of("general.file_type", "general.alignment"), kBadFile,
           "expected a power of two from 8 to 1048576, found 1)"},
          {"no layers", value_of("llama.block_count", uint32_t{0}), kBadFile, "invalid value"},
          {"a layer more", value_of("llama.block_count", uint32_t{3}), kBadFile,
           "'blk.2.attn_norm.weight' is missing"},
          {"many layers", value_of("llama.block_count", uint32_t{100000}), kBadFile, "1 to 512"},
          {"width", value_of("llama.embedding_length", uint32_t{65}), kBadFile, "wrong shape"},
          {"heads", value_of("llama.attention.head_count", uint32_t{3}), kBadFile,
           "not a multiple of the KV heads"},
          {"more heads", value_of("llama.attention.head_count", uint32_t{1 << 20U}), kBadFile,
           "too many heads, or they are too wide"},
          {"head size", value_of("llama.attention.key_length", uint32_t{15}), kUnsupported,
           "different length"},
          {"rope", value_of("llama.rope.dimension_count", uint32_t{15}), kBadFile, "rope"},
          {"rope base", value_of("llama.rope.freq_base", -1.0F), kBadFile, "not positive"},
          {"epsilon", value_of("llama.attention.layer_norm_rms_epsilon", not_a_number), kBadFile,
           "not a finite number"},
          {"context", value_of("llama.context_length", uint32_t{0}), kBadFile, "invalid value"},
          {"tokenizer", instead_of("gpt2", "bert"), kUnsupported, "expected gpt2"},
          {"vocabulary",
           [](std::string& bytes) {
             put(bytes, behind(bytes, "tokenizer.ggml.tokens") + 8, uint64_t{1} << 40U);
           },
           kBadFile, "too many entries"},
          {"token kinds", type_of_key("tokenizer.ggml.token_type", 4), kBadFile, ""},
          {"integers for weights", type_of("token_embd.weight", 2, 25), kUnsupported, "found i16"},
          {"bytes for weights", type_of(query, 2, 24), kUnsupported, "found i8"},
          {"weights of a kind that is only computed with", type_of(query, 2, 9), kUnsupported,
           "found q8_1"},
          {"a matrix missing", instead_of("blk.1.ffn_down", "blk.1.ffn_dawn"), kBadFile,
           "'blk.1.ffn_down.weight' is missing"},
          {"cut short", [](std::string& bytes) { bytes.pop_back(); }, kBadFile, "ends beyond"},
      },
      [this](const std::string& file) { return say(file, path("voice/codec.gguf")); });
}

TEST_F(HostileFiles, ANameInAModelCannotSpeakToTheTerminal) {
  std::string bytes = read_file(path("voice/lm.gguf"));
  instead_of("orpheus-synthetic", "\x1b]0;owned\x07\nphetic")(bytes);
  const Finished finished = run(say(write("named.gguf", bytes), path("voice/codec.gguf")));
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.messages.find('\x1b'), std::string::npos) << finished.messages;
  EXPECT_EQ(lines_of(finished.messages).size(), 1U) << finished.messages;
}

TEST_F(HostileFiles, AModelThatComputesNoNumbersIsSaidToBeDamaged) {
  std::string bytes = read_file(path("voice/lm.gguf"));
  // Half of the file lies in the embeddings, which are the head as well: 0x7E7E is a float16 NaN.
  std::fill(bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 2),
            bytes.begin() + static_cast<ptrdiff_t>(bytes.size() * 9 / 10), '\x7e');
  expect_refused(say(write("damaged.gguf", bytes), path("voice/codec.gguf")), kBadFile,
                 {"not a number", "damaged"});
}

// Guards against: the program reports success but writes silence or noise, because products of the
// weights overflow although every weight is a number.
TEST_F(HostileFiles, ACodecWhoseWeightsOverflowIsSaidToBeDamaged) {
  std::string bytes = read_file(path("voice/codec.gguf"));
  for (size_t at = bytes.size() / 2 / 4 * 4; at + 4 < bytes.size() * 9 / 10; at += 4)
    put(bytes, at, 1e38F);
  const std::string codec = write("overflows.gguf", bytes);
  expect_refused(decode(codec), kBadFile, {"not a number", "damaged"});
  expect_refused(say(path("voice/lm.gguf"), codec), kBadFile, {"not a number", "damaged"});
}

// Guards against: the program waits forever for a writer of a FIFO.
TEST_F(HostileFiles, FifosAreRefusedAtOnce) {
  const std::string fifo = path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  expect_refused(say(fifo, path("voice/codec.gguf")), kBadFile, {"fifo", "a pipe"});
  expect_refused(say(path("voice/lm.gguf"), fifo), kBadFile, {"fifo", "a pipe"});
  expect_refused(call({"say", "-f", fifo, "-o", path("out.wav")}), kBadFile, {"fifo", "a pipe"});
  expect_refused(call({"voices", "--config", fifo}), kBadFile, {"fifo", "a pipe"});
  expect_refused(
      call({"codec", "encode", fifo, "--codec", path("voice/codec.gguf"), "-o", path("out")}),
      kBadFile, {"fifo", "a pipe"});
  expect_refused(
      call({"codec", "decode", fifo, "--codec", path("voice/codec.gguf"), "-o", path("out")}),
      kBadFile, {"fifo", "a pipe"});
  Call with_keys = call({"voices"});
  with_keys.variables["ORPHEUS_SERVER_KEYS_FILE"] = fifo;
  expect_refused(with_keys, 3, {"fifo", "a pipe"});
}

TEST_F(HostileFiles, FilesInEachOthersPlaceAreNamed) {
  const std::string model = path("voice/lm.gguf");
  const std::string codec = path("voice/codec.gguf");
  expect_refused(say(codec, codec), kBadFile,
                 {"codec.gguf: this is a codec", "found 'snac'", "--model"});
  expect_refused(say(model, model), kBadFile,
                 {"lm.gguf: this is not a codec", "found 'llama'", "--codec"});
  expect_refused(decode(model), kBadFile, {"lm.gguf: this is not a codec"});
  expect_refused(call({"voices", "--model", codec}), kBadFile, {"this is a codec"});
  const std::string wav = write("hello.wav", "RIFF....WAVEfmt ");
  expect_refused(say(wav, codec), kBadFile, {"hello.wav: not a GGUF file", "found 'RIFF'"});
  expect_refused(call({"tokenize", "Hi", "--model", wav}), kBadFile, {"not a GGUF file"});
  expect_refused(say(folder_, codec), kBadFile, {"found a folder"});
  expect_refused(say(path("nothing.gguf"), codec), 3, {"nothing.gguf", "No such file"});
}

TEST_F(HostileFiles, CodesAndPromptsMayBeGarbage) {
  for (const std::string codes :
       {"", "\xff\xfe", "[", "[]", "{}", "null", R"({"c0": [1], "c1": [1, 2], "c2": [1, 2, 3]})",
        R"({"c0": [], "c1": [], "c2": []})", R"({"c0": [-1], "c1": [1, 2], "c2": [1, 2, 3, 4]})",
        R"({"c0": [0.5], "c1": [1, 2], "c2": [1, 2, 3, 4]})",
        R"({"c0": [99999999999], "c1": [1, 2], "c2": [1, 2, 3, 4]})",
        R"({"c0": "1", "c1": "12", "c2": "1234"})"}) {
    SCOPED_TRACE(codes);
    write("codes.json", codes);
    expect_refused(decode(path("voice/codec.gguf")), kBadFile,
                   {"codes.json: not SNAC codes", "c2"});
  }
  write("codes.json", R"({"c0": [1], "c1": [1, 2], "c2": [1, 2, 3, 4096]})");
  expect_refused(decode(path("voice/codec.gguf")), 2, {"0 to 4095", "found 4096"});

  const auto generate = [this](const std::string& prompt) {
    return call({"generate", "--model", path("voice/lm.gguf"), "--prompt-ids",
                 write("prompt.json", prompt), "--tokens", "3", "--threads", "1"});
  };
  for (const std::string prompt : {"", "\xff", "[1, 2", "{}", "7", R"(["7"])", "[1.5]", "[-1]",
                                   "[1e400]", "[99999999999999999999]", "[[[[[[[[1]]]]]]]]"}) {
    SCOPED_TRACE(prompt);
    expect_refused(generate(prompt), 2,
                   {"prompt.json: not a prompt of token ids", "array of token ids"});
  }
  expect_refused(generate("[]"), 2, {"at least one id", "found none"});
  expect_refused(generate("[128259, 156940]"), 2, {"below 156940", "found 156940"});
  std::string endless = "[1";
  for (int i = 0; i < 10000; ++i) endless += ", 1";
  expect_refused(generate(endless + "]"), 7, {"fewer than 8192 tokens", "found 10001"});
  expect_refused(call({"generate", "--model", path("voice/lm.gguf"), "--prompt-ids",
                       path("nothing.json"), "--tokens", "3"}),
                 3, {"nothing.json"});

  for (const std::string line : {"garbage", "{\"text\": 7}", "{\"text\": \"\xff\"}", ""}) {
    SCOPED_TRACE(line);
    expect_refused({.arguments = {"tokenize", "--jsonl", "--model", path("voice/lm.gguf")},
                    .input = line + "\n"},
                   2, {"line 1 of standard input"});
  }
}

TEST_F(HostileFiles, ACheckpointCutAnywhereIsRefused) {
  const std::string golden = ORPHEUS_TEST_DATA "/snac-tiny/";
  const std::string whole = read_file(golden + "pytorch_model.bin");
  std::filesystem::create_directory(path("checkpoint"));
  const Call convert = call({"convert", "codec", path("checkpoint"), "-o", path("out.gguf")});
  expect_refused(convert, 3, {"config.json"});
  write("checkpoint/config.json", read_file(golden + "config.json"));
  expect_refused(convert, 3, {"pytorch_model.bin"});
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    SCOPED_TRACE(size);
    write("checkpoint/pytorch_model.bin", whole.substr(0, size));
    expect_refused(convert, kBadFile, {"pytorch_model.bin"});
  }
  write("checkpoint/pytorch_model.bin", whole);
  for (const std::string config : {"{", "[]", "{}", "\xff", R"({"sampling_rate": "fast"})"}) {
    SCOPED_TRACE(config);
    write("checkpoint/config.json", config);
    expect_refused(convert, kBadFile, {"config.json"});
  }
}

}  // namespace
}  // namespace orpheus::program
