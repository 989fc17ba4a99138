// Invalid calls: texts, voices, outputs, devices, flags and variables. Each gives one clear line
// and the documented exit code, and leaves nothing behind.

#include <sys/stat.h>
#include <unistd.h>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

constexpr int kUsage = 2;
constexpr int kNotFound = 3;
constexpr int kBadFile = 4;
constexpr int kUnsupported = 5;
constexpr int kInputOutput = 6;
constexpr int kLimit = 7;

class Refusals : public ProgramTest {
 protected:
  Call say(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"say"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return call(with_voice(all, {"-o", path("out.wav")}));
  }
};

TEST_F(Refusals, TextThatCannotBeSpoken) {
  make_voice();
  expect_refused(say({""}), kUsage, {"nothing to speak", "found an empty text"});
  expect_refused(say({" \t \n "}), kUsage, {"at least one letter or digit"});
  expect_refused(say({"..., !?"}), kUsage, {"at least one letter or digit"});
  expect_refused(say({"caf\xe9"}), kUsage, {"not UTF-8 at byte 3", "as UTF-8"});
  expect_refused(say({}), kUsage,
                 {"a text, '-' for standard input, or --file,", "'orpheus say --help'"});
  expect_refused(say({"Hi", "-f", path("voice/lm.gguf")}), kUsage, {"a text and a file"});
  expect_refused(say({"Hello", "there"}), kUsage, {"'there'", "in quotes"});
  expect_refused(say({"-f", path("nothing.txt")}), kNotFound, {"nothing.txt", "No such file"});
  expect_refused(say({"-f", path("voice/lm.gguf")}), kBadFile, {"is not a text file"});
  expect_refused(say({"-f", folder_}), kBadFile,
                 {"expected a regular file, found a folder", "path of a file in this folder"});
  expect_refused(say({"-"}), kUsage, {"found an empty text"});
  expect_refused(say({"-f", write("long.txt", std::string(4'000'001, 'a'))}), kLimit,
                 {"at most 4000000 characters", "found 4000001"});
}

TEST_F(Refusals, AnUnknownVoiceListsTheKnown) {
  make_voice();
  expect_refused(say({"Hi", "--voice", "bob"}), kNotFound, {"no voice 'bob'", "tara", "zoe"});
  expect_refused(say({"Hi", "--voice", "b\no\x1b[31mb\xff"}), kNotFound,
                 {"'b\uFFFDo\uFFFD[31mb\uFFFD'"});
}

