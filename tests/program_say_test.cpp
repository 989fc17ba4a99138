// orpheus say, from text to files and pipes.

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

constexpr uint32_t kHeaderBytes = 44;
constexpr size_t kSamplesPerFrame = 2048;

uint32_t u32_at(const std::string& bytes, size_t offset) {
  return numbers_in<uint32_t>(std::string_view(bytes).substr(offset, 4)).at(0);
}
uint16_t u16_at(const std::string& bytes, size_t offset) {
  return numbers_in<uint16_t>(std::string_view(bytes).substr(offset, 2)).at(0);
}

// A mono 16-bit WAV of 24 kHz, with these sizes in its header.
void expect_wav_header(const std::string& wav, uint32_t riff_size, uint32_t data_size) {
  ASSERT_GE(wav.size(), kHeaderBytes);
  EXPECT_EQ(wav.substr(0, 4), "RIFF");
  EXPECT_EQ(u32_at(wav, 4), riff_size);
  EXPECT_EQ(wav.substr(8, 8), "WAVEfmt ");
  EXPECT_EQ(u32_at(wav, 16), 16U);
  EXPECT_EQ(u16_at(wav, 20), 1U) << "integer PCM";
  EXPECT_EQ(u16_at(wav, 22), 1U) << "channels";
  EXPECT_EQ(u32_at(wav, 24), 24000U);
  EXPECT_EQ(u32_at(wav, 28), 48000U);
  EXPECT_EQ(u16_at(wav, 32), 2U);
  EXPECT_EQ(u16_at(wav, 34), 16U);
  EXPECT_EQ(wav.substr(36, 4), "data");
  EXPECT_EQ(u32_at(wav, 40), data_size);
}

std::string samples_of(const std::string& wav) {
  return wav.size() < kHeaderBytes ? "" : wav.substr(kHeaderBytes);
}

// Whole frames of sound, and not silence.
void expect_sound(const std::string& pcm) {
  const auto samples = numbers_in<int16_t>(pcm);
  EXPECT_GT(samples.size(), 0U);
  int loudest = 0;
  for (const int16_t sample : samples) loudest = std::max(loudest, std::abs(int{sample}));
  EXPECT_GT(loudest, 300) << "1 % of full scale";
}

// One piece of text: whole frames.
void expect_speech(const std::string& pcm) {
  expect_sound(pcm);
  EXPECT_EQ(pcm.size() / sizeof(int16_t) % kSamplesPerFrame, 0U);
}

class Say : public ProgramTest {
 protected:
  // The file that say writes with these arguments and a voice.
  std::string speak(std::vector<std::string> arguments, const std::string& name,
                    std::string input = {}) const {
    arguments.insert(arguments.begin(), "say");
    must(with_voice(std::move(arguments), {"-o", path(name)}), std::move(input));
    return read_file(path(name));
  }
};

TEST_F(Say, ASentenceBecomesAWav) {
  make_voice();
  const std::string wav = speak({"One sentence.", "--seed", "1"}, "a.wav");
  const auto size = static_cast<uint32_t>(wav.size());
  expect_wav_header(wav, size - 8, size - kHeaderBytes);
  expect_speech(samples_of(wav));
  // 35 tokens are five frames, and a frame is 2048 samples.
  EXPECT_EQ(speak({"One sentence.", "--max-tokens", "35"}, "b.pcm").size(), 5 * 2048 * 2U);
  EXPECT_EQ(files(),
            (std::vector<std::string>{"a.wav", "b.pcm", "voice/codec.gguf", "voice/lm.gguf"}));
}

TEST_F(Say, TheSeedDecidesTheSound) {
  make_voice();
  const std::string first = speak({"One sentence.", "--seed", "1"}, "first.wav");
  EXPECT_EQ(speak({"One sentence.", "--seed", "1"}, "again.wav"), first);
  EXPECT_NE(speak({"One sentence.", "--seed", "2"}, "other.wav"), first);
  EXPECT_NE(speak({"One sentence."}, "random.wav"), first);
}

