#include "speech/ensemble.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "speech/script.h"

namespace orpheus::speech {
namespace {

// Speaks no samples, and counts as many tokens as its number says.
class Told : public Speech {
 public:
  explicit Told(int number) : number_(number) {}
  Result<State> step(const SampleSink& /*sink*/) override { return State::kDone; }
  Summary summary() const override { return {.num_prompt_tokens = number_}; }

 private:
  int number_;
};

// A model of this number.
class Member : public Synthesiser {
 public:
  Member(int number, std::vector<prompt::Voice> voices)
      : number_(number), voices_(std::move(voices)), name_("model " + std::to_string(number)) {}

  Result<void> check(const Request& request) const override {
    ORPHEUS_TRY([[maybe_unused]] const auto voice,
                prompt::find_voice(voices_, request.voice, request.unknown_voice));
    if (request.text.empty()) return {};
    ORPHEUS_TRY([[maybe_unused]] const auto script, write_script(request, voices_, {}, {}));
    return {};
  }
  Result<Script> script(const Request& request) const override {
    return write_script(request, voices_, {}, {});
  }
  Result<std::unique_ptr<Speech>> begin(Request request, std::function<void()> /*wake*/) override {
    ORPHEUS_CHECK(check(request));
    return std::make_unique<Told>(number_);
  }
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  const std::string& model_name() const override { return name_; }
  bool speaks_tags(std::string_view /*voice*/) const override { return number_ == 2; }
  std::string own_metrics() const override {
    return "# HELP tokens Tokens\n# TYPE tokens counter\ntokens " + std::to_string(number_) + "\n";
  }
  std::string shared_metrics() const override { return "codec 7\n"; }

 private:
  int number_;
  std::vector<prompt::Voice> voices_;
  std::string name_;
};

std::unique_ptr<Synthesiser> member(int number, const std::vector<std::string>& names) {
  return std::make_unique<Member>(number, prompt::voices_named(names));
}

Ensemble three_models() {
  std::vector<std::unique_ptr<Synthesiser>> members;
  members.push_back(member(1, {"tara", "leo"}));
  members.push_back(member(2, {"pierre", "marie", "leo"}));
  members.push_back(member(3, {"javi", "pietro"}));
  return Ensemble(std::move(members));
}

// The index of the model that speaks, from 1; 0 for none.
int speaker(const Request& request) {
  Ensemble ensemble = three_models();
  const auto checked = ensemble.check(request);
  const auto spoken = ensemble.speak(request, [](auto) { return true; });
  EXPECT_EQ(checked.has_value(), spoken.has_value());
  return spoken ? spoken->num_prompt_tokens : 0;
}

TEST(Ensemble, AVoiceDecidesAndElseTheLanguage) {
  EXPECT_EQ(speaker({}), 1);
  EXPECT_EQ(speaker({.voice = "marie"}), 2);
  EXPECT_EQ(speaker({.voice = "pietro"}), 3);
  EXPECT_EQ(speaker({.voice = "leo"}), 1) << "both have one: the first model's";
  EXPECT_EQ(speaker({.language = "fr"}), 2);
  EXPECT_EQ(speaker({.language = "it"}), 3);
  EXPECT_EQ(speaker({.language = "ja"}), 1) << "nobody's language: the default voice";
  EXPECT_EQ(speaker({.voice = "tara", .language = "fr"}), 1) << "who is named speaks";
}

// Guards against: a request for a voice gets the voice of its language.
TEST(Ensemble, AVoiceThatIsNamedSpeaksThoughAnUnknownOneWouldBeTheLanguages) {
  const auto in_french = [](const std::string& voice) {
    return speaker(
        {.voice = voice, .language = "fr", .unknown_voice = prompt::UnknownVoice::kFirst});
  };
  EXPECT_EQ(in_french("tara"), 1);
  EXPECT_EQ(in_french("nobody"), 2);
}

// A voice that the listing has, and that an error calls unknown.
TEST(Ensemble, AVoiceOfAnotherModelWithinATextIsRefusedByName) {
  const Ensemble ensemble = three_models();
  const Request within{.text = "One. [voice:leo] Two. [voice:pierre] Three.", .voice = "tara"};
  for (const auto& refused :
       {ensemble.check(within), ensemble.script(within).map([](const auto&) {})}) {
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
    EXPECT_NE(refused.error().what.find("'pierre' belongs to model 2"), std::string::npos)
        << refused.error().message();
    EXPECT_NE(refused.error().what.find("spoken by model 1"), std::string::npos);
  }
  const auto nobody = ensemble.check({.text = "[voice:nobody] One.", .voice = "tara"});
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().what, prompt::no_such_voice("nobody"));
  EXPECT_TRUE(ensemble.check({.text = "One. [voice:leo] Two.", .voice = "tara"}).has_value());
}

TEST(Ensemble, OpenAisNamesAreNobodysChoice) {
  EXPECT_EQ(speaker({.voice = "alloy"}), 1);
  EXPECT_EQ(speaker({.voice = "alloy", .language = "es"}), 3);
}

TEST(Ensemble, ListsTheVoicesOfAllOnce) {
  std::vector<std::string> names;
  const Ensemble ensemble = three_models();
  for (const auto& voice : ensemble.voices()) names.push_back(voice.name);
  EXPECT_EQ(names, (std::vector<std::string>{"tara", "leo", "pierre", "marie", "javi", "pietro"}));
}

TEST(Ensemble, AnUnknownVoiceIsRefusedWithAllThereAre) {
  const auto refused = three_models().check({.voice = "nobody", .language = "fr"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(refused.error().expected,
            "one of tara (also alloy, ash, ballad, cedar, coral, echo, fable, marin, nova, sage, "
            "shimmer, verse), leo (also onyx), pierre, marie, javi, pietro");
  using prompt::UnknownVoice;
  EXPECT_EQ(speaker({.voice = "nobody", .unknown_voice = UnknownVoice::kAccept}), 1);
  EXPECT_EQ(speaker({.voice = "nobody", .language = "fr", .unknown_voice = UnknownVoice::kAccept}),
            2);
  EXPECT_EQ(speaker({.voice = "nobody", .language = "it", .unknown_voice = UnknownVoice::kFirst}),
            3);
}

// Guards against: an operator sees the figures of the first model only, or the codec's three times.
TEST(Ensemble, TheFiguresOfAllModelsAreTold) {
  EXPECT_EQ(three_models().metrics(),
            "# HELP tokens Tokens\n# TYPE tokens counter\ntokens{model=\"model 1\"} 1\n"
            "tokens{model=\"model 2\"} 2\ntokens{model=\"model 3\"} 3\ncodec 7\n");
  std::vector<std::unique_ptr<Synthesiser>> twins;
  twins.push_back(member(1, {"tara"}));
  twins.push_back(member(1, {"leo"}));
  EXPECT_NE(Ensemble(std::move(twins)).metrics().find("{model=\"model 1 (2)\"}"),
            std::string::npos);
}

TEST(Ensemble, AVoiceHasTheHabitsOfItsOwnModel) {
  const Ensemble ensemble = three_models();
  EXPECT_TRUE(ensemble.speaks_tags("marie"));
  EXPECT_FALSE(ensemble.speaks_tags("leo")) << "the first model's";
  EXPECT_FALSE(ensemble.speaks_tags("javi"));
  EXPECT_FALSE(ensemble.speaks_tags("nobody"));
}

}  // namespace
}  // namespace orpheus::speech