TEST_F(Refusals, AnOutputThatCannotBeWritten) {
  make_voice();
  const auto to = [this](const std::string& output) {
    return call(with_voice({"say", "Hi", "-o", output}));
  };
  std::filesystem::create_directory(path("folder.wav"));
  expect_refused(to(path("nowhere/out.wav")), kNotFound, {"nowhere/out.wav", "Create its folder"});
  expect_refused(to(path("voice/lm.gguf/out.wav")), kNotFound, {"Not a directory"});
  expect_refused(to(path("folder.wav")), kUsage, {"found a folder"});
  expect_refused(to(path("out.mp4")), kUnsupported, {"out.mp4", ".wav", "found .mp4"});
  expect_refused(to(path("out")), kUnsupported, {"found no ending"});
  expect_refused(to(""), kUnsupported, {"found no ending"});
  ASSERT_EQ(::mkfifo(path("pipe.wav").c_str(), 0600), 0);
  expect_refused(to(path("pipe.wav")), kUsage, {"found a device or a pipe"});
  if (::geteuid() == 0) return;  // root may write everywhere
  std::filesystem::create_directory(path("kept"));
  std::filesystem::permissions(
      path("kept"), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  expect_refused(to(path("kept/out.wav")), kInputOutput, {"Permission denied"});
}

// The output file is opened before the voice, which may take long to load.
TEST_F(Refusals, TheOutputIsTriedFirst) {
  expect_refused(call({"say", "Hi", "--model", path("nothing.gguf"), "--codec", path("no.gguf"),
                       "-o", path("out.mp4")}),
                 kUnsupported, {"out.mp4"});
}

TEST_F(Refusals, HalfAVoice) {
  make_voice();
  expect_refused(call({"say", "Hi", "--model", path("voice/lm.gguf"), "-o", path("a.wav")}), kUsage,
                 {"--model is set without --codec", "--codec", "orpheus convert codec"});
  expect_refused(call({"say", "Hi", "--model", "nothing", "-o", path("a.wav")}), 3,
                 {"nothing: there is no such file or installed voice", "orpheus models"});
  expect_refused(call({"say", "Hi", "--codec", path("voice/codec.gguf"), "-o", path("a.wav")}),
                 kUsage, {"--codec is set without --model", "--model"});
  Call by_variable = call({"say", "Hi", "-o", path("a.wav")});
  by_variable.variables["ORPHEUS_MODEL"] = path("voice/lm.gguf");
  expect_refused(by_variable, kUsage, {"--model is set without --codec"});
}

TEST_F(Refusals, FlagsOutOfRange) {
  struct Flag {
    std::string name;
    std::string value;
    std::string expected;
  };
  for (const Flag& flag : {
           Flag{"--threads", "-1", "a whole number from 0 to 1024"},
           Flag{"--threads", "two", "a whole number from 0 to 1024"},
           Flag{"--threads", "1.5", "a whole number from 0 to 1024"},
           Flag{"--threads", "", "a whole number from 0 to 1024"},
           Flag{"--seed", "-1", "a whole number from 0"},
           Flag{"--seed", "99999999999999999999", "a whole number from 0"},
           Flag{"--temperature", "hot", "a number from 0 to 10"},
           Flag{"--temperature", "nan", "a number from 0 to 10"},
           Flag{"--temperature", "inf", "a number from 0 to 10"},
           Flag{"--top-p", "1.1", "a number from 0 to 1"},
           Flag{"--top-k", "-3", "a whole number from 0"},
           Flag{"--min-p", "-0.1", "a number from 0 to 1"},
           Flag{"--repetition-penalty", "0", "a number from 0.1 to 10"},
           Flag{"--max-tokens", "6", "a whole number from 7 to 1048576"},
       }) {
    expect_refused(say({"Hi", flag.name, flag.value}), kUsage,
                   {flag.name + ": expected " + flag.expected, "found '" + flag.value + "'",
                    "See 'orpheus say --help'"});
  }
  expect_refused(call({"serve", "--port", "65536"}), kUsage, {"--port", "from 0 to 65535"});
  expect_refused(call({"synth-voice", path("v"), "--size", "huge"}), kUsage,
                 {"one of tiny, small, 1b, 3b", "found 'huge'"});
  expect_refused(call({"generate", "--tokens", "1", "--prompt-ids", "-", "--head", "both"}), kUsage,
                 {"one of slot, full", "found 'both'"});
  expect_refused(call({"codec", "decode", "-", "-o", "-", "--codec", "x", "--noise", "loud"},
                      R"({"c0": [1], "c1": [2, 3], "c2": [4, 5, 6, 7]})"),
                 kUsage, {"'off' or a seed", "found 'loud'"});
  expect_refused(call({"generate", "--model", "x", "--tokens", "1", "--prompt-ids", "-"}, "Hi"),
                 kUsage, {"standard input: not a prompt of token ids"});
  expect_refused(call({"codec", "decode", "-", "-o", "-", "--codec", "x", "--chunk", "1025"}),
                 kUsage, {"--chunk", "from 0 to 1024"});
}

TEST_F(Refusals, CommandsAndFlagsThatDoNotExist) {
  expect_refused(call({}), kUsage, {"'orpheus' needs a command", "one of say, serve"});
  expect_refused(call({"speak"}), kUsage, {"no command 'speak'", "one of say, serve"});
  expect_refused(call({"codec"}), kUsage,
                 {"'orpheus codec' needs a command", "expected one of encode, decode"});
  expect_refused(call({"srve"}), kUsage, {"Did you mean 'serve'?"});
  expect_refused(call({"codec", "decod"}), kUsage, {"Did you mean 'decode'?"});
  expect_refused(call({"say", "Hi", "--voise=leo"}), kUsage, {"Did you mean '--voice'?"});
  expect_refused(call({"say", "Hi", "--verbos"}), kUsage, {"Did you mean '--verbose'?"});
  expect_refused(call({"pull", "englsh"}), kNotFound, {"Did you mean 'english'?"});
  expect_refused(call({"speak", "--help"}), kUsage, {"no command 'speak'"});
  expect_refused(call({"codec", "--help", "undo"}), kUsage, {"no command 'undo'"});
  expect_refused(call({"--loud"}), kUsage, {"'orpheus' has no flag '--loud'"});
  expect_refused(call({"say", "Hi", "--loud"}), kUsage,
                 {"'orpheus say' has no flag '--loud'", "See 'orpheus say --help'"});
  expect_refused(call({"voices", "all"}), kUsage, {"unexpected argument 'all'"});
  expect_refused(call({"tokenize", "Hi"}), kUsage, {"--model is required"});
  expect_refused(call({"tokenize", "--model", "x"}), kUsage, {"a text, or --jsonl, is required"});
  expect_refused(call({"generate", "--model", "x", "--tokens", "1"}), kUsage, {"--prompt-ids"});
  expect_refused(call({"codec", "decode", "x", "-o", "y.wav"}), kUsage, {"--codec is required"});
  expect_refused(call({"say", "Hi", "--seed"}), kUsage, {"--seed"});
}

TEST_F(Refusals, UnknownDevicesAndAddresses) {
  make_voice();
  expect_refused(say({"Hi", "--device", "Abacus7"}), kNotFound,
                 {"no device 'Abacus7'", "auto, ", "CPU"});
  expect_refused(call(with_voice({"serve", "--port", "0", "--host", "300.1.2.3"})), kUsage,
                 {"300.1.2.3", "127.0.0.1"});
}

TEST_F(Refusals, BadVariables) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"ORPHEUS_PORT", "http"},       {"ORPHEUS_PORT", "65536"}, {"ORPHEUS_THREADS", "-1"},
      {"ORPHEUS_TEMPERATURE", "nan"}, {"ORPHEUS_TOP_P", "2"},    {"ORPHEUS_MAX_TOKENS", "6"}};
  for (const auto& [name, value] : wrong) {
    Call wrong_call = call({"voices"});
    wrong_call.variables[name] = value;
    expect_refused(wrong_call, kUsage,
                   {"the environment variable " + name, "number from", "found '" + value + "'"});
  }
}

TEST_F(Refusals, PlacesForAVoiceThatCannotBe) {
  write("file", "");
  expect_refused(call({"synth-voice", path("file")}), kUsage, {"folder cannot be created"});
  expect_refused(call({"synth-voice", path("file/voice")}), kUsage, {"folder cannot be created"});
  Call built_in = call_without_voice({"say", "Hi", "-o", path("out.wav")});
  built_in.variables["XDG_DATA_HOME"] = path("file");
  expect_refused(built_in, kUsage, {"file/orpheus", "folder cannot be created", "XDG_DATA_HOME"});
}

}  // namespace
}  // namespace orpheus::program