// On a CPU, the quantised weights of each part are packed separately.
TEST_F(Say, AVoiceInPartsSoundsAsOnOneDevice) {
  for (const std::string type : {"q4_0", "q8_0"}) {
    must({"synth-voice", path("voice"), "--type", type});
    const auto spoken_on = [&](const std::string& device) {
      return speak({"Hello there.", "--seed", "3", "--max-tokens", "70", "--device", device},
                   device + ".pcm");
    };
    const std::string whole = spoken_on("CPU");
    EXPECT_FALSE(whole.empty());
    EXPECT_TRUE(spoken_on("CPU+CPU") == whole) << type;
  }
}

TEST_F(Say, ANumberIsDecimalHoweverItBegins) {
  make_voice();
  const std::string ten = speak({"One sentence.", "--seed", "10"}, "ten.wav");
  EXPECT_EQ(speak({"One sentence.", "--seed", "010"}, "padded.wav"), ten);  // not octal
  EXPECT_EQ(speak({"One sentence.", "--seed", "10", "--temperature", "6e-1"}, "e.wav"), ten);
}

TEST_F(Say, EveryFormatHasTheSameSamples) {
  make_voice();
  const std::vector<std::string> text = {"One sentence.", "--seed", "1"};
  const std::string pcm = samples_of(speak(text, "a.wav"));
  EXPECT_EQ(speak(text, "a.pcm"), pcm);
  EXPECT_EQ(speak(text, "a.raw"), pcm);
  EXPECT_EQ(samples_of(speak(text, "A.WAV")), pcm);
  const auto whole_numbers = numbers_in<int16_t>(pcm);
  const auto floats = numbers_in<float>(speak(text, "a.f32"));
  ASSERT_EQ(floats.size(), whole_numbers.size());
  for (size_t i = 0; i < floats.size(); ++i)
    ASSERT_NEAR(std::clamp(floats[i], -1.0F, 1.0F) * 32767.0F, whole_numbers[i], 0.51) << i;

  if (const Finished flac =
          run(call(with_voice({"say", text[0], text[1], text[2]}, {"-o", path("a.flac")})));
      flac.exit_code == 0) {  // a build with FFmpeg's libraries
    const std::string file = read_file(path("a.flac"));
    size_t num_samples = 0;  // RFC 9639, 8.2: what players show the length by
    for (size_t i = 22; i < 26; ++i)
      num_samples = num_samples << 8U | static_cast<uint8_t>(file[i]);
    EXPECT_EQ(num_samples, pcm.size() / 2);
    const size_t a_third = (pcm.size() / 2 + 1) / 3;  // 8 kHz, one byte for each sample
    EXPECT_EQ(speak(text, "a.ulaw").size(), a_third);
    EXPECT_EQ(speak({text[0], "--seed", "1", "--sample-rate", "48000"}, "b.raw").size(),
              2 * pcm.size());
  }

  const std::string streamed = must(with_voice({"say", text[0], text[1], text[2], "-o", "-"}));
  expect_wav_header(streamed, 0xFFFFFFFF, 0xFFFFFFFF);
  EXPECT_EQ(samples_of(streamed), pcm);
}

TEST_F(Say, TextComesFromTheCommandLineAPipeOrAFile) {
  make_voice();
  const std::string text = "One sentence.";
  const std::string wav = speak({text, "--seed", "1"}, "argument.wav");
  EXPECT_EQ(speak({"-", "--seed", "1"}, "pipe.wav", text), wav);
  EXPECT_EQ(speak({"-f", write("a.txt", text), "--seed", "1"}, "file.wav"), wav);
  EXPECT_EQ(speak({"-f", "-", "--seed", "1"}, "pipe2.wav", text), wav);
}

TEST_F(Say, VoicesDiffer) {
  make_voice();
  const std::string first = speak({"One sentence.", "--seed", "1"}, "first.wav");
  EXPECT_EQ(speak({"One sentence.", "--seed", "1", "--voice", "tara"}, "tara.wav"), first);
  EXPECT_NE(speak({"One sentence.", "--seed", "1", "--voice", "leo"}, "leo.wav"), first);
}

TEST_F(Say, APageIsSpokenPieceByPieceToItsEnd) {
  make_voice("small");
  const std::string file = ORPHEUS_TEST_DATA "/page.txt";
  constexpr size_t kFramesOfAPiece = 10;
  // This context holds the longest pieces; a shorter one has shorter pieces.
  const std::string wav = speak({"-f", file, "--seed", "1", "--max-tokens",
                                 std::to_string(kFramesOfAPiece * 7), "--context-tokens", "8192"},
                                "page.wav");
  const auto size = static_cast<uint32_t>(wav.size());
  expect_wav_header(wav, size - 8, size - kHeaderBytes);
  const std::string page = samples_of(wav);
  expect_sound(page);
  // No piece is longer than 333 letters, and the voice babbles as long as it may. It has no
  // silence, so pauses are added: at most 0.7 s each.
  const size_t samples_of_a_piece = kFramesOfAPiece * kSamplesPerFrame;
  const size_t least_pieces = (read_file(file).size() + 332) / 333;
  EXPECT_GE(page.size() / 2, least_pieces * samples_of_a_piece);
  EXPECT_LE(page.size() / 2, 2 * least_pieces * (samples_of_a_piece + size_t{700} * 24));
}

TEST_F(Say, TheSmallVoiceSpeaksAndIsNamedOnceWhereNoneIsChosen) {
  const Finished said = orpheus({"say", "Hi. There.", "--threads", "1", "-o", path("a.wav")});
  EXPECT_EQ(said.exit_code, 0) << said.messages;
  const auto named = said.messages.find("the small voice that comes with the program");
  ASSERT_NE(named, std::string::npos) << said.messages;
  EXPECT_EQ(said.messages.find("the small voice", named + 1), std::string::npos) << said.messages;
  EXPECT_NE(said.messages.find("orpheus pull english"), std::string::npos) << said.messages;
  EXPECT_FALSE(std::filesystem::exists(path("data/orpheus/voices")));
  const std::string sound = read_file(path("a.wav"));
  EXPECT_GT(sound.size(), 24000U);      // half a second
  EXPECT_LT(sound.size(), 5 * 48000U);  // it ended
}

double seconds_of(const std::string& wav) {
  return static_cast<double>(samples_of(wav).size()) / 2 / 24000;
}

// Guards against: words that are lost, doubled, out of order, outside the sound, or at another
// place of the text; also at another speed.
TEST_F(Say, WordsAndSubtitlesAreThoseOfTheSound) {
  const std::string text = "Well, it costs $5 now. And then the rain came back, for a while.";
  const std::vector<std::string> spoken = {"Well", "it",   "costs", "five", "dollars",
                                           "now",  "And",  "then",  "the",  "rain",
                                           "came", "back", "for",   "a",    "while"};
  double usual = 0;
  for (const std::string speed : {"1", "2"}) {
    if (const Finished said =
            orpheus({"say", text, "--threads", "1", "--seed", "1", "--speed", speed, "-o",
                     path("a.wav"), "--words", path("a.json"), "--subtitles", path("a.srt")});
        said.exit_code != 0) {
      ASSERT_EQ(speed, "2") << said.messages;
      continue;  // a build without FFmpeg
    }
    const double length = seconds_of(read_file(path("a.wav")));
    const auto words = nlohmann::json::parse(read_file(path("a.json")));
    ASSERT_EQ(words.size(), spoken.size());
    double behind = 0;
    for (size_t i = 0; i < spoken.size(); ++i) {
      const auto& word = words[i];
      EXPECT_EQ(word["word"], spoken[i]);
      const size_t begin = word["begin"];
      const size_t end = word["end_of"];
      const bool is_price = i == 3 || i == 4;
      EXPECT_EQ(text.substr(begin, end - begin), is_price ? "$5" : spoken[i]);
      EXPECT_GE(word["start"].get<double>(), behind);
      EXPECT_GT(word["end"].get<double>(), word["start"].get<double>());
      EXPECT_GE(word["confidence"].get<double>(), 0);
      EXPECT_LE(word["confidence"].get<double>(), 1);
      EXPECT_TRUE(word["source"] == "estimate" || word["source"] == "attention");
      behind = word["end"];
    }
    EXPECT_LE(behind, length + 0.01);
    EXPECT_GT(behind, length * 0.7);
    if (speed == "1") usual = behind;
    if (speed == "2") {
      EXPECT_NEAR(behind, usual / 2, 0.05);
    }
    const std::string subtitles = read_file(path("a.srt"));
    EXPECT_TRUE(subtitles.starts_with("1\n00:00:00,")) << subtitles;
    EXPECT_NE(subtitles.find("costs $5 now."), std::string::npos) << subtitles;
    EXPECT_NE(subtitles.find("while.\n\n"), std::string::npos) << subtitles;
  }
  must({"say", "-", "--threads", "1", "-o", path("b.wav"), "--subtitles", path("b.vtt")}, text);
  EXPECT_TRUE(read_file(path("b.vtt")).starts_with("WEBVTT\n\n00:00:00."));
}

// A mistake in a name must not cost the time of a speech, or leave half of the files.
TEST_F(Say, FilesOfWordsAreCheckedFirst) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--subtitles", path("a.txt")}, ".srt (SubRip) or .vtt (WebVTT)"},
      {{"--words", "-"}, "words.json"},
      {{"--words", path("a.wav")}, "the same file"},
      {{"--words", path("nowhere/a.json")}, "nowhere"}};
  for (const auto& [arguments, message] : wrong) {
    std::vector<std::string> call = {"say", "Hi.", "-o", path("a.wav")};
    call.insert(call.end(), arguments.begin(), arguments.end());
    const Finished said = orpheus(call);
    EXPECT_NE(said.exit_code, 0) << message;
    EXPECT_NE(said.messages.find(message), std::string::npos) << said.messages;
    EXPECT_EQ(files(), std::vector<std::string>{});
  }
}

// A slip of the hand must not cost the text.
TEST_F(Say, NoOutputReplacesTheText) {
  const std::string text = path("text.wav");
  std::ofstream(text) << "Hi.";
  for (const std::vector<std::string>& outputs :
       {std::vector<std::string>{"-o", text}, {"-o", path("a.wav"), "--words", text}}) {
    std::vector<std::string> call = {"say", "-f", text};
    call.insert(call.end(), outputs.begin(), outputs.end());
    const Finished said = orpheus(call);
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_NE(said.messages.find("the same file"), std::string::npos) << said.messages;
    EXPECT_EQ(read_file(text), "Hi.");
  }
}

TEST_F(Say, WithoutAnyVoiceOneIsMadeOnceAndSaysThatItBabbles) {
  const Call say = call_without_voice({"say", "Hi.", "--threads", "1", "-o", path("a.wav")});
  const Finished first = run(say);
  EXPECT_EQ(first.exit_code, 0) << first.messages;
  EXPECT_NE(first.messages.find("babbles"), std::string::npos) << first.messages;
  const std::string model = path("data/orpheus/voices/built-in/lm.gguf");
  ASSERT_TRUE(std::filesystem::exists(model));
  const auto made = std::filesystem::last_write_time(model);
  EXPECT_EQ(run(say).exit_code, 0);
  EXPECT_EQ(std::filesystem::last_write_time(model), made);
}

TEST_F(Say, AFileThatWasThereIsReplacedWholeOrNotAtAll) {
  make_voice();
  write("a.wav", "an old recording");
  EXPECT_NE(orpheus(with_voice({"say", "Hi", "--voice", "bob", "-o", path("a.wav")})).exit_code, 0);
  EXPECT_EQ(read_file(path("a.wav")), "an old recording");
  EXPECT_EQ(speak({"Hi"}, "a.wav").substr(0, 4), "RIFF");
}

TEST_F(Say, CtrlCLeavesNothingBehind) {
  make_voice();
  const auto before = files();
  Call reading = call(with_voice({"say", "-f", ORPHEUS_TEST_DATA "/page.txt"}));
  reading.arguments.insert(reading.arguments.end(), {"-o", path("page.wav")});
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    Process process(reading);
    // During the work, when the unfinished file already has sound.
    const auto holds_sound = [&] {
      for (const std::string& name : files()) {
        std::error_code gone;
        const auto size = std::filesystem::file_size(folder_ / name, gone);
        if (name.ends_with(".part") && !gone && size > kHeaderBytes) return true;
      }
      return false;
    };
    for (int i = 0; i < 3000 && !holds_sound(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(holds_sound());
    process.send_signal(signal_number);
    const Finished ended = process.wait();
    EXPECT_EQ(ended.exit_code, 128 + signal_number);
    EXPECT_NE(ended.messages.find("page.wav' was not written; the unfinished sound is removed"),
              std::string::npos)
        << ended.messages;
    EXPECT_EQ(files(), before);
  }
}

// The note is for the user, at most once a day.
TEST_F(Say, TheNoticeOfTheSmallVoiceComesOnceADay) {
  const std::vector<std::string> say = {"say", "Hi.", "--threads", "1", "-o", path("a.wav")};
  const auto has_notice = [&] {
    const Finished said = orpheus(say);
    EXPECT_EQ(said.exit_code, 0) << said.messages;
    EXPECT_EQ(said.messages.find("warning"), std::string::npos) << said.messages;
    return said.messages.find("the small voice that comes with") != std::string::npos;
  };
  EXPECT_TRUE(has_notice());
  EXPECT_FALSE(has_notice());
  const std::filesystem::path told = path("data/orpheus/notices/small-voice");
  std::filesystem::last_write_time(told,
                                   std::filesystem::last_write_time(told) - std::chrono::hours(25));
  EXPECT_TRUE(has_notice());
}

TEST_F(Say, OnATerminalItTellsHowFarItIsAndWhichSeedItTook) {
  make_voice();
  std::string text;  // long enough for a second update of the progress line
  for (int i = 0; i < 40; ++i) text += "One is here and another is there.\n\n";
  Call say = call(with_voice({"say", text, "-o", path("a.wav")}));
  say.on_terminal = true;
  const Finished told = run(say);
  EXPECT_EQ(told.exit_code, 0) << told.messages;
  EXPECT_NE(told.messages.find("piece 1 of 40"), std::string::npos) << told.messages;
  EXPECT_NE(told.messages.find(" s left"), std::string::npos) << told.messages;
  const size_t at = told.messages.find("seed ");
  ASSERT_NE(at, std::string::npos) << told.messages;
  const std::string seed = told.messages.substr(at + 5, told.messages.find(':', at) - at - 5);
  EXPECT_NE(told.messages.find("'--seed " + seed + "'"), std::string::npos) << told.messages;
  const std::string first = read_file(path("a.wav"));
  say.arguments.insert(say.arguments.end(), {"--seed", seed, "--quiet"});
  const Finished again = run(say);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.messages, "");
  EXPECT_EQ(read_file(path("a.wav")), first);
}

// Guards against a log whose lines begin behind a line of progress.
TEST_F(Say, OnATerminalTheLogBeginsItsOwnLine) {
  const auto small = std::filesystem::path(ORPHEUS_PROGRAM).parent_path() / "voices/small";
  if (!std::filesystem::exists(small)) GTEST_SKIP() << "built without the small voice";
  Call say = call({"say", "Hi.", "-v", "-o", path("a.wav")});
  say.on_terminal = true;
  const Finished told = run(say);
  EXPECT_NE(told.messages.find("loading, "), std::string::npos) << told.messages;
  EXPECT_NE(told.messages.find(" loaded "), std::string::npos) << told.messages;
  EXPECT_EQ(told.messages.find(" MB2"), std::string::npos) << told.messages;
}

TEST_F(Say, AVoiceOfAnotherLanguageThanTheTextIsTold) {
  make_voice();
  const auto messages_of = [&](const std::string& language) {
    return orpheus(with_voice({"say", "Hallo.", "--language", language, "-o", path("a.wav")}))
        .messages;
  };
  EXPECT_NE(messages_of("de").find("'tara' is a voice for English, but the text is in German"),
            std::string::npos);
  EXPECT_EQ(messages_of("en").find("speaks English"), std::string::npos);
  EXPECT_EQ(messages_of("en-GB").find("speaks English"), std::string::npos);
}

// A text that is a file's name is usually a mistake.
TEST_F(Say, AWordThatNamesNoFileThoughItLooksLikeOneIsTold) {
  make_voice();
  const auto told = [&](const std::string& word) {
    return orpheus(with_voice({"say", word, "-o", path("a.wav")})).messages;
  };
  EXPECT_NE(told("chaptr.txt").find("there is no file 'chaptr.txt'"), std::string::npos);
  EXPECT_EQ(told("Hello.").find("no file"), std::string::npos);
}

// Guards against: the name of a language counts as an unknown code, so no rules apply to its text.
TEST_F(Say, ALanguageIsACode) {
  make_voice();
  for (const char* name : {"english", "e", "12"}) {
    expect_refused(call(with_voice({"say", "Hi", "--language", name, "-o", path("a.wav")})), 2,
                   {"--language takes the code of a language", name});
  }
  speak({"Hi", "--language", "pt-BR"}, "a.wav");
}

// Guards against: the bytes of a WAV fill the terminal.
TEST_F(Say, SoundIsNotWrittenToATerminal) {
  make_voice();
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_TRUE(master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0);
  Call say = call(with_voice({"say", "Hi.", "-o", "-"}));
  say.output_path = ::ptsname(master);
  expect_refused(say, 2, {"standard output is a terminal", "-o speech.wav"});
  ::close(master);
}

// A file's name as the text is usually a mistake.
TEST_F(Say, AWordThatNamesAFileIsHintedAtOrAskedFor) {
  make_voice();
  const std::string file = write("part.txt", "One sentence.");
  const std::string of_file = speak({"-f", file, "--seed", "1"}, "file.wav");
  Call say = call(with_voice({"say", file, "--seed", "1", "-o", path("a.wav")}));
  const Finished hinted = run(say);
  EXPECT_EQ(hinted.exit_code, 0);
  EXPECT_NE(hinted.messages.find("orpheus say -f " + file), std::string::npos) << hinted.messages;
  EXPECT_NE(read_file(path("a.wav")), of_file);
  say.on_terminal = true;
  say.input = "\n";
  EXPECT_NE(run(say).messages.find("There is a file"), std::string::npos);
  EXPECT_EQ(read_file(path("a.wav")), of_file);
  say.input = "no\n";
  EXPECT_EQ(run(say).exit_code, 0);
  EXPECT_NE(read_file(path("a.wav")), of_file);
}

TEST_F(Say, ATextThatBeginsWithADashStandsBehindTwo) {
  make_voice();
  const Finished refused = orpheus(with_voice({"say", "-hello", "-o", path("a.wav")}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.messages.find("orpheus say -- '-hello'"), std::string::npos)
      << refused.messages;
  must({"say", "--model", path("voice/lm.gguf"), "--codec", path("voice/codec.gguf"), "-o",
        path("a.wav"), "--", "-hello"});
  expect_speech(samples_of(read_file(path("a.wav"))));
}

TEST_F(Say, TextInUtf16IsReadAndOtherFilesAreNamed) {
  make_voice();
  const std::string wav = speak({"One sentence.", "--seed", "1"}, "a.wav");
  const std::string text = "One sentence.";
  std::string little("\xFF\xFE");
  std::string big("\xFE\xFF");
  for (const char c : text) {
    little += {c, '\0'};
    big += {'\0', c};
  }
  EXPECT_EQ(speak({"-f", write("little.txt", little), "--seed", "1"}, "b.wav"), wav);
  EXPECT_EQ(speak({"-f", write("big.txt", big), "--seed", "1"}, "b.wav"), wav);
  EXPECT_EQ(speak({"-f", write("marked.txt", "\xEF\xBB\xBF" + text), "--seed", "1"}, "b.wav"), wav);
  const auto refused = [&](const std::string& name, const std::string& bytes,
                           const std::vector<std::string>& parts) {
    const std::string file = write(name, bytes);
    for (const char* command : {"say", "normalize"})
      expect_refused(call({command, "-f", file}), 4, parts);
  };
  refused("latin.txt", "caf\xE9", {"Latin-1", "iconv -f ISO-8859-1 -t UTF-8 " + path("latin.txt")});
  refused("windows.txt", "\x93Yes\x94", {"Windows-1252", "iconv"});
  refused("bare.txt", little.substr(2),
          {"UTF-16LE without a byte order mark", "iconv -f UTF-16LE"});
  refused("book.epub",
          std::string("PK\x03\x04") + std::string(26, '\0') + "mimetypeapplication/epub+zip",
          {"an EPUB book", "pandoc " + path("book.epub") + " -t plain"});
  refused("book.azw3", "A_Book" + std::string(54, '\0') + "BOOKMOBI" + std::string(9, '\x82'),
          {"a Kindle or Mobipocket book", "ebook-convert " + path("book.azw3") + " book.txt"});
  refused("paper.pdf", "%PDF-1.7\n\xE2\xE3", {"a PDF", "pdftotext"});
  refused("text.txt.gz", std::string("\x1F\x8B\x08\x00", 4), {"gzip", "gunzip"});
}

TEST_F(Say, AListenerWhoLeavesEndsIt) {
  make_voice();
  const std::string page = ORPHEUS_TEST_DATA "/page.txt";
  Process process(call(with_voice({"say", "-f", page, "-o", "-"})));
  process.close_output();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 6) << finished.messages;
  EXPECT_NE(finished.messages.find("orpheus: the program that read the sound has closed the pipe"),
            std::string::npos);
}

TEST_F(Say, AFullDiskIsNoListenerWhoLeft) {
  make_voice();
  Call full = call(with_voice({"say", "Hi.", "-o", "-"}));
  full.output_path = "/dev/full";  // accepts no bytes, like a full disk
  expect_refused(full, 6, {"cannot write to standard output", "Free some disk space"});
}

// Guards against: text is spoken only when its writer has ended.
TEST_F(Say, LinesAreSpokenWhileTheInputIsOpen) {
  make_voice();
  Call live = call(with_voice({"say", "-", "-o", "-", "--seed", "1"}), "One sentence.\n");
  live.keeps_input_open = true;
  Process process(live);
  constexpr size_t kOneFrame = kHeaderBytes + 2 * kSamplesPerFrame;
  ASSERT_TRUE(process.wait_for_output(kOneFrame)) << "the first line sounds before the second";
  const std::string of_one = samples_of(speak({"One sentence.", "--seed", "1"}, "one.wav"));
  process.write("And ano");
  process.write("ther. Wi");
  process.write("th a last one\n");
  process.end_input();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.messages;
  expect_sound(samples_of(finished.output));
  EXPECT_GT(finished.output.size(), of_one.size() + kHeaderBytes);
  EXPECT_EQ(samples_of(finished.output).substr(0, of_one.size() / 2),
            of_one.substr(0, of_one.size() / 2))
      << "the first piece has the seed's sound";
}

TEST_F(Say, AnInputThatTurnsOutToBeNoTextEndsWithAnError) {
  make_voice();
  Call live = call(with_voice({"say", "-", "-o", "-"}), "One sentence.\n");
  live.keeps_input_open = true;
  Process process(live);
  ASSERT_TRUE(process.wait_for_output(kHeaderBytes + 2 * kSamplesPerFrame));
  process.write("caf\xE9 noir\n");
  process.end_input();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 4) << finished.messages;
  EXPECT_NE(finished.messages.find("standard input is not a text file"), std::string::npos)
      << finished.messages;
}

TEST_F(Say, WithoutAnOutputAPlayerGetsIt) {
  make_voice();
  const std::string player = write("aplay", "");
  std::filesystem::permissions(player, std::filesystem::perms::owner_all);
  Call playing = call(with_voice({"say", "Hi.", "--seed", "1"}));
  playing.variables["PATH"] = folder_.string() + ":" + std::getenv("PATH");
  write("aplay", "#!/bin/sh\ncat > " + path("played.wav") + "\n");
  EXPECT_EQ(run(playing).exit_code, 0);
  EXPECT_EQ(samples_of(read_file(path("played.wav"))),
            samples_of(speak({"Hi.", "--seed", "1"}, "a.wav")));
  write("aplay", "#!/bin/sh\ncat > /dev/null\nexit 1\n");
  expect_refused(playing, 8, {"aplay did not play the sound", "-o speech.wav"});
  write("aplay", "#!/bin/sh\nexit 1\n");
  expect_refused(playing, 8, {"aplay did not play the sound", "-o speech.wav"});
}

}  // namespace
}  // namespace orpheus::program
